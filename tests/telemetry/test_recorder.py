"""The recorder: what it counts of calls and of events."""

import contextlib

import pytest

import resilience as r
from resilience import _drive, _watch, telemetry


def down(*_):
    raise ConnectionError("down")


def ok(*_):
    return "ok"


def outcomes(recorder, label):
    return {name: count for name, count in recorder.calls(label)["outcomes"].items() if count}


def test_off_by_default_nothing_is_watched():
    """Without `enable()` no call leaves its way and no event is built."""
    assert telemetry.recorder() is None
    assert not _drive.astray
    assert _watch.recorder is _watch.NOBODY
    assert not r.CircuitBreaker("unheard").heard()


def test_what_was_decorated_before_is_seen(world, clock):
    """Functions are watched whenever they were decorated."""
    early = r.Retry(name="early", clock=clock)(world.function(ok))
    with telemetry.enable(clock=clock) as recorder:
        late = r.Retry(name="late", clock=clock)(world.function(ok))

        def story():
            assert (yield early(1)) == "ok"
            assert (yield late(1, 2)) == "ok"

        world.session(story)
        assert outcomes(recorder, early.policy.name) == outcomes(recorder, late.policy.name) == {"success": 1}
    assert telemetry.recorder() is None


def test_each_outcome_is_told_apart(world, clock, recorder):
    """Success, failure, ignored and refused, in every world."""
    retry = r.Retry(attempts=1, on=ConnectionError, ignore=ConnectionResetError, name="four", clock=clock)
    errors = [
        None,
        ConnectionError("down"),
        ConnectionResetError("reset"),
        KeyError("other"),
        r.RateLimitedError("full"),
    ]

    def body(error):
        if error is not None:
            raise error

    def story():
        call = world.method(retry)
        function = world.function(body)
        for error in errors:
            if error is None:
                yield call(function, error)
            else:
                with pytest.raises(type(error)):
                    yield call(function, error)

    world.session(story)
    assert outcomes(recorder, retry.name) == {"success": 1, "failure": 1, "ignored": 2, "refused": 1}
    assert recorder.calls(retry.name)["errors"] == {
        "ConnectionError": 1,
        "ConnectionResetError": 1,
        "KeyError": 1,
        "RateLimitedError": 1,
    }
    assert recorder.calls(retry.name)["window"]["error_rate"] == 0.5


@pytest.mark.worlds("asyncio", "trio", reason="a direct call cannot be cancelled")
def test_a_cancelled_call_is_neither(world, clock, recorder):
    """A cancellation is no failure and no success."""
    guarded = r.CircuitBreaker("cancelled", clock=clock)

    def body():
        yield world.method(guarded)(world.function(waits))

    def waits():
        yield world.sleep(still, 100)

    still = r.testing.FakeClock(autojump=False)
    assert world.run(world.cancelled, body)
    assert outcomes(recorder, guarded.name) == {"cancelled": 1}


def test_the_users_own_on_is_not_asked_again(clock, recorder):
    """A function given as `on` is called as often as without telemetry."""
    asked = []
    breaker = r.CircuitBreaker("own", on=lambda error: asked.append(error) or True, clock=clock)
    with pytest.raises(ConnectionError):
        breaker.call(down)
    assert len(asked) == 1
    assert outcomes(recorder, "own") == {"failure": 1}


def test_one_call_counts_once_under_the_outermost_label(clock, recorder):
    """A pipeline is one line, its policies are not; a policy decorated inside another has its own."""
    inner, outer = r.Retry(name="inner", clock=clock), r.CircuitBreaker("outer", clock=clock)
    r.Pipeline(inner, outer, name="line").call(ok)
    assert recorder.labels() == ["line"]
    outer(inner(ok))()
    assert recorder.labels() == ["inner", "line", "outer"]


def test_every_kind_of_chain_is_watched(world, clock, recorder):
    """Timeouts, in a thread too, caches and fallbacks have a place for it like all others."""
    policies = [
        r.Timeout(5, name="timeout", clock=clock),
        r.Timeout(5, thread=not world.is_async, name="thread", clock=clock),
        r.Cache("cache", ttl=5, clock=clock),
        r.Fallback("x", name="fallback", clock=clock),
        r.RateLimiter(5, name="limiter", clock=clock),
        r.Bulkhead(5, name="bulkhead", clock=clock),
    ]

    def story():
        for policy in policies:
            assert (yield policy(world.function(ok))()) == "ok"
            assert (yield policy(world.function(lambda *, word: word))(word="kw")) == "kw"

    world.session(story)
    assert recorder.labels() == sorted(policy.name for policy in policies)
    assert all(outcomes(recorder, policy.name) == {"success": 2} for policy in policies)


def test_a_service_is_one_label(recorder):
    """Functions under `resilient(name)` count under it, also after its layers changed."""
    guarded = r.resilient("recorded-service")(ok)
    guarded()
    (label,) = recorder.labels()
    assert label.startswith("recorded-service")


def test_response_times_by_the_clock_over_a_sliding_window(clock, recorder):
    """Quantiles tell the last minute; counts tell everything."""
    policy = r.Retry(name="slow", clock=clock)
    for seconds in [0.1] * 98 + [2.0] * 2:
        policy.call(clock.sleep, seconds / 10)
    window = recorder.calls("slow")["window"]
    assert window["p50"] == pytest.approx(0.01, rel=0.011)
    assert window["p99"] == pytest.approx(0.2, rel=0.011)
    clock.advance(61)
    figures = recorder.calls("slow")
    assert figures["total"] == 100
    assert figures["seconds"] == pytest.approx(98 * 0.01 + 2 * 0.2)
    assert figures["window"] == {
        "total": 0,
        "outcomes": dict.fromkeys(figures["outcomes"], 0),
        "error_rate": None,
        "p50": None,
        "p95": None,
        "p99": None,
    }
    policy.call(clock.sleep, 1)
    assert recorder.calls("slow")["window"]["p50"] == pytest.approx(1, rel=0.011)
    counts, seconds, count = recorder.response_times((0.1, 0.5, 5.0))["slow"]
    assert (counts, count) == ([98, 100, 101], 101)
    assert seconds == pytest.approx(2.38)


def test_disabled_calls_are_not_recorded(world, clock, recorder):
    """Inside `testing.disabled()` no policy has a say, and so there is nothing to count."""
    guarded = r.Timeout(3, name="disabled", clock=clock)(world.function(ok))
    with r.testing.disabled():
        world.run(guarded)
    assert recorder.labels() == []
    world.run(guarded)
    assert recorder.labels() == [guarded.policy.name]


def test_events_are_counted_and_the_newest_kept(clock):
    """Retries, refusals by reason, changes of state; a ring of the newest."""
    with telemetry.enable(recent=3, clock=clock) as recorder:
        retry = r.Retry(attempts=3, backoff=r.Fixed(1), name="retry", clock=clock)
        breaker = r.CircuitBreaker("breaker", trip=r.Consecutive(3), clock=clock)
        policy = r.Pipeline(retry, breaker, name="line", clock=clock)
        for _ in range(2):
            with pytest.raises((ConnectionError, r.CircuitOpenError)):
                policy.call(down)
        known = recorder.all_events()
        assert known[retry.name]["events"] == {"retries": 2, "gave_up": {"attempts": 1}}
        assert known[breaker.name]["events"] == {"changes": {"open": 1}, "refused": {"open": 1}}
        assert [one["new"] for one in known[breaker.name]["timeline"]] == ["open"]
        assert [one["event"] for one in known[retry.name]["recent"]] == [
            "RetryScheduled",
            "RetryScheduled",
            "RetryGaveUp",
        ]
        assert known[retry.name]["recent"][0]["error"] == "ConnectionError"


def test_hits_of_a_cache_build_no_events(clock, recorder, monkeypatch):
    """What goes well and often is counted by the policies themselves, not told one by one."""
    built = []
    monkeypatch.setattr(r.events.CacheHit, "__init__", lambda *_, **__: built.append(1))
    cached = r.Cache("hits", ttl=5, clock=clock)(ok)
    for _ in range(3):
        cached()
    assert built == []
    assert outcomes(recorder, "hits") == {"success": 3}


def test_reasons_are_a_closed_set(clock, recorder):
    """A reason with numbers in it, or one that nobody knows, makes no label of its own."""
    breaker = r.CircuitBreaker("reasons", clock=clock)
    breaker.tell(r.events.CallRejected, reason="half-open, 1 of 1 probes under way,")
    breaker.tell(r.events.CallRejected, reason="made up by a stranger")
    assert recorder.all_events()["reasons"]["events"] == {"refused": {"half-open": 1, "other": 1}}


def test_each_refusal_of_a_breaker_has_its_reason(clock, recorder):
    """Open, all probes under way, and while it lets only a share of the calls through."""
    breaker = r.CircuitBreaker(
        "why", trip=r.Consecutive(1), reset_timeout=5, ramp=60, clock=clock, random=lambda: 0.999
    )

    def refused():
        with pytest.raises(r.CircuitOpenError):
            breaker.call(ok)

    with pytest.raises(ConnectionError):
        breaker.call(down)
    refused()
    clock.advance(6)
    with breaker.acquire():
        refused()
    for _ in range(2):  # one in ten goes through
        with contextlib.suppress(r.CircuitOpenError):
            breaker.call(ok)
    found = recorder.all_events()["why"]["events"]["refused"]
    assert found.pop("ramp") in {1, 2}
    assert found == {"open": 1, "half-open": 1}


def test_a_hedge_outermost_is_watched(world, recorder):
    """Its chain has a seat as every other, in threads and in tasks."""
    hedged = r.Hedge(30, name="hedged")(world.function(ok))
    assert world.run(hedged, 1) == "ok"
    assert outcomes(recorder, hedged.policy.name) == {"success": 1}
