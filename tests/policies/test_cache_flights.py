"""Single flight: one load for each key, whoever asks."""

import asyncio
import contextvars
import threading
import time

import trio
from tests.policies.flights import ASYNC, fail, gather, wait_for

from resilience import Cache
from resilience.policies import cache as cache_module


def test_row_36_a_thousand_callers_one_load():
    """A thousand tasks that miss together load once."""
    loads = []

    async def main():
        gate = asyncio.Event()

        @Cache(ttl=30)
        async def load(key):
            loads.append(key)
            await gate.wait()
            return "rows"

        tasks = [asyncio.create_task(load(1)) for _ in range(1000)]
        await asyncio.sleep(0)
        gate.set()
        assert set(await asyncio.gather(*tasks)) == {"rows"}

    asyncio.run(main())
    assert loads == [1]


def test_threads_share_one_load():
    """Fifty threads that miss together load once."""
    loads, gate = [], threading.Event()
    cache = Cache(ttl=30)

    def load():
        loads.append(1)
        gate.wait(30)
        return "rows"

    values = []
    threads = [threading.Thread(target=lambda: values.append(cache.call(load))) for _ in range(50)]
    for thread in threads:
        thread.start()
    while cache.snapshot().misses < 50:
        time.sleep(0.001)
    gate.set()
    for thread in threads:
        thread.join(30)
    assert (len(loads), values) == (1, ["rows"] * 50)


def test_a_failing_load_ends_for_all_at_once(world):
    """All waiters get the error, with a traceback that does not grow with their number."""
    gate = threading.Event()
    cache = Cache(ttl=30)
    calls = []

    def body():
        calls.append(1)
        if world.name == "sync":
            gate.wait(30)
        else:
            yield asyncio.sleep(0.01) if world.name == "asyncio" else trio.sleep(0.01)
        raise ConnectionError("down")

    guarded = cache(world.function(body) if world.is_async else lambda: (calls.append(1), gate.wait(30), fail()))
    errors = gather(world, guarded, 50, lambda: (wait_for(lambda: cache.snapshot().misses == 50), gate.set()))
    assert len(calls) == 1
    assert {type(error) for error in errors} == {ConnectionError}
    depth, link = 0, errors[0].__traceback__
    while link is not None:
        depth, link = depth + 1, link.tb_next
    assert depth < 25


@ASYNC
def test_context_variables_stay_in_the_load(world):
    """What an async load sets does not come back."""
    variable = contextvars.ContextVar("variable", default="unset")

    def body():
        variable.set("inside")
        return variable.get()

    def story():
        assert (yield world.method(Cache(ttl=3))(world.function(body))) == "inside"
        assert variable.get() == "unset"

    world.session(story)


def test_row_63_a_plain_load_runs_in_its_callers_context():
    """As the function would by itself: what it sets, its caller sees."""
    variable = contextvars.ContextVar("variable", default="unset")
    load = Cache(ttl=3)(lambda: variable.set("inside"))

    def story():
        load()
        return variable.get()

    assert contextvars.copy_context().run(story) == "inside"


def test_a_load_that_asks_for_its_own_key(world):
    """At any depth it runs the function instead of waiting for itself."""
    cached = []

    def same(n):
        state["depth"] += 1
        return "deep" if state["depth"] == 3 else (yield cached[0](n))

    state = {"depth": 0}
    cached.append(Cache(ttl=3)(world.function(same)))
    assert world.run(cached[0], 1) == "deep"


def test_flights_are_bounded(monkeypatch):
    """With too many loads under way a call goes alone."""
    monkeypatch.setattr(cache_module, "_MOST_FLIGHTS", 0)
    cache = Cache(ttl=30)
    assert cache.call(lambda: "alone") == "alone"
    assert cache.snapshot().size == 0
