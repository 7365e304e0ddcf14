// One policy or service, at length: its last hour, its figures, its newest events, and what may be done to it.
import { $, clock, make, rate, say, seconds, share, span } from "./dom.js";
import { Chart, times } from "./charts.js";
import { control, hour } from "./stream.js";
import { stateOf } from "./policies.js";
import { age, state } from "./store.js";

const LINES = {
  calls: ["Calls a second", "--line", rate], errors: ["Calls that fail", "--bad", share], p95: ["p95", "--middling", seconds], retries: ["Retries a second", "--middling", rate],
  refused: ["Refused a second", "--bad", rate], response_time: ["Response time", "--line", seconds], online: ["Online", "--good", share],
};
const DANGEROUS = new Set(["isolate", "clear", "pause"]);
let charts = [];

export function setUp() {
  $("detail").addEventListener("close", () => { charts.forEach((chart) => chart.end()); charts = []; });
  $("detail").addEventListener("click", (event) => { if (event.target === $("detail")) $("detail").close(); });
}

export async function open(key) {
  const one = state.policies.get(key) ?? state.summed.get(key) ?? state.services.get(key);
  if (!one) return;
  say($("detail-title"), one.name);
  const figures = make("div", { class: "hours" });
  $("detail-body").replaceChildren(...("url" in one ? service(one) : policy(one)), figures);
  $("detail").showModal();
  const told = await hour(key);
  if (!told || !$("detail").open) return;
  for (const [name, [title, hue, format]] of Object.entries(LINES)) {
    const points = told.lines[name];
    if (!points) continue;
    const parent = make("div", { class: "chart" });
    figures.append(make("figure", {}, make("figcaption", { text: `${title}, last hour` }), parent));
    const chart = new Chart(parent, { hue, format, height: 140, least: name === "online" || name === "errors" ? 1 : 0.001 });
    charts.push(chart);
    chart.show(times(points.length, told.step, state.board.at), points);
  }
}

const pairs = (entries) => make("dl", { class: "pairs" }, ...entries.filter(([, value]) => value !== null && value !== undefined && value !== "")
  .map(([name, value]) => make("div", {}, make("dt", { text: String(name).replaceAll("_", " ") }), make("dd", { text: plain(value) }))));

const plain = (value) => (typeof value === "number" && !Number.isInteger(value) ? value.toLocaleString("en", { maximumSignificantDigits: 4 }) : typeof value === "object" ? JSON.stringify(value) : String(value));

function policy(tile) {
  const told = [make("p", { text: tile.explain ?? `${tile.kind}, ${tile.health}` })];
  if (tile.controls.length) told.push(controls(tile));
  if (tile.members.length) told.push(members(tile));
  told.push(pairs([["kind", tile.kind], ["pipelines", tile.pipelines.join(", ")], ["policies", tile.policies.join(" › ")], ["calls", tile.total], ["p50", seconds(tile.p50)], ["p95", seconds(tile.p95)],
    ["p99", seconds(tile.p99)], ["retries", tile.retries], ["refused", tile.refused], ["fallbacks", tile.fallbacks], ["timed out", tile.timed_out], ...Object.entries(tile.figures)]));
  if (tile.recent.length) told.push(events([...tile.recent].reverse()));
  return told;
}

function members(tile) {
  const names = new Map(state.board.sources.map((source) => [source.key, source.name]));
  const rows = tile.members.map((key) => state.policies.get(key)).filter(Boolean).map((one) => make("tr", {}, make("td", { text: names.get(one.source) ?? one.source }),
    make("td", { text: stateOf(one) }), ...[rate(one.rate), share(one.error_rate), seconds(one.p95), one.retries, one.refused].map((value) => make("td", { class: "n", text: String(value) })),
    make("td", { class: "soft", text: one.is_stale ? "silent" : "" })));
  const head = make("tr", {}, ...["Process", "State", "Calls/s", "Fail", "p95", "Retries", "Refused", ""].map((text) => make("th", { text, scope: "col" })));
  return make("div", { class: "scroll" }, make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
}

function events(recent) {
  const rows = recent.slice(0, 12).map(({ at, event, ...rest }) => make("tr", {}, make("td", { text: clock(at) }), make("td", { text: event }),
    make("td", { class: "soft", text: Object.entries(rest).filter(([, value]) => value !== null).map(([name, value]) => `${name} ${plain(value)}`).join(", ") })));
  const head = make("tr", {}, ...["When", "Event", "Told"].map((text) => make("th", { text, scope: "col" })));
  return make("div", { class: "scroll" }, make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
}

function service(one) {
  const parts = one.parts.map((part) => make("tr", {}, make("td", { text: part.name }), make("td", { text: part.level }), make("td", { class: "soft", text: part.detail ?? "" })));
  const told = [make("p", { text: `${one.url} is ${one.state}` }),
    pairs([["health", one.level], ["HTTP status", one.http_status], ["uptime", share(one.uptime)], ["looks", one.checks], ["p50", seconds(one.p50)], ["p95", seconds(one.p95)], ["p99", seconds(one.p99)], ["last answer", one.at === null ? "never" : `${span(age(one.at))} ago`], ...Object.entries(one.deployment)])];
  if (parts.length) told.push(make("table", {}, make("tbody", {}, ...parts)));
  if (one.deployments.length) told.push(make("p", { class: "soft", text: `Deployed anew at ${one.deployments.map((change) => clock(change.at)).join(", ")}` }));
  return told;
}

function controls(tile) {
  const told = make("span", { role: "status", class: "soft" });
  const buttons = tile.controls.map((action) => make("button", { type: "button", text: action, class: DANGEROUS.has(action) ? "danger" : "", onclick: async () => say(told, await control(action, tile)) }));
  return make("div", { class: "controls" }, ...buttons, told);
}
