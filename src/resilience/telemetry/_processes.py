"""The processes that use the processors most, by what each used since the last look.

Rules: `_before` belongs to one `System`, which calls under its own lock. Nothing is kept of processes that have ended. Only
names are read, never command lines, which hold passwords.
"""

from __future__ import annotations

from heapq import nlargest
from typing import Any

from .._masking import printable, shortened
from .._record import Record


class ProcessUse(Record):
    """What one process uses.

    Attributes:
        pid: its number.
        name: of its program, without arguments.
        cpu_percent: since the last look, of one processor, so it may exceed 100; `None` at the first sight.
        memory: bytes in physical memory.
        threads: how many it has, or `None` where that is not told.
    """

    pid: int
    name: str
    cpu_percent: float | None
    memory: int
    threads: int | None = None


_ASKED = ["pid", "name", "create_time", "cpu_times", "memory_info", "num_threads"]


class Processes:
    """All processes of this machine, seen again and again."""

    __slots__ = ("_at", "_before", "_psutil")

    def __init__(self, psutil: Any) -> None:
        self._psutil = psutil
        self._before: dict[tuple[int, float], float] = {}
        self._at = float("-inf")

    def look(self, now: float, most: int, own: int) -> tuple[tuple[ProcessUse, ...], ProcessUse | None]:
        """The processes that use most, and the one with this number."""
        elapsed, before = now - self._at, self._before
        self._at, self._before = now, {}
        seen = [use for process in self._processes(most, own) if (use := self._use(process.info, before, elapsed))]
        mine = next((use for use in seen if use.pid == own), None)
        return tuple(nlargest(most, seen, key=lambda use: (use.cpu_percent or 0.0, use.memory))), mine

    def _processes(self, most: int, own: int) -> Any:
        if most:
            return self._psutil.process_iter(_ASKED)
        mine = self._psutil.Process(own)
        mine.info = mine.as_dict(_ASKED)
        return [mine]

    def _use(self, told: dict[str, Any], before: dict[tuple[int, float], float], elapsed: float) -> ProcessUse | None:
        times, memory = told["cpu_times"], told["memory_info"]
        if times is None or memory is None:  # it has ended, or belongs to somebody else
            return None
        key, spent = (told["pid"], told["create_time"]), times.user + times.system
        self._before[key] = spent
        earlier = before.get(key)
        return ProcessUse(
            pid=told["pid"],
            name=shortened(printable(told["name"] or "")),
            cpu_percent=None if earlier is None else max(0.0, spent - earlier) / elapsed * 100,
            memory=memory.rss,
            threads=told["num_threads"],
        )
