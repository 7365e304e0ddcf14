"""Cache: a hit, an insert with room, an insert that evicts; each through a decorated function."""

from threading import Lock

from ..row import BARE, OURS, Row, echo, fresh, identity

SIZE = 1000
ROOM = 1_000_000


def ours(body, size):
    import resilience

    return resilience.Cache(ttl=30, max_size=size)(body)


def cachetools(body, size):
    from cachetools import TTLCache, cached

    return cached(TTLCache(size, 30), lock=Lock())(body)


def cachebox(body, size):
    import cachebox

    return cachebox.cached(cachebox.TTLCache(size, 30))(body)


def pyresilience(body, size):
    from pyresilience import CacheConfig, resilient

    return resilient(cache=CacheConfig(max_size=size, ttl=30))(body)


def async_lru(body, size):
    from async_lru import alru_cache

    return alru_cache(maxsize=size, ttl=30)(body)


SYNC = {OURS: ours, "cachetools": cachetools, "cachebox": cachebox, "pyresilience": pyresilience}
ASYNC = {OURS: ours, "async-lru": async_lru, "cachebox": cachebox, "pyresilience": pyresilience}


def cases(guards, body, size):
    """One case for each cache of this size."""
    return {BARE: lambda: body} | {name: lambda guard=guard: guard(body, size) for name, guard in guards.items()}


ROWS = [
    Row(title="cache, hit", cases=cases(SYNC, identity, SIZE), limits={"cachetools": 0.55, "cachebox": 1.3}),
    Row(title="cache, hit, async", cases=cases(ASYNC, echo, SIZE), limits={"async-lru": 1.0}, is_async=True),
    Row(title="cache, insert", cases=cases(SYNC, identity, ROOM), arguments=fresh),
    Row(title="cache, insert, async", cases=cases(ASYNC, echo, ROOM), arguments=fresh, is_async=True),
    Row(title="cache, eviction", cases=cases(SYNC, identity, SIZE), arguments=fresh, warm=SIZE + 200),
]
