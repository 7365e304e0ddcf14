"""Adaptive limit: each line of its contract, in every world."""

import asyncio
import gc
import threading

import pytest

import resilience
from resilience import AIMD, AdaptiveLimit, BulkheadFullError, Gradient2, Timeout, Vegas, events
from resilience.testing import FakeClock, Recorder


def narrow(clock, **options):
    """A limit of one."""
    return AdaptiveLimit(AIMD(), **{"initial": 1, "maximum": 1, "clock": clock, **options})


def test_it_refuses_what_is_over_the_limit(world, clock):
    """As a full bulkhead does, with a reason of its own."""
    limit = narrow(clock)
    held = limit.acquire()
    with Recorder(events.CallRejected) as recorder, pytest.raises(BulkheadFullError) as caught:
        world.call(limit, lambda: pytest.fail("called"))
    assert (caught.value.reason, caught.value.policy) == ("limit", limit.name)
    assert "the callee bears 1 calls at once, as learned, and 1 are under way" in str(caught.value)
    assert recorder.events[0].reason == "limit"
    held.success()
    assert world.call(limit, int) == 0
    assert limit.snapshot().as_dict() == {
        "name": limit.name,
        "active": 0,
        "limit": 1,
        "waiting": 0,
        "max_queue": 0,
        "admitted": 2,
        "rejected": 1,
        "dropped": 0,
        "would_reject": 0,
    }


def test_the_queue_is_first_in_first_out(world, clock):
    """Who waits is served as it came."""
    limit = narrow(clock, max_queue=5, wait=None)
    order = []

    def body(number):
        order.append(number)
        yield world.sleep(clock, 1)

    guarded = limit(world.function(body))

    def one(number):
        def story():
            yield world.sleep(clock, number / 100)
            yield guarded(number)

        return story

    if world.is_async:
        world.run(lambda: world.together(*(one(number) for number in range(4))))
    else:
        guarded(0), guarded(1), guarded(2), guarded(3)
    assert order == [0, 1, 2, 3]
    assert limit.snapshot().active == limit.snapshot().waiting == 0


def test_row_29_who_is_out_of_time_is_passed_over(clock):
    """The slot goes to the first whose time is not over; a full queue refuses."""
    limit = narrow(clock, max_queue=2, wait=5)
    held = limit.acquire()
    late = limit.admit((), {}).ticket
    clock.advance(3)
    waiting = limit.admit((), {}).ticket
    with pytest.raises(BulkheadFullError, match=r"\(limit\)"):
        limit.admit((), {})
    clock.advance(3)
    held.release()
    assert (late.expired, waiting.held) == (True, True)
    late.forsake()
    with pytest.raises(BulkheadFullError, match="waited too long"):
        late.redeem()
    limit.succeeded(waiting.redeem(), None)
    assert limit.snapshot().active == 0


def test_a_wait_that_ends_refuses(world, clock):
    """Nobody grants it: refused when its time is over, and nothing is left behind."""
    limit = narrow(clock, max_queue=2, wait=5)
    held = limit.acquire()
    if world.is_async:
        with pytest.raises(BulkheadFullError, match="waited too long"):
            world.call(limit, int)
        assert clock.now() == 5
    else:
        ticket = limit.admit((), {}).ticket
        with pytest.raises(BulkheadFullError, match="waited too long"):
            ticket.redeem()
    held.release()
    assert limit.snapshot().waiting == 0


@pytest.mark.worlds("asyncio", "trio", reason="a direct call cannot be cancelled")
def test_row_24_a_waiter_cancelled_as_it_is_woken_hands_on(world, clock):
    """Queued, granted or late: nothing is lost."""
    limit = narrow(clock, max_queue=3, wait=None)
    held = limit.acquire()
    assert world.session(lambda: (yield world.cancelled(lambda: (yield world.method(limit)(world.function(int))))))
    granted, next_one = limit.admit((), {}).ticket, limit.admit((), {}).ticket
    held.release()
    assert granted.held
    granted.forsake()
    assert next_one.held
    limit.released(next_one.redeem())
    assert (limit.snapshot().active, limit.snapshot().waiting) == (0, 0)


@pytest.mark.parametrize("kind", [ConnectionError, KeyboardInterrupt, GeneratorExit, TypeError])
def test_row_10_every_exit_gives_the_slot_back(kind):
    """Errors and interrupts; only failures teach."""
    limit = AdaptiveLimit(AIMD(), initial=10)

    def stop():
        raise kind

    with pytest.raises(kind):
        limit.call(stop)
    assert limit.snapshot().active == 0
    assert limit.snapshot().dropped == (kind is ConnectionError)
    assert limit.limit == (9 if kind is ConnectionError else 10)


def test_what_on_raises_goes_to_the_caller_and_the_slot_comes_back():
    """Nothing is counted."""

    def broken(error):
        raise ZeroDivisionError

    limit = AdaptiveLimit(on=broken)
    with pytest.raises(ZeroDivisionError):
        limit.call(lambda: {}["none"])
    assert (limit.snapshot().active, limit.snapshot().dropped) == (0, 0)


@pytest.mark.worlds("asyncio", "trio", reason="a plain call is not cut short")
def test_a_call_that_its_deadline_cut_short_is_a_drop(world, clock):
    """Inside a `Timeout` it is cancelled, which says that the callee was slow; a caller's cancellation says nothing."""
    limit = AdaptiveLimit(AIMD(), initial=10, clock=clock)
    guarded = resilience.Pipeline(Timeout(1), limit, clock=clock)

    def body():
        yield world.sleep(clock, 60)

    with pytest.raises(resilience.CallTimeoutError):
        world.call(guarded, body)
    assert (limit.limit, limit.snapshot().dropped) == (9, 1)
    patient = AdaptiveLimit(AIMD(), initial=10, clock=FakeClock(autojump=False))

    def waits():
        yield world.sleep(patient.clock, 60)

    assert world.session(lambda: (yield world.cancelled(lambda: (yield world.method(patient)(world.function(waits))))))
    assert (patient.limit, patient.snapshot().dropped, patient.snapshot().active) == (10, 0, 0)


def test_two_steps_and_lost_permits(clock):
    """A failure without an error is a drop; a permit that was collected comes back."""
    limit = AdaptiveLimit(AIMD(), initial=10, clock=clock)
    limit.acquire().failure()
    assert limit.snapshot().dropped == 1
    limit.acquire()
    gc.collect()
    assert limit.snapshot().active == 0
    with limit.acquire():
        assert limit.snapshot().active == 1


def test_changes_are_told_and_explained(clock):
    """The event has the limit before and after; the sentence says what was learned."""
    limit = AdaptiveLimit(AIMD(), initial=10, name="quotes", clock=clock)
    with Recorder(events.LimitChanged) as recorder, pytest.raises(ConnectionError), limit.acquire():
        raise ConnectionError
    assert [(event.old, event.new) for event in recorder.events] == [(10, 9)]
    assert limit.explain() == "0 of 9 calls are under way, as AIMD(backoff=0.9) learned; 0 of 1 were refused"
    assert repr(limit) == "<AdaptiveLimit 'quotes' 9 at once, AIMD(backoff=0.9)>"


def test_row_30_and_31_a_listener_may_raise_and_call_the_policy(clock):
    """It runs outside the lock, and changes nothing."""
    limit = AdaptiveLimit(AIMD(), initial=10, clock=clock)

    def hostile(event):
        limit.call(int)
        raise ValueError

    limit.listen(hostile, events.LimitChanged)
    limit.acquire().failure()
    assert (limit.limit, limit.snapshot().active) == (9, 0)


def test_row_42_no_state_belongs_to_a_loop():
    """Three loops in a row, and a forked child's fresh start."""
    limit = AdaptiveLimit(max_queue=2, wait=None)

    async def work():
        return 7

    for _ in range(3):
        assert asyncio.run(limit.acall(work)) == 7
    limit.acquire()
    limit.reset_after_fork()
    assert limit.snapshot().active == 0


@pytest.mark.stress
def test_stress_never_more_than_the_maximum():
    """Two hundred threads: never more at once than allowed; all is given back."""
    limit = AdaptiveLimit(AIMD(), initial=5, minimum=5, maximum=5, max_queue=200, wait=30)
    running, most, lock = 0, 0, threading.Lock()

    def body():
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        with lock:
            running -= 1

    threads = [threading.Thread(target=lambda: [limit.call(body) for _ in range(10)]) for _ in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert most <= 5
    seen = limit.snapshot()
    assert (seen.admitted, seen.rejected, seen.active, seen.waiting) == (2000, 0, 0, 0)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"initial": 0}, "initial="),
        ({"minimum": 0}, "minimum="),
        ({"minimum": 5, "maximum": 4}, "maximum=4: must be at least minimum=5"),
        ({"max_queue": -1}, "max_queue="),
        ({"wait": -1}, "wait="),
        ({"shadow": 1}, "shadow="),
        ({"algorithm": "vegas"}, "algorithm='vegas'"),
        ({"on": 5}, "on=5"),
    ],
    ids=str,
)
def test_row_54_bad_options_name_themselves(options, named):
    """Each by its name."""
    with pytest.raises((ValueError, TypeError), match=named):
        AdaptiveLimit(**options)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (AIMD, {"backoff": 1}),
        (AIMD, {"backoff": 0}),
        (AIMD, {"longer_than": 0}),
        (Vegas, {"probe": 0}),
        (Gradient2, {"tolerance": 0.5}),
        (Gradient2, {"queue_size": 0}),
        (Gradient2, {"probe": float("nan")}),
    ],
    ids=str,
)
def test_row_54_bad_parts_name_themselves(kind, options):
    """Each by its name; parts with the same numbers are equal."""
    with pytest.raises((ValueError, TypeError), match=f"{next(iter(options))}="):
        kind(**options)
    assert kind() == kind()
    assert AdaptiveLimit(initial=500).limit == 200
    assert repr(AIMD(longer_than=2)) == "AIMD(backoff=0.9, longer_than=2)"


def test_generators_are_refused():
    """Their time is their reader's."""
    with pytest.raises(TypeError, match=": an adaptive-limit cannot guard the generator"):

        @AdaptiveLimit()
        def rows():
            yield 1
