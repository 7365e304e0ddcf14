"""What two threads do to each other, played by one: state that changes between a look and the lock."""

import collections
import gc
import sys
import threading
import weakref

import pytest
from tests.policies.breakers import opened
from tests.policies.failing import Failing, body_of

import resilience
from resilience import Bulkhead, Cache, CircuitBreaker, CircuitOpenError, Fixed, RateLimiter, Retry, events
from resilience.http._origin_map import OriginMap
from resilience.policies._keys import Identities
from resilience.policies._store import _TOUCHES
from resilience.testing import Recorder


def test_opened_between_look_and_lock(clock):
    """A call that saw a closed circuit, and comes to its lock when it has opened, is refused."""
    breaker = opened(clock)
    with pytest.raises(CircuitOpenError):
        breaker.circuit._admit_rarely(clock.now())


def test_a_permit_of_a_disabled_breaker_counts_nothing(clock):
    """Blamed or not."""
    breaker = CircuitBreaker(initial_state="disabled", clock=clock)
    breaker.acquire().failure()
    assert breaker.snapshot().failures == 0


def test_a_probe_is_lost_once(clock):
    """One that lost its lease, and is then collected, frees no second slot."""
    breaker = opened(clock, lease=5)
    clock.advance(30)
    lost = breaker.acquire()
    clock.advance(5)
    with Recorder(events.ProbeLost) as recorder:
        second = breaker.acquire()
        del lost
        gc.collect()
        with pytest.raises(CircuitOpenError):
            breaker.acquire()
        second.success()
    assert [event.reason for event in recorder.events] == ["lease"]
    assert breaker.state == "closed"


def test_very_long_histories_keep_the_last_attempts(clock):
    """Of 200 attempts the last 16 are told, whatever was dropped on the way."""
    with pytest.raises(ConnectionError) as caught:
        Retry(attempts=200, backoff=Fixed(0), clock=clock).call(body_of(Failing(999)))
    assert [attempt.number for attempt in resilience.history(caught.value)] == list(range(185, 201))


def test_an_entry_that_went_before_its_use_was_noted(clock):
    """A hit that found it notes its use when another thread has deleted it: the order has no place for it."""
    cache = Cache(ttl=10, max_size=2, jitter=0, clock=clock)
    cache.set("a", 1)
    found = next(iter(cache.store._entries.values()))
    cache.delete("a")
    cache.store.touch(found, 0.0)
    for key in "bcd":
        cache.set(key, key)
    assert list(cache.mapping) == ["c", "d"]


def test_uses_in_a_row_are_noted_once(clock):
    """The newest entry stays the newest."""
    cache = Cache(ttl=10, jitter=0, clock=clock)
    cache.set("a", 1)
    entry = next(iter(cache.store._entries.values()))
    cache.store.touch(entry, 0.0)
    noted = len(cache.store.touches)
    cache.store.touch(entry, 0.0)
    assert len(cache.store.touches) == noted


def test_keys_that_went_do_not_pile_up_for_the_sweep(clock):
    """Set and deleted again and again, within one sweep's interval."""
    cache = Cache(ttl=10, jitter=0, clock=clock)
    cache.set("kept", 0)
    for number in range(3 * _TOUCHES):
        cache.set(number, number)
        cache.delete(number)
    assert len(cache.store._hand) <= 2 * len(cache.store) + _TOUCHES + 2


def test_a_collected_permit_serves_who_waits(clock):
    """A finalizer takes no lock: the next to come finds the slot, and it goes to the first in the queue."""
    bulkhead = Bulkhead(1, max_queue=1, clock=clock)
    forgotten = bulkhead.acquire()
    place = bulkhead.admit((), {}).ticket
    del forgotten
    gc.collect()
    second = bulkhead.admit((), {}).ticket
    assert place.done
    bulkhead.released(place.redeem())
    bulkhead.released(second.redeem())
    assert bulkhead.snapshot().active == 0


def test_a_turn_that_was_used_cannot_come_back(clock):
    """Broken off after its time has come, a wait gives nobody a second turn."""
    limiter = RateLimiter(1, burst=1, wait=5, clock=clock)
    assert limiter.admit((), {}) is None
    turn = limiter.admit((), {}).ticket
    clock.advance(1)
    assert turn.redeem() is None
    turn.forsake()
    assert not limiter.peek().allowed


def test_notes_that_another_thread_took(clock):
    """Without a GIL a note may be gone between the look and the taking."""

    class Emptied(collections.deque):
        def popleft(self):
            raise IndexError

    cache = Cache(ttl=10, jitter=0, clock=clock)
    cache.set("a", 1)
    cache.store.touches = Emptied(cache.store._entries.values())
    cache.set("b", 2)
    assert list(cache.mapping) == ["a", "b"]


class Client:
    """A class with a cached method."""

    def __init__(self):
        self.loads = 0

    @Cache(ttl=60)
    def rows(self):
        self.loads += 1
        return self


def made_by_eight(make):
    """What eight threads get that ask for one thing at one moment."""
    barrier, found = threading.Barrier(8), []

    def ask():
        barrier.wait(30)
        found.append(make())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 8
    return {id(one): one for one in found}


@pytest.mark.stress
def test_row_61_nothing_is_made_twice():
    """What is made at its first use is made once, whichever threads come first: no look and then an act without a lock."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for step in range(40):
            per_instance = CircuitBreaker(scope="instance")
            origins = OriginMap(lambda key: [key], bool, 10)
            client = Client()
            for make in (
                lambda step=step: CircuitBreaker.named(f"row 61 {step}"),
                lambda step=step: resilience.resilient(f"row 61 {step}")(len).policy.parts()[0],
                lambda per_instance=per_instance, client=client: per_instance.of(client),
                lambda origins=origins: origins.get("http://shop.example:80"),
                client.rows,
            ):
                assert len(made_by_eight(make)) == 1
            assert client.loads == 1
    finally:
        sys.setswitchinterval(before)


def test_two_threads_number_one_object_alike(monkeypatch):
    """The second to come takes the number of the first; the number of a dead object at the same place is nobody's."""

    class Numbered:
        pass

    identities, one = Identities("cache"), Numbered()

    def interrupted(instance, callback):
        monkeypatch.undo()
        interrupted.number = identities(instance)
        return weakref.ref(instance, callback)

    monkeypatch.setattr("resilience.policies._keys.ref", interrupted)
    assert identities(one) == interrupted.number == identities(one)
    dead = weakref.ref(Numbered())
    identities._live[id(one)] = dead, 0
    assert identities(one) > interrupted.number
