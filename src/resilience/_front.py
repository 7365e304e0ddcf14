"""Fronts: what a decorated function is called by, where its one policy may begin a call without looking at its arguments.

A link takes any arguments; to pack and to unpack them costs more than all that an undisturbed retry does. A front is the
undisturbed way of `_drive.run`, compiled with the parameters of the function itself. Whatever is rare goes on there: a call
that is watched or has to wait, a deadline or an attempt around it, the second attempt. One text serves sync and async.

Only a link that has the function right inside gets a front: between the two nobody must see the arguments, in which a front
has filled in the defaults. One text is compiled for all functions with as many parameters; the code of each front is a copy
with their names.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import FunctionType
from typing import Any

from . import _drive
from ._callable import ASYNC

_VARIADIC = 0x04 | 0x08
_KEPT = 256
_OWN = frozenset(
    [
        *("error_", "inner_", "link_", "permit_", "quick_", "run_", "seen_", "value_", "verdict_"),
        *("Again", "BaseException", "Exception", "astray", "current_scope", "finish", "isinstance"),
        *("conclude", "aconclude", "repeat", "arepeat"),
    ]
)
"""The names in the text: a function with a parameter called so has no front. A tracer would mix the two up."""
# Its global names are those of the drivers, so that `astray` is the one of `_drive.py`.
_TEXT = """
def build(run_, link_, inner_, quick_):
    seen_ = None
    {define} front({declared}):
        nonlocal seen_
        if astray or current_scope() is not None:
            return {wait}run_({passed})
        permit_ = quick_()
        if permit_ is None:
            return {wait}run_({passed})
        try:
            value_ = {wait}inner_({passed})
            if {vetted}:
                finish(value_)
                seen_ = value_.__class__
            return value_
        except BaseException as error_:
            verdict_ = link_.verbs.failed and link_.verbs.failed(permit_, error_, 1)
            if verdict_ is None or not isinstance(error_, Exception):
                raise
            if not isinstance(verdict_, Again):
                return {wait}{a}conclude(verdict_)
        return {wait}{a}repeat(link_, verdict_, ({positional}), {{{keywords}}})
    return front
"""


def fronted(run: Any, function: Any, form: str) -> Any:
    """The front of this chain around `function`; the chain itself where it needs the arguments, or can have no front."""
    is_link = run.__globals__ is _drive.__dict__ and "link" in run.__code__.co_freevars
    if not is_link or type(function) is not FunctionType:
        return run
    link, code = _held(run, "link"), function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    by_name = names[code.co_argcount :]
    if _held(run, "inner") is not function or not _begins_alone(link.verbs):
        return run
    if code.co_flags & _VARIADIC or not _OWN.isdisjoint(names) or not set(by_name).isdisjoint(_numbered(len(names))):
        return run
    build = _builder(code.co_posonlyargcount, code.co_argcount, by_name, form)
    front = build(run, link, function, link.verbs.quick)
    # A copy of the code has caches of its own as well.
    own = front.__code__
    front.__code__ = own.replace(co_name=run.__code__.co_name, co_varnames=names + own.co_varnames[len(names) :])
    front.__defaults__, front.__kwdefaults__ = function.__defaults__, function.__kwdefaults__
    vars(front).update(vars(run))
    return front


def _held(run: Any, name: str) -> Any:
    """What the closure of a link calls so."""
    return run.__closure__[run.__code__.co_freevars.index(name)].cell_contents


def _begins_alone(verbs: Any) -> bool:
    return verbs.quick is not None and verbs.succeeded is None


def _numbered(positional: int) -> list[str]:
    """What positional parameters are called while the text is compiled."""
    return [f"a{number}_" for number in range(positional)]


@lru_cache(_KEPT)
def _builder(only: int, positional: int, by_name: tuple[str, ...], form: str) -> Callable[..., Any]:
    """Makes fronts with so many parameters, of which the first `only` are never given by name."""
    numbered = _numbered(positional)
    is_async = form == ASYNC
    source = _TEXT.format(
        declared=", ".join([*numbered[:only], *["/"][:only], *numbered[only:], *["*"][: len(by_name)], *by_name]),
        passed=", ".join([*numbered, *(f"{each}={each}" for each in by_name)]),
        positional="".join(f"{each}, " for each in numbered),
        keywords=", ".join(f"{each!r}: {each}" for each in by_name),
        define="async def" if is_async else "def",
        wait="await " if is_async else "",
        a="a" if is_async else "",
        vetted="False" if is_async else "value_.__class__ is not seen_",
    )
    made: dict[str, Any] = {}
    exec(compile(source, f"<{__name__}>", "exec"), _drive.__dict__, made)  # noqa: S102 - made of numbers and parameter names
    build: Callable[..., Any] = made["build"]
    return build
