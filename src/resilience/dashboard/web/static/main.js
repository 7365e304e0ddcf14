import { $, say, set, span } from "./dom.js";
import { recolour } from "./charts.js";
import { alerts, overview } from "./overview.js";
import { services } from "./services.js";
import * as tiles from "./policies.js";
import { rankings, system } from "./system.js";
import * as lines from "./logs.js";
import * as detail from "./detail.js";
import { open } from "./stream.js";
import { state } from "./store.js";

const THEMES = ["auto", "light", "dark"], LIGHT = matchMedia("(prefers-color-scheme: light)");
let isPaused = false, isAway = true, isDue = false;

function draw() {
  isDue = false;
  const board = state.board;
  if (!board) return;
  const words = $("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const filter = (name) => words.every((word) => name.toLowerCase().includes(word));
  overview(board);
  alerts(board);
  services(board, filter, detail.open);
  tiles.policies(board, filter, detail.open);
  system(board);
  rankings(board);
  lines.logs(board);
  document.title = board.firing.length ? `(${board.firing.length}) resilience` : "resilience";
}

function redraw() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(draw);
}

function live() {
  const age = (performance.now() - state.seen) / 1000, isLate = isAway || (state.board && age > 5 * state.board.step + 5);
  const word = !state.board ? "connecting" : isLate ? `no answer; last known ${span(age)} ago` : isPaused ? "paused" : `live, each ${state.board.step} s`;
  set($("live"), "class", `live ${!state.board ? "" : isLate ? "bad" : isPaused ? "middling" : "good"}`);
  say($("live").lastElementChild, word);
  document.body.classList.toggle("away", Boolean(state.board && isLate));
}

function theme(step = 0) {
  const next = THEMES[(THEMES.indexOf(localStorage.getItem("theme") ?? "auto") + step + 3) % 3];
  localStorage.setItem("theme", next);
  document.documentElement.dataset.theme = next === "auto" ? (LIGHT.matches ? "light" : "dark") : next;
  say($("theme"), `Theme: ${next}`);
  recolour();
}

function pause() {
  isPaused = !isPaused;
  $("pause").setAttribute("aria-pressed", String(isPaused));
  say($("pause"), isPaused ? "Go on" : "Pause");
  if (!isPaused) redraw();
  live();
}

const KEYS = { "/": () => $("filter").focus(), p: pause, t: () => theme(1) };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, dialog *")) return;
  const act = KEYS[event.key];
  if (act) { event.preventDefault(); act(); }
});
$("filter").addEventListener("input", redraw);
$("pause").addEventListener("click", pause);
$("theme").addEventListener("click", () => theme(1));
LIGHT.addEventListener("change", () => theme());
theme();
detail.setUp();
tiles.choices(redraw);
lines.choices(redraw);
setInterval(live, 1000);
open(() => { isAway = false; live(); if (!isPaused) redraw(); }, () => { isAway = true; live(); });
