"""Draws when things happen, in one call and among many: `python -m scripts.pictures_timelines [NAME ...]`."""

import asyncio
import warnings
from itertools import groupby, pairwise

from matplotlib.figure import Figure

import resilience as r
from resilience.extending import Policy
from resilience.testing import FakeClock

from .pictures import BLUE, GREY, ORANGE, PICTURES, PURPLE, RED, STILL, draw


class _Seen(Policy):
    """Notes when calls come by here and when they have ended, and whether with a value."""

    kind = "seen"

    def __init__(self):
        super().__init__()
        self.spans = []

    def admit(self, args, kwargs):
        return self.clock.now()

    def succeeded(self, permit, value):
        self.spans.append((permit, self.clock.now(), True))

    def failed(self, permit, error, attempt):
        self.spans.append((permit, self.clock.now(), False))


def bulkhead():
    """Callers who find a slot, wait for one, or are refused."""
    figure = Figure(figsize=(6.5, 3.6), layout="constrained")
    panel = figure.subplots()
    callers = asyncio.run(_crowd())
    for row, caller in enumerate(callers):
        began = caller.get("began", caller["ended"])
        _bar(panel, row, caller["arrived"], began, ORANGE)
        _bar(panel, row, began, caller["ended"], BLUE)
        if "reason" in caller:
            panel.plot(caller["ended"], -row, "x", color=RED, markersize=9, markeredgewidth=2.5)
            _write(panel, row, caller["ended"] + 0.08, f"refused: {caller['reason']}")
    _rows(panel, [f"caller {number}" for number in range(1, len(callers) + 1)])
    panel.set_xlim(-0.1, 3.6)
    panel.set_xlabel("seconds; Bulkhead(2, max_queue=2, wait=0.8)")
    _legend(figure, {"waits in the queue": ORANGE, "runs in a slot": BLUE})
    figure.savefig(PICTURES / "bulkhead.svg", metadata=STILL)


async def _crowd():
    """What became of callers who come one after the other, each for a second."""
    clock = FakeClock()
    slots = r.Bulkhead(2, max_queue=2, wait=0.8, clock=clock)

    async def come(caller):
        async def work():
            caller["began"] = clock.now()
            await clock.asleep(1)

        await clock.asleep(caller["arrived"])
        try:
            await slots.acall(work)
        except r.BulkheadFullError as error:
            caller["reason"] = error.reason
        caller["ended"] = clock.now()

    callers = [{"arrived": arrived} for arrived in (0, 0.2, 0.4, 0.6, 0.8, 1.1, 1.3, 2.4)]
    async with asyncio.TaskGroup() as group:
        for caller in callers:
            group.create_task(come(caller))
    return callers


_ENDS = {
    None: ("ends with a value", BLUE),
    (2, 2): ("ended by Timeout(2)", ORANGE),
    (6, 6): ("ended by Timeout(6)", RED),
    (6, 3.5): ("ended by the deadline", PURPLE),
}


def timeout():
    """Which of three limits ends the attempts of a call, and what a plain function makes of them."""
    hang, answer = 60, 1
    rows = {
        "hangs once": _attempts((hang, answer)),
        "hangs each time": _attempts((hang, hang, hang)),
        "the same within\nr.deadline(3.5)": _attempts((hang, hang), deadline=3.5),
    }
    figure = Figure(figsize=(6.5, 3), layout="constrained")
    panel = figure.subplots()
    for row, attempts in enumerate(rows.values()):
        for number, (began, ended, by) in enumerate(attempts, 1):
            _bar(panel, row, began, ended, _ENDS[by][1])
            _write(panel, row, began + 0.06, f"attempt {number}", on=_ENDS[by][1])
    began, due, ended = _overrun()
    _bar(panel, len(rows), began, due, BLUE)
    _bar(panel, len(rows), due, ended, GREY)
    _write(panel, len(rows), began + 0.06, "attempt 1", on=BLUE)
    _write(panel, len(rows), ended + 0.06, "its value comes late")
    _rows(panel, [*rows, "a plain function\nthat takes 3 s"])
    panel.set_xlim(0, 6.5)
    panel.set_xlabel("seconds; Pipeline(Timeout(6), Retry(), Timeout(2))")
    _legend(figure, dict(_ENDS.values()) | {"past its limit": GREY})
    figure.savefig(PICTURES / "timeout.svg", metadata=STILL)


def _nested(clock):
    """Two limits around and inside a retry, and the events of both."""
    limits, events = (r.Timeout(6), r.Timeout(2)), []
    for limit in limits:
        limit.listen(lambda event, limit=limit: events.append((limit.seconds, event)))
    return r.Pipeline(limits[0], r.Retry(backoff=r.Fixed(0.5)), limits[1], clock=clock), events


def _attempts(answers, deadline=60):
    """Begin and end of each attempt of a callee that answers after these seconds, and which limit ended it."""
    clock, after, attempts = FakeClock(), iter(answers), []
    policy, events = _nested(clock)

    async def callee():
        began = clock.now()
        try:
            await clock.asleep(next(after))
        finally:
            attempts.append((began, clock.now()))

    async def ask():
        with r.deadline(deadline, clock=clock):
            await policy.acall(callee)

    try:
        asyncio.run(ask())
    except r.CallTimeoutError:
        pass
    by = {event.at: (limit, event.seconds) for limit, event in events}
    return [(began, ended, by.get(ended)) for began, ended in attempts]


def _overrun():
    """When a plain function of three seconds begins, should have ended, and ends."""
    clock = FakeClock()
    policy, events = _nested(clock)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", r.ResilienceWarning)  # the first late one warns
        policy.call(clock.sleep, 3)
    ((_, late),) = events
    return late.at - late.elapsed, late.at - late.elapsed + late.seconds, late.at


_OUTAGE = range(20, 60)
_SUBSTITUTE = "the substitute"


def fallback():
    """What callers get before, during and after an outage: nothing but errors, the substitute, an old value first."""
    colours = {"the value": BLUE, "an old value": ORANGE, _SUBSTITUTE: PURPLE, "the error": RED}
    rows = {
        "no policy": (),
        "Fallback": (r.Fallback(_SUBSTITUTE),),
        "Fallback, Cache": (r.Fallback(_SUBSTITUTE), r.Cache(ttl=5, stale_if_error=15, jitter=0)),
    }
    figure = Figure(figsize=(6.5, 2.6), layout="constrained")
    panel = figure.subplots()
    for row, policies in enumerate(rows.values()):
        began = 0
        for given, seconds in groupby(_given(policies)):
            lasts = len(list(seconds))
            _bar(panel, row, began, began + lasts, colours[given])
            began += lasts
    for edge in (_OUTAGE.start, _OUTAGE.stop):
        panel.axvline(edge, color="black", linewidth=1, linestyle="--")
    panel.annotate("the callee is down", (40, 0.6), ha="center", va="center")
    _rows(panel, list(rows))
    panel.set_xlim(0, 80)
    panel.set_ylim(top=0.85)
    panel.set_xlabel("seconds; Cache(ttl=5, stale_if_error=15)")
    _legend(figure, colours, columns=4)
    figure.savefig(PICTURES / "fallback.svg", metadata=STILL)


def _given(policies):
    """What a caller gets each second, in the words of the legend."""
    clock, given = FakeClock(autojump=False), []

    def read():
        if int(clock.now()) in _OUTAGE:
            raise ConnectionError("down")
        return clock.now()

    ask = r.Pipeline(*policies, clock=clock)(read) if policies else read
    for _ in range(80):
        try:
            value = ask()
        except ConnectionError:
            given.append("the error")
        else:
            is_old = value != _SUBSTITUTE and clock.now() - value >= 5
            given.append(_SUBSTITUTE if value == _SUBSTITUTE else "an old value" if is_old else "the value")
        clock.advance(1)
    return given


def pipeline():
    """Where the time of one call goes, layer by layer, and what the opposite order makes of the same callee."""
    figure = Figure(figsize=(6.5, 4.8), layout="constrained")
    panels = figure.subplots(2, 1, sharex=True)
    order = "Timeout(6)", "Retry", "CircuitBreaker", "Timeout(2)"
    for panel, names in zip(panels, (order, order[::-1]), strict=True):
        layers, said = asyncio.run(_layers(names))
        for row, spans in enumerate(layers.values()):
            for began, ended, is_fine in spans:
                _bar(panel, row, began, ended, BLUE if is_fine else RED)
        attempts = layers[names[names.index("Retry") + 1]]
        for (_, slept, _), _ in pairwise(attempts):
            _write(panel, names.index("Retry"), slept + 0.06, "sleep", on=BLUE)
        _rows(panel, list(layers))
        panel.set_title(said, fontsize="medium")
    panels[0].set_xlim(0, 4)
    panels[1].set_xlabel("seconds; the callee hangs, fails after 0.3 s, answers after 0.5 s")
    _legend(figure, {"ends with a value": BLUE, "ends with an error": RED})
    figure.savefig(PICTURES / "pipeline.svg", metadata=STILL)


async def _layers(names):
    """When the call was inside each of these policies, outermost first, and the callee; and what came of it."""
    clock, breaker = FakeClock(), r.CircuitBreaker(trip=r.FailureRate(0.5))
    retry = r.Retry(backoff=r.Fixed(0.5))
    policies = {"Timeout(6)": r.Timeout(6), "Retry": retry, "CircuitBreaker": breaker, "Timeout(2)": r.Timeout(2)}
    seen = {name: _Seen() for name in (*names, "the callee")}
    row = [part for name in names for part in (seen[name], policies[name])]
    answers = iter(((60, None), (0.3, ConnectionError("down")), (0.5, None)))

    async def callee():
        seconds, error = next(answers)
        await clock.asleep(seconds)
        if error:
            raise error

    end = "served"
    try:
        await r.Pipeline(*row, seen["the callee"], clock=clock).acall(callee)
    except r.CallTimeoutError:
        end = "lost"
    said = f"{end} after {clock.now():.3g} s; the breaker counted {breaker.snapshot().failures} failures"
    return {name: policy.spans for name, policy in seen.items()}, said


def _bar(panel, row, began, ended, colour):
    panel.broken_barh([(began, ended - began)], (-row - 0.35, 0.7), color=colour, edgecolor="white")


def _write(panel, row, at, words, on="white"):
    """Beside a bar, or on one of this colour."""
    panel.annotate(words, (at, -row), color="white" if on == BLUE else "black", va="center", fontsize="small")


def _rows(panel, names):
    """Name them, the first at the top."""
    panel.set_yticks([-row for row in range(len(names))], names)
    panel.set_ylim(0.5 - len(names), 0.5)


def _legend(figure, kinds, columns=3):
    """Above all panels: which colour is what."""
    for name, colour in kinds.items():
        figure.axes[0].broken_barh([], (0, 0), color=colour, label=name)
    figure.legend(loc="outside upper center", ncols=columns, frameon=False)


ALL = (bulkhead, fallback, pipeline, timeout)


if __name__ == "__main__":
    draw(ALL)
