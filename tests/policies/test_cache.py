"""Cache: entries, times, statistics, the mapping, keys; single flight has its own file."""

import asyncio
import gc
import math
import threading
import weakref
from collections.abc import MutableMapping

import pytest

import resilience
from resilience import Cache, Fallback, Pipeline, Retry, events
from resilience.policies import _store
from resilience.testing import FakeClock, Recorder


class Counter:
    """Counts the calls of a body, and gives their number."""

    def __init__(self):
        self.calls = 0

    def __call__(self, *args, **kwargs):
        self.calls += 1
        return self.calls


def plain(clock, **options):
    return Cache(**{"ttl": 10, "jitter": 0, "clock": clock, **options})


def test_a_value_is_kept_for_its_ttl(world, clock):
    """Fresh for ttl seconds, then loaded anew."""
    count = Counter()
    cached = plain(clock)(world.function(lambda n: count()))

    def story():
        assert (yield cached(1)) == 1
        clock.advance(9.9)
        assert (yield cached(1)) == 1
        clock.advance(0.1)
        assert (yield cached(1)) == 2

    world.session(story)


def test_none_is_a_value(world, clock):
    """`None` is kept like any other."""
    calls = []
    cached = plain(clock)(world.function(lambda: calls.append(1)))

    def story():
        for _ in range(3):
            assert (yield cached()) is None

    world.session(story)
    assert calls == [1]


def test_lru_exact_for_a_single_caller(clock):
    """The least recently used goes first, reads counted one by one."""
    count = Counter()
    cache = plain(clock, max_size=3)
    cached = cache(lambda key: count())
    for key in "abc":
        cached(key)
    cached("a")
    cached("d")
    before = count.calls
    for key in "acd":
        cached(key)
    assert count.calls == before
    cached("b")
    assert count.calls == before + 1
    assert cache.snapshot().evictions == 2


def test_lru_after_a_write_in_between(clock):
    """A key read again after an insert is the newest again."""
    cache = plain(clock, max_size=2)
    cache.set("a", 1)
    cache.get("a")
    cache.set("b", 2)
    cache.get("a")
    cache.set("c", 3)
    assert [key in cache for key in "abc"] == [True, False, True]


def test_many_reads_are_replayed(clock):
    """More reads between two writes than are noted at once keep the order."""
    cache = plain(clock, max_size=200)
    for number in range(200):
        cache.set(number, number)
    for number in range(199, -1, -1):
        cache.get(number)
    for number in range(100):
        cache.set(f"new {number}", 0)
    assert [number in cache for number in (0, 99, 100, 199)] == [True, True, False, False]


LOOK_ALIKES = [
    1, True, 1.0, "1", b"1", (1,), (True,), (1.0,), ("1",), frozenset({1}), frozenset({True}), frozenset({"1"}),
    0, False, 0.0, -0.0, "", b"", (), frozenset(), None, "None", (None,), ((1,),), ((True,),), (frozenset({1}),),
    (frozenset({1.0}),), 1 + 0j, 0j, complex(-0.0, 0), (0.0,), (-0.0,), ("a/b", "c"), ("a", "b/c"), ("a", "b", "c"),
    "a", b"a", ("a",), int, "int", (int,), 2**70, float(2**70), "1.0",
]  # fmt: skip


def test_row_32_forty_look_alikes_have_an_entry_each(clock):
    """Arguments that are equal, or look it, but differ in type or content."""
    count = Counter()
    cached = plain(clock)(lambda key: count())
    values = [cached(key) for key in LOOK_ALIKES]
    assert values == list(range(1, len(LOOK_ALIKES) + 1))
    assert [cached(key) for key in LOOK_ALIKES] == values


def test_row_32_nan_never_hits(world, clock):
    """A NaN equals nothing, not even itself; also inside a tuple."""
    count = Counter()
    cached = plain(clock)(world.function(lambda key: count()))

    def story():
        for key in (math.nan, math.nan, (1, math.nan), (1, math.nan), complex(math.nan, 1)):
            yield cached(key)
        assert not cached.invalidate(math.nan)
        yield cached.refresh(math.nan)

    world.session(story)
    assert count.calls == 6


def test_arguments_are_bound_to_the_signature(clock):
    """Positional, by keyword, by default: one entry."""
    count = Counter()

    @plain(clock)
    def f(a, b=1, *rest, c=2, **more):
        return count()

    assert {f(5, b=1), f(b=1, a=5), f(5), f(5, 1), f(5, c=2)} == {1}
    assert f(5, 1, 2) != f(5)
    assert f(5, x=1, y=2) == f(5, y=2, x=1)
    assert f(5, x=1) != f(5, x=True)
    with pytest.raises(TypeError, match=r"f\(\) missing 1 required positional argument: 'a'"):
        f()


def test_odd_signatures(clock):
    """Positional-only, keyword-only, and parameters named like our own."""
    count = Counter()

    @plain(clock)
    def only(a, /, b, *, c):
        return count()

    @plain(clock)
    def odd(token, plain, typed, identity, defaults, sorted, tuple):
        return count()

    @plain(clock)
    def positional(a, b=2, /):
        return count()

    @plain(clock)
    def both(a, /, *, b=1):
        return count()

    assert only(1, 2, c=3) == only(1, b=2, c=3)
    assert odd(1, 2, 3, 4, 5, 6, 7) == odd(1, 2, 3, 4, 5, 6, tuple=7)
    assert positional(1) == positional(1, 2)
    assert both(1) == both(1, b=1)
    assert both(1) != both(1, b=2)


def test_callables_without_a_signature(clock):
    """A builtin that has none is keyed by what it is called with."""
    cache = plain(clock)
    cached = cache(max)
    assert cached(1, 2) == cached(1, 2) == 2
    assert cache.snapshot().hits == 1


def test_functions_do_not_share_entries(clock):
    """Two functions under one cache are apart, also with a user's key."""
    for options in ({}, {"key": lambda *args: "same"}):
        cache = plain(clock, **options)
        assert cache(lambda n: "one")(1) == "one"
        assert cache(lambda n: "two")(1) == "two"


def test_key_function(world, clock):
    """`key=` says what identifies a call; what it raises goes to the caller."""
    count = Counter()
    cached = plain(clock, key=lambda rows: tuple(rows))(world.function(lambda rows: count()))

    def story():
        assert (yield cached([1, 2])) == (yield cached([1, 2]))
        with pytest.raises(TypeError):
            yield cached(3)

    world.session(story)
    with pytest.raises(KeyError):
        plain(clock, key=lambda n: {}[n]).call(lambda n: n, 1)


def test_row_33_unhashable_arguments_are_told_what_to_do(world, clock):
    """A `TypeError` that shows `key=`, at the call and at `refresh`."""
    cached = plain(clock)(world.function(lambda rows: rows))

    def story():
        with pytest.raises(TypeError, match="key=lambda"):
            yield cached([1])
        with pytest.raises(TypeError, match="key=lambda"):
            yield cached.refresh([1])
        with pytest.raises(TypeError, match="unhashable"):
            yield cached(([1],))

    world.session(story)


def test_row_33_self_is_held_weakly(clock):
    """Methods: an entry for each instance, none kept alive, and no mix-up when an id is used again."""
    count = Counter()

    class Client:
        def __eq__(self, other):
            return True

        __hash__ = None

        @plain(clock)
        def rows(self, n):
            return count()

        @classmethod
        @plain(clock)
        def made(cls, n):
            return cls, n

        @staticmethod
        @plain(clock)
        def fixed(n):
            return n

    one, two = Client(), Client()
    assert one.rows(1) == one.rows(1) == 1
    assert two.rows(1) == 2
    reference = weakref.ref(one)
    del one
    gc.collect()
    assert reference() is None
    for _ in range(20):
        fresh = Client()
        assert fresh.rows(1) == count.calls
        del fresh
    assert Client.made(1) == (Client, 1)
    assert Client.fixed(7) == two.fixed(7) == 7


def test_self_that_cannot_be_held_weakly(clock):
    """An error that says how to mend it."""

    class Slotted:
        __slots__ = ()

        @plain(clock)
        def rows(self):
            return 1

    with pytest.raises(TypeError, match="__weakref__"):
        Slotted().rows()


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
        with pytest.raises(resilience.ResilienceError, match="Custom"):
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


def test_jitter_only_shortens():
    """Entries live between 90 % and 100 % of the ttl; a ttl set by hand is exact."""
    clock = FakeClock()
    cache = Cache(ttl=100, clock=clock)
    for number in range(200):
        cache.set(number, 0)
    left = [cache.info(number).expires_in for number in range(200)]
    assert 90 <= min(left) < 91.5
    assert 98.5 < max(left) <= 100
    cache.set("exact", 0, ttl=100)
    assert cache.info("exact").expires_in == 100


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


def test_expired_entries_are_swept_in_bounded_steps(clock):
    """Use sweeps a little at a time; `expire()` sweeps all; no thread does."""
    cache = plain(clock, max_size=500, cleanup_interval=60)
    for number in range(300):
        cache.set(number, 0)
    clock.advance(70)
    for number in range(300):
        cache.set(f"new {number % 10}", 0)
    assert cache.snapshot().expirations >= 290
    assert cache.snapshot().size <= 20
    cache.set("soon", 0, ttl=1)
    clock.advance(1)
    with Recorder(events.CacheEvicted) as recorder:
        assert cache.expire() == 1
        assert cache.expire() == 0
    assert [(event.reason, event.count) for event in recorder.events] == [("expired", 1)]
    assert threading.active_count() == threading.active_count()


def test_the_hand_does_not_grow(clock):
    """Setting one key for ever leaves nothing behind."""
    cache = plain(clock)
    for number in range(2000):
        cache.set("one", number)
    assert len(cache.store._hand) < 100


def test_statistics_and_events(world, clock):
    """Hits, misses, loads, and an event for each."""
    cache = plain(clock)
    cached = cache(world.function(lambda n: n))

    def story():
        with Recorder() as recorder:
            yield cached(1)
            clock.advance(1)
            yield cached(1)
            cached.invalidate(1)
            cache.clear()
        names = [type(event).__name__ for event in recorder.events]
        assert names == ["CacheMiss", "CacheLoaded", "CacheHit", "CacheEvicted"]
        assert recorder.of(events.CacheHit)[0].age == 1

    world.session(story)
    snapshot = cache.snapshot()
    assert (snapshot.hits, snapshot.misses, snapshot.hit_rate, snapshot.loads) == (1, 1, 0.5, 1)
    assert plain(clock).snapshot().hit_rate == 0
    cached_again = cache(world.function(lambda n: n))

    def clearing():
        yield cached_again(1)
        with Recorder(events.CacheEvicted) as recorder:
            cache.clear()
        assert recorder.events[0].count == 1

    world.session(clearing)


@pytest.mark.stress
@pytest.mark.parametrize("gil", [True, False])
def test_row_39_entries_and_order_stay_whole(monkeypatch, gil):
    """Readers and writers with colliding keys and switches everywhere: no error, no more than the size."""
    import sys

    monkeypatch.setattr(_store, "gil_enabled", lambda: gil)

    class Key:
        def __init__(self, number):
            self.number = number

        def __hash__(self):
            return 1

        def __eq__(self, other):
            return isinstance(other, Key) and self.number == other.number

    cache = Cache(ttl=0.0005, max_size=8, cleanup_interval=0.001)
    errors = []

    def work(seed):
        try:
            for step in range(3000):
                key = Key((seed * 7 + step) % 16)
                if step % 3:
                    cache.get(key)
                else:
                    cache.set(key, step)
                if step % 101 == 0:
                    cache.delete(key)
        except Exception as error:
            errors.append(error)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    finally:
        sys.setswitchinterval(before)
    assert errors == []
    assert cache.snapshot().size <= 8
    cache.set("after", 1)
    assert cache.get("after") == 1


def test_finalizers_run_outside_the_lock(clock):
    """A value whose finalizer uses the cache does not hang it."""
    cache = plain(clock, max_size=1)

    class Loud:
        def __del__(self):
            threading_free = cache.store.lock.acquire(blocking=False)
            assert threading_free
            cache.store.lock.release()
            seen.append(cache.get("b"))

    seen = []
    cache.set("a", Loud())
    cache.set("b", 2)
    gc.collect()
    assert seen == [2]


def test_gil_is_asked_where_it_can_be():
    """Free-threaded builds take the lock on a read."""
    assert _store.gil_enabled() in (True, False)
    import sys

    if hasattr(sys, "_is_gil_enabled"):
        assert _store.gil_enabled() is sys._is_gil_enabled()
    else:
        assert _store.gil_enabled()


@pytest.mark.parametrize(
    "options",
    [
        {"ttl": 0},
        {"ttl": float("nan")},
        {"ttl": 1, "max_size": 0},
        {"ttl": 1, "max_size": 1.5},
        {"ttl": 1, "key": 3},
        {"ttl": 1, "stale": -1},
        {"ttl": 1, "stale_if_error": "x"},
        {"ttl": 1, "negative_ttl": -1},
        {"ttl": 1, "jitter": 2},
        {"ttl": 1, "copy": 3},
        {"ttl": 1, "cleanup_interval": 0},
    ],
    ids=repr,
)
def test_row_54_bad_options_name_themselves(options):
    """Each bad option is refused by name."""
    option = list(options)[-1]
    with pytest.raises((ValueError, TypeError), match=f"{option}="):
        Cache(**options)


def test_repr_and_ttl_is_required():
    """A ttl must be given; the text tells size and ttl."""
    with pytest.raises(TypeError, match="ttl"):
        Cache()
    cache = Cache("rates-cache", ttl=5)
    assert repr(cache) == "<Cache 'rates-cache' 0/1000 entries, ttl=5 s>"
