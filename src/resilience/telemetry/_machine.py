"""What a machine uses: records of processors, memory and disks, and the reading of each."""

from __future__ import annotations

import os
from typing import Any

from .._record import Record
from ._processes import ProcessUse

_LEAST_SECONDS = 0.05


class CpuUse(Record):
    """The processors.

    Attributes:
        percent: of all, since the look before, 0 to 100; `None` until two looks lie apart.
        cores: the same for each.
        count: how many there are.
        load: runnable processes, on average over 1, 5 and 15 minutes; `None` on Windows.
    """

    percent: float | None
    cores: tuple[float, ...]
    count: int
    load: tuple[float, float, float] | None


class MemoryUse(Record):
    """Physical memory, or the swap: bytes, and percent in use."""

    total: int
    available: int
    used: int
    percent: float


class DiskUse(Record):
    """The file system that holds a path: bytes, and percent in use of what programs may use."""

    path: str
    total: int
    free: int
    used: int
    percent: float


class SystemUse(Record):
    """What the machine uses.

    Attributes:
        at: seconds since 1970.
        cpu, memory, swap, disks: see their records; a path that cannot be looked at is left out of `disks`.
        process: this process.
        top: the processes that use the processors most, the hungriest first.
    """

    at: float
    cpu: CpuUse
    memory: MemoryUse
    swap: MemoryUse
    disks: tuple[DiskUse, ...]
    process: ProcessUse | None
    top: tuple[ProcessUse, ...]


class Processors:
    """The processors, seen again and again: what was busy between two looks.

    psutil's own `cpu_percent` remembers the look before for each thread, so threads that take turns read nonsense.
    """

    __slots__ = ("_before", "_percents", "_psutil")

    def __init__(self, psutil: Any) -> None:
        self._psutil = psutil
        self._before = [_busy_and_all(core) for core in psutil.cpu_times(percpu=True)]
        self._percents: tuple[float | None, tuple[float, ...]] = None, ()

    def look(self) -> CpuUse:
        """What they did since the look before; looks that follow each other at once share an answer."""
        now = [_busy_and_all(core) for core in self._psutil.cpu_times(percpu=True)]
        spent = [(busy - was, whole - before) for (busy, whole), (was, before) in zip(now, self._before, strict=False)]
        if sum(whole for _, whole in spent) >= _LEAST_SECONDS * len(now):
            busy, whole = (sum(column) for column in zip(*spent, strict=True))
            self._before, self._percents = now, (_percent(busy, whole), tuple(_percent(*one) for one in spent))
        percent, cores = self._percents
        load = os.getloadavg() if hasattr(os, "getloadavg") else None
        return CpuUse(percent=percent, cores=cores, count=len(now), load=load)


def _busy_and_all(times: Any) -> tuple[float, float]:
    # A guest's time is counted as user's already.
    guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
    whole = sum(times) - guests
    return whole - times.idle - getattr(times, "iowait", 0.0), whole


def _percent(busy: float, whole: float) -> float:
    return min(100.0, max(0.0, busy / whole * 100)) if whole > 0 else 0.0


def memory_use(psutil: Any) -> MemoryUse:
    """Physical memory now."""
    told = psutil.virtual_memory()
    return MemoryUse(total=told.total, available=told.available, used=told.used, percent=told.percent)


def swap_use(psutil: Any) -> MemoryUse:
    """The swap now; all 0 where there is none."""
    told = psutil.swap_memory()
    return MemoryUse(total=told.total, available=told.free, used=told.used, percent=told.percent)


def disk_use(psutil: Any, path: str) -> DiskUse | None:
    """The file system of a path now, or `None` where there is no such path."""
    try:
        told = psutil.disk_usage(path)
    except OSError:
        return None
    return DiskUse(path=path, total=told.total, free=told.free, used=told.used, percent=told.percent)
