"""What the guard of a service does to calls: sync, asyncio, trio."""

import gc
import inspect
import weakref

import pytest

import resilience as r
from resilience._callable import SYNC


class Failing:
    """Fails so many times, then answers; counts its calls."""

    def __init__(self, times=10**9):
        self.times, self.calls = times, 0

    def __call__(self, *args):
        self.calls += 1
        if self.calls <= self.times:
            raise ConnectionError("down")
        return "rows"


def guarded(world, clock, body, *arguments, **options):
    """`body` as a function of this world under `resilient(...)`, on the fake clock."""
    pipeline = r.Pipeline(r.resilient(*arguments, **options), clock=clock)
    function = body if not world.is_async else None

    def plain(*args):
        return body(*args)

    return pipeline(world.function(function or plain) if world.is_async else plain)


def test_breaker_opens(world, clock):
    """Five failures in a row open the circuit; the next call is refused without being made."""
    body = Failing()
    call = guarded(world, clock, body, "pay")
    for _ in range(5):
        with pytest.raises(ConnectionError):
            world.run(call)
    with pytest.raises(r.CircuitOpenError):
        world.run(call)
    assert body.calls == 5


def test_retry_repeats(world, clock):
    """With on=, failures of that kind are repeated as often as the settings say, and each counts at the breaker."""
    body = Failing(2)
    call = guarded(world, clock, body, "pay", on=ConnectionError)
    assert world.run(call) == "rows"
    assert body.calls == 3
    other = Failing()
    with pytest.raises(ConnectionError):
        world.run(guarded(world, clock, other, "orders", on=ValueError))
    assert other.calls == 1


def test_functions_of_one_name_share(world, clock):
    """The failures of one function open the circuit for the other; the retries come out of one budget."""
    first, second = Failing(), Failing(0)
    one = guarded(world, clock, first, "pay")
    other = guarded(world, clock, second, "pay", on=OSError)
    for _ in range(5):
        with pytest.raises(ConnectionError):
            world.run(one)
    with pytest.raises(r.CircuitOpenError):
        world.run(other)
    assert second.calls == 0
    third = guarded(world, clock, second, "pay", on=OSError)
    retries = [part for call in (other, third) for part in call.policy.parts() if part.kind == "retry"]
    assert retries[0].budget is retries[1].budget
    assert retries[0] is not retries[1]


def test_cache_is_kept_apart(world, clock):
    """Functions under one guard share its cache but not their entries."""
    guard = r.Pipeline(r.resilient("pay", cache=30), clock=clock)
    calls = []

    def rows(n):
        calls.append(("rows", n))
        return ["row", n]

    def sums(n):
        calls.append(("sums", n))
        return n

    first, second = (guard(world.function(body)) for body in (rows, sums))
    for _ in range(2):
        assert world.run(first, 1) == ["row", 1]
        assert world.run(second, 1) == 1
    assert calls == [("rows", 1), ("sums", 1)]
    first.invalidate(1)
    world.run(first, 1)
    world.run(second, 1)
    assert calls[2:] == [("rows", 1)]


def test_fallback_of_code(world, clock):
    """A fallback stands in for failures and refusals."""
    call = guarded(world, clock, Failing(), "pay", fallback="nothing")
    assert [world.run(call) for _ in range(7)] == ["nothing"] * 7


def test_fallback_of_settings_is_a_copy(world, clock, names):
    """The value that the settings name is given out as a copy each time."""
    names(RESILIENCE__PAY__FALLBACK__VALUE='{"rows": []}')
    call = guarded(world, clock, Failing(), "pay")
    world.run(call)["rows"].append(1)
    assert world.run(call) == {"rows": []}


@pytest.mark.worlds("asyncio", "trio", reason="a plain function cannot be cut off")
def test_hangs_open_the_circuit(world, clock):
    """A call that hangs is ended, and counts as a failure: the timeout lies inside the breaker."""
    guard = r.Pipeline(r.resilient("pay", timeout=2), clock=clock)

    def hang():
        yield world.sleep(clock, 60)

    call = guard(world.function(hang))
    for _ in range(5):
        with pytest.raises(r.CallTimeoutError):
            world.run(call)
    with pytest.raises(r.CircuitOpenError):
        world.run(call)
    assert clock.now() == pytest.approx(10)


@pytest.mark.worlds("asyncio", "trio", reason="a plain function cannot be cut off")
def test_total_bounds_all_attempts(world, clock, names):
    """The total ends the call with all its attempts; without retry it counts at the breaker all the same."""
    names(RESILIENCE__PAY__TIMEOUT__TOTAL=5000, RESILIENCE__PAY__RETRY__MAX_ATTEMPTS=10)
    names(RESILIENCE__ORDERS__TIMEOUT__TOTAL=5000, RETRY_JITTER="none")

    def hang():
        yield world.sleep(clock, 60)

    call = r.Pipeline(r.resilient("pay", timeout=2, on=r.CallTimeoutError), clock=clock)(world.function(hang))
    with pytest.raises(r.CallTimeoutError):
        world.run(call)
    assert clock.now() == pytest.approx(5, abs=1)
    guard = r.resilient("orders")
    with pytest.raises(r.CallTimeoutError):
        world.run(r.Pipeline(guard, clock=clock)(world.function(hang)))
    assert guard.snapshot().policies[0].failures == 1


def test_decorator_on_methods(world):
    """Methods are guarded like functions, sync and async, and tell what guards them."""

    class Shop:
        @r.resilient("priced")
        def price(self, item):
            """The price."""
            return item * 2

        @r.resilient("shop")
        async def aprice(self, item):
            return item * 2

        @staticmethod
        @r.resilient("shop")
        def free(item):
            return item

    assert Shop().price(4) == 8
    assert Shop.free(4) == 4
    assert inspect.iscoroutinefunction(Shop.aprice)
    if world.is_async:
        assert world.run(Shop().aprice, 4) == 8
    assert Shop.price.__doc__ == "The price."
    assert Shop.price.policy.name.startswith("priced.resilient")
    assert Shop.price.__wrapped__(None, 3) == 6


def test_call_and_acall(world):
    """The guard is a policy: it calls functions too, and refuses those of the other kind."""
    guard = r.resilient("pay", on=OSError)
    assert world.call(guard, lambda: 7) == 7
    with pytest.raises(TypeError, match="use .acall"):
        guard.call(Shop_coroutine)


async def Shop_coroutine():  # noqa: N802 - a body for the test above
    return 1


def test_generators():
    """A generator may be guarded by breaker, limiter and bulkhead; other layers refuse it by name."""

    @r.resilient("pay")
    def rows():
        yield 1
        raise ConnectionError

    for _ in range(5):
        with pytest.raises(ConnectionError):
            list(rows())
    with pytest.raises(r.CircuitOpenError):
        list(rows())
    with pytest.raises(TypeError, match="retry cannot guard the generator"):
        r.resilient("orders", on=OSError)(rows.__wrapped__)


def test_calling_keeps_no_function_alive():
    """A function that was only called through the guard is let go, with what it holds."""
    guard = r.resilient("pay", on=OSError)

    def body():
        return 7

    assert guard.call(body) == 7
    gone = weakref.ref(body)
    del body
    gc.collect()
    assert gone() is None
    r.config.reload()


def test_a_function_that_is_gone_is_not_linked_anew(names):
    """A chain whose function went while something still holds it does not stop a reload that brings layers."""
    guard = r.resilient("pay")

    def body():
        return 7

    run = guard.link(lambda: 7, SYNC, body, None)
    assert run() == 7
    del body
    gc.collect()
    names(RESILIENCE__PAY__BULKHEAD__MAX_CONCURRENT=1)
    r.config.reload()
    assert [part.kind for part in guard.parts()] == ["circuit-breaker", "bulkhead"]


def test_what_cannot_be_held_weakly():
    """A callable without weak references is guarded and called like any other."""

    class Callable:
        __slots__ = ()

        def __call__(self):
            return 7

    assert r.resilient("pay").call(Callable()) == 7
    assert r.Pipeline(r.resilient("pay"), r.Retry())(Callable())() == 7


def test_forgotten_names_begin_anew():
    """After the testing kit forgot named instances, a name has a new breaker."""
    from resilience.testing import forget_named

    (before,) = r.resilient("pay").parts()
    forget_named()
    (after,) = r.resilient("pay").parts()
    assert after is not before
    assert r.resilient("pay").parts() == (after,)
