"""The same calls for a while, to see that nothing grows: `make soak`, `python -m bench.soak --seconds 60 --telemetry`.

Each kind of work runs in turn, from threads and from a fresh event loop, with failures, refusals, cancellations and
policies that come and go. After each slice the live memory is taken; the first slices fill caches and windows, the
later ones must not differ.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import tracemalloc
from collections.abc import Callable
from random import Random
from threading import Thread
from time import monotonic

import resilience
from resilience import telemetry

SLICES = 12
WARM = 4
ALLOWED = 64 * 1024
"""Bytes by which two settled slices may differ: arenas, counters, the interpreter's own caches."""
THREADS = 4


class Flaky:
    """A service that fails one call in five, and now and then for a while."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)
        self._down = 0

    def __call__(self, number: int) -> int:
        """The answer, or a `ConnectionError`."""
        if self._down:
            self._down -= 1
            raise ConnectionError("down")
        if self._chance.random() < 0.01:
            self._down = 50
        if self._chance.random() < 0.2:
            raise ConnectionError("blip")
        return number

    async def later(self, number: int) -> int:
        """The same after a turn of the loop."""
        await asyncio.sleep(0)
        return self(number)


class Work:
    """The guarded functions that live through the whole soak."""

    def __init__(self) -> None:
        service = Flaky(1)
        self.retry = resilience.Retry(attempts=3, backoff=resilience.Fixed(0), budget=resilience.RetryBudget())
        self.breaker = resilience.CircuitBreaker(trip=resilience.FailureRate(0.5, window=1.0), reset_timeout=0.01)
        self.chain = resilience.Pipeline(resilience.Fallback(-1), self.retry, self.breaker, resilience.Timeout(5))
        self.cache = resilience.Cache(ttl=0.5, max_size=200, stale=0.1)
        self.cached = self.cache(service)
        self.acached = resilience.Cache(ttl=0.5, max_size=200)(service.later)
        self.service = service

    def chained(self, number: int) -> None:
        """A call through the whole chain."""
        self.chain.call(self.service, number)

    def cached_call(self, number: int) -> None:
        """A key that is mostly there, at times new, at times fails."""
        try:
            self.cached(number * number % 997)
        except ConnectionError:
            pass

    def short_lived(self, number: int) -> None:
        """Policies, decorated functions and listeners that come and go."""
        breaker = resilience.CircuitBreaker("short-lived")
        guarded = resilience.Retry(attempts=2, backoff=resilience.Fixed(0))(breaker(lambda: self.service(number)))
        with resilience.listen(lambda event: None):
            try:
                guarded()
            except ConnectionError as error:
                resilience.history(error)

    def in_loop(self, number: int) -> None:
        """A loop that lives for one round: chain, cache, and calls that are cancelled half-way."""
        asyncio.run(self._in_loop(number))

    async def _in_loop(self, number: int) -> None:
        calls = [self.chain.acall(self.service.later, number + step) for step in range(5)]
        calls += [self.acached((number + step) % 300) for step in range(5)]
        tasks = [asyncio.ensure_future(call) for call in calls]
        await asyncio.sleep(0)
        for task in tasks[::3]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def repeat(step: Callable[[int], None], until: float) -> int:
    """Calls from several threads at once until the time is over; how many."""
    counts = [0] * THREADS

    def one(index: int) -> None:
        number = index
        while monotonic() < until:
            step(number)
            number += THREADS
            counts[index] += 1

    threads = [Thread(target=one, args=(index,)) for index in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


def live() -> int:
    """Bytes that are in use once garbage is gone."""
    for _ in range(3):
        gc.collect()
    return tracemalloc.get_traced_memory()[0]


def main() -> int:
    """Runs the slices; 1 when memory grew."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long in all (default 60)")
    parser.add_argument("--telemetry", action="store_true", help="record all of it, and take a snapshot in each slice")
    parser.add_argument("--calls", type=int, default=0, help="instead: so many calls through one recorded chain")
    chosen = parser.parse_args()
    seconds = chosen.seconds
    if chosen.telemetry or chosen.calls:
        telemetry.enable(window=1.0)
    tracemalloc.start()
    if chosen.calls:
        return recorded(chosen.calls)
    work = Work()
    steps = (work.chained, work.cached_call, work.short_lived, work.in_loop)
    begun, taken = monotonic(), []
    for number in range(SLICES):
        calls = 0
        for part, step in enumerate(steps, 1):
            calls += repeat(step, begun + seconds * (number + part / len(steps)) / SLICES)
        if chosen.telemetry:
            resilience.snapshot()
        taken.append(live())
        print(f"{monotonic() - begun:6.1f} s  {calls:>9,} calls  {taken[-1] / 1024:10,.1f} KiB", flush=True)
    return verdict(taken)


def recorded(calls: int) -> int:
    """So many calls through one chain while the recorder is on, from several threads; 1 when memory grew."""
    work, begun, taken = Work(), monotonic(), []
    guarded = work.chain(work.service)
    share = range(calls // SLICES // THREADS)

    def call() -> None:
        for number in share:
            guarded(number)

    for _ in range(SLICES):
        threads = [Thread(target=call) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        known = resilience.snapshot()["totals"]["calls"]
        taken.append(live())
        print(f"{monotonic() - begun:6.1f} s  {known:>9,} calls recorded  {taken[-1] / 1024:10,.1f} KiB", flush=True)
    return verdict(taken)


def verdict(taken: list[int]) -> int:
    """Says whether memory grew since the first slices."""
    settled = taken[WARM:]
    grown = min(settled[-3:]) - min(settled[:3])
    print(f"grown by {grown / 1024:+.1f} KiB since warm (at most {ALLOWED / 1024:.0f})")
    resilience.shutdown(5)
    return 1 if grown > ALLOWED else 0


if __name__ == "__main__":
    sys.exit(main())
