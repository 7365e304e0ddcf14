"""Pipelines: policies in a row, outermost first.

Rules: a pipeline is immutable; building one lets its clock rule its policies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ._awaitable import Vet
from ._chance import Chance
from ._clock import Clock
from ._policy import OFFERS, Policy
from ._record import Record
from ._world import SYSTEM_CLOCK
from ._worst import WorstCase, worst_of

if TYPE_CHECKING:
    from ._lint import LintFinding

Also = TypeVar("Also", covariant=True)
More = TypeVar("More")


class PipelineSnapshot(Record):
    """The snapshots of its policies, outermost first."""

    name: str
    policies: tuple[Record, ...]


class Pipeline(Policy[Also]):
    """Policies in a row, the outermost first; itself a policy.

    Args:
        policies: for example `Fallback(...), Cache(...), Timeout(10), Retry(), CircuitBreaker(), Timeout(2)`.
        name: a label.
        clock: rules all policies inside; one that was given another is refused. By default the one that they were given.
        random: the source of chance for all policies inside.

    Raises:
        ValueError: no policy, or policies that were given different clocks.

    Safe to share between threads, tasks and loops.

    >>> from resilience import Retry, Timeout
    >>> Pipeline(Timeout(10), Retry(attempts=4), name="doctest").call(int, "7")
    7
    """

    __slots__ = ("policies",)
    kind = "pipeline"

    def __init__(
        self,
        *policies: Policy[Also],
        name: str | None = None,
        clock: Clock | None = None,
        random: Chance | None = None,
    ) -> None:
        if not policies:
            raise ValueError(
                "policies=(): a pipeline needs at least one policy, e.g. Pipeline(Retry()) (docs/policies/pipeline.md)"
            )
        for policy in policies:
            if not isinstance(policy, Policy):
                raise TypeError(
                    f"policies: {policy!r} is no policy; give instances, e.g. Retry() or Timeout(2) "
                    "(docs/policies/pipeline.md)"
                )
        ruling = clock or _common_clock(policies)
        super().__init__(name, clock=ruling, random=random)
        self.policies = policies
        for policy in policies:
            policy.adopt(ruling, random)

    def adopt(self, clock: Clock | None, random: Chance | None) -> None:
        super().adopt(clock, random)
        for policy in self.policies:
            policy.adopt(clock, random)

    def then(self, policy: Policy[More]) -> Pipeline[Also | More]:
        """A new pipeline with this policy innermost."""
        return Pipeline(*self.policies, policy)

    def link(self, inner: Callable[..., Any], form: str, function: Callable[..., Any], vet: Vet | None) -> Any:
        for policy in reversed(self.policies):
            offered = {} if inner is function else getattr(inner, OFFERS, {})
            inner, vet = policy.link(inner, form, function, vet), None
            setattr(inner, OFFERS, {**offered, **getattr(inner, OFFERS, {})})
        return inner

    def check_generator(self, function: Callable[..., Any]) -> None:
        for policy in self.policies:
            policy.check_generator(function)

    def dress(self, run: Any, function: Callable[..., Any]) -> Any:
        for policy in reversed(self.policies):
            run = policy.dress(run, function)
        return super().dress(run, function)

    def parts(self) -> tuple[Policy[Any], ...]:
        return tuple(part for policy in self.policies for part in policy.parts())

    def worst_case(self, inner: WorstCase) -> WorstCase:
        return worst_of(self.policies, inner)

    def describe(self) -> str:
        """The chain, a policy a line, outermost first; then the worst that one call can come to.

        A plain function is bound by a timeout only as far as it obeys deadlines.
        """
        lines = [part.describe() for part in self.parts()]
        return "\n".join([*lines, f"worst case: {self.worst_case(WorstCase())}"])

    def lint(self) -> tuple[LintFinding, ...]:
        """What is likely not meant in this chain, each with the reason and the cure; empty if all seems well.

        >>> from resilience import CircuitBreaker, Retry, Timeout
        >>> policy = Pipeline(CircuitBreaker(), Retry(), Timeout(2), name="doctest-lint")
        >>> [finding.rule for finding in policy.lint()]
        ['retry-inside-breaker']
        """
        from ._lint import lint

        return lint(self.parts())

    def snapshot(self) -> PipelineSnapshot:
        return PipelineSnapshot(name=self.name, policies=tuple(policy.snapshot() for policy in self.policies))

    def __repr__(self) -> str:
        return f"<Pipeline {self.name!r} {' > '.join(policy.name for policy in self.policies)}>"


def _common_clock(policies: tuple[Policy[Any], ...]) -> Clock | None:
    given = {id(policy.clock): policy for policy in policies if policy.clock is not SYSTEM_CLOCK}
    if len(given) > 1:
        names = " and ".join(f"{policy.name} on {policy.clock!r}" for policy in given.values())
        raise ValueError(
            f"clock: {names} run on different clocks; make them without one, and give it to the Pipeline(..., clock=...) "
            "(docs/policies/pipeline.md)"
        )
    return next((policy.clock for policy in given.values()), None)
