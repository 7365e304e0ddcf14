"""What a cache gives out, and to whom: copies, errors of one's own, no wait that cannot end."""

import asyncio
import copy
import gc
import threading
import weakref

import pytest
from tests.policies.flights import wait_for

import resilience
from resilience import Cache, Fallback, Retry
from resilience.testing import FakeClock


def test_row_34_copies_for_everybody(world, clock):
    """The leader, hits, stale answers, refreshes and the old value behind an error: each gets a copy."""
    outcomes = iter([["rows"], ["rows"], ConnectionError(), ConnectionError()])

    def body():
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    cached = Cache(ttl=10, jitter=0, stale_if_error=50, copy=copy.deepcopy, clock=clock)(world.function(body))

    def story():
        (yield cached()).append("mine")
        assert (yield cached()) == ["rows"]
        (yield cached.refresh()).append("mine")
        assert (yield cached()) == ["rows"]
        clock.advance(11)
        (yield cached()).append("mine")
        assert (yield cached()) == ["rows"]

    world.session(story)


def test_row_34_waiters_get_a_copy_each():
    """Three callers of one load share no object."""

    async def main():
        @Cache(ttl=10, copy=copy.deepcopy)
        async def load():
            await asyncio.sleep(0.001)
            return []

        values = await asyncio.gather(load(), load(), load())
        assert len({id(value) for value in values}) == 3

    asyncio.run(main())


def test_a_stored_failure_does_not_drive_out_the_old_value(world, clock):
    """With `negative_ttl` and `stale_if_error`, the old value stands in to the end of its time."""
    outcomes = iter(["old"])

    def body():
        for outcome in outcomes:
            return outcome
        raise ConnectionError

    cached = Cache(ttl=10, jitter=0, stale_if_error=100, negative_ttl=5, clock=clock)(world.function(body))

    def story():
        assert (yield cached()) == "old"
        clock.advance(11)
        for _ in range(3):
            assert (yield cached()) == "old"
            clock.advance(10)

    world.session(story)


def test_waiters_of_a_failing_load_get_an_error_each():
    """What one notes on its error, another does not see; class, text and attributes are the same."""

    class Api(Exception):
        def __init__(self, code, *, body):
            super().__init__(f"status {code}")
            self.code, self.body = code, body

    async def main():
        @Cache(ttl=10)
        async def load():
            await asyncio.sleep(0.001)
            raise Api(503, body="busy")

        errors = await asyncio.gather(*[load() for _ in range(5)], return_exceptions=True)
        assert len({id(error) for error in errors}) == 5
        errors[0].add_note("mine")
        assert all((type(e), str(e), e.code, e.body) == (Api, "status 503", 503, "busy") for e in errors)
        assert sum("mine" in getattr(error, "__notes__", ()) for error in errors) == 1

    asyncio.run(main())


def test_two_loads_that_want_each_other(world):
    """Whoever would close the circle runs the function itself: nobody hangs."""
    cache = Cache(ttl=10)
    depth = [0]

    def a():
        depth[0] += 1
        pause()
        if depth[0] > 6:
            return "end"
        return (yield guarded["b"]())

    def b():
        depth[0] += 1
        pause()
        if depth[0] > 6:
            return "end"
        return (yield guarded["a"]())

    def pause():
        if world.name == "sync":
            threading.Event().wait(0.01)

    guarded = {"a": cache(world.function(a)), "b": cache(world.function(b))}
    if world.name == "sync":
        values = []
        threads = [threading.Thread(target=lambda n=name: values.append(guarded[n]())) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert values == ["end", "end"]
        return

    async def main():
        values = []

        async def one(name):
            values.append(await guarded[name]())

        if world.name == "asyncio":
            await asyncio.wait_for(asyncio.gather(one("a"), one("b")), 30)
        else:
            import trio

            with trio.fail_after(30):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(one, "a")
                    nursery.start_soon(one, "b")
        assert values == ["end", "end"]

    import trio

    asyncio.run(main()) if world.name == "asyncio" else trio.run(main)


def test_every_fallback_value_of_a_load_is_known(clock):
    """Two fallbacks in one load: the value of either is not stored."""

    def fail():
        raise ConnectionError

    first, second = Fallback(factory=list)(fail), Fallback(factory=dict)(fail)
    cached = Cache(ttl=10, clock=clock)(lambda: (first(), second())[0])
    assert cached() is not cached()


def test_a_failing_load_leaves_no_cycle():
    """With gc off, the error of a load that nobody waited for is dead once it was handled."""
    seen = []

    class Marked(ConnectionError):
        pass

    def marked():
        error = Marked()
        seen.append(weakref.ref(error))
        return error

    def fail():
        raise marked()

    def handled(call):
        try:
            call(fail)
        except Marked:
            return

    gc.disable()
    try:
        handled(Cache(ttl=10).call)
        handled(resilience.Timeout(30, thread=True).call)
        Fallback(call=lambda error: None).call(fail)
        wait_for(lambda: [reference() for reference in seen] == [None] * 3)
    finally:
        gc.enable()


def test_look_ups_are_counted_once():
    """Hits and misses add up to the calls, also where a load lands between look and lock."""
    cache = Cache(ttl=0.0005)
    threads = [
        threading.Thread(target=lambda: [cache.call(abs, number % 2) for number in range(300)]) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    snapshot = cache.snapshot()
    assert snapshot.hits + snapshot.misses == 1800


def test_odd_error_classes_come_through_a_retry(clock):
    """A frozen class, and a property that raises, change nothing: all attempts are made, the error is itself."""
    import dataclasses

    @dataclasses.dataclass(frozen=True)
    class Frozen(Exception):
        code: int

    class Prickly(Exception):
        @property
        def response(self):
            raise RuntimeError("no response yet")

    for error in (Frozen(3), Prickly("x")):
        calls = []

        def body(error=error, calls=calls):
            calls.append(1)
            raise error

        with pytest.raises(type(error)):
            Retry(attempts=3, backoff=resilience.Fixed(0), clock=FakeClock()).call(body)
        assert len(calls) == 3
