// A tile for each policy, in the manner of the Hystrix dashboard: the size of the circle is traffic, its colour is health.
import { $, count, draw, emptied, keyed, make, rate, say, seconds, set, share, span } from "./dom.js";
import { meter, redrawMeter, redrawSpark, redrawTimeline, spark, timeline } from "./lines.js";
import { numbers, tell } from "./services.js";
import { age } from "./store.js";

const ORDER = { bad: 0, middling: 1, off: 2, good: 3, quiet: 4 };
const PAGE = 60;
let most = PAGE;

const SORTS = {
  trouble: (a, b) => ORDER[a.health] - ORDER[b.health] || (b.rate ?? 0) - (a.rate ?? 0) || a.name.localeCompare(b.name),
  traffic: (a, b) => (b.rate ?? 0) - (a.rate ?? 0) || a.name.localeCompare(b.name),
  slow: (a, b) => (b.p95 ?? 0) - (a.p95 ?? 0) || a.name.localeCompare(b.name),
  name: (a, b) => a.name.localeCompare(b.name),
};

export function choices(redraw) {
  for (const id of ["policies-show", "policies-kind", "policies-sort", "policies-each"]) $(id).addEventListener("change", () => { most = PAGE; redraw(); });
  $("policies-more").addEventListener("click", () => { most += PAGE; redraw(); });
}

export function policies(board, filter, opened) {
  const show = $("policies-show").value, kind = $("policies-kind").value;
  kinds(board);
  $("policies-each-label").hidden = !board.summed.length;
  const each = $("policies-each").checked ? board.policies : once(board);
  const found = each.filter((tile) => (!kind || tile.kind === kind) && filter(`${tile.name} ${tile.kind} ${tile.service} ${tile.pipelines.join(" ")}`)
    && (show === "all" || (show === "trouble" ? tile.health === "bad" || tile.health === "middling" : tile.health !== "quiet" || tile.kind === "circuit-breaker")));
  found.sort(SORTS[$("policies-sort").value]);
  const shown = found.slice(0, most), top = Math.max(1, ...found.map((tile) => tile.rate ?? 0));
  const several = board.sources.filter((source) => source.kind === "process").length > 1;
  say($("policies-count"), `${found.length} of ${each.length}; ${board.totals.breakers_open} of ${board.totals.breakers} breakers open`);
  keyed($("policies-grid"), shown, (tile) => tile.key, (tile) => create(tile, opened), (child, tile) => update(child, tile, top, board, several));
  emptied($("policies-grid"), !shown.length, board.policies.length ? "No policy matches what is asked for." : "There is no policy yet.");
  $("policies-more").hidden = found.length <= most;
  say($("policies-more"), `Show ${Math.min(PAGE, found.length - most)} more of ${found.length - most}`);
}

// Each policy of a service once: sums, and what is in none of them.
function once(board) {
  const within = new Set(board.summed.flatMap((one) => one.members));
  return [...board.summed, ...board.policies.filter((tile) => !within.has(tile.key))];
}

// The state in a word; of a sum, with the number of processes that are in it.
export function stateOf(tile) {
  const live = tile.members.length ? tile.figures.processes - tile.figures.silent : 0;
  return tile.members.length && tile.state ? `${tile.state} in ${tile.figures[tile.state] ?? live} of ${live}` : tile.state ?? WORDS[tile.health];
}

function kinds(board) {
  const select = $("policies-kind"), known = new Set([...select.options].map((option) => option.value));
  for (const kind of new Set(board.policies.map((tile) => tile.kind))) if (!known.has(kind)) select.append(make("option", { value: kind, text: kind }));
}

function create(tile, opened) {
  const parts = {
    name: make("h3", { class: "cut" }), pill: make("span", { class: "pill" }), size: draw("circle", { class: "size", cx: 34, cy: 34, r: 3 }),
    rate: make("span"), errors: make("span", { class: "errors" }), where: make("p", { class: "soft cut" }), line: spark(34),
    numbers: numbers(["p50", "p99", "retries", "refused"]), timeline: tile.kind === "circuit-breaker" ? timeline() : null,
    meter: tile.capacity !== null || tile.hit_rate !== null ? meter() : null,
  };
  const bubble = draw("svg", { class: "bubble", viewBox: "0 0 68 68", "aria-hidden": "true" }, draw("circle", { class: "ring", cx: 34, cy: 34, r: 32 }), parts.size);
  const card = make("button", { type: "button", class: "card tile", onclick: () => opened(tile.key) },
    make("span", { class: "row" }, parts.name, parts.pill),
    make("span", { class: "top-line" }, bubble, make("span", {}, make("span", { class: "rate" }, parts.rate, make("small", { text: " calls/s" })), make("br"), parts.errors, parts.where)),
    parts.line, parts.numbers, parts.meter, parts.timeline);
  card.parts = parts;
  return make("li", {}, card);
}

const WORDS = { good: "✓ well", middling: "● strained", bad: "▲ failing", quiet: "– quiet", off: "◌ off" };

function update(child, tile, top, board, several) {
  const card = child.firstChild, { parts } = card;
  set(card, "class", `card tile ${tile.health}${tile.is_stale ? " stale" : ""}`);
  say(parts.name, tile.name);
  set(parts.name, "title", tile.name);
  say(parts.pill, stateOf(tile));
  set(parts.size, "r", (tile.rate ? 6 + 26 * Math.sqrt(Math.min(1, tile.rate / top)) : 3).toFixed(1));
  say(parts.rate, rate(tile.rate));
  say(parts.errors, tile.error_rate !== null ? `${share(tile.error_rate)} fail` : tile.rate === null ? "not counted here" : "no calls lately");
  say(parts.where, told(tile, board, several));
  redrawSpark(parts.line, tile.rates);
  tell(parts.numbers, [seconds(tile.p50), seconds(tile.p99), count(tile.retries), count(tile.refused)]);
  if (parts.meter) redrawMeter(parts.meter, tile.hit_rate ?? (tile.capacity ? tile.used / tile.capacity : 0));
  if (parts.timeline) redrawTimeline(parts.timeline, tile.timeline, tile.state, board.at);
}

function told(tile, board, several) {
  const source = board.sources.find((one) => one.key === tile.source);
  const words = [tile.kind];
  if (tile.hit_rate !== null) words.push(`${share(tile.hit_rate)} hits`);
  if (tile.kind === "bulkhead") words.push(`${tile.used} of ${tile.capacity} in use${tile.waiting ? `, ${tile.waiting} wait` : ""}`);
  if (tile.members.length) words.push(`${tile.members.length} processes of ${tile.service}`);
  else if (several && source) words.push(source.name);
  if (tile.is_stale && source?.at) words.push(`as of ${span(age(source.at))} ago`);
  return words.join(" · ");
}
