"""The tiles of all policies: made from the snapshots of processes, with what has changed since the last ones.

Rules: one thread refreshes, so nothing is locked here. `_memory` and `_by_entry` hold one entry for each tile on the board,
`_hidden` those of the last look that are not shown, and all no others.
"""

from __future__ import annotations

import re
from typing import Any

from ._board import Tile
from ._history import History
from ._processes import Process, rows, text
from ._tile import SMOOTH, calls_of, circuit_of, counts_of, lines, made
from ._track import SHORT
from ._traffic import Chains, Told, Traffic

MOST = 5_000
# A tile of which nothing changes is made anew after so many looks, for its lines to move on, and then no more.
_IDLE = SHORT + 5
_ANEW = frozenset({3, 11, 22, 33, 48, SHORT + 2, _IDLE})
_OURS = frozenset({"http body"})
"""Policies of the library itself, which nobody made and nobody needs to see."""
_NUMBERED = re.compile(r"#\d+\Z")
_WATCHING = (" retry", " attempt timeout", " total timeout", " status", " health", " deployment")


class Memory:
    """What a tile was made from, to tell what has changed."""

    __slots__ = ("at", "counts", "entry", "idle", "is_stale", "key", "tile", "told", "traffic")

    def __init__(self, key: str, entry: dict[str, Any], told: Told, traffic: Traffic) -> None:
        self.key = key
        self.entry = entry
        self.told = told
        self.traffic = traffic
        self.counts: dict[str, int] = {}
        self.at = 0.0
        self.idle = 0
        self.is_stale = False
        self.tile: Tile | None = None


class Tiles:
    """Makes the tiles, refresh after refresh."""

    def __init__(self, history: History, labels: dict[str, str], *, controls: bool) -> None:
        self._history = history
        self._labels = labels
        self._own = ""
        self._controls = controls
        self._memory: dict[str, Memory] = {}
        self._by_entry: dict[int, Memory] = {}
        self._hidden: dict[int, dict[str, Any]] = {}
        self._keys: dict[tuple[Any, Any, Any], str] = {}

    def of(self, processes: list[Process], own: str, stale: set[str]) -> tuple[Tile, ...]:
        """All tiles now; `own` is the key of this process; those of a process in `stale` stay as they were last known."""
        self._own = own
        before, self._memory = self._memory, {}
        by_entry, self._by_entry = self._by_entry, {}
        hidden, self._hidden = self._hidden, {}
        tiles: list[Tile] = []
        for process in processes:
            chains = Chains(process.snapshot)
            is_stale = process.key in stale
            for entry in (*rows(process.snapshot.get("policies")), *rows(process.snapshot.get("pipelines"))):
                if len(tiles) >= MOST:
                    return tuple(tiles)
                number = id(entry)  # the same object tells the same
                if number in hidden:
                    self._hidden[number] = entry
                    continue
                known = by_entry.get(number)
                key = self._named(process, entry) if known is None else known.key
                if not key or key in self._memory:  # of two of one name and kind the second has nothing to add
                    self._hidden[number] = entry
                    continue
                old = before.get(key) if known is None else known
                memory = self._memory[key] = self._look(key, process, entry, chains, old, is_stale)
                self._by_entry[number] = memory
                if memory.tile is not None:
                    tiles.append(memory.tile)
        return tuple(tiles)

    def _serves_to_watch(self, entry: dict[str, Any]) -> bool:
        """Is it part of a watched service's client? Of that only the breaker is of interest."""
        label = _NUMBERED.sub("", str(entry.get("name")))  # statuses and health have a timeout each, of one name
        return any(label.endswith(end) and label[: -len(end)] in self._labels for end in _WATCHING)

    def _named(self, process: Process, entry: dict[str, Any]) -> str:
        """The key of a tile; empty for what is not shown."""
        words = (process.key, entry.get("kind"), entry.get("name"))
        try:
            key = self._keys.get(words)
        except TypeError:  # another process may tell anything
            return self._key(process, entry)
        if key is None:
            is_hidden = entry.get("name") in _OURS or (process.key == self._own and self._serves_to_watch(entry))
            if len(self._keys) > 4 * MOST:
                self._keys.clear()
            key = self._keys[words] = "" if is_hidden else self._key(process, entry)
        return key

    def _key(self, process: Process, entry: dict[str, Any]) -> str:
        return f"{history_key(process.key, self._own)}/{text(entry.get('kind'))}/{text(entry.get('name'))}"

    def _look(
        self, key: str, process: Process, entry: dict[str, Any], chains: Chains, old: Memory | None, is_stale: bool
    ) -> Memory:
        if old is None:
            return self._first(key, process, entry, chains.of(entry), is_stale)
        is_same = old.is_stale is is_stale and (old.entry is entry or old.entry == entry)
        # What is told of a policy's own calls tells its traffic as well; that of its pipelines may have changed.
        if not is_same or old.told.is_shared:
            told = chains.of(entry)
            traffic = old.traffic if told.is_same(old.told) else told.traffic()
            if not is_same or traffic != old.traffic:
                return self._next(key, process, entry, told, traffic, old, is_stale)
            old.told = told
        old.entry = entry
        old.idle += 1
        old.at = process.at
        if old.tile is not None and old.idle in _ANEW:
            old.tile = old.tile.replace(**lines(key, entry, old.traffic, old.counts, self._history, process.at))
        return old

    def _first(self, key: str, process: Process, entry: dict[str, Any], told: Told, is_stale: bool) -> Memory:
        traffic = told.traffic()
        memory = Memory(key, entry, told, traffic)
        memory.counts = counts_of(entry, traffic)
        memory.idle = 0 if traffic.window else _IDLE
        return self._made(memory, process, is_stale)

    def _next(
        self,
        key: str,
        process: Process,
        entry: dict[str, Any],
        told: Told,
        traffic: Traffic,
        old: Memory,
        is_stale: bool,
    ) -> Memory:
        memory = Memory(key, entry, told, traffic)
        only_calls = old.is_stale is is_stale and traffic.total > 0 and _only_calls(old.entry, entry)
        counts = {**old.counts, "calls": traffic.total} if only_calls else counts_of(entry, traffic)
        memory.counts = counts
        if process.at > old.at:
            memory.idle = old.idle if counts == old.counts else 0
            self._follow(key, process.at, min(process.at - old.at, SMOOTH), old.counts, counts, traffic)
        if not only_calls or old.tile is None:
            return self._made(memory, process, is_stale)
        memory.at, memory.is_stale = process.at, is_stale
        past = lines(key, entry, traffic, counts, self._history, process.at)
        memory.tile = old.tile.replace(**calls_of(entry, traffic, counts), **past)
        return memory

    def _follow(
        self, key: str, at: float, passed: float, old: dict[str, int], new: dict[str, int], traffic: Traffic
    ) -> None:
        """Add a point to each line of what has happened; where there is none, nothing has."""
        add = self._history.add
        for name in ("calls", "retries", "refused"):
            if new[name] != old[name]:
                add(key, name, at, max(0, new[name] - old[name]) / passed, 0.0)
        if traffic.window:
            add(key, "errors", at, traffic.error_rate or 0.0)
            if traffic.p95 is not None:
                add(key, "p95", at, traffic.p95)

    def _made(self, memory: Memory, process: Process, is_stale: bool) -> Memory:
        entry = memory.entry
        is_own = process.key == self._own
        memory.at, memory.is_stale = process.at, is_stale
        memory.tile = made(
            memory.key,
            process,
            entry,
            memory.traffic,
            memory.counts,
            self._history,
            is_stale=is_stale,
            watches=self._labels.get(str(entry.get("name"))) if is_own else None,
            controls=_possible(entry) if is_own and self._controls else (),
        )
        return memory


def _only_calls(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Is all but the calls and their explanation the very same?"""
    return old.keys() == new.keys() and all(
        value is old[name] or name in {"calls", "explain"} for name, value in new.items()
    )


def _possible(entry: dict[str, Any]) -> tuple[str, ...]:
    kind = text(entry.get("kind"))
    if kind == "circuit-breaker":
        is_closed = circuit_of(entry) == "closed"
        return ("isolate", "metrics-only", "reset") if is_closed else ("isolate", "metrics-only", "close")
    return {"cache": ("clear",), "rate-limiter": ("pause",)}.get(kind, ())


def history_key(key: str, own: str) -> str:
    """The key of a process's figures; this one's outlive its restart."""
    return "here" if key == own else key
