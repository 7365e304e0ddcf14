"""The recorder's edges: what counts as what, and what is remembered between two readings."""

import gc

import pytest

import resilience as r
from resilience import telemetry
from resilience.telemetry import _recorder


def ok(*_):
    return "ok"


def outcomes(recorder, label):
    return {name: count for name, count in recorder.calls(label)["outcomes"].items() if count}


def test_what_never_began_was_refused(world, clock, recorder):
    """A call past its deadline is nobody's failure."""
    retry = r.Retry(name="too-late", clock=clock)

    def story():
        with r.deadline(0, clock=clock), pytest.raises(r.CallTimeoutError):
            yield world.method(retry)(world.function(ok))

    world.session(story)
    assert {name: count for name, count in recorder.calls("too-late")["outcomes"].items() if count} == {"refused": 1}


def test_what_a_fallback_hides_does_not_say_what_a_failure_is(clock, recorder):
    """It names what it answers for; an error that it lets through is one all the same."""
    fallback = r.Fallback(0, on=ConnectionError, name="lets-through")

    def fails():
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fallback.call(fails)
    assert recorder.calls("lets-through")["outcomes"]["failure"] == 1


def test_what_joins_the_others_is_seen_at_once(clock, monkeypatch):
    """Though nobody called under `_other` since it was read last."""
    monkeypatch.setattr(_recorder, "_OFTEN", 2)
    with telemetry.enable(max_policies=2, clock=clock) as recorder:
        stays, goes = (r.Retry(name=f"joins-{name}", clock=clock) for name in ("stays", "goes"))
        for policy in (stays, goes, goes, *(r.Retry(clock=clock) for _ in range(2))):
            policy.call(ok)
        assert recorder.calls("_other")["total"] == 2
        del goes, policy
        gc.collect()
        r.Retry(name="joins-late", clock=clock).call(ok)
        assert recorder.calls("joins-late")["total"] == 1
        assert recorder.calls("_other")["total"] == 4


def test_as_many_calls_in_the_next_slice_are_seen(clock, recorder):
    """The same number of notes as before is not the same notes."""
    retry = r.Retry(name="slices", clock=clock)
    for total in (1, 2, 3):
        retry.call(ok)
        assert recorder.calls("slices")["total"] == total
        clock.advance(10)


def test_row_60_who_was_called_before_a_fork_is_counted_after_it(clock, recorder):
    """What a forked child does, done here: notes go to where the child reads, not to what the parent kept."""
    retry = r.Retry(name="forked-before", clock=clock)
    for _ in range(2):
        retry.call(ok)
        assert outcomes(recorder, "forked-before") == {"success": 1}
        recorder.forget()


def test_events_are_seen_at_once_by_who_wants_no_copies(clock, recorder):
    """What has not changed is the same object, and what has is another."""
    breaker = r.CircuitBreaker("edges-events", initial_state="isolated", clock=clock)

    def told():
        return recorder.all_events(copied=False)[breaker.name]

    for count in (1, 2):
        with pytest.raises(r.CircuitOpenError):
            breaker.call(ok)
        assert told()["events"]["refused"] == {"isolated": count}
        assert told() is told()
    whole = recorder.all_events()[breaker.name]
    whole["recent"].clear()
    whole["events"]["refused"].clear()
    assert recorder.all_events()[breaker.name] == told()


def test_a_call_that_ends_as_a_slice_does_is_of_the_next(clock, recorder):
    """So it is in the window for as long as the others of that one."""
    retry = r.Retry(name="edges-slice", clock=clock)
    retry.call(ok)
    clock.advance(10)
    retry.call(ok)
    clock.advance(50)
    figures = recorder.calls("edges-slice")
    assert (figures["total"], figures["window"]["total"]) == (2, 1)
