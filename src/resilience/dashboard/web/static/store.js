// The board, kept up to date by changes; the page draws `board` and nothing else.
const POINTS = 60, LINES = 1000;
const LONG = { services: [], policies: ["rates", "errors", "times"] };

export const state = { board: null, policies: new Map(), services: new Map(), seen: 0 };

export function whole(board) {
  state.board = board;
  for (const name of ["policies", "services"]) state[name] = new Map(board[name].map((one) => [one.key, one]));
  state.seen = performance.now();
}

// False when a change is missing between what is known and this one.
export function change(told) {
  const board = state.board;
  if (!board || told.after !== board.number) return false;
  for (const name of ["number", "at", "totals", "sources", "systems", "rankings", "firing", "recent", "sections"]) if (name in told) board[name] = told[name];
  for (const key of told.gone) state.policies.delete(key);
  for (const name of ["policies", "services"]) for (const one of told[name]) merge(state[name], one, LONG[name]);
  board.policies = [...state.policies.values()];
  board.services = [...state.services.values()];
  const logs = told.logs;
  board.logs = { ...logs, lines: [...board.logs.lines, ...logs.lines].slice(-LINES) };
  state.seen = performance.now();
  return true;
}

function merge(known, one, lines) {
  const before = known.get(one.key);
  if (!before) { known.set(one.key, one); return; }
  const { last, ...fields } = one;
  Object.assign(before, fields);
  for (const name of lines) if (last && name in last) before[name] = [...before[name].slice(1 - POINTS), last[name]];
}
