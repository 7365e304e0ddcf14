"""What a simulation answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resilience._record import Record
from resilience.simulate._scenario import Scenario
from resilience.simulate._tally import SLICES, Tally

_MS = 1000.0


class Second(Record):
    """One second, `at` so many from the start.

    Attributes:
        offered: calls that began in it; `served` of those in time.
        requests: that the dependency got in it.
        refused: calls that a policy refused in it.
        open: breakers that are open at its end.
    """

    at: int
    offered: int
    served: int
    requests: int
    refused: int
    open: int


class Recovery(Record):
    """One outage: the share of the calls `served` in it, and seconds after its end to be `back`, `None` if it never was.

    Back is when a whole second begins in which 95 % of the calls are served.
    """

    start: float
    end: float
    served: float | None
    back: float | None


class Report(Record):
    """The figures of one simulation, all measured.

    Attributes:
        calls: that callers made; of these `served` in time, `refused` by a policy, `gave_up` for want of patience,
            `failed` otherwise, and `under_way` at the end.
        failures: how many calls ended with each class of error.
        requests: that the dependency got; `amplification` is requests for each call.
        goodput: calls served a second; `success_rate` of all calls.
        latency_ms: p50, p95 and p99 of the calls that were served.
        outages: one entry each, in order.
        breaker: changes of state, `{at, policy, from, to}`, the first 2,000; `breaker_changes` is their number.
        seconds: one entry each.
    """

    seed: int
    duration: float
    calls: int
    served: int
    failed: int
    refused: int
    gave_up: int
    under_way: int
    failures: dict[str, int]
    requests: int
    amplification: float
    goodput: float
    success_rate: float
    latency_ms: dict[str, float | None]
    outages: tuple[Recovery, ...]
    breaker: tuple[dict[str, Any], ...]
    breaker_changes: int
    seconds: tuple[Second, ...]

    def as_json(self) -> dict[str, Any]:
        """The same as plain lists and dictionaries."""
        return {
            **self.as_dict(),
            "outages": [outage.as_dict() for outage in self.outages],
            "breaker": list(self.breaker),
            "seconds": [second.as_dict() for second in self.seconds],
        }


def report(scenario: Scenario, tally: Tally) -> Report:
    """Draw up the figures."""
    calls, served, refused = sum(tally.offered), sum(tally.served), sum(tally.refused)
    requests, until = sum(tally.requests), scenario.duration
    return Report(
        seed=scenario.seed,
        duration=until,
        calls=calls,
        served=served,
        failed=tally.failed,
        refused=refused,
        gave_up=tally.gave_up,
        under_way=calls - served - refused - tally.gave_up - tally.failed,
        failures=dict(sorted(tally.failures.items())),
        requests=requests,
        amplification=requests / calls if calls else 0.0,
        goodput=served / until,
        success_rate=served / calls if calls else 0.0,
        latency_ms=_quantiles(tally.latencies),
        outages=tuple(
            Recovery(
                start=each.start,
                end=each.end,
                served=tally.share_between(each.start, min(each.end, until)),
                back=tally.recovered_after(each.end, until),
            )
            for each in scenario.dependency.outages
        ),
        breaker=tuple({"at": at, "policy": name, "from": old, "to": new} for at, name, old, new in tally.changes),
        breaker_changes=len(tally.changes) + tally.changes_left_out,
        seconds=tuple(_seconds(tally, until)),
    )


def _quantiles(latencies: Sequence[float]) -> dict[str, float | None]:
    ordered = sorted(latencies)
    return {
        f"p{share}": ordered[min(len(ordered) - 1, len(ordered) * share // 100)] * _MS if ordered else None
        for share in (50, 95, 99)
    }


def _seconds(tally: Tally, until: float) -> list[Second]:
    open_breakers = tally.open_breakers()
    found = []
    for at in range(int(-(-until // 1))):
        span = slice(at * SLICES, (at + 1) * SLICES)
        found.append(
            Second(
                at=at,
                offered=sum(tally.offered[span]),
                served=sum(tally.served[span]),
                requests=sum(tally.requests[span]),
                refused=sum(tally.refused[span]),
                open=open_breakers[span][-1],
            )
        )
    return found
