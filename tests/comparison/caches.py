"""What caches of functions of ours and of the peers do."""

import asyncio
import threading
import time

TITLE = "Cache"


def resilience():
    import resilience as r

    return r.Cache(ttl=30, max_size=2)


def cachetools():
    from cachetools import TTLCache, cached

    return cached(TTLCache(2, 30), lock=threading.Lock())


def with_condition():
    from cachetools import TTLCache, cached

    return cached(TTLCache(2, 30), condition=threading.Condition())


def with_typedkey():
    from cachetools import TTLCache, cached, keys

    return cached(TTLCache(3, 30), key=keys.typedkey)


def async_lru():
    from async_lru import alru_cache

    return alru_cache(maxsize=2, ttl=30)


def with_typed():
    from async_lru import alru_cache

    return alru_cache(maxsize=3, ttl=30, typed=True)


def pyresilience():
    from pyresilience import CacheConfig, resilient

    return resilient(cache=CacheConfig(max_size=2, ttl=30))


LIBRARIES = {"resilience": resilience, "cachetools": cachetools, "async-lru": async_lru, "pyresilience": pyresilience}


def caches_plain_functions(library):
    """A `def` is called once."""
    loads = []
    load = library()(lambda key: loads.append(key) or "value")
    return load(1) == load(1) == "value" and len(loads) == 1


def caches_coroutine_functions(library):
    """An `async def` is called once, and gives its value twice."""
    loads = []

    async def body(key):
        loads.append(key)
        return "value"

    load = library()(body)

    async def main():
        return await load(1), await load(1)

    return asyncio.run(main()) == ("value", "value") and len(loads) == 1


def one_load_for_many_tasks(library):
    """Fifty tasks that want one key at once load it once."""
    loads = []

    async def body(key):
        loads.append(key)
        await asyncio.sleep(0.01)
        return "value"

    load = library()(body)

    async def want():
        return await load(1)

    async def main():
        return await asyncio.gather(*(want() for _ in range(50)))

    return asyncio.run(main()) == ["value"] * 50 and len(loads) == 1


def one_load_for_many_threads(library):
    """Ten threads that want one key at once load it once."""
    loads = []

    def body(key):
        loads.append(key)
        time.sleep(0.02)
        return "value"

    load = library()(body)
    threads = [threading.Thread(target=load, args=(1,)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return len(loads) == 1


def a_cancelled_leader_harms_nobody(library):
    """The task whose call began the load is cancelled; those who wait for the same key get its value."""

    async def body(key):
        await asyncio.sleep(0.02)
        return "value"

    load = library()(body)

    async def main():
        leader = asyncio.ensure_future(load(1))
        await asyncio.sleep(0.005)
        others = [asyncio.ensure_future(load(1)) for _ in range(3)]
        await asyncio.sleep(0.005)
        leader.cancel()
        return await asyncio.gather(*others, return_exceptions=True)

    return asyncio.run(main()) == ["value"] * 3


def keys_have_types(library):
    """`1`, `True` and `1.0` are three keys."""
    loads = []
    if library in {async_lru, with_typed}:

        async def body(key):
            loads.append(key)

        load = library()(body)

        async def main():
            for key in (1, True, 1.0):
                await load(key)

        asyncio.run(main())
    else:
        load = library()(lambda key: loads.append(key) or "value")
        for key in (1, True, 1.0):
            load(key)
    return len(loads) == 3


def the_least_recently_used_goes(library):
    """A full cache throws out what was not used for longest."""
    loads = []

    def note(key):
        loads.append(key)
        return "value"

    wanted = [1, 2, 1, 3, 1]
    if library is async_lru:

        async def body(key):
            return note(key)

        load = library()(body)

        async def main():
            for key in wanted:
                await load(key)

        asyncio.run(main())
    else:
        load = library()(lambda key: note(key))
        for key in wanted:
            load(key)
    return loads == [1, 2, 3]


ROWS = (
    caches_plain_functions,
    caches_coroutine_functions,
    one_load_for_many_tasks,
    one_load_for_many_threads,
    a_cancelled_leader_harms_nobody,
    keys_have_types,
    the_least_recently_used_goes,
)
NOTES = {
    ("one_load_for_many_threads", "cachetools"): (
        "with `condition=`",
        lambda: one_load_for_many_threads(with_condition),
    ),
    ("keys_have_types", "cachetools"): ("with `typedkey`", lambda: keys_have_types(with_typedkey)),
    ("keys_have_types", "async-lru"): ("with `typed=True`", lambda: keys_have_types(with_typed)),
}
