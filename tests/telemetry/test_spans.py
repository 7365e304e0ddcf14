"""Spans of calls and attempts: who is whose child, in threads, tasks and hedges."""

import asyncio
import threading

import pytest
from opentelemetry import trace
from tests.telemetry.exported import flaky

import resilience as r
from resilience._deadline import SCOPE
from resilience._listeners import HUB
from resilience.telemetry import _spans
from resilience.telemetry.otel import enable_otel


def test_a_span_for_each_call_and_a_child_for_each_attempt(world, clock, kit):
    """Linked in a row, each current while the function runs, the waits as events of the call."""
    retry = r.Retry(attempts=3, backoff=r.Fixed(1), clock=clock)
    policy = r.Pipeline(retry, r.CircuitBreaker(clock=clock), name="otel-line", clock=clock)
    body = flaky(2)
    with kit.enable(metrics=False), kit.traces.get_tracer("test").start_as_current_span("around") as around:
        assert world.call(policy, body) == "ok"
        assert trace.get_current_span() is around
    (call,), attempts = kit.spans("resilience otel-line"), kit.spans("resilience attempt")
    assert call.parent.span_id == around.get_span_context().span_id
    assert call.attributes["resilience.outcome"] == "success"
    assert call.attributes["resilience.strategy"] == "pipeline"
    assert [span.attributes["resilience.attempt"] for span in attempts] == [1, 2, 3]
    assert [span.attributes.get("http.request.resend_count") for span in attempts] == [None, 1, 2]
    assert [span.attributes.get("error.type") for span in attempts] == ["ConnectionError", "ConnectionError", None]
    assert [span.attributes["resilience.outcome"] for span in attempts] == ["failure", "failure", "success"]
    assert {span.parent.span_id for span in attempts} == {call.context.span_id}
    assert [[link.context.span_id for link in span.links] for span in attempts] == [
        [],
        [attempts[0].context.span_id],
        [attempts[1].context.span_id],
    ]
    assert body.spans == [span.context.span_id for span in attempts]
    waits = [event for event in call.events if event.name == "RetryScheduled"]
    assert [event.attributes["resilience.delay"] for event in waits] == [1.0, 1.0]
    assert waits[0].attributes["error.type"] == "ConnectionError"
    assert attempts[0].end_time <= attempts[1].start_time


def test_context_crosses_threads(clock, kit):
    """A timeout that runs its calls in a thread takes the context along, attempts included."""
    retry = r.Retry(attempts=2, backoff=r.Fixed(0))
    policy = r.Pipeline(r.Timeout(5, thread=True), retry, name="otel-thread")
    body = flaky(1, result=None)
    threads = []
    with kit.enable(metrics=False):
        policy.call(lambda: (threads.append(threading.current_thread()), body()))
        assert not trace.get_current_span().is_recording()
    attempts = kit.spans("resilience attempt")
    assert threads[0] is not threading.current_thread()
    assert body.spans == [span.context.span_id for span in attempts]
    assert {span.parent.span_id for span in attempts} == {kit.spans("resilience otel-thread")[0].context.span_id}


def test_context_crosses_the_task_of_a_load(world, clock, kit):
    """A cache loads in a task of its own; its retries are still attempts of the call."""
    policy = r.Pipeline(r.Cache(ttl=5, clock=clock), r.Retry(attempts=2, backoff=r.Fixed(0), clock=clock), clock=clock)
    body = flaky(1)
    with kit.enable(metrics=False):
        assert world.call(policy, body) == "ok"
    attempts = kit.spans("resilience attempt")
    assert len(attempts) == 2
    assert len({span.parent.span_id for span in attempts}) == 1
    assert body.spans == [span.context.span_id for span in attempts]


def test_calls_at_once_do_not_mix(world, clock, kit):
    """Threads or tasks: each call has attempts of its own."""
    retry = r.Retry(attempts=2, backoff=r.Fixed(0), clock=clock)

    def one():
        return (yield world.method(retry)(world.function(flaky(1))))

    def story():
        assert (yield world.together(*[one] * 5)) == ["ok"] * 5

    with kit.enable(metrics=False):
        world.session(story)
    calls = {span.context.span_id for span in kit.spans() if span.name != "resilience attempt"}
    parents = [span.parent.span_id for span in kit.spans("resilience attempt")]
    assert len(calls) == 5
    assert sorted(parents) == sorted([*calls, *calls])


def test_nested_calls_are_nested_spans(clock, kit):
    """A policy that is decorated inside another has its span below the outer's attempt."""
    outer, inner = (
        r.Retry(attempts=2, backoff=r.Fixed(0), name="otel-outer", clock=clock),
        r.CircuitBreaker("otel-inner", clock=clock),
    )
    guarded = outer(inner(flaky(1)))
    with kit.enable(metrics=False):
        assert guarded() == "ok"
    attempts, inners = kit.spans("resilience attempt"), kit.spans("resilience otel-inner")
    assert [span.parent.span_id for span in inners] == [span.context.span_id for span in attempts]


@pytest.mark.worlds("asyncio", "trio", reason="a direct call cannot be cancelled")
def test_a_cancelled_call_ends_its_spans(world, clock, kit):
    """None stays open."""
    still = r.testing.FakeClock(autojump=False)
    retry = r.Retry(clock=clock)

    def waits():
        yield world.sleep(still, 100)

    with kit.enable(metrics=False):
        assert world.run(world.cancelled, lambda: (yield world.method(retry)(world.function(waits))))
    assert [span.attributes["resilience.outcome"] for span in kit.spans()] == ["cancelled", "cancelled"]
    assert {span.status.status_code for span in kit.spans()} == {trace.StatusCode.UNSET}


def test_what_never_began_is_no_attempt(world, clock, kit):
    """A hit of a cache, and a refusal by a breaker around the retry: a call without a child."""
    cached = r.Pipeline(r.Cache(ttl=5, clock=clock), r.Retry(clock=clock), name="spans-cached", clock=clock)
    breaker = r.CircuitBreaker(initial_state="isolated", clock=clock)
    refused = r.Pipeline(breaker, r.Retry(clock=clock), name="spans-refused", clock=clock)
    guarded = cached(world.function(flaky(0)))

    def story():
        assert [(yield guarded()), (yield guarded())] == ["ok", "ok"]
        with pytest.raises(r.CircuitOpenError):
            yield world.method(refused)(world.function(flaky(0)))

    with kit.enable(metrics=False):
        world.session(story)
    loaded, hit = kit.spans("resilience spans-cached")
    (attempt,) = kit.spans("resilience attempt")
    assert attempt.parent.span_id == loaded.context.span_id
    assert hit.attributes["resilience.outcome"] == "success"
    (call,) = kit.spans("resilience spans-refused")
    assert call.attributes["error.type"] == "CircuitOpenError"


@pytest.mark.parametrize("around", [[], [r.Cache(ttl=5)], [r.Timeout(5)]], ids=["alone", "loaded", "bounded"])
def test_the_first_attempt_is_seen_on_the_real_clock(world, kit, around):
    """Where a retry would take a short way with nobody looking; afterwards there is no scope left."""
    policy = r.Pipeline(*around, r.Retry(attempts=2, backoff=r.Fixed(0)), name="spans-real")
    body = flaky(1)

    def story():
        yield world.method(policy)(world.function(body))
        return SCOPE.get()

    with kit.enable(metrics=False):
        assert world.session(story) is None
    attempts = kit.spans("resilience attempt")
    assert [span.attributes["resilience.attempt"] for span in attempts] == [1, 2]
    assert body.spans == [span.context.span_id for span in attempts]


def test_a_refresh_in_a_thread_makes_attempts_of_no_call_that_has_ended(clock, kit):
    """The call was answered with the old value; what its refresh does is no child of it."""
    began, ends = threading.Event(), threading.Event()
    policy = r.Pipeline(r.Cache(ttl=5, stale=60, jitter=0, clock=clock), r.Retry(clock=clock), clock=clock)

    def body():
        began.set()
        assert ends.wait(10)
        return trace.get_current_span().is_recording()

    guarded = policy(body)
    ends.set()
    with kit.enable(metrics=False):
        assert guarded() is True
        clock.advance(6)
        began.clear()
        ends.clear()
        assert guarded() is True
        assert began.wait(10)
        ends.set()
        r.shutdown(10)
    assert {span.attributes["resilience.outcome"] for span in kit.spans()} == {"success"}
    calls = [span.context.span_id for span in kit.spans() if span.name != "resilience attempt"]
    assert len(calls) == 2


def test_a_call_that_is_closed_in_another_context_ends_its_spans(kit):
    """As the collector closes what nobody awaits any more; what cannot be put back there troubles nobody."""
    from contextvars import copy_context

    async def body():
        await asyncio.sleep(10)

    with kit.enable(metrics=False):
        call = r.Retry().acall(body)
        loop = asyncio.new_event_loop()
        asyncio.events._set_running_loop(loop)
        try:
            copy_context().run(call.send, None)
            call.close()
        finally:
            asyncio.events._set_running_loop(None)
            loop.close()
    assert [span.attributes["resilience.outcome"] for span in kit.spans()] == ["cancelled", "cancelled"]
    assert not trace.get_current_span().get_span_context().is_valid


def test_trouble_where_an_attempt_begins_does_not_reach_the_call(kit, monkeypatch):
    """It is counted, and the call has its span all the same."""
    before = HUB.errors
    with kit.enable(metrics=False):
        monkeypatch.setattr(_spans._Call, "started", lambda *_: 1 / 0)
        assert r.Retry(attempts=2, backoff=r.Fixed(0)).call(flaky(1)) == "ok"
    assert HUB.errors == before + 2
    assert [span.attributes["resilience.outcome"] for span in kit.spans()] == ["success"]


def test_a_block_inside_is_not_taken_for_the_calls_attempts(clock, kit):
    """The same retry around a block, within a call that it guards: one attempt is under way already."""
    retry = r.Retry(attempts=2, backoff=r.Fixed(0), clock=clock)

    seen = []

    def body():
        for attempt in retry:
            with attempt:
                seen.append(trace.get_current_span().get_span_context().span_id)

    with kit.enable(metrics=False):
        retry.call(body)
    (only,) = kit.spans("resilience attempt")
    assert ([only.context.span_id], list(only.links)) == (seen, [])
    assert len(kit.spans()) == 2


def test_an_unsampled_call_has_no_attempts():
    """Nothing is started that nobody keeps."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

    bodies = flaky(1), flaky(0)
    with enable_otel(tracer_provider=TracerProvider(sampler=ALWAYS_OFF), metrics=False):
        assert r.Retry(attempts=2, backoff=r.Fixed(0)).call(bodies[0]) == "ok"
        assert r.Hedge(60).call(bodies[1]) == "ok"
    assert len(bodies[0].spans) == 2
    assert len({*bodies[0].spans}) == 1  # the call's own
    assert len(bodies[1].spans) == 1
