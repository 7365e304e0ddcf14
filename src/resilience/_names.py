"""Labels of live policies, and what a forked child must do to them.

Rules: `_LIVE` holds policies weakly, written under the `_lock` of this module; a collected policy is dropped by its weak
reference's callback, which takes no lock.
"""

from __future__ import annotations

import os
from _thread import allocate_lock
from collections.abc import Callable, Iterator
from typing import Any, Self
from weakref import ref

from ._pages import see

_lock = allocate_lock()
_LIVE: dict[str, dict[int, ref[Any]]] = {}
_RESETS: list[Callable[[], None]] = []


def register(policy: Any, name: str) -> str:
    """The label of this policy: its name, or `name#2` and so on while another of that name lives."""
    with _lock:
        taken = _LIVE.setdefault(name, {})
        number = len(taken) + 1 if 1 in taken else 1
        while number in taken:
            number += 1
        taken[number] = _Reference(policy, name, number)
        _LIVE[name] = taken  # a callback may just have dropped it, being empty
    return name if number == 1 else f"{name}#{number}"


class _Reference(ref[Any]):
    """A weak reference that knows its label: half the size of one with a closure."""

    __slots__ = ("name", "number")

    def __new__(cls, policy: Any, name: str, number: int) -> Self:  # noqa: ARG004 - for `__init__`
        return super().__new__(cls, policy, _forget)

    def __init__(self, policy: Any, name: str, number: int) -> None:
        super().__init__(policy, _forget)  # type: ignore[call-arg] # the stubs leave out what `ref` itself takes
        self.name = name
        self.number = number


def _forget(reference: Any) -> None:
    taken = _LIVE.get(reference.name)
    if taken is not None:
        taken.pop(reference.number, None)
        if not taken:
            _LIVE.pop(reference.name, None)


def live_policies() -> Iterator[Any]:
    """Every live policy of this process; not one that another thread is just giving its label."""
    for taken in list(_LIVE.values()):
        for reference in list(taken.values()):
            policy = reference()
            if policy is not None and hasattr(policy, "name"):
                yield policy


class Named:
    """The instances made by name, which live as long as the process. Rules: all is guarded by `_lock`."""

    __slots__ = ("_instances", "_lock")

    def __init__(self) -> None:
        self._instances: dict[tuple[type, str], tuple[dict[str, Any], Any]] = {}
        self.reset()

    def reset(self) -> None:
        self._lock = allocate_lock()

    def get_or_make(self, kind: type, name: str, options: dict[str, Any]) -> Any:
        with self._lock:
            found = self._instances.get((kind, name))
            if found is None:
                made = kind(name=name, **options)
                self._instances[kind, name] = options, made
                return made
        known, instance = found
        for option, value in options.items():
            if option not in known or known[option] != value:
                was = f"{option}={known[option]!r}" if option in known else f"no {option}="
                raise ValueError(
                    f"{option}={value!r}: {kind.__name__}.named({name!r}) was made with {was}; give the same options "
                    "everywhere, or none where it exists already" + see(kind)
                )
        return instance

    def options(self, kind: type, name: str) -> dict[str, Any]:
        """The options that the instance of this name was made with; none if there is no such instance."""
        with self._lock:
            return dict(self._instances.get((kind, name), ({}, None))[0])

    def forget(self) -> None:
        """Forget all instances: for tests."""
        with self._lock:
            self._instances.clear()


NAMED = Named()


def reset_in_child(reset: Callable[[], None]) -> Callable[[], None]:
    """Call this in every forked child: locks, threads and waiters of the parent do not exist there."""
    _RESETS.append(reset)
    return reset


def reset_lock(lock: Any) -> None:
    """Free, in a forked child, a lock that a thread of the parent may have held, where closures keep it by identity."""
    lock._at_fork_reinit()  # what `threading` does with its own


def _reset_all() -> None:
    global _lock
    _lock = allocate_lock()
    NAMED.reset()
    for reset in _RESETS:
        reset()
    for policy in live_policies():
        policy.reset_after_fork()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(after_in_child=_reset_all)
