// The board, kept up to date by changes; the page draws `board` and nothing else.
const POINTS = 60, LINES = 1000;
const LONG = { sources: [], services: [], policies: ["rates", "errors", "times"], summed: ["rates", "errors", "times"] };
const KEYED = Object.keys(LONG);

export const state = { board: null, seen: 0, ...Object.fromEntries(KEYED.map((name) => [name, new Map()])) };

export function whole(board) {
  state.board = board;
  for (const name of KEYED) state[name] = new Map(board[name].map((one) => [one.key, one]));
  state.seen = performance.now();
}

// False when a change is missing between what is known and this one.
export function change(told) {
  const board = state.board;
  if (!board || told.after !== board.number) return false;
  for (const name of ["number", "at", "totals", "systems", "rankings", "firing", "recent", "sections"]) if (name in told) board[name] = told[name];
  for (const name of KEYED) {
    for (const key of told.gone[name]) state[name].delete(key);
    for (const one of told[name]) merge(state[name], one, LONG[name]);
    board[name] = [...state[name].values()];
  }
  const logs = told.logs;
  board.logs = { ...logs, lines: [...board.logs.lines, ...logs.lines].slice(-LINES) };
  state.seen = performance.now();
  return true;
}

// Seconds since then, at the board's own time.
export function age(at) {
  return Math.max(0, state.board.at - at);
}

function merge(known, one, lines) {
  const before = known.get(one.key);
  if (!before) { known.set(one.key, one); return; }
  const { last, ...fields } = one;
  Object.assign(before, fields);
  for (const name of lines) if (last && name in last) before[name] = [...before[name], ...last[name]].slice(-POINTS);
}
