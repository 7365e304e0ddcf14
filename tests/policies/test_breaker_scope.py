"""Circuit breaker: whose circuit it is: functions, instances, names, permits in two steps."""

import asyncio
import gc

import pytest
from tests.policies.breakers import clients, fine

from resilience import CircuitBreaker, CircuitOpenError, Consecutive


def test_scope_function_is_shared_by_instances_and_subclasses(clock):
    """One circuit for a method's function."""

    class Base:
        @CircuitBreaker(trip=Consecutive(2), clock=clock)
        def work(self):
            raise ConnectionError

    class Sub(Base):
        pass

    for instance in (Base(), Sub()):
        with pytest.raises(ConnectionError):
            instance.work()
    with pytest.raises(CircuitOpenError):
        Base().work()


def test_scope_instance_is_one_each_and_weak(clock):
    """One circuit for each instance, which it does not keep alive."""
    breaker = CircuitBreaker(trip=Consecutive(1), scope="instance", clock=clock)

    client = clients(breaker)
    one, two = client(), client()
    with pytest.raises(ConnectionError):
        one.work(ConnectionError())
    with pytest.raises(CircuitOpenError):
        one.work()
    assert two.work() == "done"
    assert breaker.state_of(breaker.of(one)) == "open"
    assert breaker.state_of(breaker.of(two)) == "closed"
    assert len(breaker._instances) == 2
    del one
    gc.collect()
    assert len(breaker._instances) == 1


def test_without_instances_the_circuit_of_one_is_that_of_all(clock):
    """`of()` with `scope="function"`."""
    breaker = CircuitBreaker(clock=clock)
    assert breaker.of(object()) is breaker.circuit


def test_scope_instance_says_what_it_needs(clock):
    """No self, or a self that cannot be held weakly: an error with the mend."""
    breaker = CircuitBreaker(scope="instance", clock=clock)
    with pytest.raises(TypeError, match="no self"):
        breaker(fine)()
    with pytest.raises(TypeError, match="__weakref__"):
        breaker(fine)(object())


def test_two_steps(clock):
    """`with breaker.acquire() as permit:` settles on leaving; once is enough."""
    breaker = CircuitBreaker(trip=Consecutive(1), clock=clock)
    with breaker.acquire():
        pass
    assert breaker.state == "closed"
    with pytest.raises(ConnectionError), breaker.acquire() as permit:
        raise ConnectionError
    assert breaker.state == "open"
    breaker.close()
    permit.failure(ConnectionError())
    permit.release()
    permit.success()
    assert breaker.state == "closed"
    breaker.acquire().release()
    breaker.acquire().failure(open_for=5)
    assert breaker.snapshot().open_for == 5
    breaker.close()
    breaker.acquire().failure()
    assert breaker.state == "open"


@pytest.mark.worlds("asyncio", "trio", reason="async with")
def test_two_steps_async(world, clock):
    """`async with await breaker.aacquire() as permit:` does the same."""
    breaker = CircuitBreaker(trip=Consecutive(1), clock=clock)

    async def main():
        async with await breaker.aacquire():
            pass
        with pytest.raises(ConnectionError):
            async with await breaker.aacquire():
                raise ConnectionError

    import trio

    asyncio.run(main()) if world.name == "asyncio" else trio.run(main)
    assert breaker.state == "open"


def test_named_gets_or_creates():
    """One instance for a name; other options for an existing one are refused."""
    one = CircuitBreaker.named("payments-named", reset_timeout=5)
    assert CircuitBreaker.named("payments-named") is one
    assert CircuitBreaker.named("payments-named", reset_timeout=5) is one
    with pytest.raises(ValueError, match="reset_timeout=6: .* was made with reset_timeout=5"):
        CircuitBreaker.named("payments-named", reset_timeout=6)
    with pytest.raises(ValueError, match="no lease="):
        CircuitBreaker.named("payments-named", lease=6)


def test_a_name_is_a_label():
    """A second live one of a name shows as `#2`; a dead one's label is free."""
    one = CircuitBreaker("labelled")
    two = CircuitBreaker("labelled")
    assert (one.name, two.name) == ("labelled", "labelled#2")
    del one
    gc.collect()
    assert CircuitBreaker("labelled").name == "labelled"
