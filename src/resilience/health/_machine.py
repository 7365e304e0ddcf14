"""Checks of this machine, by the thresholds of the settings. They need the extra `system`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _options
from .._level import Level
from .._world import SYSTEM_CLOCK
from ..telemetry.system import System, SystemUse
from ._check import Check
from ._result import Verdict

_TICKS = 0.2


def cpu(percent: float | None = None, *, unhealthy: float | None = None) -> Check:
    """Are the processors used no more than so much, since the look before?

    Args:
        percent: from here on it is degraded; by default `THRESHOLD_CPU_PERCENT` (80).
        unhealthy: from here on it is unhealthy; by default never, for a busy machine is not a broken one.

    Raises:
        ImportError: psutil is not installed. ValueError: this is no percentage.
    """
    return _check("cpu", percent, unhealthy, _cpu)


def memory(percent: float | None = None, *, unhealthy: float | None = None) -> Check:
    """Is no more of the memory in use? As `cpu`, by `THRESHOLD_MEMORY_PERCENT` (85)."""
    return _check("memory", percent, unhealthy, lambda system: system.snapshot().memory.percent)


def disk(path: str = "/", percent: float | None = None, *, unhealthy: float | None = None) -> Check:
    """Is no more of the file system in use that holds this path? As `cpu`, by `THRESHOLD_DISK_PERCENT` (90).

    >>> disk("/", percent=100)().level
    <Level.HEALTHY: 'healthy'>
    """
    return _check("disk", percent, unhealthy, lambda system: _disk(system.snapshot(), path), [path])


def _check(
    kind: str,
    percent: float | None,
    unhealthy: float | None,
    read: Callable[[System], float],
    disks: list[str] | None = None,
) -> Check:
    bound, worse = _percent("percent", percent), _percent("unhealthy", unhealthy)
    system = System(disks=disks, top=0, ttl=0)

    def look() -> Verdict:
        from ..config import get_config

        used = read(system)
        limit = float(get_config(f"threshold.{kind}_percent")) if bound is None else bound
        return _verdict(kind, used, limit, worse)

    return Check(look, kind=kind)


def _verdict(kind: str, used: float, limit: float, worse: float | None) -> Verdict:
    if worse is not None and used >= worse:
        return Verdict(level=Level.UNHEALTHY, detail=_detail(kind, used, worse), value=used, unit="percent")
    if used >= limit:
        return Verdict(level=Level.DEGRADED, detail=_detail(kind, used, limit), value=used, unit="percent")
    return Verdict(level=Level.HEALTHY, value=used, unit="percent")


def _detail(kind: str, used: float, limit: float) -> str:
    return f"{kind} {used:.3g} %, the threshold is {limit:g} %"


def _cpu(system: System) -> float:
    """The use since the look before; the first look waits until there is something to tell."""
    while (used := system.snapshot().cpu.percent) is None:
        SYSTEM_CLOCK.sleep(_TICKS)
    return used


def _disk(seen: SystemUse, path: str) -> float:
    if not seen.disks:
        raise FileNotFoundError(f"path={path!r}: there is no such disk; name a folder that is there (docs/health.md)")
    return seen.disks[0].percent


def _percent(option: str, value: Any) -> float | None:
    if value is None:
        return None
    allowed = f"a percentage above 0 and up to 100, e.g. {option}=90"
    number = _options.number(option, value, allowed)
    if not 0 < number <= 100:
        _options.refuse(option, value, allowed)
    return number
