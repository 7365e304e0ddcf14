"""What may be decorated, and what is refused: nothing passes unguarded in silence."""

import asyncio
import copy
import functools
import gc
import inspect
import pickle
import weakref

import pytest

import resilience
from resilience import Cache, CircuitBreaker, Fallback, Pipeline, Retry, Timeout
from resilience._callable import form_of

POLICIES = [
    Retry,
    CircuitBreaker,
    lambda: Timeout(5),
    lambda: Cache(ttl=5),
    lambda: Fallback(1),
    lambda: Pipeline(Retry()),
]


class Service:
    """Every kind of method."""

    def __init__(self, gate):
        self.gate = gate

    def plain(self, n):
        """Doc."""
        return n

    @classmethod
    def of_class(cls, n):
        return cls, n

    @staticmethod
    def static(n):
        return n

    def __call__(self, n):
        return n + 1


@pytest.mark.parametrize("make", POLICIES)
def test_decorated_functions_keep_their_face(make):
    """Name, doc, signature, `__wrapped__`, `.policy`, and whether it is a coroutine function."""

    def plain(a: int, b: str = "x") -> str:
        """Doc."""
        return b * a

    async def coroutine(a: int) -> int:
        return a

    policy = make()
    for function in (plain, coroutine):
        guarded = policy(function)
        assert inspect.signature(guarded) == inspect.signature(function)
        assert (guarded.__name__, guarded.__doc__) == (function.__name__, function.__doc__)
        assert guarded.__wrapped__ is function
        assert guarded.policy is policy
        assert inspect.iscoroutinefunction(guarded) is inspect.iscoroutinefunction(function)
    assert policy(plain)(2, b="y") == "yy"
    assert asyncio.run(policy(coroutine)(7)) == 7


@pytest.mark.parametrize("make", POLICIES)
def test_every_callable_is_guarded(make):
    """`partial`, callable objects, bound, class and static methods, builtins."""
    service = Service(None)
    assert make()(functools.partial(service.plain, 3))() == 3
    assert make()(service.plain)(4) == 4
    assert make()(Service(None))(4) == 5
    assert make()(Service.of_class)(1) == (Service, 1)
    assert make()(int)("7") == 7 if False else make().call(int, "7") == 7
    assert make()(len)((1, 2)) == 2

    class Decorated:
        rows = make()(Service.plain)
        made = classmethod(make()(lambda cls, n: (cls, n)))
        also = make()(classmethod(lambda cls, n: (cls, n)))
        fixed = make()(staticmethod(lambda n: n))
        inner = staticmethod(make()(lambda n: n))

    instance = Decorated()
    assert instance.rows(5) == 5
    assert instance.made(6) == instance.also(6) == (Decorated, 6)
    assert instance.fixed(7) == instance.inner(7) == Decorated.fixed(7) == 7


def test_coroutine_callables_of_every_kind():
    """A partial of a coroutine function, and an object with an `async def __call__`."""

    async def work(n):
        return n

    class Worker:
        async def __call__(self, n):
            return n

    retry = Retry()
    assert asyncio.run(retry(functools.partial(work, 3))()) == 3
    assert asyncio.run(retry(Worker())(4)) == 4
    assert asyncio.run(retry.acall(Worker(), 5)) == 5


def test_inspect_has_the_last_word(monkeypatch):
    """What `inspect` calls a coroutine function is one, however it knows."""
    monkeypatch.setattr(inspect, "iscoroutinefunction", lambda function: function is print)
    assert (form_of(print), form_of(len)) == ("async", "sync")


@pytest.mark.skipif(not hasattr(inspect, "markcoroutinefunction"), reason="marking came with Python 3.12")
def test_marked_coroutine_functions():
    """A function that says it is a coroutine function is taken at its word."""

    async def work():
        return 1

    @inspect.markcoroutinefunction
    def marked():
        return work()

    assert asyncio.run(Retry()(marked)()) == 1


@pytest.mark.parametrize("make", POLICIES)
def test_classes_and_values_are_refused_as_decorated(make):
    """A class would no longer be one; a value is no function."""
    with pytest.raises(TypeError, match="decorate its methods"):
        make()(Service)
    with pytest.raises(TypeError, match="needs a callable"):
        make()(3)
    with pytest.raises(TypeError, match="is no function"):
        make().call(3)


@pytest.mark.parametrize("make", POLICIES)
def test_call_and_acall_name_each_other(make):
    """`.call` with a coroutine function, `.acall` with a plain one, either with a generator."""

    async def coroutine():
        return 1

    def generator():
        yield 1

    with pytest.raises(TypeError, match=r"use \.acall\(\)"):
        make().call(coroutine)
    with pytest.raises(TypeError, match=r"use \.call\(\)"):
        asyncio.run(make().acall(len))
    with pytest.raises(TypeError, match="as a decorator"):
        make().call(generator)


@pytest.mark.parametrize("make", POLICIES)
def test_call_keeps_no_function_alive(make):
    """`.call(lambda: ...)` a thousand times leaves nothing behind."""
    policy = make()
    references = []

    def once(number):
        def function():
            return number

        references.append(weakref.ref(function))
        assert policy.call(function) == number
        assert policy.call(function) == number

    for number in range(100):
        once(number)
    gc.collect()
    assert [reference() for reference in references] == [None] * 100


def test_call_with_what_cannot_be_remembered():
    """Unhashable callables and bound methods are guarded each time anew."""

    class Unhashable:
        __hash__ = None

        def __call__(self, n):
            return n

        def __eq__(self, other):
            return True

    retry = Retry()
    assert retry.call(Unhashable(), 3) == 3
    assert retry.call(Service(None).plain, 3) == 3
    assert [retry.call(len, "ab") for _ in range(2)] == [2, 2]


def test_row_64_decorated_functions_copy_and_policies_refuse_to_pickle():
    """`copy` of a function is itself; a policy holds locks and listeners: pickling it is a clear error."""
    guarded = Retry()(len)
    assert copy.copy(guarded) is guarded
    for make in POLICIES:
        with pytest.raises(TypeError, match=r"cannot be pickled or copied"):
            pickle.dumps(make())
        with pytest.raises(TypeError, match=r"cannot be pickled or copied"):
            copy.copy(make())


def test_row_63_context_variables_in_attempts():
    """An attempt sees and keeps the caller's context, as a plain call would."""
    import contextvars

    variable = contextvars.ContextVar("variable", default=0)

    def body():
        variable.set(variable.get() + 1)
        raise ConnectionError

    def run():
        with pytest.raises(ConnectionError):
            Retry(attempts=3, backoff=resilience.Fixed(0)).call(body)
        return variable.get()

    assert contextvars.copy_context().run(run) == 3
    assert variable.get() == 0
