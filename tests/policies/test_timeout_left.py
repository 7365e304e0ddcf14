"""Timeout: what is told of a call that had another time than the policy's limit."""

import threading

import pytest

import resilience
from resilience import CallTimeoutError, Timeout, events
from resilience.testing import FakeClock, Recorder

ASYNC = pytest.mark.worlds("asyncio", "trio", reason="a plain function cannot be ended from outside")


@ASYNC
def test_expiry_tells_the_time_that_the_call_had(world, clock):
    """Where an outer deadline was nearer, that much; and what it was when the call began, whatever a reload says since."""
    timeout = Timeout(10, clock=clock)

    def hanging():
        yield world.sleep(clock, 100)

    def retuned():
        timeout.seconds = 70
        yield world.sleep(clock, 100)

    def story():
        with (
            resilience.deadline(2, clock=clock),
            pytest.raises(CallTimeoutError, match="no answer within 2 s") as caught,
        ):
            yield world.method(timeout)(world.function(hanging))
        assert caught.value.seconds == 2
        with pytest.raises(CallTimeoutError, match="no answer within 10 s"):
            yield world.method(timeout)(world.function(retuned))

    with Recorder(events.CallTimedOut) as recorder:
        world.session(story)
    assert [event.seconds for event in recorder.events] == [2, 10]


def test_a_late_call_tells_the_time_that_it_had(clock):
    """The same for a plain function: how long it took, and how long it should have."""
    timeout = Timeout(10, clock=clock)
    late = pytest.warns(resilience.ResilienceWarning, match="took 3 s of its 2 s")
    with Recorder(events.CallOverran) as recorder, resilience.deadline(2, clock=clock), late:
        timeout.call(clock.sleep, 3)
    assert [(event.seconds, event.elapsed) for event in recorder.events] == [(2, 3)]


def test_a_thread_tells_the_time_that_it_had():
    """The same for a call in a thread."""
    clock, hang = FakeClock(), threading.Event()
    timeout = Timeout(10, thread=True, clock=clock)
    with resilience.deadline(2, clock=clock), pytest.raises(CallTimeoutError, match="no answer within 2 s"):
        timeout.call(hang.wait)
    hang.set()
