"""The tiles of all policies: made from the snapshots of processes, with what has changed since the last ones.

Rules: one thread refreshes, so nothing is locked here. `_memory` holds one entry for each tile on the board, and no others.
"""

from __future__ import annotations

from typing import Any

from ._board import Tile
from ._history import History
from ._processes import Process, count, number, rows, table, text
from ._track import SHORT
from ._traffic import Chains, Traffic

MOST = 5_000
_SMOOTH = 10.0
# A tile of which nothing changes is made anew after so many looks, for its lines to move on, and then no more.
_IDLE = SHORT + 5
_ANEW = frozenset({3, 10, 20, 30, 40, 50, SHORT + 2, _IDLE})
_BAD, _MIDDLING = 0.5, 0.05
_WATCHING = (" retry", " attempt timeout", " total timeout", " status", " health", " deployment")
_STATES = {"open": "bad", "isolated": "bad", "half-open": "middling", "disabled": "off", "metrics-only": "off"}


class Memory:
    """What a tile was made from, to tell what has changed."""

    __slots__ = ("at", "counts", "entry", "idle", "is_stale", "tile", "traffic")

    def __init__(self, entry: dict[str, Any], traffic: Traffic, counts: dict[str, int], at: float) -> None:
        self.entry = entry
        self.traffic = traffic
        self.counts = counts
        self.at = at
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
        self._keys: dict[tuple[Any, Any, Any], str] = {}

    def of(self, processes: list[Process], own: str, stale: set[str]) -> tuple[Tile, ...]:
        """All tiles now; `own` is the key of this process; those of a process in `stale` stay as they were last known."""
        self._own = own
        before, self._memory = self._memory, {}
        tiles: list[Tile] = []
        for process in processes:
            chains = Chains(process.snapshot)
            is_stale = process.key in stale
            for entry in (*rows(process.snapshot.get("policies")), *rows(process.snapshot.get("pipelines"))):
                if len(tiles) >= MOST:
                    return tuple(tiles)
                key = self._named(process, entry)
                if not key:
                    continue
                if key in self._memory:  # two of one name and kind; the second has nothing to add
                    continue
                tiles.append(self._tile(key, process, entry, chains, before.get(key), is_stale))
        return tuple(tiles)

    def _serves_to_watch(self, entry: dict[str, Any]) -> bool:
        """Is it part of a watched service's client? Of that only the breaker is of interest."""
        label = str(entry.get("name"))
        return any(label.endswith(end) and label[: -len(end)] in self._labels for end in _WATCHING)

    def _named(self, process: Process, entry: dict[str, Any]) -> str:
        """The key of a tile; empty for what is not shown."""
        words = (process.key, entry.get("kind"), entry.get("name"))
        try:
            key = self._keys.get(words)
        except TypeError:  # another process may tell anything
            return self._key(process, entry)
        if key is None:
            is_hidden = process.key == self._own and self._serves_to_watch(entry)
            if len(self._keys) > 4 * MOST:
                self._keys.clear()
            key = self._keys[words] = "" if is_hidden else self._key(process, entry)
        return key

    def _key(self, process: Process, entry: dict[str, Any]) -> str:
        return f"{history_key(process.key, self._own)}/{text(entry.get('kind'))}/{text(entry.get('name'))}"

    def _tile(
        self, key: str, process: Process, entry: dict[str, Any], chains: Chains, old: Memory | None, is_stale: bool
    ) -> Tile:
        is_same = old is not None and old.is_stale is is_stale and (old.entry is entry or old.entry == entry)
        # What is told of a policy's own calls tells its traffic as well; that of its pipelines may have changed.
        traffic = old.traffic if old is not None and is_same and entry.get("calls") is not None else chains.of(entry)
        if old is not None and is_same and old.traffic == traffic and old.tile is not None:
            old.idle += 1
            old.at = process.at
            if old.idle > _IDLE or old.idle not in _ANEW:
                self._memory[key] = old
                return old.tile
        counts = _counts(entry, traffic)
        memory = self._memory[key] = Memory(entry, traffic, counts, process.at)
        memory.is_stale = is_stale
        if old is None:
            memory.idle = 0 if traffic.window else _IDLE
        elif process.at > old.at:
            memory.idle = old.idle if counts == old.counts else 0
            self._follow(key, process.at, min(process.at - old.at, _SMOOTH), old.counts, counts, traffic)
        memory.tile = self._made(key, process, entry, traffic, counts, is_stale)
        return memory.tile

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

    def _made(
        self,
        key: str,
        process: Process,
        entry: dict[str, Any],
        traffic: Traffic,
        counts: dict[str, int],
        is_stale: bool,
    ) -> Tile:
        state, events, at = table(entry.get("state")), table(entry.get("events")), process.at
        kind = text(entry.get("kind"))
        circuit = text(state.get("state")) if kind == "circuit-breaker" and "state" in state else None
        mean, recent = self._history.mean, self._history.recent
        refusal_rate = mean(key, "refused", at, _SMOOTH) or 0.0
        rate = mean(key, "calls", at, _SMOOTH)
        active, waiting = number(state.get("active")), number(state.get("waiting"))
        capacity = number(state.get("max_concurrent", state.get("max_size")))
        used = active if active is not None else number(state.get("size"))
        explain = entry.get("explain")
        return Tile(
            key=key,
            source=process.key,
            is_stale=is_stale,
            watches=self._labels.get(str(entry.get("name"))) if process.key == self._own else None,
            name=text(entry.get("name")),
            kind=kind,
            pipelines=_names(entry.get("pipelines")),
            policies=_names(entry.get("policies")),
            health=_health(circuit, traffic, refusal_rate, counts, state),
            state=circuit,
            explain=text(explain) if isinstance(explain, str) else None,
            rate=rate if rate is not None or not counts["calls"] else 0.0,
            error_rate=traffic.error_rate,
            p50=traffic.p50,
            p95=traffic.p95,
            p99=traffic.p99,
            is_shared=traffic.is_shared,
            is_recorded=entry.get("calls") is not None,
            total=counts["calls"],
            retries=counts["retries"],
            refused=counts["refused"],
            fallbacks=count(events.get("fallbacks")),
            timed_out=count(events.get("timed_out")),
            retry_rate=mean(key, "retries", at, _SMOOTH) or 0.0,
            refusal_rate=refusal_rate,
            hit_rate=number(state.get("hit_rate")) if count(state.get("hits")) + count(state.get("misses")) else None,
            used=None if used is None else int(used),
            capacity=None if capacity is None else int(capacity),
            waiting=None if waiting is None else int(waiting),
            balance=number(state.get("balance")),
            rates=recent(key, "calls", at),
            errors=recent(key, "errors", at),
            times=recent(key, "p95", at),
            timeline=tuple(rows(entry.get("timeline"))),
            recent=tuple(rows(entry.get("recent"))),
            figures=state,
            controls=self._possible(process, kind, circuit),
        )

    def _possible(self, process: Process, kind: str, circuit: str | None) -> tuple[str, ...]:
        if not self._controls or process.key != self._own:
            return ()
        if kind == "circuit-breaker":
            return ("isolate", "metrics-only", "reset") if circuit == "closed" else ("isolate", "metrics-only", "close")
        return {"cache": ("clear",), "rate-limiter": ("pause",)}.get(kind, ())


def history_key(key: str, own: str) -> str:
    """The key of a process's figures; this one's outlive its restart."""
    return "here" if key == own else key


def _counts(entry: dict[str, Any], traffic: Traffic) -> dict[str, int]:
    """What only grows. Caches, limiters and bulkheads count their own calls where nobody records any."""
    state, events = table(entry.get("state")), table(entry.get("events"))
    own = sum(count(state.get(name)) for name in ("hits", "misses", "admitted"))
    if "admitted" in state:
        own += count(state.get("rejected"))
    refused = max(count(events.get("refused")), count(state.get("rejected")))
    retries = count(events.get("retries")) or count(entry.get("retries"))
    return {"calls": traffic.total or own, "retries": retries, "refused": refused}


def _names(value: Any) -> tuple[str, ...]:
    return tuple(text(one) for one in value) if isinstance(value, list) else ()


def _health(
    circuit: str | None, traffic: Traffic, refusal_rate: float, counts: dict[str, int], state: dict[str, Any]
) -> str:
    if circuit in _STATES:
        return _STATES[circuit]
    rate = traffic.error_rate
    if rate is not None and rate >= _BAD:
        return "bad"
    if refusal_rate > 0 or (rate is not None and rate >= _MIDDLING):
        return "middling"
    is_used = traffic.window or (not traffic.total and counts["calls"]) or count(state.get("calls"))
    return "good" if is_used else "quiet"
