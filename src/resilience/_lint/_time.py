"""Rules about time: what cannot fit, and what is never ended."""

from __future__ import annotations

from collections.abc import Iterator

from .._options import INFINITY
from .._span import span
from .._worst import worst_of
from ..policies.breaker import CircuitBreaker
from ..policies.retry import Retry
from ..policies.timeout import Timeout
from ._finding import LintFinding, Parts, finding, pairs


def attempts_that_cannot_fit(parts: Parts) -> Iterator[LintFinding]:
    """Timeouts of attempts that the total leaves no room for."""
    for outer, inner in pairs(parts, Timeout, Timeout):
        attempts = _attempts_between(parts, outer, inner)
        if inner.seconds >= outer.seconds:
            message = f"{inner.name} allows {inner.seconds:g} s inside the {outer.seconds:g} s of {outer.name}"
            yield finding(
                "timeout-that-never-fires",
                outer,
                inner,
                message=f"{message}: the outer one always ends first",
                fix="make the inner one shorter, or remove it",
            )
        elif attempts != INFINITY and attempts * inner.seconds > outer.seconds:
            whole = int(outer.seconds // inner.seconds)
            yield finding(
                "attempts-do-not-fit",
                outer,
                inner,
                message=(
                    f"{attempts:g} attempts of up to {inner.seconds:g} s each do not fit into the {outer.seconds:g} s of "
                    f"{outer.name}: when the callee hangs, {whole} of them are made in full"
                ),
                fix=f"allow {attempts * inner.seconds:g} s and the waits in all, or shorten the attempts",
            )


def _attempts_between(parts: Parts, outer: Timeout, inner: Timeout) -> float:
    between = parts[parts.index(outer) + 1 : parts.index(inner)]
    return worst_of(part for part in between if isinstance(part, Retry)).calls


def breaker_without_timeout(parts: Parts) -> Iterator[LintFinding]:
    """A hang is a failure only for who stands outside a timeout that fires."""
    for index, breaker in enumerate(parts):
        if isinstance(breaker, CircuitBreaker):
            inside = _shortest(parts[index + 1 :])
            outside = _shortest(parts[:index])
            if inside >= outside:
                hang = "has no timeout inside it" if inside == INFINITY else f"has {inside:g} s inside it"
                beyond = (
                    "nobody ends a hang" if outside == INFINITY else f"what is outside ends a hang at {outside:g} s"
                )
                yield finding(
                    "breaker-without-timeout",
                    breaker,
                    message=(
                        f"{breaker.name} {hang}, and {beyond}: it hears a cancellation or nothing at all, and "
                        "counts no failure, so a service that hangs never opens it"
                    ),
                    fix="put a shorter Timeout inside the breaker",
                )


def _shortest(parts: Parts) -> float:
    return min((part.seconds for part in parts if isinstance(part, Timeout)), default=INFINITY)


def nested_retries(parts: Parts) -> Iterator[LintFinding]:
    """Retries multiply, unless the inner one's giving up is heeded; then its waits still add up."""
    retries = [part for part in parts if isinstance(part, Retry)]
    if len(retries) < 2:
        return
    worst = worst_of(parts)
    factors = " x ".join(_attempts(retry) for retry in retries)
    heeded = all(not retry.retry_exhausted for retry in retries[:-1])
    really = "; what an inner one gave up on is not repeated, but other errors are" if heeded else ""
    yield finding(
        "nested-retries",
        *retries,
        message=f"{len(retries)} retries multiply: {factors} calls, {span(worst.seconds)} at worst{really}",
        fix="retry in one layer, the one nearest to the callee",
    )


def _attempts(retry: Retry) -> str:
    return "any number of" if retry.attempts is None else str(retry.attempts)


RULES = (attempts_that_cannot_fit, breaker_without_timeout, nested_retries)
