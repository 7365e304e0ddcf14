"""What a simulation plays: who calls, how often, for how long, with how much patience."""

from __future__ import annotations

from typing import Any

from resilience import _options
from resilience._record import Part
from resilience.simulate._dependency import Dependency


class Scenario(Part):
    """The script of a simulation.

    Args:
        dependency: what is called.
        clients: processes that call it; each has policies of its own, unless `shared`.
        rate: calls a second of each client, at random times (a Poisson process), whether earlier ones have ended or not.
        duration: seconds of virtual time.
        patience: seconds after which a caller gives up on its call, whatever its policies do (default: never).
        shared: one set of policies for all clients, as for the threads of one process.
        seed: the same seed gives the same run, to the last digit.

    >>> Scenario(Dependency(capacity=300), clients=200).offered
    200.0
    """

    __slots__ = ("clients", "dependency", "duration", "patience", "rate", "seed", "shared")

    def __init__(
        self,
        dependency: Dependency,
        *,
        clients: int = 100,
        rate: float = 1.0,
        duration: Any = 60.0,
        patience: Any = None,
        shared: bool = False,
        seed: int = 0,
    ) -> None:
        if not isinstance(dependency, Dependency):
            _options.refuse("dependency", dependency, "a Dependency(...)", kind=TypeError)
        self.dependency = dependency
        self.clients = _options.count("clients", clients)
        self.rate = _options.amount("rate", rate, above=True)
        self.duration = _options.seconds("duration", duration)
        self.patience = _options.optional_seconds("patience", patience)
        self.shared = _options.flag("shared", shared)
        self.seed = _options.count("seed", seed, minimum=0)
        for outage in dependency.outages:
            if outage.start >= self.duration:
                _options.refuse("duration", duration, f"longer than {outage!r} is away")

    @property
    def offered(self) -> float:
        """Calls a second of all clients."""
        return self.clients * self.rate
