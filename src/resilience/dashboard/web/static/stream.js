// The event stream: one connection, opened again when it breaks; and the tokens that the page was given, kept in memory only.
import { $, say } from "./dom.js";
import * as store from "./store.js";

let source = null, controlToken = null, tries = 0;

export function open(drawn, lost) {
  source?.close();
  source = new EventSource("api/events");
  source.addEventListener("board", (event) => { tries = 0; store.whole(JSON.parse(event.data)); drawn(); });
  source.addEventListener("change", (event) => { if (store.change(JSON.parse(event.data))) drawn(); else open(drawn, lost); });
  source.addEventListener("error", async () => {
    lost();
    source.close();
    tries += 1;
    const answer = await fetch("api/snapshot", { method: "HEAD" }).catch(() => null);
    if (answer?.status === 401) await session();
    setTimeout(() => open(drawn, lost), Math.min(10000, 500 * 2 ** tries) * (0.5 + Math.random() / 2));
  });
}

async function session() {
  const token = await ask("This dashboard shows itself to those who have its token.");
  if (token) await fetch("api/session", { method: "POST", headers: { "X-Resilience-Token": token } }).catch(() => null);
}

function ask(why) {
  say($("ask-why"), why);
  $("ask-token").value = "";
  $("ask").returnValue = "";
  $("ask").showModal();
  return new Promise((resolve) => $("ask").addEventListener("close", () => resolve($("ask").returnValue && $("ask-token").value), { once: true }));
}

export async function control(action, tile) {
  controlToken ??= (await ask("What changes a policy needs the control token, which the dashboard printed or was given.")) || null;
  if (!controlToken) return "left as it is";
  const body = JSON.stringify({ action, kind: tile.kind, name: tile.name });
  const headers = { "X-Resilience-Token": controlToken, "Content-Type": "application/json" };
  const answer = await fetch("api/control", { method: "POST", headers, body }).catch(() => null);
  if (answer?.status === 401) controlToken = null;
  const told = await answer?.json().catch(() => null);
  return told?.told ?? "the dashboard does not answer";
}

export async function hour(key) {
  const answer = await fetch(`api/hour?key=${encodeURIComponent(key)}`).catch(() => null);
  return answer?.ok ? answer.json() : null;
}
