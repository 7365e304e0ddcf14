"""Draws which calls chaos hits, and how many an outage costs: `python -m scripts.pictures_faults [NAME ...]`."""

import warnings

from matplotlib.figure import Figure

import resilience as r
from resilience.testing import FakeClock

from .pictures import BLUE, GREEN, ORANGE, PICTURES, PURPLE, RED, STILL, draw

_OUTAGE = range(20, 60)
_CALLS = 50


def chaos():
    """What it does to calls one by one, and to what share of them."""
    figure = Figure(figsize=(6.5, 4.6), layout="constrained")
    calls, shares = figure.subplots(2, 1, height_ratios=(3, 2))
    met = _met(60)
    faults = {
        None: ("not hit", BLUE),
        "latency": ("latency=…, rate=0.2", ORANGE),
        "error": ("error=…, rate=0.1", RED),
    }
    for fault, (name, colour) in faults.items():
        numbers, seconds = zip(*(call[:2] for call in met if call[2] == fault), strict=True)
        calls.vlines(numbers, 0, seconds, color=colour, linewidth=3)
        calls.plot(numbers, seconds, "X" if fault == "error" else "o", color=colour, markersize=7, label=name)
    for seed, colour in ((1, BLUE), (2, GREEN), (3, PURPLE)):
        shares.plot(range(10, 501), _course(seed, 500)[9:], color=colour, label=f"seed={seed}")
    shares.axhline(0.2, color="black", linewidth=1, linestyle="--", label="rate=0.2")
    calls.set_ylabel("seconds")
    calls.set_ylim(-0.12, 2)
    calls.set_xlim(0, 61)
    calls.set_xlabel("calls of a callee that takes 0.1 s, one after the other")
    shares.set_ylabel("share that was hit")
    shares.set_ylim(0, 0.5)
    shares.set_xlim(0, 500)
    shares.set_xlabel("after so many calls")
    for panel in (calls, shares):
        panel.legend(loc="upper center", ncols=4, frameon=False)
    figure.savefig(PICTURES / "chaos.svg", metadata=STILL)


def _made(rate, seed, **fault):
    """One that is on."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", r.ResilienceWarning)  # it is loud
        return r.Chaos(rate=rate, seed=seed, enabled=True, **fault)


def _met(count):
    """Number, seconds and fault of so many calls of a callee that takes a tenth of a second."""
    clock, faults, met = FakeClock(), [], []
    parts = (
        _made(0.2, 1, latency=lambda chance: 0.5 + chance()),
        _made(0.1, 2, error=ConnectionError),
    )
    for part in parts:
        part.listen(faults.append)
    policy = r.Pipeline(*parts, clock=clock)
    for number in range(1, count + 1):
        faults.clear()
        began = clock.now()
        try:
            policy.call(clock.advance, 0.1)
        except ConnectionError:
            pass
        met.append((number, clock.now() - began, faults[-1].fault if faults else None))
    return met


def _course(seed, count):
    """The share of the calls that were hit, after each call."""
    policy, shares = _made(0.2, seed, result=True), []
    for number in range(1, count + 1):
        policy.call(bool)
        shares.append(policy.snapshot().injected / number)
    return shares


def budget():
    """How many requests a call makes before, during and after an outage, by the budget of its retries."""
    kinds = {
        "no budget": (None, RED),
        "RetryBudget()": (r.RetryBudget(), BLUE),
        "RetryQuota()": (r.RetryQuota(), ORANGE),
        "RetryThrottle()": (r.RetryThrottle(), GREEN),
    }
    figure = Figure(figsize=(6.5, 4.8), layout="constrained")
    panels = figure.subplots(len(kinds), 1, sharex=True, sharey=True)
    for panel, (name, (kind, colour)) in zip(panels, kinds.items(), strict=True):
        requests = _requests(kind)
        panel.broken_barh([(_OUTAGE.start, len(_OUTAGE))], (0, 4), color="#eeeeee", zorder=0)
        panel.fill_between(range(81), [*requests, requests[-1]], step="post", color=colour)
        mean = sum(requests[second] for second in _OUTAGE) / len(_OUTAGE)
        panel.set_title(f"{name}: {mean:.2f} requests for each call while the callee is down", fontsize="medium")
    panel.set_xlim(0, 80)
    panel.set_ylim(0, 3.2)
    panel.set_yticks([0, 1, 2, 3])
    panel.set_xlabel("seconds; fifty calls in each, of three attempts at most")
    figure.supylabel("requests for each call", fontsize="medium")
    figure.savefig(PICTURES / "budget.svg", metadata=STILL)


def _requests(kind):
    """Requests for each call, by second, of fifty calls a second."""
    clock, counts = FakeClock(autojump=False), []
    policy = r.Pipeline(r.Retry(attempts=3, backoff=r.Fixed(0), budget=kind), clock=clock)

    def ask():
        nonlocal requests
        requests += 1
        if is_down:
            raise ConnectionError("down")

    for second in range(80):
        requests, is_down = 0, second in _OUTAGE
        for _ in range(_CALLS):
            try:
                policy.call(ask)
            except ConnectionError:
                pass
            clock.advance(1 / _CALLS)
        counts.append(requests / _CALLS)
    return counts


ALL = (budget, chaos)


if __name__ == "__main__":
    draw(ALL)
