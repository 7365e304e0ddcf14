"""Events and listeners: typed, frozen, isolated from the call."""

import logging
import pickle

import pytest

import resilience
from resilience import CircuitBreaker, Consecutive, Fixed, Pipeline, Retry, events
from resilience._listeners import HUB
from resilience._record import Record
from resilience.testing import Recorder

KINDS = [kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, events.Event)]


def fail():
    raise ConnectionError


@pytest.mark.parametrize("kind", KINDS)
def test_every_event_is_documented(kind):
    """Each class has a text, and says whose policy, when and about what."""
    assert kind.__doc__
    assert {"policy", "at", "key"} <= set(kind._fields)


def test_events_are_frozen_keyword_only_values():
    """Equal by content, immutable, picklable, with clear errors."""
    event = events.CallRejected(policy="p", at=1.0, reason="open")
    assert event == events.CallRejected(policy="p", at=1.0, reason="open", retry_after=None)
    assert event != events.CallRejected(policy="p", at=2.0, reason="open")
    assert event != events.CacheMiss(policy="p", at=1.0)
    assert hash(event) == hash(event.replace())
    assert pickle.loads(pickle.dumps(event)) == event
    assert event.replace(reason="full").reason == "full"
    assert repr(event) == "CallRejected(policy='p', at=1.0, key=None, reason='open', retry_after=None)"
    with pytest.raises(AttributeError, match="frozen"):
        event.reason = "other"
    with pytest.raises(AttributeError, match="frozen"):
        del event.reason
    with pytest.raises(TypeError, match="needs the field 'reason'"):
        events.CallRejected(policy="p", at=1.0)
    with pytest.raises(TypeError, match="has no field 'colour'"):
        events.CacheMiss(policy="p", at=1.0, colour="red")
    with pytest.raises(TypeError, match="has no field 'colour'"):
        event.replace(colour="red")
    assert event.reason == "open", "a copy was changed, not the event"


def test_records_leave_class_variables_out():
    """What is a class variable is no field."""
    from typing import ClassVar

    class Point(Record):
        x: int
        scale: "ClassVar[int]" = 3

    assert Point(x=1).as_dict() == {"x": 1}


def test_process_wide_listeners(world, clock):
    """They hear every policy; by class if asked; not after their `with` block."""
    heard, refused = [], []
    breaker = CircuitBreaker(trip=Consecutive(1), clock=clock)
    with resilience.listen(heard.append), resilience.listen(refused.append, events.CallRejected):
        with pytest.raises(ConnectionError):
            world.call(Pipeline(Retry(attempts=1), breaker, clock=clock), fail)
        with pytest.raises(resilience.CircuitOpenError):
            world.call(breaker, fail)
    with pytest.raises(resilience.CircuitOpenError):
        world.call(breaker, fail)
    assert [type(event).__name__ for event in heard] == ["BreakerStateChanged", "RetryGaveUp", "CallRejected"]
    assert len(refused) == 1
    assert all(event.policy for event in heard)


def test_listeners_of_one_policy(clock):
    """They hear that policy only; `close` twice is harmless."""
    heard = []
    one, other = (Retry(attempts=2, backoff=Fixed(0), clock=clock) for _ in range(2))
    subscription = one.listen(heard.append, events.RetryScheduled)
    for retry in (one, other):
        with pytest.raises(ConnectionError):
            retry.call(fail)
    subscription.close()
    subscription.close()
    with pytest.raises(ConnectionError):
        one.call(fail)
    assert [event.policy for event in heard] == [one.name]


def test_row_30_a_listener_that_raises_changes_nothing(world, clock, caplog):
    """It is logged and counted; the call and the other listeners never notice."""
    heard = []

    def broken(event):
        raise ZeroDivisionError

    before = HUB.errors
    retry = Retry(attempts=2, backoff=Fixed(0), clock=clock)
    told = caplog.at_level(logging.ERROR, "resilience")
    with resilience.listen(broken), resilience.listen(heard.append), told, pytest.raises(ConnectionError):
        world.call(retry, fail)
    assert len(heard) == 2
    assert HUB.errors == before + 2
    assert "raised ZeroDivisionError on RetryScheduled" in caplog.text


@pytest.mark.parametrize("bad", [3, None])
def test_bad_listeners_are_refused(bad):
    """A listener is a plain function; event types are classes."""
    with pytest.raises(TypeError, match="listener="):
        resilience.listen(bad)
    with pytest.raises(TypeError, match="event_types="):
        resilience.listen(print, "RetryScheduled")
    with pytest.raises(TypeError, match=r"must be event classes, e\.g\. events\.RetryScheduled"):
        resilience.listen(print, resilience.Retry)

    async def coroutine(event):
        return None

    with pytest.raises(TypeError, match="nobody would await"):
        Retry().listen(coroutine)


def test_nothing_is_built_without_a_listener(monkeypatch, clock):
    """With nobody to hear it, no event is made."""
    monkeypatch.setattr(events.RetryScheduled, "__init__", lambda *args, **fields: pytest.fail("built"))
    with pytest.raises(ConnectionError):
        Retry(backoff=Fixed(0), clock=clock).call(fail)


def test_row_58_events_carry_no_arguments(clock):
    """Arguments and results of calls are never part of an event."""
    secret = "canary-7c1"
    with Recorder() as recorder:
        breaker = CircuitBreaker(trip=Consecutive(1), clock=clock)

        def charge(card, *, token):
            raise ConnectionError

        cached = Pipeline(Retry(backoff=Fixed(0)), resilience.Cache(ttl=5), breaker, clock=clock)(charge)
        with pytest.raises(resilience.CircuitOpenError) as caught:
            cached(secret, token=secret)
    texts = [repr(event) for event in recorder.events] + caught.value.__notes__ + [repr(cached.policy)]
    assert not [text for text in texts if secret in text]
