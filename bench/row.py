"""A row of the table: one task, done by us, by the peers, and bare."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

OURS = "resilience"
BARE = "bare"
Build = Callable[[], Callable[[int], Any]]


def same(count: int) -> list[int]:
    """The same argument every time."""
    return [1] * count


def fresh(count: int) -> range:
    """An argument never seen before, every time."""
    return range(10_000, 10_000 + count)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table for each case; `limits` names the peers our ratio is held against."""

    title: str
    cases: Mapping[str, Build]
    """Name -> a function that builds the guarded function; `bare` and `resilience` are among them."""
    limits: Mapping[str, float] = field(default_factory=dict)
    is_async: bool = False
    raises: bool = False
    """Whether every guarded call ends with an error."""
    arguments: Callable[[int], Any] = same
    warm: int = 200
    """Calls before each round that are not timed: caches fill up and the interpreter specialises."""


async def echo(number: int) -> int:
    """The async function that is guarded."""
    return number


def identity(number: int) -> int:
    """The function that is guarded."""
    return number


def flaky() -> Callable[[int], int]:
    """A function whose every other call fails."""
    failing = False

    def body(number: int) -> int:
        nonlocal failing
        failing = not failing
        if failing:
            raise ConnectionError("down")
        return number

    return body


def aflaky() -> Callable[[int], Any]:
    """The async twin of `flaky`."""
    body = flaky()

    async def abody(number: int) -> int:
        return body(number)

    return abody


def down(number: int) -> int:
    """A function that always fails."""
    raise ConnectionError("down")
