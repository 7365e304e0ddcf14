"""The calls of a policy: its own, or those of the pipelines that it is part of."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from .._record import Record
from ._processes import count, number, rows, table

_QUANTILES = ("p50", "p95", "p99")


class Traffic(Record):
    """Calls since recording began, and the last minute's error rate and response times."""

    total: int = 0
    failures: int = 0
    window: int = 0
    error_rate: float | None = None
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    is_shared: bool = False


NONE = Traffic()


class Told:
    """What a snapshot tells of the calls of one policy: the same objects as long as nothing has changed."""

    __slots__ = ("calls", "is_shared")

    def __init__(self, calls: tuple[Any, ...], *, is_shared: bool) -> None:
        self.calls = calls
        self.is_shared = is_shared

    def is_same(self, other: Told) -> bool:
        """Do both tell the same?"""
        return self.calls == other.calls  # the very objects are compared first

    def traffic(self) -> Traffic:
        """As figures."""
        if not self.calls:
            return NONE
        return _together([_traffic_of(calls, is_shared=self.is_shared) for calls in self.calls])


class Chains:
    """The calls of every pipeline of a snapshot, for the policies inside them."""

    def __init__(self, snapshot: dict[str, Any]) -> None:
        self._snapshot = snapshot

    @cached_property
    def _by_name(self) -> dict[str, Any]:
        return {
            str(one.get("name")): one["calls"]
            for one in (*rows(self._snapshot.get("pipelines")), *rows(self._snapshot.get("policies")))
            if one.get("calls") is not None
        }

    def of(self, entry: dict[str, Any]) -> Told:
        """The calls of a policy. Inside an HTTP client it is the origin's retry that hears of them."""
        if entry.get("calls") is not None:
            return Told((entry["calls"],), is_shared=False)
        within = entry.get("pipelines")
        names = [str(name) for name in within] if isinstance(within, list) else []
        known = self._by_name
        return Told(
            tuple(known[name] for name in (*names, f"{entry.get('name')} retry") if name in known), is_shared=True
        )


def _traffic_of(calls: Any, *, is_shared: bool) -> Traffic:
    told = table(calls)
    window = table(told.get("window"))
    return Traffic(
        total=count(told.get("total")),
        failures=count(table(told.get("outcomes")).get("failure")),
        window=count(window.get("total")),
        error_rate=number(window.get("error_rate")),
        p50=number(window.get("p50")),
        p95=number(window.get("p95")),
        p99=number(window.get("p99")),
        is_shared=is_shared,
    )


def _together(several: list[Traffic]) -> Traffic:
    if len(several) == 1:
        return several[0]
    window = sum(one.window for one in several)
    failed = sum((one.error_rate or 0.0) * one.window for one in several)
    slowest = {name: max((getattr(one, name) or 0.0 for one in several), default=0.0) for name in _QUANTILES}
    return Traffic(
        total=sum(one.total for one in several),
        failures=sum(one.failures for one in several),
        window=window,
        error_rate=failed / window if window else None,
        is_shared=True,
        **{name: value or None for name, value in slowest.items()},
    )
