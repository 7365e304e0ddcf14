import { $, bytes, count, emptied, keyed, make, say, seconds, set, share, span } from "./dom.js";
import { meter, redrawMeter, redrawSpark, spark } from "./lines.js";
import { age } from "./store.js";

const NAMES = { "cpu.percent": "CPU", "memory.percent": "Memory", "swap.percent": "Swap", "process.cpu_percent": "This CPU", "process.memory": "This memory" };

export function system(board) {
  say($("system-count"), board.systems.length ? `${board.systems.length} ${board.systems.length === 1 ? "machine" : "processes"}` : "");
  keyed($("system-grid"), board.systems, (one) => one.source, create, update);
  emptied($("system-grid"), !board.systems.length, "No process tells of its machine; resilience.telemetry has what is needed for that.");
  keyed($("sources").tBodies[0], board.sources, (one) => one.key, () => make("tr", {}, ...Array.from({ length: 4 }, () => make("td"))), (row, one) => {
    const facts = one.facts.pid ? `pid ${one.facts.pid}, Python ${one.facts.python}, resilience ${one.facts.resilience}${one.facts.recording ? "" : ", telemetry is off"}` : "";
    set(row, "class", one.is_stale ? "bad" : "");
    [one.name, one.kind, one.at === null ? "never" : age(one.at) < 2 ? "now" : `${span(age(one.at))} ago${one.is_stale ? ", last known" : ""}`, one.error ?? facts].forEach((words, index) => say(row.children[index], words));
  });
}

function create() {
  const parts = { title: make("h3"), gauges: make("div"), disks: make("div"), top: make("tbody") };
  const head = make("thead", {}, make("tr", {}, ...["Process", "CPU", "Memory"].map((text, index) => make("th", { text, scope: "col", class: index ? "n" : "" }))));
  const item = make("li", {}, make("div", { class: "panel" }, parts.title, parts.gauges, parts.disks, make("table", {}, head, parts.top)));
  item.parts = parts;
  return item;
}

function update(item, one) {
  const { parts } = item, facts = one.facts;
  const limits = facts.thresholds ?? {};
  say(parts.title, `${one.host}${facts.process?.name ? ` · ${facts.process.name} ${facts.process.pid}` : ""}`);
  const lines = Object.entries(one.lines).filter(([name]) => name in NAMES && name !== "swap.percent");
  keyed(parts.gauges, lines, ([name]) => name, () => make("div", { class: "gauge" }, make("span", { class: "soft" }), spark(26), make("b")), (row, [name, points]) => {
    const last = points.at(-1), isShare = name.endsWith("percent");
    const limit = name === "cpu.percent" ? limits.cpu_percent : name === "memory.percent" ? limits.memory_percent : null;
    set(row, "class", `gauge ${limit && last >= limit ? "bad" : limit && last >= limit * 0.85 ? "middling" : "good"}`);
    say(row.children[0], NAMES[name]);
    redrawSpark(row.children[1], points, isShare ? 100 : 0);
    say(row.children[2], last === null || last === undefined ? "–" : isShare ? share(last / 100) : bytes(last));
  });
  keyed(parts.disks, facts.disks ?? [], (disk) => disk.path, () => make("div", { class: "gauge" }, make("span", { class: "soft cut" }), meter(), make("b")), (row, disk) => {
    set(row, "class", `gauge ${disk.percent >= (limits.disk_percent ?? 90) ? "bad" : "good"}`);
    say(row.children[0], disk.path);
    redrawMeter(row.children[1], disk.percent / 100);
    say(row.children[2], share(disk.percent / 100));
  });
  const top = facts.top ?? [];
  parts.top.parentElement.hidden = !top.length;
  keyed(parts.top, top.slice(0, 6), (process) => process.pid, () => make("tr", {}, make("td"), make("td", { class: "n" }), make("td", { class: "n" })), (row, process) => {
    [`${process.name} ${process.pid}`, process.cpu_percent === null ? "–" : share(process.cpu_percent / 100), bytes(process.memory ?? 0)].forEach((words, index) => say(row.children[index], words));
  });
}

const UNITS = { seconds, bytes, retries: count, refusals: count, calls: count };

export function rankings(board, opened) {
  keyed($("rankings-grid"), board.rankings, (one) => one.name, () => make("div", { class: "panel" }, make("h3"), make("ol")), (panel, one) => {
    const top = one.places[0]?.value ?? 1, list = panel.lastChild;
    say(panel.firstChild, one.title);
    keyed(list, one.places, (place) => place.of, () => make("li", { class: "place" }, make("span", { class: "cut" }), make("b"), meter()), (row, place) => {
      say(row.children[0], place.name);
      set(row.children[0], "title", place.name);
      say(row.children[1], (UNITS[one.unit] ?? count)(place.value));
      redrawMeter(row.children[2], place.value / top);
    });
    emptied(list, !one.places.length, "Nothing yet.");
  });
}
