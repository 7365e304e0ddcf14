"""What a full cache drives out is told once, whoever drove it out."""

from concurrent.futures import ThreadPoolExecutor

from resilience import Cache, events


def heard_of(cache):
    """The evictions that a listener hears from now on."""
    heard = []
    cache.listen(heard.append, events.CacheEvicted)
    return heard


def test_a_smaller_size_does_not_tell_the_expired_as_driven_out(clock):
    """What was over anyway when the size changed is no eviction, neither in the count nor in the event."""
    cache = Cache(ttl=60, jitter=0, cleanup_interval=10, clock=clock)
    heard = heard_of(cache)
    cache.set("old", 0, ttl=1)
    cache.set("a", 1)
    cache.set("b", 2)
    clock.advance(30)
    cache.retune(max_size=1)
    assert cache.snapshot().expirations == 1
    assert [(event.reason, event.count) for event in heard] == [("size", 1)]
    assert cache.snapshot().evictions == 1


def test_a_late_listener_is_not_told_of_what_went_before(clock):
    """Evictions that nobody listened to are not saved up."""
    cache = Cache(ttl=60, max_size=1, clock=clock)
    for key in range(5):
        cache.set(key, key)
    heard = heard_of(cache)
    cache.set("new", 0)
    assert [event.count for event in heard] == [1]


def test_events_add_up_to_the_count():
    """Threads that fill one cache: every eviction is told, and none twice."""
    cache = Cache(ttl=60, max_size=3)
    heard = heard_of(cache)
    cached = cache(lambda number: number)

    def fill(thread):
        for number in range(500):
            cached((thread, number))
            cache.set((thread, number), number)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(fill, range(4)))
    assert sum(event.count for event in heard) == cache.snapshot().evictions == 4 * 2 * 500 - 3
