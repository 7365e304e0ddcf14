import { $, clock, count, emptied, keyed, make, say, set } from "./dom.js";
import { levels, redrawLevels } from "./lines.js";

const LEVELS = ["debug", "info", "warning", "error", "critical"], SHOWN = 300;
const hidden = new Set();
let bars = null, isFollowing = true;

export function choices(redraw) {
  for (const level of LEVELS) {
    $("logs-levels").append(make("button", { type: "button", class: `level-${level}`, "aria-pressed": "true", onclick: (event) => {
      if (!hidden.delete(level)) hidden.add(level);
      event.currentTarget.setAttribute("aria-pressed", String(!hidden.has(level)));
      redraw();
    } }));
  }
  $("logs-search").addEventListener("input", redraw);
  $("logs-follow").addEventListener("click", (event) => {
    isFollowing = !isFollowing;
    event.currentTarget.setAttribute("aria-pressed", String(isFollowing));
    redraw();
  });
}

export function logs(board) {
  const { lines, errors, counts, over_time: overTime } = board.logs;
  LEVELS.forEach((level, index) => say($("logs-levels").children[index], `${level} ${count(counts[level] ?? 0)}`));
  bars ??= $("logs-time").appendChild(levels());
  redrawLevels(bars, overTime, LEVELS);
  if (!isFollowing && $("logs-lines").known?.size && !searchChanged()) return;
  const words = $("logs-search").value.toLowerCase();
  const known = new Set(lines.map((line) => line.number));
  const every = [...errors.filter((line) => !known.has(line.number)), ...lines];
  const shown = every.filter((line) => !hidden.has(line.level) && (!words || `${line.text} ${line.logger} ${line.source}`.toLowerCase().includes(words))).slice(-SHOWN).reverse();
  keyed($("logs-lines"), shown, (line) => line.number, create, () => undefined);
  emptied($("logs-lines"), !shown.length, every.length ? "No line matches." : "Nothing was logged.");
}

let last = "";
function searchChanged() {
  const now = `${$("logs-search").value} ${[...hidden]}`;
  const isNew = now !== last;
  last = now;
  return isNew;
}

function create(line) {
  return make("li", { class: `level-${line.level}` }, make("time", { class: "soft", text: clock(line.at) }), make("span", { class: "level", text: line.level }),
    make("span", { class: "text" }, line.logger ? make("span", { class: "soft", text: `${line.logger}  ` }) : null, line.text));
}
