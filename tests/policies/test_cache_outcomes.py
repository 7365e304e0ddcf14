"""Cache: which outcomes are kept, and which never."""

import asyncio

import pytest
from tests.policies.caches import Counter, plain

import resilience
from resilience import Fallback, Pipeline
from resilience.testing import FakeClock


@pytest.mark.parametrize("kind", [ConnectionError, resilience.CircuitOpenError, KeyboardInterrupt])
def test_row_35_failures_are_not_stored(clock, kind):
    """Exceptions, refusals, interrupts: the next call loads."""
    outcomes = iter([kind(), "rows"])

    def body():
        outcome = next(outcomes)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    cached = plain(clock)(body)
    with pytest.raises(kind):
        cached()
    assert cached() == "rows"


@pytest.mark.worlds("asyncio", "trio", reason="a direct call cannot be cancelled")
def test_row_35_cancellations_are_not_stored(world, clock):
    """A cancelled load leaves nothing behind."""
    cache = plain(FakeClock(autojump=False))
    waits = FakeClock(autojump=False)
    count = Counter()

    def body():
        if count() == 1:
            yield waits.asleep(100)
        return "rows"

    cached = cache(world.function(body))

    def story():
        yield cached()

    async def main():
        assert await world.cancelled(story)
        return await cached()

    import trio

    assert (asyncio.run(main()) if world.name == "asyncio" else trio.run(main)) == "rows"
    assert cache._flights == {}


@pytest.mark.parametrize("options", [{"value": "poor"}, {"factory": lambda: "poor"}, {"call": lambda error: "poor"}])
def test_row_35_fallback_values_are_not_stored(world, clock, options):
    """What a fallback inside gave is not kept."""
    outcomes = iter([ConnectionError(), "rows"])

    def body():
        outcome = next(outcomes)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    cached = Pipeline(plain(clock), Fallback(**options))(world.function(body))

    def story():
        assert (yield cached()) == "poor"
        assert (yield cached()) == "rows"
        assert (yield cached()) == "rows"

    world.session(story)


def test_negative_ttl_keeps_failures(world, clock):
    """With `negative_ttl` a failure answers too, as a fresh copy each time; never a refusal."""
    count = Counter()

    class Custom(Exception):
        def __init__(self, a, b):
            super().__init__(f"{a} {b}")

    def body(kind):
        count()
        raise kind(1, 2) if kind is Custom else kind("down")

    cached = plain(clock, negative_ttl=5)(world.function(body))

    def story():
        seen = []
        for _ in range(3):
            with pytest.raises(ConnectionError) as caught:
                yield cached(ConnectionError)
            seen.append(caught.value)
        assert count.calls == 1
        assert len(set(map(id, seen))) == 3
        clock.advance(5)
        with pytest.raises(ConnectionError):
            yield cached(ConnectionError)
        assert count.calls == 2
        for _ in range(2):
            with pytest.raises(resilience.BulkheadFullError):
                yield cached(resilience.BulkheadFullError)
        assert count.calls == 4
        with pytest.raises(Custom):
            yield cached(Custom)
        with pytest.raises(Custom, match="^1 2$"):
            yield cached(Custom)

    world.session(story)


def test_stale_if_error(world, clock):
    """The old value stands in when the load fails or is refused, not for programming errors, and not for ever."""
    outcomes = iter([1, ConnectionError(), resilience.CircuitOpenError(), TypeError(), ConnectionError()])

    def body():
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    cache = plain(clock, stale_if_error=20)
    cached = cache(world.function(body))

    def story():
        assert (yield cached()) == 1
        clock.advance(11)
        assert (yield cached()) == 1
        assert (yield cached()) == 1
        with pytest.raises(TypeError):
            yield cached()
        clock.advance(20)
        with pytest.raises(ConnectionError):
            yield cached()

    world.session(story)
    assert cache.snapshot().stale_served == 2
    assert cache.snapshot().load_errors == 4


def test_row_34_copy_protects_the_stored_value(world, clock):
    """With `copy=` what a caller changes is its own."""
    import copy

    cached = plain(clock, copy=copy.deepcopy, stale=5)(world.function(lambda: {"rows": []}))

    def story():
        yield cached()
        (yield cached())["rows"].append(1)
        assert (yield cached()) == {"rows": []}

    world.session(story)
