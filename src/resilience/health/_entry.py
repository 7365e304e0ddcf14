"""A check in a registry: its options, and what it found last.

Rules: `result`, `fresh_until` and `run` are guarded by the registry's lock. At most one run of a check is under way. A
result is that of the run which began last; one whose time was over before it ended has said `timeout`, and what it says
later is not heard.
"""

from __future__ import annotations

from typing import Any

from .._clock import Clock, wall_time
from .._level import Level
from .._masking import line, masked
from ..errors import CallTimeoutError
from ._check import Check, verdict_of
from ._result import CheckResult, Verdict
from ._run import Run, TimedOut


class Entry:
    """One check of a registry."""

    __slots__ = ("_clock", "check", "critical", "fresh_until", "name", "probes", "result", "run", "timeout", "ttl")

    def __init__(
        self,
        name: str,
        check: Check,
        *,
        timeout: float | None,
        ttl: float,
        critical: bool,
        probes: tuple[str, ...],
        clock: Clock,
    ) -> None:
        self.name = name
        self.check = check
        self.timeout = timeout
        self.ttl = ttl
        self.critical = critical
        self.probes = probes
        self._clock = clock
        self.forget()

    def forget(self) -> None:
        """Begin anew; also what a forked child does."""
        self.result: CheckResult | None = None
        self.run: Run | None = None
        self.fresh_until = float("-inf")

    def patience(self) -> float:
        """Seconds that a run may take."""
        if self.timeout is not None:
            return self.timeout
        from ..config import get_config

        return float(get_config(self.check.timeout)) / 1000

    def begin_locked(self, patience: float) -> tuple[Run | None, bool]:
        """The run to wait for, if any, and whether it is to be started."""
        now = self._clock.now()
        if self.run is not None and (self.run.done or not self.run.alive()):
            self.run = None
        if self.run is not None:
            return self.run, False
        if self.result is not None and now < self.fresh_until:
            return None, False
        self.run = Run(self._clock, patience)
        return self.run, True

    def told_locked(self, run: Run, result: CheckResult) -> None:
        """A run has ended, or its time has."""
        if self.run is run and not run.is_told:
            run.is_told = True
            self.result = result
            self.fresh_until = self._clock.now() + self.ttl

    def late_locked(self) -> None:
        """If the run's time is over, that is what it found."""
        run = self.run
        if run is not None and not run.is_told and not run.done and self._clock.now() >= run.due:
            self.told_locked(run, self.judged(run, None, TimedOut()))

    def judged(self, run: Run, value: Any, error: BaseException | None) -> CheckResult:
        """What a run found, in words that may be shown."""
        seconds = max(0.0, self._clock.now() - run.begun)
        verdict, why = _verdict(value, error, run.due - run.begun)
        return CheckResult(
            name=self.name,
            kind=self.check.kind,
            critical=self.critical,
            level=verdict.level,
            at=wall_time(),
            seconds=seconds,
            error=why,
            detail=None if verdict.detail is None else line(masked(verdict.detail)),
            value=verdict.value,
            unit=verdict.unit,
        )


def _verdict(value: Any, error: BaseException | None, patience: float) -> tuple[Verdict, str | None]:
    """How well it is, and the class of the error."""
    if error is None:
        try:
            return verdict_of(value), None
        except TypeError as refused:
            error = refused
    if isinstance(error, (TimedOut, CallTimeoutError)):
        return Verdict(level=Level.UNHEALTHY, detail=f"no answer within {patience:g} s"), "timeout"
    return Verdict(level=Level.UNHEALTHY, detail=_text(error)), line(type(error).__name__)


def _text(error: BaseException) -> str | None:
    try:
        return str(error) or None
    except Exception:  # somebody's own class of errors
        return None
