// Elements and words. Whatever comes from outside becomes text by `textContent`; there is no markup from strings anywhere.
const SVG = "http://www.w3.org/2000/svg";

export const $ = (id) => document.getElementById(id);

export function make(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

export function draw(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (name === "text") element.textContent = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children) if (child !== null && child !== undefined) element.append(child);
  return element;
}

export function say(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

export function set(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

// Keeps one child for each item, in order, and moves only what must move.
export function keyed(parent, items, key, create, update) {
  const known = (parent.known ??= new Map());
  const wanted = new Set(items.map(key));
  for (const [name, child] of known) if (!wanted.has(name)) { child.remove(); known.delete(name); }
  let place = parent.firstElementChild;
  for (const item of items) {
    const name = key(item);
    let child = known.get(name);
    if (!child) known.set(name, (child = create(item)));
    if (child === place) place = place.nextElementSibling;
    else parent.insertBefore(child, place);
    update(child, item);
  }
}

export function emptied(parent, isEmpty, words) {
  if (isEmpty && !parent.emptyNote) parent.append((parent.emptyNote = make(parent.matches("ul, ol") ? "li" : "p", { class: "empty", text: words })));
  else if (isEmpty) say(parent.emptyNote, words);
  else if (parent.emptyNote) { parent.emptyNote.remove(); parent.emptyNote = null; }
}

const trimmed = (value, digits) => value.toLocaleString("en", { maximumSignificantDigits: digits });

export function seconds(value) {
  if (value === null || value === undefined) return "–";
  if (value < 0.001) return `${trimmed(value * 1e6, 3)} µs`;
  if (value < 1) return `${trimmed(value * 1000, 3)} ms`;
  return value < 120 ? `${trimmed(value, 3)} s` : span(value);
}

export function span(value) {
  if (value < 90) return `${Math.round(value)} s`;
  if (value < 5400) return `${Math.round(value / 60)} min`;
  return value < 129600 ? `${Math.round(value / 3600)} h` : `${Math.round(value / 86400)} d`;
}

export function rate(value) {
  if (value === null || value === undefined) return "–";
  return value >= 1000 ? `${trimmed(value / 1000, 3)}k` : value >= 100 ? String(Math.round(value)) : trimmed(value, 2);
}

export function count(value) {
  return value >= 1e6 ? `${trimmed(value / 1e6, 3)}M` : value >= 1e4 ? `${trimmed(value / 1e3, 3)}k` : trimmed(value, 6);
}

export function share(value) {
  if (value === null || value === undefined) return "–";
  const percent = value * 100;
  return `${percent > 0 && percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
}

export function bytes(value) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let place = 0;
  while (value >= 1024 && place < 4) { value /= 1024; place += 1; }
  return `${trimmed(value, 3)} ${units[place]}`;
}

export const clock = (at) => new Date(at * 1000).toLocaleTimeString("en-GB");
