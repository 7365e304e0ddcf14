"""What this machine uses: processors, memory, disks, the hungriest processes. Needs the extra `system`.

>>> with enable_system() as system:
...     seen = system.snapshot()
>>> 0 < seen.memory.percent <= 100 and seen.process.memory > 0
True
"""

from __future__ import annotations

import os
from _thread import allocate_lock
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from .. import _options
from .._clock import Clock, wall_time
from .._extras import brought
from .._listeners import Subscription
from .._names import reset_in_child, reset_lock
from .._plain import plain
from .._sections import section
from .._world import SYSTEM_CLOCK
from ._machine import CpuUse, DiskUse, MemoryUse, Processors, SystemUse, disk_use, memory_use, swap_use
from ._processes import Processes, ProcessUse

__all__ = ["CpuUse", "DiskUse", "MemoryUse", "ProcessUse", "System", "SystemUse", "enable_system"]

_MOST_DISKS = 32


class System:
    """Reads what the machine uses, when asked.

    Args:
        disks: paths whose file systems are looked at (default: the one of the working directory).
        top: processes told at most (default 5); 0 leaves the other processes alone, which is quicker.
        ttl: seconds for which an answer is given again (default 1), so that many readers cost as much as one.
        clock: as for every policy.

    Raises:
        ImportError: psutil is not installed; `pip install 'resilience-stack[system]'`.

    Percentages of processors are those since the look before, so the first may be `None`. In a container the figures are
    those of the machine, not of the container's limits. Thread-safe; a look takes some milliseconds for some hundred
    processes, and none happens unasked.

    Rules: `_lock` guards the last answer and what the readers remember. `_live`, the one in the snapshot, is guarded by the
    module's `_lock`.
    """

    def __init__(
        self, *, disks: Iterable[str] | None = None, top: int = 5, ttl: Any = 1.0, clock: Clock | None = None
    ) -> None:
        self._disks = _paths(disks)
        self._top = _options.count("top", top, minimum=0)
        self._ttl = _options.seconds("ttl", ttl, zero=True)
        self._clock = SYSTEM_CLOCK if clock is None else clock
        self._psutil = brought("psutil", "system", "resilience.telemetry.system")
        self._processors = Processors(self._psutil)
        self._processes = Processes(self._psutil)
        self._lock = allocate_lock()
        self._known: SystemUse | None = None
        self._read_at = float("-inf")
        self._pid = os.getpid()

    def snapshot(self) -> SystemUse:
        """What the machine uses now, at most `ttl` seconds old."""
        if self._pid != os.getpid():
            reset_lock(self._lock)  # a forked child: a thread of the parent may have held it
            self._pid, self._known = os.getpid(), None
        with self._lock:
            now = self._clock.now()
            if self._known is None or now - self._read_at >= self._ttl:
                self._known, self._read_at = self._read_locked(now), now
            return self._known

    def _read_locked(self, now: float) -> SystemUse:
        disks = [disk_use(self._psutil, path) for path in self._disks]
        top, own = self._processes.look(now, self._top, self._pid)
        return SystemUse(
            at=wall_time(),
            cpu=self._processors.look(),
            memory=memory_use(self._psutil),
            swap=swap_use(self._psutil),
            disks=tuple(disk for disk in disks if disk is not None),
            process=own,
            top=top,
        )

    def about(self) -> dict[str, Any]:
        """What it was told to read."""
        return {"disks": self._disks, "top": self._top, "ttl": self._ttl}

    def told(self) -> dict[str, Any]:
        """The snapshot as the section `system` has it, with the thresholds of the settings."""
        from ..config import settings

        threshold = settings().threshold
        known: dict[str, Any] = plain(self.snapshot())
        return known | {
            "thresholds": {
                "cpu_percent": threshold.cpu_percent,
                "memory_percent": threshold.memory_percent,
                "disk_percent": threshold.disk_percent,
            }
        }

    def close(self) -> None:
        """Leave the snapshot of the process, if `enable_system` made it; closing twice is harmless."""
        global _live
        with _lock:
            if _live is not None and _live[0] is self:
                _live[1].close()
                _live = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def enable_system(
    *, disks: Iterable[str] | None = None, top: int = 5, ttl: Any = 1.0, clock: Clock | None = None
) -> System:
    """Add the section `system` to `resilience.snapshot()` from now on; options as for `System`.

    Returns:
        What reads the machine, also a context manager; `close()` takes the section out again. While it is on, calling this
        again gives the one that is there.

    Raises:
        ImportError: psutil is not installed.
        ValueError: it is on with other options, or an option is out of range.

    >>> import resilience
    >>> with enable_system(top=3):
    ...     section = resilience.snapshot()["sections"]["system"]
    >>> sorted(section)
    ['at', 'cpu', 'disks', 'memory', 'process', 'swap', 'thresholds', 'top']
    """
    global _live
    made = System(disks=disks, top=top, ttl=ttl, clock=clock)
    with _lock:
        if _live is None:
            _live = made, section("system", made.told)
        elif _live[0].about() != made.about():
            raise ValueError(
                f"disks={disks!r}, top={top!r}, ttl={ttl!r}: system metrics are on with {_live[0].about()}; close() them "
                "first, or give the same options (docs/telemetry/system.md)"
            )
        return _live[0]


_lock = allocate_lock()
_live: tuple[System, Subscription] | None = None


@reset_in_child
def _reset() -> None:
    global _lock
    _lock = allocate_lock()


def _paths(disks: Iterable[str] | None) -> tuple[str, ...]:
    if disks is None:
        return (os.path.abspath(os.sep),)  # noqa: PTH100 - of the working directory's drive, on Windows too
    allowed = f"paths, at most {_MOST_DISKS}, e.g. disks=['/', '/var']"
    if isinstance(disks, (str, bytes)):
        _options.refuse("disks", disks, f"a list of {allowed}", kind=TypeError)
    paths = tuple(os.fspath(path) for path in disks)
    if len(paths) > _MOST_DISKS or not all(isinstance(path, str) and path for path in paths):
        _options.refuse("disks", disks, allowed)
    return paths
