"""Fallback: each line of its contract, in every world."""

import pytest

import resilience
from resilience import Fallback, Pipeline, Retry, events
from resilience.testing import Recorder


def fail():
    raise ConnectionError("down")


@pytest.mark.parametrize(
    ("fallback", "answer"),
    [
        (lambda: Fallback("poor"), "poor"),
        (lambda: Fallback(None), None),
        (lambda: Fallback(factory=list), []),
        (lambda: Fallback(call=lambda error: str(error)), "down"),
    ],
)
def test_an_answer_of_last_resort(world, fallback, answer):
    """A value, a factory, or a function of the error; the event says `degraded`."""
    policy = fallback()
    with Recorder(events.FallbackUsed) as recorder:
        assert world.call(policy, fail) == answer
    (event,) = recorder.events
    assert event.degraded
    assert isinstance(event.error, ConnectionError)
    assert policy.snapshot().used == 1


def test_a_success_is_left_alone(world):
    """Only failures are replaced."""
    assert world.call(Fallback("poor"), lambda: "rich") == "rich"


def test_a_bad_result_may_be_replaced(world):
    """`on_result` judges values; a `call` gets no error then."""
    policy = Fallback(call=lambda error: ("instead", error), on_result=lambda value: value is None)
    assert world.call(policy, lambda: None) == ("instead", None)
    assert world.call(policy, lambda: 1) == 1


def test_refusals_are_answered_programming_errors_show(world):
    """`UNAVAILABLE`: failures and refusals; a `TypeError` still shows."""

    def refused():
        raise resilience.CircuitOpenError("open")

    def wrong():
        raise TypeError("a bug")

    assert world.call(Fallback(1), refused) == 1
    with pytest.raises(TypeError, match="a bug"):
        world.call(Fallback(1), wrong)
    with pytest.raises(ConnectionError):
        world.call(Fallback(1, on=LookupError), fail)


@pytest.mark.worlds("sync", reason="a loop takes these for its own end; the drivers are one program, see test_twins")
@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_row_10_never_for_a_base_exception(world, kind):
    """An interrupt is no failure."""

    def stop():
        raise kind

    with pytest.raises(kind):
        world.call(Fallback(1, on=lambda error: True), stop)


def test_a_failing_fallback_keeps_the_original_as_its_cause(world):
    """Its own error comes out, the original behind it, and an event tells."""

    def worse(error):
        raise ValueError("worse")

    with Recorder(events.FallbackFailed) as recorder, pytest.raises(ValueError, match="worse") as caught:
        world.call(Fallback(call=worse), fail)
    assert isinstance(caught.value.__cause__, ConnectionError)
    assert recorder.events[0].original is caught.value.__cause__


@pytest.mark.worlds("asyncio", "trio", reason="a direct call cannot await")
def test_the_fallback_may_be_a_coroutine_function(world):
    """In an async call it is awaited; what it raises has the original as its cause."""

    async def other(error):
        return f"instead of {error}"

    async def worse(error):
        raise ValueError("worse")

    assert world.call(Fallback(call=other), fail) == "instead of down"
    with pytest.raises(ValueError, match="worse") as caught:
        world.call(Fallback(call=worse), fail)
    assert isinstance(caught.value.__cause__, ConnectionError)


def test_a_coroutine_function_in_a_sync_call():
    """There nobody can await it: a `TypeError` that says so."""

    async def other(error):
        return 1

    with pytest.raises(TypeError, match="coroutine function, which nobody awaits"):
        Fallback(call=other).call(fail)


@pytest.mark.parametrize("given", [{}, {"value": 1, "factory": list}, {"factory": list, "call": repr}])
def test_exactly_one_source(given):
    """None or two of them: a `TypeError` that lists the three."""
    with pytest.raises(TypeError, match="exactly one of a value, factory= .* and call="):
        Fallback(**given)


@pytest.mark.parametrize("options", [{"factory": 3}, {"call": 3}, {"value": 1, "on": 3}, {"value": 1, "on_result": 3}])
def test_row_54_bad_options_name_themselves(options):
    """Each bad option is refused by name."""
    option = list(options)[-1]
    with pytest.raises(TypeError, match=f"{option}="):
        Fallback(**options)


def test_a_factory_is_a_plain_function():
    """A coroutine function as a factory is refused at construction."""

    async def make():
        return []

    with pytest.raises(TypeError, match="factory="):
        Fallback(factory=make)


def test_outside_a_retry(world, clock):
    """It answers after the retry gave up."""
    calls = []

    def body():
        calls.append(1)
        raise ConnectionError

    assert world.call(Pipeline(Fallback("poor"), Retry(attempts=3), clock=clock), body) == "poor"
    assert len(calls) == 3


def test_repr():
    """What it answers with."""
    assert "'poor'" in repr(Fallback("poor", name="f"))
    assert "lambda" in repr(Fallback(factory=list)) or "list" in repr(Fallback(factory=list))


def test_an_awaitable_from_a_plain_function_in_a_sync_call():
    """There nobody can await it: a `TypeError`, and the awaitable is closed."""
    made = []

    async def other():
        return 1

    def call(error):
        made.append(other())
        return made[-1]

    with pytest.raises(TypeError, match="its guard would end before"):
        Fallback(call=call).call(fail)
    assert made[0].cr_frame is None


def test_its_repr_says_where_the_answer_comes_from():
    """As it was written, not where it lies in memory."""

    def explain(error):
        return str(error)

    assert repr(Fallback([], name="rows")) == "<Fallback 'rows' []>"
    assert repr(Fallback(factory=list, name="made")) == "<Fallback 'made' factory=list>"
    assert repr(Fallback(call=explain, name="said")).endswith("explain>")
    assert Pipeline(Fallback(factory=list, name="last")).describe().startswith("Fallback 'last' factory=list")
