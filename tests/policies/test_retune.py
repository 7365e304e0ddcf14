"""Numbers that change while a policy is used: what it counted, stored and decided stays."""

import pytest

import resilience as r


def fail():
    raise ConnectionError("down")


def test_breaker_keeps_its_count(world, clock):
    """A lower threshold counts what failed before; a higher one lets it go on."""
    breaker = r.CircuitBreaker(trip=r.Consecutive(10), clock=clock)
    for _ in range(3):
        with pytest.raises(ConnectionError):
            world.call(breaker, fail)
    breaker.retune(failures=4)
    assert breaker.explain() == "closed: 3 failures in a row; opens at 4"
    breaker.retune(failures=6)
    for _ in range(3):
        assert breaker.state == "closed"
        with pytest.raises(ConnectionError):
            world.call(breaker, fail)
    assert breaker.state == "open"


def test_open_circuit_stays_open(world, clock):
    """An opening under way keeps its end; the next one lasts as long as it says now."""
    breaker = r.CircuitBreaker(trip=r.Consecutive(1), reset_timeout=30, clock=clock, random=lambda: 0.0)
    with pytest.raises(ConnectionError):
        world.call(breaker, fail)
    breaker.retune(failures=5, reset_timeout=100, half_open_max_calls=2)
    assert breaker.state == "open"
    clock.advance(29)
    with pytest.raises(r.CircuitOpenError) as caught:
        world.call(breaker, fail)
    assert caught.value.retry_after == pytest.approx(1)
    clock.advance(1)
    assert breaker.explain() == "half-open: 0 of 2 successes, 0 failures"
    with pytest.raises(ConnectionError):
        world.call(breaker, fail)
    clock.advance(99)
    assert breaker.state == "open"
    clock.advance(1)
    assert breaker.state == "half-open"


def test_circuits_of_instances_follow():
    """With scope="instance" every instance's circuit takes the new threshold, and later ones begin with it."""

    class Service:
        breaker = r.CircuitBreaker(trip=r.Consecutive(5), scope="instance")

        @breaker
        def call(self):
            raise ConnectionError

    old, new = Service(), Service()
    for _ in range(2):
        with pytest.raises(ConnectionError):
            old.call()
    Service.breaker.retune(failures=3)
    for service, calls in ((old, 1), (new, 3)):
        for _ in range(calls):
            assert Service.breaker.state_of(Service.breaker.of(service)) == "closed"
            with pytest.raises(ConnectionError):
                service.call()
        assert Service.breaker.state_of(Service.breaker.of(service)) == "open"


def test_reset_timeout_may_be_a_backoff():
    """A backoff is taken as it is."""
    breaker = r.CircuitBreaker()
    breaker.retune(reset_timeout=r.Linear(1))
    assert breaker.open_seconds(0) <= 1


def test_threshold_needs_its_trip():
    """A breaker that trips on a rate has no such number."""
    breaker = r.CircuitBreaker(trip=r.FailureRate(0.5))
    with pytest.raises(ValueError, match=r"failures=3: must be left out: this breaker trips on FailureRate\(0\.5"):
        breaker.retune(failures=3)


@pytest.mark.parametrize("wrong", [{"failures": 0}, {"reset_timeout": -1}, {"half_open_max_calls": True}])
def test_row_54_breaker_refuses(wrong):
    """Numbers are judged as at construction, and name themselves."""
    with pytest.raises((ValueError, TypeError), match=next(iter(wrong))):
        r.CircuitBreaker().retune(**wrong)


def test_smaller_cache_keeps_the_recent(clock):
    """What a smaller size drives out is the least recently used, counted and told; the rest stays."""
    cache = r.Cache(ttl=60, jitter=0, clock=clock)
    heard = []
    cache.listen(heard.append, r.events.CacheEvicted)
    for key in "abcd":
        cache.set(key, key)
    assert cache.get("a") == "a"
    cache.retune(max_size=2)
    assert [key for key in "abcd" if key in cache] == ["a", "d"]
    assert [(event.reason, event.count) for event in heard] == [("size", 2)]
    assert (cache.snapshot().evictions, cache.snapshot().size, cache.snapshot().max_size) == (2, 2, 2)
    cache.set("e", "e")
    assert cache.snapshot().size == 2


def test_larger_cache_keeps_all(clock):
    """A larger size drives nothing out and holds more."""
    cache = r.Cache(ttl=60, max_size=1, clock=clock)
    cache.set("a", 1)
    cache.retune(max_size=3)
    for key in "bc":
        cache.set(key, 1)
    assert [key for key in "abc" if key in cache] == ["a", "b", "c"]
    cache.retune(max_size=3)
    assert cache.snapshot().evictions == 0


def test_new_ttl_holds_for_what_comes(clock):
    """What is stored keeps the time it was given; what is stored later gets the new one."""
    cache = r.Cache(ttl=60, jitter=0, clock=clock)
    cache.set("old", 1)
    cache.retune(ttl=10, cleanup_interval=5)
    cache.set("new", 1)
    clock.advance(30)
    assert "old" in cache
    assert "new" not in cache


@pytest.mark.parametrize("wrong", [{"ttl": 0}, {"max_size": 0}, {"max_size": 2.5}, {"cleanup_interval": float("nan")}])
def test_row_54_cache_refuses(wrong):
    """Numbers are judged as at construction, and name themselves."""
    with pytest.raises((ValueError, TypeError), match=next(iter(wrong))):
        r.Cache(ttl=1).retune(**wrong)
