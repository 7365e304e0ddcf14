"""The linter for chains of policies: what is likely not meant, before an outage shows it.

A rule is a function of the parts, outermost first, in one of the modules here. It looks at configuration only: nothing is
called, no clock is read.
"""

from __future__ import annotations

from ._finding import LintFinding, Parts, Rule
from ._order import RULES as ORDER
from ._reach import RULES as REACH
from ._time import RULES as TIME

__all__ = ["LintFinding", "lint"]

_RULES: tuple[Rule, ...] = (*ORDER, *TIME, *REACH)


def lint(parts: Parts) -> tuple[LintFinding, ...]:
    """What all rules say of a chain, outermost policy first."""
    return tuple(found for rule in _RULES for found in rule(parts))
