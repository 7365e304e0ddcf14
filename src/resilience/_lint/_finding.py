"""What the linter says of one place in a chain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .._policy import Policy
from .._record import Record

Parts = tuple[Policy[Any], ...]


class LintFinding(Record):
    """One thing that is likely not meant.

    Attributes:
        rule: its name, stable enough to be left out by.
        policies: the labels of the policies concerned, outermost first.
        message: what happens, and why that hurts.
        fix: what to write instead.
    """

    rule: str
    policies: tuple[str, ...]
    message: str
    fix: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.message}; {self.fix}"


Rule = Callable[[Parts], Iterable[LintFinding]]


def pairs(parts: Parts, outer: type, inner: type) -> Iterator[tuple[Any, Any]]:
    """Each policy of one class with each of another class inside it."""
    for index, outside in enumerate(parts):
        if isinstance(outside, outer):
            yield from ((outside, inside) for inside in parts[index + 1 :] if isinstance(inside, inner))


def finding(rule: str, *policies: Policy[Any], message: str, fix: str) -> LintFinding:
    """A finding about these policies."""
    return LintFinding(rule=rule, policies=tuple(policy.name for policy in policies), message=message, fix=fix)
