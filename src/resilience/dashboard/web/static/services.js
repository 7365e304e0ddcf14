import { $, emptied, keyed, make, say, seconds, set, share, span } from "./dom.js";
import { redrawSpark, redrawTicks, spark, ticks } from "./lines.js";

export function numbers(names) {
  return make("dl", { class: "numbers" }, ...names.map((name) => make("div", {}, make("dt", { text: name }), make("dd"))));
}

export function tell(list, values) {
  values.forEach((value, index) => say(list.children[index].lastChild, value));
}

const ORDER = { bad: 0, middling: 1, quiet: 2, good: 3 };

export function services(board, filter, opened) {
  const shown = board.services.filter((one) => filter(one.name) || filter(one.url))
    .sort((a, b) => ORDER[a.health] - ORDER[b.health] || a.name.localeCompare(b.name));
  say($("services-count"), board.services.length ? `${board.totals.online} of ${board.totals.services} online` : "");
  keyed($("services-grid"), shown, (one) => one.key, (one) => create(one, opened), (child, one) => update(child, one, board));
  emptied($("services-grid"), !shown.length, board.services.length ? "No service matches the filter." : "No service is watched. Name some: resilience dashboard https://shop.example");
}

function create(one, opened) {
  const parts = {
    name: make("h3", { class: "cut" }), pill: make("span", { class: "pill" }), state: make("p", { class: "soft two" }), line: spark(),
    ticks: ticks(), numbers: numbers(["p50", "p95", "p99", "uptime"]), chips: make("div", { class: "chips" }),
  };
  const card = make("button", { type: "button", class: "card", onclick: () => opened(one.key) },
    make("span", { class: "row" }, parts.name, parts.pill), parts.state, parts.line, parts.ticks, parts.numbers, parts.chips);
  card.parts = parts;
  return make("li", {}, card);
}

const WORDS = { good: "✓ online", middling: "● degraded", bad: "▲ down", quiet: "… waiting" };

function update(child, one, board) {
  const { parts } = child.firstChild;
  set(child.firstChild, "class", `card ${one.health}${one.is_stale ? " stale" : ""}`);
  say(parts.name, one.name);
  say(parts.pill, one.health === "bad" && one.online ? "▲ unhealthy" : WORDS[one.health]);
  const known = one.is_stale && one.at ? `; last answer ${span(Math.max(0, board.at - one.at))} ago` : "";
  say(parts.state, `${one.state}${known}`);
  set(parts.state, "title", `${one.url} ${one.state}`);
  redrawSpark(parts.line, one.response_times);
  redrawTicks(parts.ticks, one.ticks);
  tell(parts.numbers, [seconds(one.p50), seconds(one.p95), seconds(one.p99), share(one.uptime)]);
  const chips = [...one.parts.map((part) => [part.name, part.level === "healthy" ? "✓" : "▲", part.level === "healthy" ? "good" : part.level === "degraded" ? "middling" : "bad"]),
    ...Object.entries(one.deployment).slice(0, 4).map(([name, value]) => [`${name} ${value}`, "", ""])].slice(0, 8);
  keyed(parts.chips, chips.map((chip, index) => [index, ...chip]), (chip) => chip[0], () => make("span", { class: "chip" }), (chip, [, words, sign, hue]) => {
    say(chip, sign ? `${sign} ${words}` : words);
    set(chip, "class", hue ? `pill ${hue}` : "chip");
  });
}
