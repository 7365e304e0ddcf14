"""Chains that `call` and `acall` keep, what decorated functions carry, and permits held apart from a call."""

import asyncio
import gc
import weakref

import pytest

import resilience
from resilience import Bulkhead, CircuitBreaker, Consecutive, Pipeline, Retry, Timeout
from resilience._callable import ASYNC, SYNC
from resilience._policy import OFFERS


def rows(value=1):
    return value


async def fetch(value=1):
    return value


def test_a_chain_is_built_once_for_each_function():
    """And again for another one, or another policy."""
    policy = Retry()
    assert policy._chain_of(rows, SYNC) is policy._chain_of(rows, SYNC)
    assert policy._chain_of(fetch, ASYNC) is policy._chain_of(fetch, ASYNC)
    assert policy._chain_of(rows, SYNC) is not policy._chain_of(fetch, ASYNC)
    assert set(policy._links) == {rows, fetch}
    assert Retry()._chain_of(rows, SYNC) is not policy._chain_of(rows, SYNC)


def test_what_is_no_plain_function_is_built_each_time():
    """Methods and callable objects: kept, they would live for ever, or be another's."""

    class Client:
        def rows(self):
            return 3

        def __call__(self):
            return 4

    client, policy = Client(), Retry()
    assert (policy.call(client.rows), policy.call(client)) == (3, 4)
    assert not policy._links

    class Unhashable(Client):
        __hash__ = None

    assert policy.call(Unhashable()) == 4


def test_a_kept_chain_keeps_no_function():
    """Sync and async."""
    policy = Retry()

    def one():
        return 1

    async def two():
        return 2

    assert policy.call(one) == 1
    assert asyncio.run(policy.acall(two)) == 2
    gone = weakref.ref(one), weakref.ref(two)
    del one, two
    gc.collect()
    assert [reference() for reference in gone] == [None, None]


def test_arguments_reach_the_function():
    """By place and by name, sync and async, kept or decorated."""

    def echo(*args, **kwargs):
        return args, kwargs

    async def aecho(*args, **kwargs):
        return args, kwargs

    policy = Pipeline(Retry(), Timeout(9), CircuitBreaker(), Bulkhead(1))
    expected = (1, 2), {"three": 3}
    for _ in range(2):
        assert policy.call(echo, 1, 2, three=3) == expected
        assert policy(echo)(1, 2, three=3) == expected
        assert asyncio.run(policy.acall(aecho, 1, 2, three=3)) == expected
        assert asyncio.run(policy(aecho)(1, 2, three=3)) == expected


def test_what_a_decorated_function_carries():
    """Its policy, what it wraps, its name; and nothing of the engine's own."""
    retry, pipeline = Retry(), Pipeline(Retry(), Timeout(3))
    for policy in (retry, pipeline):
        guarded = policy(rows)
        assert (guarded.policy, guarded.__wrapped__, guarded.__name__, guarded.__module__) == (
            policy, rows, "rows", __name__,
        )  # fmt: skip
        assert not [name for name in vars(guarded) if name.startswith("__resilience")]
        assert OFFERS not in vars(guarded)
    assert retry.parts() == (retry,)
    assert pipeline.parts() == pipeline.policies
    assert retry.describe() == repr(retry).strip("<>")
    assert Pipeline(pipeline, retry).parts() == (*pipeline.policies, retry)
    assert isinstance(retry(staticmethod(rows)), staticmethod)


def test_a_permit_is_settled_once():
    """The first verb counts; what comes after it changes nothing."""
    breaker = CircuitBreaker(trip=Consecutive(1))
    permit = breaker.acquire()
    assert permit.settled is False
    permit.release()
    assert permit.settled is True
    permit.failure()
    permit.success()
    assert breaker.state == "closed"
    breaker.acquire().failure()
    assert breaker.state == "open"


def test_what_a_permit_passes_on(clock):
    """The value for `on_result`, the error for `on`, the seconds for `open_for`; a failure without an error counts."""
    judged = CircuitBreaker(trip=Consecutive(1), on_result=lambda value: value == "bad", clock=clock)
    judged.acquire().success("good")
    assert judged.state == "closed"
    judged.acquire().success("bad")
    assert judged.state == "open"
    picky = CircuitBreaker(trip=Consecutive(1), on=OSError, clock=clock)
    picky.acquire().failure(ValueError())
    assert picky.state == "closed"
    picky.acquire().failure(OSError())
    assert picky.state == "open"
    asked = CircuitBreaker(trip=Consecutive(9), on=OSError, clock=clock)
    asked.acquire().failure(ValueError("x"), open_for=7)
    assert asked.snapshot().open_for == 7
    with pytest.raises(resilience.CircuitOpenError) as caught:
        asked.acquire()
    assert str(caught.value.__cause__) == "x"
    with pytest.raises(ValueError, match=r"^open_for=0: must be seconds above 0"):
        CircuitBreaker(clock=clock).acquire().failure(open_for=0)


@pytest.mark.parametrize("kind", ["with", "async with"])
def test_leaving_settles_a_permit(kind, clock):
    """Without an error a success; with one what the policy makes of it; the error goes on."""
    breaker = CircuitBreaker(trip=Consecutive(1), clock=clock)

    def block(error):
        with breaker.acquire() as permit:
            assert not permit.settled
            if error:
                raise error

    async def ablock(error):
        async with await breaker.aacquire() as permit:
            assert not permit.settled
            if error:
                raise error

    def run(error=None):
        return block(error) if kind == "with" else asyncio.run(ablock(error))

    run()
    assert breaker.state == "closed"
    with pytest.raises(KeyError):
        run(KeyError("x"))
    assert breaker.state == "open"


def test_a_forgotten_permit_comes_back(clock):
    """Collected unsettled, once; a settled one is not given back again."""
    bulkhead = Bulkhead(2, clock=clock)
    permit = bulkhead.acquire()
    del permit
    gc.collect()
    assert bulkhead.snapshot().active == 0
    permit = bulkhead.acquire()
    permit.success()
    del permit
    gc.collect()
    assert (bulkhead.snapshot().active, len(bulkhead._slots.free)) == (0, 1)


def test_a_timeout_in_time_to_the_instant(clock):
    """A call that takes exactly its seconds is not late."""
    timeout = Timeout(2, clock=clock)
    timeout.call(clock.advance, 2)
    assert timeout.snapshot().overran == 0
    with pytest.warns(resilience.ResilienceWarning):
        timeout.call(clock.advance, 2.001)
    timeout.call(clock.advance, 3)  # it warns once
    assert timeout.snapshot().overran == 2


@pytest.mark.parametrize(("outer", "inner", "blamed"), [(2, 2, "outer-2-2"), (3, 2, "inner-3-2"), (2, 3, "outer-2-3")])
def test_of_two_timeouts_the_nearer_ends_the_call(outer, inner, blamed, clock):
    """Of two that end together the outer one."""
    policy = Pipeline(
        Timeout(outer, name=f"outer-{outer}-{inner}", clock=clock),
        Timeout(inner, name=f"inner-{outer}-{inner}", clock=clock),
    )

    async def hang():
        await clock.asleep(60)

    with pytest.raises(resilience.CallTimeoutError) as caught:
        asyncio.run(policy.acall(hang))
    assert (caught.value.policy, clock.now()) == (blamed, min(outer, inner))
