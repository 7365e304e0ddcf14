"""Pauses of limiters: of one key or of all, and turns that are given back before one."""

from random import Random

import pytest

from resilience import FixedWindow, RateLimitedError, RateLimiter, SlidingWindow

LIMITERS = pytest.mark.parametrize("kind", [RateLimiter, SlidingWindow, FixedWindow])


@LIMITERS
def test_a_pause_without_a_key_stops_everybody(kind, world, clock):
    """Keys that were seen and keys that were not, until it is over; one key may be stopped for longer."""
    limiter = kind(3, per=1, key=str, clock=clock)
    world.call(limiter, str, "ann")
    limiter.pause(60)
    limiter.pause(90, key="bob")
    for user in ("ann", "bob", "cat"):
        assert not limiter.peek(user).allowed
        with pytest.raises(RateLimitedError) as refused:
            world.call(limiter, str, user)
        assert refused.value.retry_after == pytest.approx(90 if user == "bob" else 60)
    assert not limiter.try_acquire()
    clock.advance(60)
    assert [limiter.try_acquire(key=user) for user in ("ann", "bob", "cat", "dan")] == [True, False, True, True]


@LIMITERS
def test_a_server_that_has_nothing_left_stops_everybody(kind, clock):
    """`learn` without a key is the word of a server that counts all of them together."""
    limiter = kind(3, per=1, clock=clock)
    assert limiter.try_acquire(key="ann")
    limiter.learn(remaining=0, reset=60)
    assert not limiter.try_acquire(key="ann")
    assert limiter.peek("bob").retry_after == pytest.approx(60)
    limiter.learn(remaining=2, reset=60, key="bob")
    clock.advance(60)
    assert limiter.try_acquire(key="ann")


@LIMITERS
def test_a_shorter_pause_ends_no_longer_one(kind, clock):
    """For keys that were seen, and for those that come."""
    limiter = kind(3, clock=clock)
    limiter.pause(60)
    limiter.pause(5)
    assert [limiter.peek(user).retry_after for user in (None, "ann")] == [pytest.approx(60)] * 2


@LIMITERS
def test_a_waiter_that_was_moved_is_still_one_from_before_the_pause(kind, clock):
    """It comes forward again, as far as the turns before it are given back."""
    options = {"burst": 1} if kind is RateLimiter else {}
    limiter = kind(1, per=1, wait=None, clock=clock, **options)
    limiter.try_acquire()
    first, second = limiter.reserve(), limiter.reserve()
    waiter = limiter.admit((), {}).ticket
    limiter.pause(7.3)
    assert first.cancel()
    moved = waiter.redeem().ticket
    assert moved.timeout == pytest.approx(2)
    assert second.cancel()
    assert moved.due == pytest.approx(1)


def test_after_a_pause_of_all_keys_none_has_a_burst_saved_up(clock):
    """Not even a key that nobody looked at meanwhile."""
    limiter = RateLimiter(10, clock=clock)
    assert limiter.try_acquire(key="ann")
    limiter.pause(60)
    clock.advance(60)
    for user in ("ann", "bob"):
        assert [limiter.try_acquire(key=user) for _ in range(2)] == [True, False]
    clock.advance(60)
    assert limiter.try_acquire(10, key="cat")


@LIMITERS
def test_row_56_a_look_at_a_new_key_tells_of_the_overflow_that_it_would_share(kind, clock):
    """Once the table is full of busy keys; with an idle one among them it would have a limit of its own."""
    limiter = kind(1, per=60, max_keys=2, clock=clock)
    for user in ("ann", "bob", "cat"):
        assert limiter.peek(user).allowed
        assert limiter.try_acquire(key=user)
    assert not limiter.peek("dan").allowed
    assert not limiter.try_acquire(key="dan")
    clock.advance(61)
    assert limiter.try_acquire(key="cat")
    assert limiter.peek("dan").allowed
    assert limiter.snapshot().keys == 2


@LIMITERS
@pytest.mark.parametrize("began", [0.0, 1234.567])
def test_a_turn_that_is_given_back_brings_nobody_into_a_pause(kind, began, clock):
    """Those promised before it come forward; those reserved behind it, and new ones, keep out of it."""
    clock.advance(began)
    options = {"burst": 1} if kind is RateLimiter else {}
    limiter = kind(1, per=1, wait=None, clock=clock, **options)
    limiter.try_acquire()
    first, second = limiter.reserve(), limiter.reserve()
    limiter.pause(7.3)
    behind, last = limiter.reserve(), limiter.reserve()
    assert first.cancel()
    assert second.seconds == pytest.approx(1)
    assert behind.seconds == pytest.approx(7.3)
    assert last.seconds == pytest.approx(8.3)
    assert limiter.reserve().seconds == pytest.approx(9.3)
    assert behind.cancel()
    assert last.seconds == pytest.approx(7.3)


def test_a_gap_behind_a_pause_is_made_up_as_far_as_it_goes(clock):
    """A turn that costs more than what lies between the pause and who comes next frees that much and no more."""
    limiter = RateLimiter(10, per=10, burst=10, clock=clock)
    limiter.try_acquire(10)
    early = limiter.reserve(10)
    late = limiter.reserve()
    limiter.pause(5)
    assert (early.seconds, late.seconds) == (pytest.approx(10), pytest.approx(11))
    assert early.cancel()
    assert late.seconds == pytest.approx(5)
    assert limiter.reserve().seconds == pytest.approx(6)


@LIMITERS
@pytest.mark.parametrize("key", [None, "ann"])
@pytest.mark.parametrize("seed", range(100))
def test_whatever_is_reserved_paused_and_given_back(kind, seed, key, clock):
    """No turn comes before one that was reserved before it, nor into a pause that it was reserved behind."""
    draw = Random(seed)
    limit, per = draw.choice([1, 2, 5, 10]), draw.choice([1, 7, 10])
    limiter = kind(limit, per=per, clock=clock)
    turns, until = [], 0.0
    for _ in range(60):
        step = draw.random()
        if step < 0.45:
            turns.append((limiter.reserve(draw.randint(1, limit), key), until))
        elif step < 0.7 and turns:
            given_back = turns[draw.randrange(len(turns))]
            if given_back[0].cancel():
                turns.remove(given_back)
        elif step < 0.85:
            seconds = draw.random() * 3 * per
            limiter.pause(seconds, key)
            until = max(until, clock.now() + seconds)
        else:
            assert not (limiter.try_acquire(key=key) and clock.now() < until - 1e-6)
            clock.advance(draw.random() * per)
        turns = [turn for turn in turns if turn[0].seconds]
        due = [clock.now() + turn.seconds for turn, _ in turns]
        assert due == pytest.approx(sorted(due))
        assert all(moment > behind - 1e-6 for moment, (_, behind) in zip(due, turns, strict=True))
