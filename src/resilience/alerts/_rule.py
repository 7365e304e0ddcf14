"""A rule: a figure, when it is bad, for how long, and when it is good again."""

from __future__ import annotations

from typing import Any

from .. import _options
from ._alert import SEVERITIES, Value
from ._figure import checked_figure, wording

Limit = float | str
"""A number, or the name of a setting that is one."""


class Rule:
    """When to tell somebody.

    Args:
        name: what alerts call it.
        figure: a path into `resilience.snapshot()` (`policies.payments.calls.window.error_rate`, `*` for every policy),
            several, or a function of the snapshot that gives a number, a text, or a dict of them by label.
        above: bad is what lies above this: a number, or the name of a setting (`threshold.error_rate`), which is read anew
            each time. Exactly one of `above`, `below` and `equals`.
        below: bad is what lies below.
        equals: bad is what is equal: a text, a number or a flag.
        clear: good again is only what has come back to this, so that a figure near the limit does not flap; by default the
            limit itself.
        lasting: seconds that it must be bad at every look (default 0: at once).
        severity: `info`, `warning` (default) or `critical`.

    Raises:
        TypeError, ValueError, KeyError: an option that cannot stand, or a setting that is not there.

    A figure that is not there is not bad: what has gone has recovered.

    >>> Rule("slow", "policies.shop.calls.window.p95", above=1.0, clear=0.8, lasting=60).condition
    'above 1 for 60 s'
    """

    __slots__ = ("_above", "_below", "_clear", "_equals", "figure", "lasting", "name", "severity")

    def __init__(
        self,
        name: str,
        figure: Any,
        *,
        above: Limit | None = None,
        below: Limit | None = None,
        equals: Value | None = None,
        clear: Limit | None = None,
        lasting: Any = 0.0,
        severity: str = "warning",
    ) -> None:
        label = _options.label("name", name)
        if label is None:
            raise TypeError("name=None: a rule needs a name, e.g. 'error rate' (docs/alerts.md)")
        self.name = label
        self.figure = checked_figure(figure)
        if sum(limit is not None for limit in (above, below, equals)) != 1:
            raise ValueError(
                f"{name}: give exactly one of above=, below= and equals=, e.g. above=0.05 (docs/alerts.md)"
            )
        self._above, self._below = _limit("above", above), _limit("below", below)
        self._equals = _value(equals)
        self._clear = _limit("clear", clear)
        _check_clear(above, below, clear)
        self.lasting = _options.seconds("lasting", lasting, zero=True)
        self.severity = _options.choice("severity", severity, SEVERITIES)

    @property
    def limit(self) -> Value:
        """What the figure is compared with now."""
        if self._equals is not None:
            return self._equals
        return _now(self._below if self._above is None else self._above)

    @property
    def condition(self) -> str:
        """When it fires, in words."""
        limit = self.limit
        if self._equals is not None:
            told = f"equal to {limit}"
        else:
            told = f"{'below' if self._above is None else 'above'} {limit:g}"
        return f"{told} for {self.lasting:g} s" if self.lasting else told

    @property
    def about(self) -> str:
        """The figure in words."""
        return wording(self.figure)

    def is_bad(self, value: Value, *, firing: bool) -> bool:
        """Is this value bad? While the rule fires, good is only what has come back to `clear`."""
        if self._equals is not None:
            return value == self._equals and isinstance(value, bool) == isinstance(self._equals, bool)
        if isinstance(value, str):
            return False
        limit, clear = float(self.limit), None if self._clear is None else _now(self._clear)
        if self._above is not None:
            return value > (limit if clear is None or not firing else min(limit, clear))
        return value < (limit if clear is None or not firing else max(limit, clear))

    def __repr__(self) -> str:
        return f"<Rule {self.name!r}: {self.about} {self.condition}>"


def _limit(option: str, value: Any) -> Limit | None:
    if value is None:
        return None
    if isinstance(value, str):
        from ..config import get_config

        found = get_config(value)
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            _options.refuse(option, value, "a setting that is a number, e.g. 'threshold.error_rate'")
        return value
    allowed = f"a finite number, or the name of a setting, e.g. {option}='threshold.error_rate'"
    number = _options.number(option, value, allowed)
    if abs(number) == _options.INFINITY:
        _options.refuse(option, value, allowed)
    return number


def _value(value: Any) -> Value | None:
    if value is None or isinstance(value, (bool, str)):
        return value
    return _options.number("equals", value, "a text, a number or a flag, e.g. equals='open'")


def _check_clear(above: Any, below: Any, clear: Any) -> None:
    if clear is None:
        return
    if above is None and below is None:
        raise ValueError(
            f"clear={clear!r}: what is equal or not has nothing between; leave it out with equals= (docs/alerts.md)"
        )
    numbers = not isinstance(clear, str) and not isinstance(above, str) and not isinstance(below, str)
    if numbers and ((above is not None and clear > above) or (below is not None and clear < below)):
        raise ValueError(f"clear={clear!r}: must lie on the good side of {'above' if below is None else 'below'}="
                         f"{above if below is None else below!r} (docs/alerts.md)")  # fmt: skip


def _now(limit: Limit | None) -> float:
    if isinstance(limit, str):
        from ..config import get_config

        return float(get_config(limit))
    return float(limit or 0.0)
