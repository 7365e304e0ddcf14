"""Cache: set by hand, as a mapping, invalidated and refreshed."""

import math
from collections.abc import MutableMapping

import pytest
from tests.policies.caches import Counter, plain

from resilience import Fallback, Pipeline, Retry


def test_invalidate_and_refresh(world, clock):
    """`invalidate(*args)` forgets one call; `refresh(*args)` loads anew and keeps the result."""
    count = Counter()
    cached = plain(clock)(world.function(lambda n: count()))

    def story():
        yield cached(1)
        assert cached.invalidate(1)
        assert not cached.invalidate(1)
        assert (yield cached(1)) == 2
        assert (yield cached.refresh(1)) == 3
        assert (yield cached(1)) == 3

    world.session(story)


def test_methods_offer_the_same_without_self(world, clock):
    """`instance.method.invalidate(...)` takes no self."""
    count = Counter()

    def rows(self, n):
        return count()

    function = world.function(rows)
    function.__qualname__ = "Client.rows"
    cache = plain(clock)
    Client = type("Client", (), {"rows": Pipeline(cache)(function)})  # noqa: N806 - a class
    client = Client()

    def story():
        assert (yield client.rows(1)) == 1
        assert (yield client.rows(1)) == 1
        assert client.rows.invalidate(1)
        assert (yield client.rows.refresh(1)) == 2
        assert (yield client.rows(1)) == 2
        assert client.rows.cache is cache
        assert (yield Client.rows(client, 1)) == 2

    world.session(story)
    import inspect

    assert inspect.iscoroutinefunction(client.rows) is world.is_async
    assert vars(Client)["rows"](client, 1) is not None if not world.is_async else True


def test_pipelines_offer_them_too(clock):
    """The cache's verbs come out through a pipeline, also a nested one."""
    count = Counter()
    cache = plain(clock)
    cached = Pipeline(Fallback(None), Pipeline(Retry(), cache, clock=clock))(lambda n: count())
    cached(1)
    assert cached.invalidate(1)
    assert cached.cache is cache
    assert cached.refresh(1) == 2


def test_handset_entries(clock):
    """get, set, delete, in, clear, info: a namespace of their own."""
    cache = plain(clock)
    cached = cache(lambda key: "loaded")
    cached("a")
    assert cache.get("a") is None
    cache.set("a", None)
    assert "a" in cache
    assert cache.get("a", 3) is None
    cache.set("a", 2, ttl=3)
    cache.set(1, "int")
    cache.set(True, "bool")
    assert (cache.get(1), cache.get(True), cache.get(1.0, "none")) == ("int", "bool", "none")
    clock.advance(1)
    assert cache.info("a").as_dict() == {"age": 1, "expires_in": 2, "error": False}
    assert cache.info("b") is None
    clock.advance(2)
    assert "a" not in cache
    assert cache.delete(1)
    assert not cache.delete(1)
    cache.clear()
    assert len(cache.store) == 0
    assert cached("a") == "loaded"


def test_handset_keys_must_be_findable(clock):
    """A NaN would never be found again; an unhashable key is a `TypeError`."""
    with pytest.raises(ValueError, match="must equal itself"):
        plain(clock).set(math.nan, 1)
    with pytest.raises(TypeError, match="unhashable"):
        plain(clock).set([1], 1)
    with pytest.raises((ValueError, TypeError), match="ttl="):
        plain(clock).set("a", 1, ttl=0)


def test_mapping(clock):
    """The hand-set entries as a `MutableMapping`."""
    cache = plain(clock)
    mapping = cache.mapping
    assert isinstance(mapping, MutableMapping)
    mapping["a"], mapping["b"] = 1, 2
    cache(lambda n: n)(1)
    assert dict(mapping) == {"a": 1, "b": 2}
    assert len(mapping) == 2
    assert "a" in mapping
    assert mapping.pop("a") == 1
    with pytest.raises(KeyError):
        mapping["a"]
    with pytest.raises(KeyError):
        del mapping["a"]
    clock.advance(10)
    assert list(mapping) == []


def test_a_cache_is_true_and_hashes_by_identity(clock):
    """Empty or not."""
    one, two = plain(clock), plain(clock)
    assert one
    assert one != two
    assert len({one, two}) == 2


def test_looks_by_hand_are_counted(clock):
    """What `get` and the mapping do not find is a miss, as of a function; `in` is no look."""
    cache, heard = plain(clock), []
    cache.listen(heard.append)
    cache.set("a", 1)
    assert (cache.get("a"), cache.get("b", 0), cache.mapping.get("b", 0), cache.mapping["a"]) == (1, 0, 0, 1)
    assert "b" not in cache.mapping
    counts = cache.snapshot()
    assert (counts.hits, counts.misses, counts.hit_rate) == (2, 2, 0.5)
    assert [type(event).__name__ for event in heard] == ["CacheHit", "CacheMiss", "CacheMiss", "CacheHit"]
