import { $, count, emptied, keyed, make, rate, say, set, share, span } from "./dom.js";
import { Chart, times } from "./charts.js";

let calls = null, errors = null;

const health = (value, bad, middling) => (value === null ? "quiet" : value <= bad ? "bad" : value < middling ? "middling" : "good");

function figures(totals, firing) {
  const critical = firing.some((alert) => alert.severity === "critical");
  return [
    ["Well", share(totals.score), "", health(totals.score, 0.5, 1)],
    ["Services online", totals.services ? `${totals.online}` : "–", totals.services ? `of ${totals.services}` : "", !totals.services ? "quiet" : totals.online < totals.services ? "bad" : "good"],
    ["Breakers open", String(totals.breakers_open), `of ${totals.breakers}`, totals.breakers_open ? "bad" : totals.breakers ? "good" : "quiet"],
    ["Calls a second", rate(totals.rate), "", totals.rate ? "good" : "quiet"],
    ["Fail", share(totals.error_rate), "", totals.error_rate === null ? "quiet" : totals.error_rate >= 0.5 ? "bad" : totals.error_rate >= 0.05 ? "middling" : "good"],
    ["Retries", count(totals.retries), "", totals.retries ? "middling" : "quiet"],
    ["Refused", count(totals.refused), "", totals.refused ? "middling" : "quiet"],
    ["Alerts", String(firing.length), "firing", critical ? "bad" : firing.length ? "middling" : "good"],
  ];
}

export function overview(board) {
  keyed($("figures"), figures(board.totals, board.firing), (one) => one[0],
    ([title]) => make("div", {}, make("dt", { text: title }), make("dd", {}, make("span"), " ", make("small"))),
    (child, [, value, unit, hue]) => {
      set(child, "class", hue);
      say(child.lastChild.firstChild, value);
      say(child.lastChild.lastChild, unit);
    });
  calls ??= new Chart($("chart-calls"), { format: (value) => rate(value) });
  errors ??= new Chart($("chart-errors"), { hue: "--bad", format: (value) => share(value), least: 0.1 });
  const line = times(60, board.step, board.at);
  const padded = (points) => [...Array(60 - points.length).fill(null), ...points];
  calls.show(line, padded(board.totals.rates));
  errors.show(line, padded(board.totals.errors));
}

export function alerts(board) {
  say($("alerts-count"), board.firing.length ? `${board.firing.length} firing` : "");
  list($("alerts-firing"), board.firing, (alert) => `for ${span(Math.max(0, board.at - alert.since))}`);
  emptied($("alerts-firing"), !board.firing.length, "✓ Nothing fires.");
  list($("alerts-recent"), board.recent, (alert) => `ended ${span(Math.max(0, board.at - alert.until))} ago, after ${span(Math.max(0, alert.until - alert.since))}`);
  $("alerts-past").hidden = !board.recent.length;
}

function list(parent, alerts, when) {
  keyed(parent, alerts, (alert) => `${alert.key} ${alert.until}`,
    () => make("li", {}, make("span", { class: "pill" }), make("strong"), make("span", { class: "detail soft" }), make("span", { class: "when soft" })),
    (child, alert) => {
      set(child, "class", `alert ${alert.severity === "critical" ? "bad" : "middling"}`);
      [`${alert.severity === "critical" ? "▲" : "●"} ${alert.severity}`, alert.title, alert.detail, when(alert)].forEach((words, index) => say(child.children[index], words));
    });
}
