"""Response times in few numbers: quantiles within 1 % of the true ones, over a window that slides.

A time goes into one of the bins whose bounds grow by `GAMMA`; a quantile is read as the middle of its bin. That is DDSketch
(Masson, Rim, Lee: "DDSketch", VLDB 2019) with one fixed mapping. Its libraries add a value in about a microsecond, which is
all that a call may cost us; this takes a logarithm and a count, of a hundred values at once.
"""

from __future__ import annotations

from collections import Counter
from math import ceil, exp, floor, log

ERROR = 0.01
"""A quantile read here is at most this share away from a time that was seen at that rank."""
GAMMA = (1 + ERROR) / (1 - ERROR)
SCALE = 1 / log(GAMMA)
LEAST, MOST = 1e-9, 1e6
"""Seconds that bins are kept for; what lies outside counts as the nearest. That bounds a sketch to some 1,700 bins."""

Bins = Counter[int]
"""How many times fell into each bin, by its number."""
_scaled = SCALE.__mul__


def bin_of(seconds: float) -> int:
    """The number of the bin of a time."""
    return floor(_scaled(log(min(max(seconds, LEAST), MOST))))


def put(bins: Bins, times: list[float]) -> None:
    """Add these times; all of it happens in C, which is what makes it cheap."""
    if min(times) < LEAST or max(times) > MOST:
        times = [min(max(time, LEAST), MOST) for time in times]
    bins.update(map(floor, map(_scaled, map(log, times))))


def middle(number: int) -> float:
    """The time that stands for a bin: no time of the bin is further from it than `ERROR`."""
    return exp((number + 1) / SCALE) * 2 / (1 + GAMMA)


def merged(all_bins: list[Bins]) -> Bins:
    """Several sketches as one."""
    total = Bins()
    for bins in all_bins:
        if total:
            for number, count in bins.items():  # what `update` does, without its looking what it was given
                total[number] = total.get(number, 0) + count
        else:
            dict.update(total, bins)
    return total


def quantiles(bins: Bins, shares: tuple[float, ...]) -> list[float | None]:
    """The times that these shares of all did not exceed, shares ascending; `None` without any times.

    >>> [round(value or 0, 2) for value in quantiles(Bins({bin_of(0.1): 99, bin_of(2.0): 1}), (0.5, 0.99, 1.0))]
    [0.1, 0.1, 1.99]
    """
    count = sum(bins.values())
    if not count:
        return [None] * len(shares)
    ranks = iter([(max(1, ceil(share * count)), place) for place, share in enumerate(shares)])
    found: list[float | None] = [None] * len(shares)
    rank, place = next(ranks)
    seen = 0
    for number in sorted(bins):
        seen += bins[number]
        while seen >= rank:
            found[place] = middle(number)
            rank, place = next(ranks, (count + 1, 0))
    return found


def at_most(bins: Bins, bounds: tuple[float, ...]) -> list[int]:
    """How many times did not exceed each of these bounds, ascending; a bin on a bound counts by its middle."""
    counts = [0] * len(bounds)
    for number, count in bins.items():
        value = middle(number)
        for place in range(len(bounds) - 1, -1, -1):
            if value > bounds[place]:
                break
            counts[place] += count
    return counts
