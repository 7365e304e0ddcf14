"""Cache: entries, their order and times, statistics."""

import gc
import threading

import pytest
from tests.policies.caches import Counter, plain

from resilience import Cache, events
from resilience.policies import _store
from resilience.testing import FakeClock, Recorder


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
def test_row_39_and_61_entries_and_order_stay_whole(monkeypatch, gil):
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
