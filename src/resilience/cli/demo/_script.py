"""The script that all three clients live through: when the origin is well, when it is not, and who asks how often."""

from __future__ import annotations

from enum import StrEnum

from ..._record import Record

_TWELFTHS = 12
_OUTAGE_BEGINS = 3
_OUTAGE_ENDS = 8


class Phase(StrEnum):
    """A part of the script."""

    HEALTHY = "healthy"
    OUTAGE = "outage"
    RECOVERY = "recovery"


class Script(Record):
    """A quarter of the time all is well, then five twelfths of outage, then a third to recover.

    Attributes:
        seconds: the whole.
        rate: calls a second of each client, whether the earlier ones have come back or not, as users do.
        items: how many different things are asked for, in turn.
    """

    seconds: float
    rate: float = 20.0
    items: int = 5

    @property
    def unit(self) -> float:
        """A twelfth of the whole, in seconds: what every timeout of the demo is measured in, so that all scale alike."""
        return self.seconds / _TWELFTHS

    @property
    def calls(self) -> int:
        """How many calls each client makes."""
        return int(self.seconds * self.rate)

    @property
    def outage(self) -> tuple[float, float]:
        """When the outage begins and ends, in seconds."""
        return _OUTAGE_BEGINS * self.unit, _OUTAGE_ENDS * self.unit

    @property
    def spans(self) -> dict[Phase, tuple[float, float]]:
        """When each phase begins and ends; what comes after the last counts to it."""
        down, up = self.outage
        return {Phase.HEALTHY: (0.0, down), Phase.OUTAGE: (down, up), Phase.RECOVERY: (up, self.seconds)}

    def phase(self, at: float) -> Phase:
        """The phase at a time."""
        down, up = self.outage
        if at < down:
            return Phase.HEALTHY
        return Phase.OUTAGE if at < up else Phase.RECOVERY
