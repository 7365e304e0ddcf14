"""Spans of attempts that run beside each other."""

import pytest
from opentelemetry import trace
from tests.telemetry.exported import flaky

import resilience as r
from resilience._deadline import SCOPE
from resilience._listeners import HUB
from resilience._world import SYSTEM_CLOCK
from resilience.telemetry import _spans


def test_attempts_of_a_hedge_are_children_too(world, kit):
    """Each in a context of its own, linked; retries inside it are events of the one that they belong to."""
    retry = r.Retry(attempts=2, backoff=r.Fixed(0), name="spans-inner")
    policy = r.Pipeline(r.Hedge(60, attempts=2, on=ConnectionError), retry, name="spans-hedge")
    body = flaky(3)
    with kit.enable(metrics=False):
        assert world.call(policy, body) == "ok"
    (call,) = kit.spans("resilience spans-hedge")
    first, second = kit.spans("resilience attempt")
    assert {first.parent.span_id, second.parent.span_id} == {call.context.span_id}
    assert body.spans == [span.context.span_id for span in (first, first, second, second)]
    assert [span.attributes["resilience.outcome"] for span in (first, second)] == ["failure", "success"]
    assert first.attributes["error.type"] == "ConnectionError"
    assert second.attributes["http.request.resend_count"] == 1
    assert [link.context.span_id for link in second.links] == [first.context.span_id]
    assert [event.name for event in first.events] == ["RetryScheduled", "RetryGaveUp"]
    assert [event.name for event in second.events] == ["RetryScheduled", "RetrySucceeded"]


@pytest.mark.worlds("asyncio", "trio", reason="a thread cannot be cancelled")
def test_a_loser_of_a_hedge_ends_its_span(world, kit):
    """It was cancelled, and says so."""
    still = r.testing.FakeClock(autojump=False)
    policy = r.Hedge(0.01, attempts=2, name="spans-race")
    numbers = iter([1, 2])

    def body():
        if next(numbers) == 1:
            yield world.sleep(still, 100)
        return "ok"

    def story():
        assert (yield world.method(policy)(world.function(body))) == "ok"
        for _ in range(1000):
            if len(kit.spans("resilience attempt")) == 2:
                break
            yield world.sleep(SYSTEM_CLOCK, 0.01)

    with kit.enable(metrics=False):
        world.session(story)
    told = {span.attributes["resilience.attempt"]: span.attributes for span in kit.spans("resilience attempt")}
    assert {number: of["resilience.outcome"] for number, of in told.items()} == {1: "cancelled", 2: "success"}


def test_attempts_of_a_retry_around_a_hedge(world, kit):
    """The outermost of the two makes the attempts; the context goes into those of the hedge."""
    policy = r.Pipeline(r.Retry(attempts=2, backoff=r.Fixed(0)), r.Hedge(60, on=TimeoutError), name="spans-outer")
    body = flaky(1)
    with kit.enable(metrics=False):
        assert world.call(policy, body) == "ok"
    attempts = kit.spans("resilience attempt")
    assert body.spans == [span.context.span_id for span in attempts]
    assert [span.attributes["resilience.outcome"] for span in attempts] == ["failure", "success"]


def test_trouble_in_tracing_a_hedge_does_not_reach_the_call(kit, monkeypatch):
    """Neither where an attempt begins nor where it ends; and what was current before is so again."""
    hedge = r.Hedge(60)
    before = HUB.errors
    with kit.enable(metrics=False):
        with monkeypatch.context() as patched:
            patched.setattr(_spans._Call, "started", lambda *_: 1 / 0)
            assert hedge.call(flaky(0)) == "ok"
        with monkeypatch.context() as patched:
            patched.setattr(_spans._Call, "ending", lambda *_: 1 / 0)
            assert hedge.call(flaky(0)) == "ok"
    assert HUB.errors >= before + 3
    assert SCOPE.get() is None
    assert not trace.get_current_span().get_span_context().is_valid
