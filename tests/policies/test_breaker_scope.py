"""Circuit breaker: whose circuit it is: functions, instances, names, permits in two steps."""

import asyncio
import gc
import weakref
import time
from threading import Thread

import pytest
from tests.policies.breakers import fine

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

    class Client:
        @breaker
        def work(self, error=None):
            if error:
                raise error
            return "done"

    one, two = Client(), Client()
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


def clients(breaker):
    """A class whose method is guarded for each instance."""

    class Client:
        @breaker
        def work(self, error=None):
            if error:
                raise error
            return "done"

    return Client


def test_an_operator_isolates_every_instance(clock):
    """Those that are there and those that come; the last isolation that is released lets all through."""
    breaker = CircuitBreaker(scope="instance", clock=clock)
    client = clients(breaker)
    early = client()
    assert early.work() == "done"
    with breaker.isolate():
        with breaker.isolate():
            late = client()
            for each in (early, late):
                with pytest.raises(CircuitOpenError, match="isolated"):
                    each.work()
            assert breaker.state_of(breaker.of(late)) == "isolated"
        with pytest.raises(CircuitOpenError, match="isolated"):
            late.work()
    assert (early.work(), late.work(), client().work()) == ("done",) * 3


def test_close_closes_every_instance(clock):
    """Whatever opened each; and it ends every isolation."""
    breaker = CircuitBreaker(trip=Consecutive(1), scope="instance", clock=clock)
    client = clients(breaker)
    one, two = client(), client()
    for each in (one, two):
        with pytest.raises(ConnectionError):
            each.work(ConnectionError())
        with pytest.raises(CircuitOpenError):
            each.work()
    held = breaker.isolate()
    breaker.close()
    assert (one.work(), two.work(), client().work()) == ("done",) * 3
    held.release()
    assert one.work() == "done"


@pytest.mark.parametrize("change", ["disable", "metrics_only"])
def test_calls_of_every_instance_are_let_through(clock, change):
    """`disable()` and `metrics_only()` hold for those that come later too, until `close()`."""
    breaker = CircuitBreaker(trip=Consecutive(1), scope="instance", clock=clock)
    client = clients(breaker)
    early = client()
    with pytest.raises(ConnectionError):
        early.work(ConnectionError())
    getattr(breaker, change)()
    late = client()
    for each in (early, late):
        for _ in range(2):
            with pytest.raises(ConnectionError):
                each.work(ConnectionError())
        assert each.work() == "done"
    breaker.close()
    with pytest.raises(ConnectionError):
        late.work(ConnectionError())
    with pytest.raises(CircuitOpenError):
        late.work()


def test_open_opens_every_instance_for_a_while(clock):
    """For the seconds that are left; who comes after them begins closed, though nobody has probed the others."""
    breaker = CircuitBreaker(scope="instance", clock=clock)
    client = clients(breaker)
    early = client()
    early.work()
    breaker.open(60)
    clock.advance(20)
    late = client()
    for each in (early, late):
        with pytest.raises(CircuitOpenError) as caught:
            each.work()
        assert caught.value.retry_after == pytest.approx(40)
    clock.advance(41)
    later = client()
    assert later.work() == "done"
    assert breaker.state_of(breaker.of(later)) == "closed"
    assert breaker.state_of(breaker.of(early)) == "half-open"
    assert early.work() == "done"


@pytest.mark.parametrize("state", ["open", "isolated", "disabled", "metrics-only"])
def test_instances_begin_in_the_initial_state(clock, state):
    """`initial_state` is that of each."""
    breaker = CircuitBreaker(trip=Consecutive(1), scope="instance", initial_state=state, clock=clock)
    one = clients(breaker)()
    assert breaker.state_of(breaker.of(one)) == state
    if state in ("open", "isolated"):
        with pytest.raises(CircuitOpenError):
            one.work()
    else:
        for _ in range(2):
            with pytest.raises(ConnectionError):
                one.work(ConnectionError())


def test_a_state_that_was_dumped_is_that_of_every_instance(clock):
    """`load()` restores an isolation for those that are there and those that come."""
    with (dumped := CircuitBreaker(scope="instance", clock=clock)).isolate():
        state = dumped.dump()
    breaker = CircuitBreaker(scope="instance", clock=clock)
    early = clients(breaker)()
    early.work()
    breaker.load(state)
    for each in (early, clients(breaker)()):
        with pytest.raises(CircuitOpenError, match="isolated"):
            each.work()
    breaker.close()
    assert early.work() == "done"


def test_what_happened_without_an_instance_is_not_said_of_all(clock):
    """Permits are of the common circuit; that it opens, and probes, is no operator's word."""
    breaker = CircuitBreaker(trip=Consecutive(1), scope="instance", clock=clock)
    client = clients(breaker)
    with pytest.raises(ConnectionError), breaker.acquire():
        raise ConnectionError
    assert (breaker.state, client().work()) == ("open", "done")
    clock.advance(60)
    with breaker.acquire():
        one = client()
        assert (breaker.state, breaker.state_of(breaker.of(one))) == ("half-open", "closed")
    breaker.disable()
    assert breaker.state_of(breaker.of(client())) == "disabled"


def test_two_operators_speak_one_after_the_other(clock):
    """The second word reaches no instance before the first has reached all, however long a circuit takes."""
    breaker = CircuitBreaker(scope="instance", clock=clock)
    one = clients(breaker)()
    with breaker.of(one)._lock:
        opening, closing = Thread(target=breaker.open), Thread(target=breaker.close)
        opening.start()
        while breaker.state != "open":
            time.sleep(0.001)
        closing.start()
        closing.join(0.05)
        assert breaker.state == "open"
    for each in (opening, closing):
        each.join(5)
    assert [breaker.state_of(circuit) for circuit in breaker.circuits()] == ["closed", "closed"]


def test_without_instances_the_circuit_of_one_is_that_of_all(clock):
    """`of()` with `scope="function"`."""
    breaker = CircuitBreaker(clock=clock)
    assert breaker.of(object()) is breaker.circuit


def test_a_finalizer_may_call_a_guarded_method(clock):
    """A collection while the circuit of an instance is made may end another, whose last words are guarded."""
    breaker = CircuitBreaker(scope="instance", clock=clock)
    client, said = clients(breaker), []

    class Last:
        def __del__(self):
            said.append(client().work())

    instances = breaker._instances
    with instances._lock:  # as inside `of()`
        Last()
    assert said == ["done"]


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


def test_the_end_of_an_instance_takes_no_circuit_of_another(clock):
    """One that lies where an older one lay keeps its circuit, however late that one's end is told."""
    breaker = CircuitBreaker(scope="instance", clock=clock)
    client = clients(breaker)
    one, other = client(), client()
    circuit = breaker.of(one)
    breaker._instances._left(id(one), weakref.ref(other))
    assert breaker.of(one) is circuit
