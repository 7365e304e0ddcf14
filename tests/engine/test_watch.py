"""Watching calls: seats, twins, tracers."""

import gc
import math
import weakref

import pytest

import resilience as r
from resilience import _drive, _scope, _switches, _watch
from resilience._listeners import HUB


@pytest.fixture
def traced():
    """What a tracer hears: labels at the beginning, labels and errors at the end."""
    told = []

    class Tracer:
        def begun(self, seat):
            told.append(seat.policy.name)
            return lambda error: told.append((seat.policy.name, error))

        def attempted(self, retry, attempt):
            told.append((retry, attempt))

        def raced(self, hedge, attempt):
            told.append((hedge, attempt))
            return lambda error: told.append((hedge, attempt, error))

    _switches.trace_with(Tracer())
    yield told
    _switches.trace_with()


def test_a_tracer_hears_begin_and_end_of_each_call(world, traced):
    """Once for each call of a chain, with the error that came out."""
    policy = r.Pipeline(r.Retry(attempts=1), r.CircuitBreaker(), name="line")

    def body(error):
        if error:
            raise error
        return 1

    def story():
        guarded = policy(world.function(body))
        assert (yield guarded(None)) == 1
        with pytest.raises(OSError, match="down"):
            yield guarded(error=OSError("down"))

    world.session(story)
    assert traced[:3] == [policy.name, (policy.name, None), policy.name]
    assert isinstance(traced[3][1], OSError)


def test_a_tracer_hears_when_an_attempt_begins(world, traced, clock):
    """The first at once, others after the wait, with their number."""
    retry = r.Retry(attempts=2, backoff=r.Fixed(1), clock=clock)

    def down():
        raise OSError("down")

    with pytest.raises(OSError, match="down"):
        world.call(retry, down)
    assert traced[:3] == [retry.name, (retry.name, 1), (retry.name, 2)]


def test_a_tracer_hears_attempts_beside_each_other(world, traced):
    """Of a hedge: when each begins, and how it ended."""
    hedge = r.Hedge(60, attempts=2, on=OSError)
    calls = iter([OSError("down"), None])

    def body():
        error = next(calls)
        if error is not None:
            raise error
        return 7

    assert world.call(hedge, body) == 7
    name = hedge.name
    assert [one[:2] if isinstance(one, tuple) else one for one in traced] == [
        name,
        (name, 1),
        (name, 1),
        (name, 2),
        (name, 2),
        (name, None),
    ]
    assert isinstance(traced[2][2], OSError)
    assert traced[4][2] is None


def test_a_chain_that_is_part_of_another_gives_its_seat_up(traced):
    """It is called as before, and not watched by itself."""
    guarded = _watch.unseated(r.Timeout(5)(lambda: 1))
    assert guarded() == 1
    assert traced == []


def test_a_disabled_timeout_in_a_thread_lets_calls_pass(traced):
    """Neither bounded nor watched."""
    guarded = r.Timeout(5, thread=True)(lambda: 1)
    with r.testing.disabled():
        assert guarded() == 1
    assert traced == []


@pytest.mark.worlds("asyncio", "trio", reason="the direct world's is tested with the recorder")
def test_async_calls_are_folded_too(world, traced):
    """Who makes the notes full folds them."""

    class Notes(_watch.Nowhere):
        def __init__(self):
            self.until = math.inf
            self.times = []
            self.problems = []

    class Recorder(_watch.Nobody):
        notes = Notes()
        folded = 0

        def buffer(self, tag, ended):
            return self.notes

        def fold(self, buffer):
            self.folded += len(buffer.times)
            buffer.times.clear()

    recorder = Recorder()
    _switches.record_with(recorder)
    try:
        guarded = r.Retry()(world.function(lambda: 1))

        def story():
            for _ in range(_watch.MOST_NOTES + 1):
                yield guarded()

        world.session(story)
    finally:
        _switches.record_with(None)
    assert (recorder.folded, len(recorder.notes.times)) == (_watch.MOST_NOTES, 1)


def test_without_tracers_every_call_goes_its_usual_way(traced):
    """The switches are off again once nobody watches."""
    assert _drive.astray
    assert _scope.astray
    _switches.trace_with()
    assert not _drive.astray
    assert not _scope.astray


def test_generators_have_no_seat(traced):
    """A generator is no single call: it is guarded, and not watched."""
    breaker = r.CircuitBreaker()

    @breaker
    def numbers():
        yield 1

    assert list(numbers()) == [1]
    assert traced == []


def test_a_watched_function_is_collected_without_the_collector(traced):
    """The seat makes no cycle."""
    guarded = r.Retry()(lambda: 1)
    guarded()
    gone = weakref.ref(guarded)
    gc.disable()
    try:
        del guarded
        assert gone() is None
    finally:
        gc.enable()


def test_nobody_is_a_recorder_that_keeps_nothing(traced):
    """With tracers only, notes vanish."""
    r.Retry().call(int, "7")
    assert _watch.recorder is _watch.NOBODY
    buffer = _watch.NOBODY.buffer(_watch.Tag("retry", "retry"), 0.0)
    assert not buffer.times
    assert _watch.NOBODY.fold(buffer) is None


def test_an_event_that_nobody_wants_is_not_built():
    """Listeners of one class do not make events of another."""
    heard = []
    with r.listen(heard.append, r.events.RetryScheduled):
        assert HUB.wants(r.events.RetryScheduled)
        assert not HUB.wants(r.events.CacheHit)
        with r.listen(heard.append, r.events.Event):
            assert HUB.wants(r.events.CacheHit)
        assert not HUB.wants(r.events.CacheHit)
    assert not HUB.wants(r.events.RetryScheduled)
