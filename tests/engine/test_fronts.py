"""Fronts: a retried function is called by its own parameters, and in all that is rare as any other chain."""

import asyncio
import gc
import sys
import traceback
import weakref
from pathlib import Path

import pytest

import resilience
from resilience import Cache, Fixed, Pipeline, RateLimiter, Retry, RetryBudget, _front, _watch
from resilience.testing import FakeClock, disabled

NO_WAIT = Fixed(0)
FRONT = "<resilience._front>"
PACKAGE = str(Path(resilience.__file__).parent)


def made(world, text):
    """The function `f` of this text, in this world."""
    names = {}
    exec(("async " if world.is_async else "") + text, names)
    return names.pop("f")


def is_front(function):
    return function.__code__.co_filename == FRONT


CALLS = [
    ("def f(): return ()", [((), {})]),
    ("def f(a): return (a,)", [((1,), {}), ((), {"a": 1})]),
    ("def f(a, b=2): return (a, b)", [((1,), {}), ((1, 3), {}), ((1,), {"b": 3}), ((), {"b": 3, "a": 1})]),
    ("def f(a, /, b): return (a, b)", [((1, 2), {}), ((1,), {"b": 2})]),
    ("def f(a, /): return (a,)", [((1,), {})]),
    ("def f(*, a, b=2): return (a, b)", [((), {"a": 1}), ((), {"b": 3, "a": 1})]),
    (
        "def f(a, b=2, /, c=3, *, d, e=5): return (a, b, c, d, e)",
        [((1,), {"d": 4}), ((1, 9), {"c": 8, "e": 7, "d": 6}), ((1, 2, 3), {"d": 4})],
    ),
    ("def f(a1_, a0_=5): return (a1_, a0_)", [((1,), {}), ((), {"a1_": 3, "a0_": 1}), ((2, 3), {})]),
    # Names that the text of a front uses itself: such a function has none.
    ("def f(a, *, a0_): return (a, a0_)", [((1,), {"a0_": 2})]),
    ("def f(a, *, finish): return (a, finish)", [((1,), {"finish": 2})]),
    ("def f(value_, link_=2): return (value_, link_)", [((1,), {}), ((), {"value_": 3})]),
    ("def f(*args, **kwargs): return (args, kwargs)", [((1, 2), {"c": 3}), ((), {})]),
    ("def f(a, *rest, b=1, **more): return (a, rest, b, more)", [((1, 2), {"b": 3, "c": 4})]),
]


@pytest.mark.parametrize(("text", "calls"), CALLS)
def test_arguments_arrive_as_they_were_given(world, text, calls):
    """Whatever its parameters are: at the first attempt and at the second, by position and by name, with its defaults."""
    function = made(world, text)
    guarded = Retry(backoff=NO_WAIT)(function)
    failed_once = []

    def flaky(value):
        failed_once.append(value)
        return len(failed_once) % 2 == 1

    again = Retry(backoff=NO_WAIT, on_result=flaky)(function)

    def story():
        for args, kwargs in calls:
            expected = yield function(*args, **kwargs)
            assert (yield guarded(*args, **kwargs)) == expected
            assert (yield again(*args, **kwargs)) == expected

    world.session(story)
    assert is_front(guarded) == all(word not in text for word in ("*args", "*rest", "finish", "*, a0_", "value_"))
    assert not is_front(again), "who judges the result is asked after each call"


def test_a_tracer_sees_each_parameter_by_its_name():
    """A debugger or a coverage tool that writes the locals back changes no argument, whatever they are called."""
    seen = []

    def trace(frame, event, arg):
        seen.append(dict(frame.f_locals))
        return trace

    @Retry(backoff=NO_WAIT)
    def body(permit_, value_, error_=3):
        return permit_, value_, error_

    @Retry(backoff=NO_WAIT)
    def plain(left, right=2):
        return left, right

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        results = body(1, 2), plain(1)
    finally:
        sys.settrace(before)
    assert results == ((1, 2, 3), (1, 2))
    assert {"left": 1, "right": 2}.items() <= next(one for one in seen if "left" in one).items()


def test_a_policy_that_adds_nothing_leaves_a_front_as_it_is():
    """Its link is the function itself, which may have a front of another policy."""

    class Nothing(Retry):
        def link(self, inner, form, function, vet):
            return inner

    once = Retry()(lambda a: a)
    twice = Nothing()(once)
    assert is_front(once)
    assert twice(7) == 7


def test_a_failure_is_retried_with_the_same_arguments(world):
    """The second attempt gets what the first got, and sees its number."""
    calls = []
    text = """def f(a, /, b=2, *, c=3):
        calls.append((a, b, c, resilience.current().attempt))
        if len(calls) < 3: raise OSError("reset")
        return len(calls)"""
    function = made(world, text)
    function.__globals__.update(calls=calls, resilience=resilience)
    guarded = Retry(backoff=NO_WAIT)(function)
    assert is_front(guarded)
    assert world.run(guarded, 1, c=5) == 3
    assert calls == [(1, 2, 5, 1), (1, 2, 5, 2), (1, 2, 5, 3)]


def test_what_is_not_retried_passes_with_a_short_traceback(world):
    """One frame of ours, named after the policy, between the caller and the function."""
    guarded = Retry()(made(world, "def f(error): raise error"))
    for error in (TypeError("mine"), KeyboardInterrupt(), asyncio.CancelledError()):

        def story(error=error):
            with pytest.raises(type(error)) as caught:
                yield guarded(error)
            frames = [(frame.filename, frame.name) for frame in traceback.extract_tb(caught.tb)]
            assert frames[-2:] == [(FRONT, "retry"), ("<string>", "f")]
            assert [name for name, _ in frames if name == FRONT or name.startswith(PACKAGE)] == [FRONT]
            assert resilience.history(error) == ()

        world.session(story)


def test_a_wrong_call_is_told_as_python_tells_it(world):
    """Too few arguments, and an unknown name: a `TypeError` that names the function, and no attempt."""
    guarded = Retry()(made(world, "def f(a, b): return a"))
    with pytest.raises(TypeError, match=r"^f\(\) missing 1 required positional argument: 'b'$"):
        guarded(1)
    with pytest.raises(TypeError, match=r"^f\(\) got an unexpected keyword argument 'c'$"):
        guarded(1, 2, c=3)


def test_the_deadline_rules_behind_a_front_too(world):
    """A deadline that has passed refuses the call before it is begun."""
    clock = FakeClock()
    begun = []
    function = made(world, "def f(a): begun.append(a)")
    function.__globals__["begun"] = begun
    guarded = Retry()(function)

    def story():
        with resilience.deadline(0, clock=clock):
            with pytest.raises(resilience.CallTimeoutError) as caught:
                yield guarded(1)
            assert caught.value.reason == "deadline passed"
        yield guarded(2)

    world.session(story)
    assert begun == [2]


def test_a_call_of_a_test_that_disables_goes_straight_through(world):
    """Inside `disabled()` nothing is retried."""
    function = made(world, "def f(a): raise OSError(a)")
    guarded = Retry(backoff=NO_WAIT)(function)

    def story():
        with disabled():
            with pytest.raises(OSError, match="7") as caught:
                yield guarded(7)
            assert resilience.history(caught.value) == ()
        with pytest.raises(OSError, match="8") as caught:
            yield guarded(8)
        assert len(resilience.history(caught.value)) == 3

    world.session(story)


def test_only_who_needs_no_arguments_has_a_front():
    """Not where a cache looks at them, a budget counts first or a fake clock tells the time."""

    def function(a, b=2):
        return a + b

    keys = []
    key = Cache(ttl=5, key=lambda *args, **kwargs: keys.append((args, kwargs)) or "k")
    cached = Pipeline(Retry(), key)(function)
    assert not is_front(cached)
    assert cached(1) == 3
    assert keys == [((1,), {})], "a default that the caller did not give is none of the key's business"
    assert not is_front(Retry(budget=RetryBudget())(function))
    assert not is_front(Retry(clock=FakeClock())(function))
    assert is_front(Pipeline(Retry())(function))
    assert is_front(Retry()(function))
    assert is_front(RateLimiter(5)(function))
    assert not is_front(RateLimiter(5, key=lambda a, b=2: a)(function))
    assert not is_front(RateLimiter(5, cost=2)(function))


def test_a_limited_function_waits_and_is_refused_behind_its_front(world):
    """Where there is no room the chain is asked, which waits or refuses, and counts the call once."""
    clock = FakeClock()
    body = made(world, "def f(a): return a")
    patient, strict = RateLimiter(2, per=1, wait=5, clock=clock), RateLimiter(2, per=1, clock=clock)
    waiting, refusing = patient(body), strict(body)
    assert is_front(waiting)

    def story():
        for number in range(4):
            assert (yield waiting(number)) == number
        assert clock.now() == pytest.approx(1.0)
        for number in range(2):
            assert (yield refusing(number)) == number
        with pytest.raises(resilience.RateLimitedError):
            yield refusing(2)

    world.session(story)
    assert (patient.snapshot().admitted, patient.snapshot().rejected) == (4, 0)
    assert (strict.snapshot().admitted, strict.snapshot().rejected) == (2, 1)


def test_what_a_limited_function_raises_passes_as_it_is(world):
    """A limiter has nothing to say to it."""
    guarded = RateLimiter(5)(made(world, "def f(error): raise error"))
    error = OSError("mine")

    def story():
        with pytest.raises(OSError, match="mine") as caught:
            yield guarded(error)
        assert caught.value is error

    world.session(story)


def test_the_seat_behind_a_front_can_be_taken_away():
    """A part of another chain is not watched by itself."""
    front = Retry()(lambda: 7)
    behind = front.__closure__[front.__code__.co_freevars.index("run_")].cell_contents
    seat = behind.__closure__[behind.__code__.co_freevars.index("seat")]
    assert seat.cell_contents is not None
    assert _watch.unseated(front) is front
    assert seat.cell_contents is None
    assert front() == 7


def test_one_text_is_compiled_for_functions_of_one_shape():
    """Two functions with as many parameters share what was compiled, each with its own names and code."""
    first, second = Retry()(lambda left, right: left), Retry()(lambda up, down: down)
    assert first.__code__.co_varnames[:2] == ("left", "right")
    assert second.__code__.co_varnames[:2] == ("up", "down")
    assert first.__code__.co_code == second.__code__.co_code
    assert first.__code__ is not second.__code__, "each has caches of its own"
    before = _front._builder.cache_info().misses
    assert Retry()(lambda here, there: there)(1, there=2) == 2
    assert _front._builder.cache_info().misses == before


@pytest.mark.parametrize("form", ["sync", "async"])
def test_the_reserved_names_are_those_of_the_text(form):
    """A keyword-only parameter of the same name would hide what the text means."""
    code = _front._builder(0, 0, (), form)(1, 2, 3, 4).__code__
    used = {*code.co_names, *code.co_varnames, *code.co_freevars} - {"verbs", "failed", "__class__"}
    assert used <= _front._OWN
    assert {"awaitable", "a0_"}.isdisjoint(_front._OWN)


def test_a_decorated_function_dies_when_it_is_let_go(world):
    """No cycle: front, chain and function go without the collector."""
    function = made(world, "def f(a): return a")
    guarded = Retry()(function)
    world.run(guarded, 1)
    gone = weakref.ref(guarded), weakref.ref(function)
    gc.disable()
    try:
        del guarded, function
        assert [each() for each in gone] == [None, None]
    finally:
        gc.enable()
