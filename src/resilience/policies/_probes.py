"""The half-open probes of a circuit.

Rules: called under the circuit's lock. A probe holds its slot until it is settled, its lease is over, or it is
collected: its finalizer takes no lock but leaves word in `_lost`, which the next look reads.
"""

from __future__ import annotations


class Admitted:
    """A call let through, with its start: the permit where slow calls count."""

    __slots__ = ("epoch", "start")

    def __init__(self, epoch: int, start: float) -> None:
        self.epoch = epoch
        self.start = start


class Probe(Admitted):
    """A call let through to find out whether the callee is back."""

    __slots__ = ("_lost", "number", "settled")

    def __init__(self, epoch: int, start: float, number: int, lost: list[int]) -> None:
        super().__init__(epoch, start)
        self.number = number
        self.settled = False
        self._lost = lost

    def __del__(self) -> None:
        if not self.settled:
            self._lost.append(self.number)


class Probes:
    """Those under way, each with the time its lease is over."""

    __slots__ = ("_last", "_leases", "_lost")

    def __init__(self) -> None:
        self._leases: dict[int, float] = {}
        self._lost: list[int] = []  # appended to and popped from, both atomic; a deque is ten times as large
        self._last = 0

    def begin(self, epoch: int, now: float, lease: float) -> Probe:
        self._last += 1
        self._leases[self._last] = lease
        return Probe(epoch, now, self._last, self._lost)

    def end(self, probe: Probe) -> None:
        probe.settled = True
        self._leases.pop(probe.number, None)

    def reclaim(self, now: float) -> list[str]:
        """Free the slots of probes that were collected, or whose lease is over; why, for each."""
        reasons = []
        while self._lost:
            if self._leases.pop(self._lost.pop(), None) is not None:
                reasons.append("collected")
        for number, lease in list(self._leases.items()):
            if now >= lease:
                del self._leases[number]
                reasons.append("lease")
        return reasons

    def earliest(self, now: float) -> float:
        """When the first lease is over."""
        return min(list(self._leases.values()), default=now)

    def clear(self) -> None:
        self._leases.clear()

    def __len__(self) -> int:
        return len(self._leases)
