"""Draws what policies do over time and under load: `python -m scripts.pictures_policies [NAME ...]`."""

import asyncio
from itertools import count

from matplotlib.figure import Figure

import resilience as r
from resilience.events import LimitChanged
from resilience.simulate import Dependency, Outage, Scenario, simulate
from resilience.testing import FakeClock

from .pictures import BLUE, GREEN, GREY, ORANGE, PICTURES, RED, STILL, code_of, draw


def ages():
    """What a cache gives at each age of its entry, with a callee that answers and with one that fails."""
    kinds = {
        "the value, fresh": BLUE,
        "the old value, at once": "#56b4e9",
        "the old value, after a failed load": ORANGE,
    }
    kinds |= {"a new value, after its load": GREEN, "the error": RED}
    figure = Figure(figsize=(9, 2.6), layout="constrained")
    panel = figure.subplots()
    for row, is_up in enumerate((True, False)):
        for age in range(0, 160, 5):
            panel.broken_barh([(age, 5)], (-row - 0.35, 0.7), color=kinds[asyncio.run(_given(age, is_up=is_up))])
    for name, colour in kinds.items():
        panel.broken_barh([], (0, 0), color=colour, label=name)
    panel.set_yticks([0, -1], ["the callee answers", "the callee fails"])
    panel.set_xlim(0, 160)
    panel.set_xlabel("age of the entry in seconds; Cache(ttl=60, stale=30, stale_if_error=60)")
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize="small")
    figure.savefig(PICTURES / "cache.svg", metadata=STILL)


async def _given(age, *, is_up):
    """What a caller gets who comes at this age, in the words of the legend."""
    clock, loads = FakeClock(), []

    @r.Cache(ttl=60, stale=30, stale_if_error=60, jitter=0, clock=clock)
    async def load():
        loads.append(clock.now())
        if len(loads) > 1:
            await clock.asleep(1)
            if not is_up:
                raise ConnectionError("down")
        return len(loads)

    await load()
    clock.advance(age)
    try:
        value = await load()
    except ConnectionError:
        return "the error"
    if value > 1:
        return "a new value, after its load"
    if clock.now() > age:
        return "the old value, after a failed load"
    await asyncio.sleep(0)  # a refresh begins
    return "the old value, at once" if len(loads) > 1 else "the value, fresh"


def adaptive():
    """An adaptive limit in a brown-out: the number that it learned, and what is served with and without it."""
    figure = Figure(figsize=(9, 5), layout="constrained")
    limits, served = figure.subplots(2, 1, sharex=True)
    for algorithm, colour in ((r.Gradient2(), BLUE), (r.Vegas(), GREEN), (r.AIMD(longer_than=0.2), ORANGE)):
        course, report = _brown_out(algorithm)
        limits.step(*zip(*course, strict=True), where="post", color=colour, label=type(algorithm).__name__)
        if isinstance(algorithm, r.Gradient2):
            served.plot(*_seconds(report, "served"), color=colour, label="served with Gradient2")
    _, bare = _brown_out(None)
    served.plot(*_seconds(bare, "served"), color=RED, label="served without a limit")
    served.plot(*_seconds(bare, "offered"), "--", color=GREY, label="offered")
    for panel, name in ((limits, "calls at once"), (served, "calls a second")):
        panel.axvspan(10, 18, color="#eeeeee", zorder=0)
        panel.set_ylabel(name)
        panel.set_ylim(bottom=0)
        panel.legend(frameon=False, fontsize="small", loc="center right", bbox_to_anchor=(1, 0.3))
    served.set_xlim(0, 30)
    served.set_xlabel("seconds; in the grey ones a tenth of the callee's capacity is left")
    figure.savefig(PICTURES / "adaptive.svg", metadata=STILL)


def _brown_out(algorithm):
    """The limits with their times, and the report."""
    scenario = Scenario(
        Dependency(capacity=300, latency=0.05, outages=[Outage(10, 18, capacity=0.1)]),
        clients=200,
        duration=30,
        patience=0.5,
        shared=True,
    )
    course = [(0.0, 20)]

    def make():
        if algorithm is None:
            return r.Timeout(0.45)
        limit = r.AdaptiveLimit(algorithm)
        limit.listen(lambda event: course.append((event.at, event.new)), LimitChanged)
        return r.Pipeline(r.Timeout(0.45), limit)

    report = simulate(make, scenario)
    return [*course, (30.0, course[-1][1])], report


def _seconds(report, series):
    return [second.at + 0.5 for second in report.seconds], [getattr(second, series) for second in report.seconds]


def throttle():
    """How much a throttle sends to a callee that accepts a call a second and refuses the others."""
    figure = Figure(figsize=(9, 3), layout="constrained")
    panel = figure.subplots()
    offered = [number / 2 for number in range(1, 11)]
    panel.plot(offered, offered, "--", color=GREY, label="without a throttle")
    for multiplier, colour in ((2.0, BLUE), (1.5, GREEN), (1.1, ORANGE)):
        sent = [_sent(multiplier, rate) for rate in offered]
        panel.plot(offered, sent, color=colour, label=f"Throttle(multiplier={multiplier:g})")
    panel.axhline(1, color=RED, linewidth=0.8, label="what it accepts")
    panel.set_xlabel("calls a second that are wanted")
    panel.set_ylabel("that reach the callee")
    panel.set_ylim(0, 5)
    panel.legend(frameon=False, fontsize="small")
    figure.savefig(PICTURES / "throttle.svg", metadata=STILL)


def _sent(multiplier, rate):
    """Calls a second that reach the callee, in the third and fourth minute."""
    clock, sent = FakeClock(autojump=False), 0
    spread = (number * 0.618034 % 1 for number in count())  # evenly: few calls tell what many would by chance
    policy = r.Throttle(multiplier=multiplier, clock=clock, random=spread.__next__)
    callee = r.RateLimiter(1, burst=10, clock=clock)

    def ask():
        nonlocal sent
        sent += clock.now() > 120
        if not callee.try_acquire():
            raise ConnectionError("refused")

    for _ in range(int(240 * rate)):
        clock.advance(1 / rate)
        try:
            policy.call(ask)
        except (r.RateLimitedError, ConnectionError):
            pass
    return sent / 120


def hedge():
    """What a hedge takes off the slow tail, and what it costs in requests."""
    names = {}
    exec(code_of("policies/hedge.md"), names)  # noqa: S102 # our own page, which the tests run as well
    shares = (None, 0.99, 0.95, 0.9, 0.8, 0.7)
    reports = [simulate(lambda share=share: share and r.Hedge(r.Quantile(share)), names["uneven"]) for share in shares]
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    panel = figure.subplots()
    requests = [report.amplification for report in reports]
    for quantile, colour in (("p99", RED), ("p95", ORANGE), ("p50", BLUE)):
        seconds = [report.latency_ms[quantile] / 1000 for report in reports]
        panel.plot(requests, seconds, "o-", color=colour, label={"p99": "99 %", "p95": "95 %", "p50": "half"}[quantile])
    top = [report.latency_ms["p99"] / 1000 for report in reports]
    for share, x, y in zip(shares, requests, top, strict=True):
        panel.annotate(
            "no hedge" if share is None else f"Quantile({share:g})",
            (x, y),
            (4, 4),
            textcoords="offset points",
            fontsize="small",
        )
    panel.set_xlabel("requests for each call")
    panel.set_ylabel("seconds that these calls\ndid not exceed")
    panel.set_xlim(right=max(requests) + 0.05)
    panel.set_ylim(0, 1.1 * max(top))
    panel.legend(frameon=False, fontsize="small")
    figure.savefig(PICTURES / "hedge.svg", metadata=STILL)


ALL = (adaptive, ages, hedge, throttle)


if __name__ == "__main__":
    draw(ALL)
