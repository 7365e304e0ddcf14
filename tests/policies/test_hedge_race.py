"""The pure part of a hedge against a reference that counts ticks."""

from hypothesis import given, settings
from hypothesis import strategies as st

from resilience import Hedge
from resilience.testing import FakeClock

KINDS = ("fine", "failed", "bad", "fatal")
ATTEMPT = st.tuples(st.integers(0, 6), st.sampled_from(KINDS))


def reference(plan, delay):
    """What comes of a call tick by tick: when each attempt begins, who decides, when; and whose bad values are closed."""
    begun, open_attempts, closed, due = [], {}, set(), 0
    for now in range(100):
        while True:
            ready = sorted(number for number, end in open_attempts.items() if end == now)
            for number in ready:
                kind = plan[number - 1][1]
                del open_attempts[number]
                if kind in {"fine", "fatal"}:
                    kept = {1} if len(plan) and plan[0][1] == "bad" and 1 not in open_attempts and begun else set()
                    return begun, (kind, number), now, closed | (kept - {number})
                if kind == "bad" and number > 1:
                    closed.add(number)
                due = now
            if len(begun) < len(plan) and now >= due:
                begun.append(now)
                open_attempts[len(begun)] = now + plan[len(begun) - 1][0]
                due = now + delay
            elif not open_attempts:
                return begun, (plan[0][1], 1), now, closed
            elif now not in open_attempts.values():
                break
    raise AssertionError("the reference has no end")


def outcome_of(race):
    """How the race says that it ended, and by whom."""
    try:
        kind, number = race.result()
    except (ConnectionError, ValueError) as error:
        return ("failed" if isinstance(error, ConnectionError) else "fatal"), error.args[0]
    return kind, number


@settings(max_examples=300, deadline=None)
@given(st.lists(ATTEMPT, min_size=2, max_size=4), st.integers(0, 5))
def test_the_race_is_what_the_reference_says(plan, delay):
    """Begins, the end, the outcome and what is closed are the same for every plan of attempts."""
    clock = FakeClock(autojump=False)
    hedge = Hedge(delay, attempts=len(plan), on=ConnectionError, on_result=lambda value: value[0] == "bad", clock=clock)
    race, ends, closed = hedge.begin(), {}, set()
    while not race.over:
        for number in sorted(number for number, end in ends.items() if end == clock.now()):
            kind = plan[number - 1][1]
            del ends[number]
            if kind in {"fine", "bad"}:
                rest = race.returned(number, (kind, number))
            else:
                rest = race.raised(number, (ConnectionError if kind == "failed" else ValueError)(number))
            if rest is not None:
                closed.add(rest[1])
            if race.over:
                break
        else:
            number = race.launch()
            if number is not None:
                assert race.begins(number)
                ends[number] = clock.now() + plan[number - 1][0]
            elif not race.over and clock.now() not in ends.values():
                clock.advance(min([race.patience(), *(end - clock.now() for end in ends.values())]))
    actual = list(race.launches), outcome_of(race), clock.now(), closed
    assert actual == reference(plan, delay)
    snapshot = hedge.snapshot()
    assert (snapshot.calls, snapshot.running) == (1, len(ends))
    assert sum(snapshot.wins) + snapshot.failed == (actual[1][0] != "fatal")


@settings(max_examples=100, deadline=None)
@given(st.lists(ATTEMPT, min_size=2, max_size=4), st.integers(0, 20))
def test_an_abandoned_race_leaves_nothing(plan, steps):
    """Wherever the caller leaves, every value is given back to be closed, and no attempt counts as running at the end."""
    clock = FakeClock(autojump=False)
    hedge = Hedge(1, attempts=len(plan), on=ConnectionError, on_result=lambda value: value[0] == "bad", clock=clock)
    race, running, made, closed = hedge.begin(), [], set(), []

    def end(number):
        kind = plan[number - 1][1]
        if kind in {"fine", "bad"}:
            made.add((kind, number))
            closed.append(race.returned(number, (kind, number)))
        else:
            closed.append(race.raised(number, (ConnectionError if kind == "failed" else ValueError)(number)))

    for step in range(steps):
        number = None if race.over else race.launch()
        if number is not None and race.begins(number):
            running.append(number)
        elif running and step % 2:
            end(running.pop(0))
        clock.advance(1)
    closed.append(race.abandon())
    for number in running:
        end(number)
    assert {value for value in closed if value is not None} == made
    assert hedge.snapshot().running == 0
