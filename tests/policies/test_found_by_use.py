"""What trying the library as a new user brought up, each held here."""

import asyncio
import copy
import decimal
import pickle

import pytest
import trio

import resilience
from resilience import (
    Cache,
    CircuitBreaker,
    Consecutive,
    Exponential,
    FailureRate,
    Fallback,
    Fixed,
    Pipeline,
    Retry,
    RetryBudget,
    SlowCalls,
    Timeout,
)
from resilience.testing import FakeClock


def fail():
    raise ConnectionError("x") from KeyError("root")


@pytest.mark.parametrize("trip", [lambda: Consecutive(3), lambda: FailureRate(0.5, window=9)])
def test_named_takes_equal_options(trip):
    """Parts that say the same are the same."""
    name = f"equal {trip()!r}"
    one = CircuitBreaker.named(name, trip=trip(), reset_timeout=Exponential(1), slow=SlowCalls(2))
    assert CircuitBreaker.named(name, trip=trip(), reset_timeout=Exponential(1), slow=SlowCalls(2)) is one
    assert Consecutive(3) != Consecutive(4)
    assert Fixed(1) != Exponential(1)
    assert len({Fixed(1), Fixed(1), Fixed(2)}) == 2


def test_policies_above_a_cached_method(world, clock):
    """A method that is cached, and guarded again, is still a method: callable, and with its verbs without self."""

    def rows(self):
        return object()

    function = world.function(rows)
    function.__qualname__ = "Client.rows"
    Client = type("Client", (), {"rows": Retry(clock=clock)(Cache(ttl=10, clock=clock)(function))})  # noqa: N806
    client = Client()

    def story():
        first = yield client.rows()
        assert (yield client.rows()) is first
        assert client.rows.invalidate()
        assert (yield client.rows()) is not first
        assert (yield client.rows.refresh()) is not None

    world.session(story)


def test_a_fallback_that_raises_the_original_again(world):
    """The original stays itself, with its own cause; a failure that names a cause keeps it."""

    def again(error):
        raise error

    def other(error):
        raise RuntimeError("other") from ValueError("own cause")

    with pytest.raises(ConnectionError) as caught:
        world.call(Fallback(call=again), fail)
    assert isinstance(caught.value.__cause__, KeyError)
    with pytest.raises(RuntimeError) as caught:
        world.call(Fallback(call=other), fail)
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_dump_keeps_an_isolation(clock):
    """An isolated circuit is isolated after a restart; a state that is never dumped is refused."""
    one, two = CircuitBreaker(clock=clock), CircuitBreaker(clock=clock)
    one.isolate()
    two.load(one.dump())
    assert two.state == "isolated"
    with pytest.raises(resilience.CircuitOpenError):
        two.call(int)
    two.close()
    assert two.call(int) == 0
    for state in ("isolated", "half-open"):
        with pytest.raises(ValueError, match="never dumped"):
            two.load({**one.dump(), "state": state})


def test_row_32_decimals_and_complex_zeros(clock):
    """A decimal NaN never hits; equal decimals and complex numbers of another look are apart."""
    calls = []
    cached = Cache(ttl=10, clock=clock)(calls.append)
    nan = decimal.Decimal("NaN")
    for key in (nan, nan, decimal.Decimal("1.0"), decimal.Decimal("1.00"), complex(1, 0.0), complex(1, -0.0)):
        cached(key)
    assert len(calls) == 6
    cached(decimal.Decimal("1.0"))
    assert len(calls) == 6


def test_slow_means_at_least_so_long(clock):
    """A call that takes exactly the limit is slow."""
    breaker = CircuitBreaker(slow=SlowCalls(2, min_calls=1), clock=clock)
    breaker.call(clock.advance, 2)
    assert breaker.state == "open"


def test_a_pickled_history_ends_with_the_error_itself(clock):
    """The sentinel for the error that carries it survives."""
    with pytest.raises(ConnectionError) as caught:
        Retry(attempts=2, backoff=Fixed(0), clock=clock).call(fail)
    same = pickle.loads(pickle.dumps(caught.value))
    assert resilience.history(same)[-1].error is same


@pytest.mark.parametrize("attempt", [pickle.dumps, copy.copy])
def test_budgets_refuse_to_pickle(attempt):
    """Like every policy."""
    with pytest.raises(TypeError, match="live and shared"):
        attempt(RetryBudget())


@pytest.mark.parametrize("on", [[ValueError], "ValueError", 3, None])
def test_what_on_takes_is_said(on):
    """Not a function, not a class: the error shows both."""
    with pytest.raises(TypeError, match="an exception class, a tuple of them, or a function"):
        Retry(on=on)


@pytest.mark.parametrize("policy", [Retry, CircuitBreaker, resilience.Timeout, Fallback])
def test_decorators_without_parentheses_say_so(policy):
    """`@retry` for `@retry()`."""
    with pytest.raises(TypeError, match="parentheses"):
        policy(fail)


def test_a_backoff_class_is_no_backoff():
    """The class where an instance belongs."""
    with pytest.raises(TypeError, match=r"an instance: Exponential\("):
        Retry(backoff=Exponential)


def test_one_probe_for_a_call_and_the_calls_inside_it():
    """A function and what it calls under one breaker: the inner refusal is nobody's failure, as documented."""
    clock = FakeClock()
    breaker = CircuitBreaker(clock=clock)
    breaker.open()
    clock.advance(40)
    with pytest.raises(resilience.CircuitOpenError):
        Pipeline(breaker, breaker).call(abs, 1)
    assert breaker.state == "half-open"
    assert asyncio.run(breaker.acall(nothing)) is None


async def nothing():
    return None


def test_an_error_that_copies_as_another_class(clock):
    """It is told by its text, never taken for what it is not."""

    class Odd(ConnectionError):
        def __reduce__(self):
            return ValueError, ("another",)

    def body():
        raise Odd("odd")

    breaker = CircuitBreaker(trip=Consecutive(1), clock=clock)
    with pytest.raises(Odd):
        breaker.call(body)
    with pytest.raises(resilience.CircuitOpenError) as caught:
        breaker.call(abs, 1)
    assert "odd" in str(caught.value.__cause__)


def test_waits_are_followed_once():
    """A look for a circle passes each load once, also after a fork renewed the lock."""
    from resilience import _flight

    _flight._renew_lock()
    outer, left, right, end = (_flight.Flight() for _ in range(4))
    left.waits, right.waits = [end], [end]
    start = _flight.Flight()
    start.waits = [left, right]
    assert start.board((outer,)) is not None
    assert outer.waits == [start]
    assert start.board((end,)) is None


@pytest.mark.worlds("asyncio", "trio", reason="a plain function cannot be ended from outside")
def test_a_limit_that_is_over_before_the_call_begins(world):
    """On a busy machine a short limit passes between the look at the clock and the cancel scope; trio refused that."""

    def body():
        yield asyncio.sleep(30) if world.name == "asyncio" else trio.sleep(30)

    with pytest.raises(resilience.CallTimeoutError):
        world.run(Timeout(1e-9)(world.function(body)))
