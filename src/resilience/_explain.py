"""An error in plain words: what was tried, who refused, what lies behind it, what to do."""

from __future__ import annotations

from typing import Any

from . import _options
from ._marks import HISTORY, NOTE
from ._span import span

_DEEPEST = 8
_MISSING = object()
_LONGEST = 200


def explain(error: BaseException) -> str:
    """What happened, in a few lines: the error, its attempts with their delays, our refusals, and its causes.

    For any error, ours or not. Texts of errors are cut at 200 characters and made one line; arguments of calls are never
    shown.

    >>> from resilience import Fixed, Retry
    >>> try: Retry(attempts=2, backoff=Fixed(0), name="doctest-explained").call(int, "x", base=None)
    ... except TypeError as error: print(explain(error))
    TypeError: 'NoneType' object cannot be interpreted as an integer
    >>> from resilience import CircuitOpenError
    >>> print(CircuitOpenError(policy="payments", retry_after=2.5, reason="open").explain())
    CircuitOpenError: payments: circuit open for 2.5 s more; the call was not made; try again then, or let a Fallback answer
    (docs/policies/circuit-breaker.md)
      refused by payments (open); try again in 2.5 s
    """
    if not isinstance(error, BaseException):
        _options.refuse("error", error, "an error, e.g. what `except Exception as error:` gives", kind=TypeError)
    lines: list[str] = []
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen and len(seen) < _DEEPEST:
        lines.append(("behind it: " if seen else "") + _named(link))
        lines += [f"  {line}" for line in (*_refusal(link), *_attempts(link), *_notes(link))]
        seen.add(id(link))
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\n".join(lines)


def _named(error: BaseException) -> str:
    try:
        text = " ".join(str(error).split())
    except Exception:
        text = "<its text cannot be read>"
    if len(text) > _LONGEST:
        text = text[:_LONGEST] + "..."
    kind = type(error).__name__
    return f"{kind}: {text}" if text else kind


def _refusal(error: BaseException) -> list[str]:
    """Who refused the call, and when another try makes sense; for our own errors only."""
    if not hasattr(type(error), "explain"):  # of its class, for an object may make up whatever it is asked for
        return []
    policy, reason = getattr(error, "policy", None), getattr(error, "reason", None)
    if not isinstance(policy, str) or not isinstance(reason, str):
        return []
    after: Any = getattr(error, "retry_after", _MISSING)
    if after is _MISSING:
        return [f"ended by {policy} ({reason})"]
    again = "nobody knows when it makes sense to try again" if after is None else f"try again in {span(after)}"
    return [f"refused by {policy} ({reason}); {again}"]


def _attempts(error: BaseException) -> list[str]:
    lines = []
    for attempt in _own(error, HISTORY):
        outcome = "a bad result" if attempt.error is None else _named(attempt.error)
        if getattr(attempt.error, "is_carrier", False):
            outcome = "this error"
        then = "the last" if attempt.delay is None else f"then waited {span(attempt.delay)}"
        lines.append(f"attempt {attempt.number}, ended after {span(attempt.elapsed)}: {outcome}; {then}")
    return lines


def _notes(error: BaseException) -> list[str]:
    notes = (str(note) for note in _own(error, "__notes__") if isinstance(note, str))
    return [note.removeprefix(NOTE) for note in notes if note.startswith(NOTE)]


def _own(error: BaseException, name: str) -> Any:
    """What we keep on an error; of one that keeps nothing, or that makes up whatever it is asked for, nothing."""
    kept = getattr(error, "__dict__", {}).get(name, ())
    return kept if isinstance(kept, (list, tuple)) else ()
