"""Copies of errors: what outlives a call, without the frames of the call."""

import dataclasses
import inspect

import pytest

from resilience._outcome import Failure, Judge, bare, duplicate, matcher, never_begun, open_for
from resilience.errors import CallTimeoutError, RateLimitedError, ResilienceError


def raised(error, cause=None):
    try:
        raise error from cause
    except type(error) as caught:
        return caught


def test_a_copy_has_all_but_the_traceback():
    """Arguments, attributes, notes, the cause and whether the context is hidden."""
    error = raised(ConnectionError("down", 3), KeyError("root"))
    error.add_note("a note")
    error.extra = [1]
    copied = duplicate(error)
    assert copied is not error
    assert (type(copied), copied.args, copied.__notes__, copied.extra) == (
        ConnectionError, ("down", 3), ["a note"], [1],
    )  # fmt: skip
    assert copied.__cause__ is error.__cause__
    assert copied.__suppress_context__ is True
    assert (copied.__traceback__, copied.__context__) == (None, None)
    hidden = raised(ValueError("x"))
    assert duplicate(hidden).__suppress_context__ is True
    plain = ValueError("x")
    assert (duplicate(plain).__suppress_context__, duplicate(plain).__cause__) == (False, None)


class Told(Exception):
    """Wants other arguments than those that it passes on."""

    def __init__(self, code, text):
        super().__init__(f"{code}: {text}")
        self.code = code


class Filed(OSError):
    """An `OSError` with a constructor in Python."""

    def __init__(self, *args):
        super().__init__(*args)
        self.seen = True


def test_a_constructor_in_python_is_not_called_again():
    """Its arguments would be others; what it set is kept, and what `OSError` keeps besides."""
    told = duplicate(Told(5, "text"))
    assert (str(told), told.code, told.args) == ("5: text", 5, ("5: text",))
    filed = duplicate(Filed(2, "gone", "from.txt", None, "to.txt"))
    assert (filed.errno, filed.strerror, filed.filename, filed.filename2, filed.seen) == (
        2, "gone", "from.txt", "to.txt", True,
    )  # fmt: skip
    builtin = duplicate(OSError(2, "gone", "from.txt"))
    assert (type(builtin), builtin.errno, builtin.filename) == (FileNotFoundError, 2, "from.txt")


BUILT_IN = [
    (UnicodeDecodeError, ("utf-8", b"\xff", 0, 1, "invalid"), {}),
    (SyntaxError, ("wrong", ("a.py", 3, 4, "text", 3, 9)), {}),
    (ImportError, ("gone",), {"name": "module", "path": "a.py"}),
    (AttributeError, ("gone",), {"name": "attribute", "obj": 5}),
    (StopIteration, (5,), {}),
    (SystemExit, (5,), {}),
    (OSError, (2, "gone", "from.txt", None, "to.txt"), {}),
    (ExceptionGroup, ("both", [KeyError(), ValueError()]), {}),
]


@pytest.mark.parametrize(("kind", "args", "named"), BUILT_IN, ids=[kind.__name__ for kind, _, _ in BUILT_IN])
def test_what_a_built_in_class_keeps_is_copied(kind, args, named):
    """Whatever that is, and whether the class or one of the program's own is raised; what was never set stays so."""

    class Own(kind):
        def __init__(self, *args, **named):
            if kind is not ExceptionGroup:
                super().__init__(*args, **named)
            self.seen = True

    names = [name for name, member in vars(kind).items() if inspect.ismemberdescriptor(member)]
    for error in (kind(*args, **named), Own(*args, **named)):
        copied = duplicate(error)
        assert (type(copied), copied.args, str(copied)) == (type(error), error.args, str(error))
        assert [getattr(copied, name) for name in names] == [getattr(error, name) for name in names]

    class Empty(kind):
        def __init__(self, *args):
            self.seen = True

    empty = Empty(*args)
    assert (str(duplicate(empty)), duplicate(empty).args) == (str(empty), empty.args)


class Slotted(Exception):
    """Keeps what it knows in slots."""

    __slots__ = ("__secret", "code", "never_set")

    def __init__(self, code):
        super().__init__("slotted")
        self.code = code
        self.__secret = "kept"

    def secret(self):
        return self.__secret


@dataclasses.dataclass(frozen=True)
class Frozen(Exception):
    """Lets nobody set anything."""

    code: int


def test_slots_and_frozen_attributes_are_copied():
    """With the cause; what was never set is not set."""
    slotted, frozen = duplicate(raised(Slotted(5), KeyError("root"))), duplicate(raised(Frozen(5), KeyError("root")))
    assert (slotted.code, slotted.secret(), hasattr(slotted, "never_set")) == (5, "kept", False)
    assert (type(frozen), frozen.code, frozen.args) == (Frozen, 5, (5,))
    assert [type(copied.__cause__) for copied in (slotted, frozen)] == [KeyError, KeyError]


def test_what_cannot_be_copied_is_told_by_its_text():
    """As an error of ours."""

    class Odd(Exception):
        def __new__(cls, one, two):
            return super().__new__(cls)

        def __init__(self, one, two):
            super().__init__("odd")

    assert duplicate(Odd(1, 2)) is None
    told = bare(Odd(1, 2))
    assert (type(told), str(told)) == (ResilienceError, "Odd('odd')")
    error = ValueError("x")
    assert (bare(error).args, bare(error) is error) == (("x",), False)


def test_a_call_that_was_never_begun():
    """Only that reason; nobody counts it, whatever `on` says."""
    passed, late = CallTimeoutError("x", reason="deadline passed"), CallTimeoutError("x")
    assert [never_begun(error) for error in (passed, late, TimeoutError())] == [True, False, False]
    for judge in (Judge(Exception), Judge(lambda error: True)):
        assert (judge.of_error(passed), judge.of_error(late), judge.of_error(KeyboardInterrupt())) == (
            False,
            True,
            False,
        )


def test_judges():
    """`ignore` beats `on`; a refusal counts only for who names it; a group if all of it does."""
    judge = Judge(OSError, ConnectionError)
    assert [judge.of_error(error) for error in (OSError(), ConnectionError(), ValueError())] == [True, False, False]
    named = matcher("on", (RateLimitedError, OSError))
    assert [named(error) for error in (RateLimitedError("x"), ResilienceError("x"), OSError())] == [True, False, True]
    assert not matcher("on", Exception)(RateLimitedError("x"))
    assert matcher("on", ResilienceError)(RateLimitedError("x"))
    group = ExceptionGroup("both", [OSError(), ConnectionError()])
    mixed = ExceptionGroup("mixed", [OSError(), ValueError()])
    assert [matcher("on", OSError)(error) for error in (group, mixed)] == [True, False]
    assert matcher("on", (ExceptionGroup, KeyError))(mixed)
    failure = Failure(open_for=3)
    assert Judge(lambda error: failure).of_error(OSError()) is failure
    assert [open_for(verdict) for verdict in (failure, True, False, None, Failure())] == [3.0, None, None, None, None]


@pytest.mark.parametrize(
    ("options", "ours"),
    [
        ((OSError,), True),
        (((OSError, ValueError), OSError), True),
        ((lambda error: True,), False),
        ((OSError, lambda error: True), False),
    ],
    ids=["a class", "classes", "a function", "a function to ignore by"],
)
def test_whether_the_users_own_logic_judges(options, ours):
    """Then an error is judged once."""
    assert Judge(*options).is_ours is ours


def test_who_catches_all_failures():
    """Only the whole set, with nothing ignored."""
    from resilience import FAILURES, UNAVAILABLE

    assert Judge(FAILURES).catches(FAILURES)
    assert not Judge(FAILURES).catches(UNAVAILABLE)
    assert not Judge(FAILURES, OSError).catches(FAILURES)
    assert not Judge(OSError).catches(FAILURES)
