"""Circuit breaker: the circuits of instances under an operator's word, and how they come and go."""

import time
import weakref
from threading import Thread

import pytest
from tests.policies.breakers import clients

from resilience import CircuitBreaker, CircuitOpenError, Consecutive


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


def test_the_end_of_an_instance_takes_no_circuit_of_another(clock):
    """One that lies where an older one lay keeps its circuit, however late that one's end is told."""
    breaker = CircuitBreaker(scope="instance", clock=clock)
    client = clients(breaker)
    one, other = client(), client()
    circuit = breaker.of(one)
    breaker._instances._left(id(one), weakref.ref(other))
    assert breaker.of(one) is circuit
