// Small drawings: a sparkline, uptime ticks, a bar, a timeline, bars by level. Attributes only, so no style is needed inline.
import { draw, set } from "./dom.js";

const WIDTH = 240;

export function spark(height = 46) {
  return draw("svg", { class: "spark", viewBox: `0 0 ${WIDTH} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    draw("path", { class: "area" }), draw("path", { class: "stroke" }));
}

export function redrawSpark(svg, points, most = 0, size = 60) {
  const height = Number(svg.getAttribute("viewBox").split(" ")[3]);
  const top = Math.max(most, ...points.map((value) => value ?? 0)) || 1;
  const step = WIDTH / (size - 1);
  let stroke = "", area = "", begun = null, last = null;
  points.forEach((value, index) => {
    const x = (size - points.length + index) * step;
    if (value === null || value === undefined) {
      if (begun !== null) area += `L${last.toFixed(1)} ${height}Z`;
      begun = null;
      return;
    }
    const y = height - 2 - (value / top) * (height - 4);
    stroke += `${begun === null ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
    area += begun === null ? `M${x.toFixed(1)} ${height}L${x.toFixed(1)} ${y.toFixed(1)}` : `L${x.toFixed(1)} ${y.toFixed(1)}`;
    begun ??= x;
    last = x;
  });
  if (begun !== null) area += `L${last.toFixed(1)} ${height}Z`;
  set(svg.firstChild, "d", area);
  set(svg.lastChild, "d", stroke);
}

export function ticks(size = 60) {
  const svg = draw("svg", { class: "ticks", viewBox: `0 0 ${size * 4} 14`, preserveAspectRatio: "none", "aria-hidden": "true" });
  for (let index = 0; index < size; index += 1) svg.append(draw("rect", { x: index * 4, y: 0, width: 3, height: 14, rx: 1, class: "none" }));
  return svg;
}

export function redrawTicks(svg, points) {
  const size = svg.children.length;
  for (let index = 0; index < size; index += 1) {
    const value = points[points.length - size + index];
    set(svg.children[index], "class", value === null || value === undefined ? "none" : value > 0 ? "up" : "down");
  }
}

export function meter() {
  return draw("svg", { class: "meter", viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true" },
    draw("rect", { x: 0, y: 0, height: 6, width: 0 }));
}

export function redrawMeter(svg, part) {
  set(svg.firstChild, "width", (Math.min(1, Math.max(0, part)) * 100).toFixed(1));
}

const HUES = { closed: "good", open: "bad", isolated: "bad", "half-open": "middling", disabled: "off", "metrics-only": "off" };

export function timeline() {
  return draw("svg", { class: "timeline", viewBox: "0 0 600 10", preserveAspectRatio: "none", role: "img" });
}

// The last ten minutes of a breaker, newest to the right.
export function redrawTimeline(svg, changes, state, now) {
  const parts = [];
  let until = 600, current = state;
  for (const change of [...changes].reverse()) {
    const x = Math.max(0, 600 - (now - change.at));
    if (x < until) parts.push([x, until, current]);
    until = x;
    current = change.old;
    if (x === 0) break;
  }
  if (until > 0) parts.push([0, until, current ?? state]);
  while (svg.children.length > parts.length) svg.lastChild.remove();
  while (svg.children.length < parts.length) svg.append(draw("rect", { y: 0, height: 10 }));
  parts.forEach(([from, to, word], index) => {
    const rect = svg.children[index];
    set(rect, "x", from.toFixed(1));
    set(rect, "width", Math.max(1.5, to - from).toFixed(1));
    set(rect, "class", HUES[word] ?? "quiet");
  });
  set(svg, "aria-label", `${state} now; ${changes.length} changes of state are known`);
}

export function levels(size = 60) {
  return draw("svg", { viewBox: `0 0 ${size * 4} 54`, preserveAspectRatio: "none", role: "img", "aria-label": "Lines by level over the last minute" });
}

export function redrawLevels(svg, overTime, order) {
  const size = 60, sums = Array(size).fill(0), rects = [];
  for (const level of order) {
    const line = overTime[level] ?? [];
    for (let index = 0; index < size; index += 1) {
      const value = line[line.length - size + index] ?? 0;
      if (value > 0) { rects.push([index, sums[index], value, level]); sums[index] += value; }
    }
  }
  const top = Math.max(4, ...sums);
  while (svg.children.length > rects.length) svg.lastChild.remove();
  while (svg.children.length < rects.length) svg.append(draw("rect", { width: 3, rx: 0.5 }));
  rects.forEach(([index, from, value, level], place) => {
    const rect = svg.children[place], height = (value / top) * 52;
    set(rect, "x", index * 4);
    set(rect, "y", (54 - (from / top) * 52 - height).toFixed(1));
    set(rect, "height", Math.max(1, height).toFixed(1));
    set(rect, "class", `level-${level}`);
  });
}
