"""Cache: what is counted, what is told, and what is given out, case by case."""

import pytest

import resilience
from resilience import Cache, Fallback, events
from resilience.testing import Recorder


def counts(cache):
    return {
        name: value for name, value in cache.snapshot().as_dict().items() if value and name not in ("name", "max_size")
    }


def test_a_nan_is_counted_as_a_miss_each_time(clock):
    """It is never found again, and never kept."""
    cache = Cache(ttl=10, clock=clock)
    cached = cache(abs)
    for _ in range(3):
        cached(float("nan"))
    assert counts(cache) == {"misses": 3}
    assert cached.invalidate(float("nan")) is False
    cached.refresh(float("nan"))
    assert counts(cache) == {"misses": 3}


def test_copies_without_anybody_who_listens(clock):
    """Each hit is given a copy; the stored value stays as it was."""
    cache = Cache(ttl=10, copy=list, clock=clock)
    cached = cache(lambda: [1])
    first = cached()
    first.append(2)
    second = cached()
    second.append(3)
    assert cached() == [1]
    assert counts(cache) == {"hits": 2, "misses": 1, "hit_rate": 2 / 3, "loads": 1, "size": 1}
    assert cache.copies
    assert not Cache(ttl=10).copies


def test_hits_are_told_to_who_listens_to_this_cache_alone(clock):
    """Or to the process; and cost nobody else an event."""
    cache = Cache(ttl=10, name="counts-listened", clock=clock)
    cached = cache(len)
    cached("a")
    heard = []
    with cache.listen(heard.append, events.CacheHit):
        clock.advance(3)
        cached("a")
    cached("a")
    assert [(event.age, event.stale) for event in heard] == [(3.0, False)]
    with Recorder(events.CacheHit) as recorder:
        cached("a")
    with Recorder(events.CacheMiss) as deaf:
        cached("a")
    assert [(event.age, event.stale) for event in recorder.events] == [(3.0, False)]
    assert deaf.events == []
    assert counts(cache)["hits"] == 4


def test_a_stored_failure_is_raised_anew(clock):
    """With its cause, each time another instance, and counted as a hit; no longer than `negative_ttl`."""
    cache = Cache(ttl=100, negative_ttl=5, clock=clock)
    calls = []

    def rows():
        calls.append(1)
        raise ConnectionError("down") from KeyError("root")

    cached = cache(rows)
    seen = []
    for _ in range(3):
        with pytest.raises(ConnectionError, match="down") as caught:
            cached()
        seen.append(caught.value)
    assert len(calls) == 1
    assert len({id(error) for error in seen}) == 3
    assert all(isinstance(error.__cause__, KeyError) for error in seen)
    assert counts(cache) == {"hits": 2, "misses": 1, "hit_rate": 2 / 3, "load_errors": 1, "size": 1}
    clock.advance(5)
    with pytest.raises(ConnectionError):
        cached()
    assert len(calls) == 2


def test_a_failure_does_not_drive_out_what_may_still_stand_in(clock):
    """The old value answers instead, as long as it may; then the failure is stored."""
    cache = Cache(ttl=10, stale_if_error=10, negative_ttl=5, jitter=0.0, clock=clock)
    answers = iter(["old"])

    def rows():
        for answer in answers:
            return answer
        raise ConnectionError("down")

    cached = cache(rows)
    assert cached() == "old"
    clock.advance(19.5)
    assert cached() == "old"
    assert counts(cache)["stale_served"] == 1
    clock.advance(0.5)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            cached()
    assert counts(cache)["load_errors"] == 2


@pytest.mark.parametrize("ending", ["invalidate", "clear"])
def test_a_load_that_is_invalidated_under_way_is_told_as_not_stored(ending, clock):
    """Its value is its caller's, and nobody else's."""
    cache = Cache(ttl=10, name=f"counts-{ending}", clock=clock)

    def rows():
        clock.advance(2)
        cached.invalidate() if ending == "invalidate" else cache.clear()
        return "rows"

    cached = cache(rows)
    with Recorder(events.CacheLoaded, events.CacheEvicted) as recorder:
        assert cached() == "rows"
    assert [(type(event), event.elapsed, event.stored) for event in recorder.events] == [
        (events.CacheLoaded, 2.0, False)
    ]
    assert counts(cache) == {"misses": 1, "loads": 1}


def test_a_degraded_value_is_told_as_not_stored(clock):
    """What a fallback gave is no result."""
    cache = Cache(ttl=10, name="counts-degraded", clock=clock)

    @cache
    @Fallback(factory=list)
    def rows():
        raise ConnectionError("down")

    with Recorder(events.CacheLoaded) as recorder:
        assert rows() == []
        assert rows() == []
    assert [event.stored for event in recorder.events] == [False, False]
    assert counts(cache) == {"misses": 2, "loads": 2}


def test_loads_of_an_invalidated_failure_leave_nothing(clock):
    """Neither the failure, nor the flight."""
    cache = Cache(ttl=10, negative_ttl=10, clock=clock)

    def rows():
        cached.invalidate()
        raise ConnectionError("down")

    cached = cache(rows)
    with pytest.raises(ConnectionError):
        cached()
    assert counts(cache) == {"misses": 1, "load_errors": 1}


def test_stale_answers_are_counted(clock):
    """A stale answer is a miss that was served; its refresh is a load."""
    from resilience._threads import REFRESHERS

    assert REFRESHERS
    cache = Cache(ttl=10, stale=10, jitter=0.0, clock=clock)
    cached = cache(len)
    cached("a")
    clock.advance(10)
    assert cached("a") == 1
    assert counts(cache)["stale_served"] == 1
    assert counts(cache)["misses"] == 2
    resilience.shutdown(5)
    clock.advance(30)
    assert cached("a") == 1
    assert counts(cache)["stale_served"] == 1


def test_entries_set_by_hand(clock):
    """Looks, times and types of keys; a look by `info` is no use."""
    cache = Cache(ttl=10, stale=5, jitter=0.5, max_size=2, clock=clock, random=lambda: 1.0)
    cache.set("a", 1)
    cache.set("b", 2, ttl=20)
    clock.advance(2)
    assert cache.info("a").as_dict() == {"age": 2.0, "expires_in": 3.0, "error": False}
    assert cache.info("b").as_dict() == {"age": 2.0, "expires_in": 18.0, "error": False}
    assert cache.info("c") is None
    cache.set("c", 3)
    assert [key in cache for key in ("a", "b", "c")] == [False, True, True]
    assert (cache.get("b"), cache.get("a"), cache.get("a", "none")) == (2, None, "none")
    assert counts(cache) == {"hits": 1, "misses": 2, "hit_rate": 1 / 3, "evictions": 1, "size": 2}
    clock.advance(5)
    assert "c" not in cache
    assert cache.info("c").expires_in == 0.0
    assert (cache.delete("c"), cache.delete("c")) == (True, False)


def test_the_mapping(clock):
    """A live view, typed keys, no function's entries in it."""
    cache = Cache(ttl=10, jitter=0.0, clock=clock)
    cache(len)("abc")
    view = cache.mapping
    view[1], view[True], view["1"], view[1.0] = "int", "bool", "str", "float"
    assert dict(view) == {1: "float", "1": "str"}  # a dict takes three of them for one
    assert list(view) == [1, True, "1", 1.0]
    assert [view[1], view[True], view["1"], view[1.0]] == ["int", "bool", "str", "float"]
    assert (len(view), "1" in view, 2 in view) == (4, True, False)
    del view["1"]
    with pytest.raises(KeyError, match="'1'"):
        del view["1"]
    clock.advance(10)
    assert (len(view), list(view)) == (0, [])


def test_calls_of_one_function_are_apart_from_another_with_a_key_of_its_own(clock):
    """Also when `key=` gives the same for both."""
    cache = Cache(ttl=10, key=lambda value: "one", clock=clock)
    first, second = cache(lambda value: ("first", value)), cache(lambda value: ("second", value))
    assert [first(1), second(2), first(3), second(4)] == [("first", 1), ("second", 2), ("first", 1), ("second", 2)]


def test_methods_of_a_class_offer_the_verbs_without_self(clock):
    """Bound, unbound, and functions in a function's body."""
    cache = Cache(ttl=10, clock=clock)

    class Client:
        calls = 0

        @cache
        def rows(self, number):
            self.calls += 1
            return number

    client, other = Client(), Client()
    assert [client.rows(1), client.rows(1), other.rows(1)] == [1, 1, 1]
    assert (client.calls, other.calls) == (1, 1)
    assert client.rows.refresh(1) == 1
    assert (client.calls, client.rows.cache) == (2, cache)
    assert (client.rows.invalidate(1), client.rows.invalidate(1), other.rows.invalidate(1)) == (True, False, True)
    assert Client.rows(client, 1) == 1
    assert (client.calls, Client.rows.cache) == (3, cache)
    assert client.rows.__name__ == Client.rows.__name__ == "rows"
    local = cache(lambda: 1)
    assert type(local).__name__ == "function"


def test_a_full_cache_tells_what_it_drives_out(world, clock):
    """Room for one: each load and each failure that is kept drives out the entry before it, and so does what is set."""
    cache = Cache(ttl=10, negative_ttl=10, max_size=1, clock=clock)

    def load(name):
        if name == "bad":
            raise ConnectionError("down")
        return name

    cached = cache(world.function(load))

    def story():
        with Recorder(events.CacheLoaded, events.CacheLoadFailed, events.CacheEvicted) as recorder:
            yield cached("first")
            assert not recorder.of(events.CacheEvicted)
            yield cached("second")
            with pytest.raises(ConnectionError):
                yield cached("bad")
            cache.set("third", 3)
            cache.set("third", 4)
        told = [type(event).__name__ for event in recorder.events]
        evicted = "CacheEvicted"
        assert told == ["CacheLoaded", "CacheLoaded", evicted, "CacheLoadFailed", evicted, evicted]
        assert {(event.reason, event.count) for event in recorder.of(events.CacheEvicted)} == {("size", 1)}

    world.session(story)
    assert cache.snapshot().evictions == 3
