"""What is not a call: import time, memory, and how a cache's cost grows with its size."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from random import Random
from threading import Lock
from time import perf_counter_ns
from typing import Any

from .result import Measure

IMPORT_ROUNDS = 15
BREAKERS = 1_000
ENTRIES = 20_000
SMALL, LARGE = 100, 100_000
NOISE = 1.1
GROWTH_ROUNDS = 9
SOURCE = Path(__file__).parent.parent / "src"


IMPORTS = {
    "resilience": "import resilience",
    "resilience, Retry and CircuitBreaker used": "import resilience; resilience.Retry; resilience.CircuitBreaker",
    "tenacity": "import tenacity",
}


def imports() -> list[Measure]:
    """Milliseconds to import, each in a fresh process, ours and tenacity in turn."""
    best = dict.fromkeys(IMPORTS, float("inf"))
    with tempfile.TemporaryDirectory() as compiled:
        for _ in range(IMPORT_ROUNDS):
            for name, so_far in best.items():
                best[name] = min(so_far, _import_time(IMPORTS[name], compiled))
    ratio = best["resilience"] / best["tenacity"]
    return [
        Measure("import", name, milliseconds, "ms", *((ratio, "tenacity", 0.5) if name == "resilience" else ()))
        for name, milliseconds in best.items()
    ]


def _import_time(statement: str, compiled: str) -> float:
    # Byte code goes to a folder of this run: whether it may be written elsewhere differs between machines.
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    code = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r})\n"
        "from time import perf_counter_ns as now\n"
        f"start = now(); {statement}; print(now() - start)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    return int(done.stdout) / 1e6


def memory() -> list[Measure]:
    """Bytes for each breaker in use, each function it guards, and each cache entry beyond its key and its value."""
    import resilience

    kinds = {
        "breaker, Consecutive": {},
        "breaker, FailureRate": {"trip": resilience.FailureRate(0.5, window=30.0)},
        "breaker, slow calls": {"slow": resilience.SlowCalls(2.0)},
    }
    found, sizes = [], []
    for title, options in kinds.items():
        sizes.append(_grown(lambda options=options: [_used(options) for _ in range(BREAKERS)]) / BREAKERS)
        found.append(Measure(title, "resilience", sizes[-1], "bytes", limit=2048))
    guarding = _grown(lambda: [_used({})(_itself) for _ in range(BREAKERS)]) / BREAKERS
    found.append(Measure("breaker, guarded function", "resilience", guarding - sizes[0], "bytes"))
    keys = list(range(1_000_000, 1_000_000 + ENTRIES))
    size = _grown(lambda: _filled(keys))
    return [*found, Measure("cache entry", "resilience", size / ENTRIES, "bytes", limit=400)]


def _used(options: dict[str, Any]) -> Any:
    """A breaker that has counted a success and a failure."""
    import resilience

    breaker = resilience.CircuitBreaker(**options)
    breaker.acquire().success()
    breaker.acquire().failure(ConnectionError())
    return breaker


def _filled(keys: list[int]) -> Any:
    import resilience

    cached = resilience.Cache(ttl=3600, max_size=len(keys))(_itself)
    for key in keys:
        cached(key)
    return cached


def _itself(key: int) -> int:
    return key


def _grown(make: Callable[[], Any]) -> int:
    make()
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = make()
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del kept
    return after - before


def growth() -> list[Measure]:
    """How much dearer a call gets between 100 and 100,000 entries, against `cachetools.LRUCache` in the same run."""
    found = []
    for title, spin in (("growth of a hit", _hits), ("growth of an eviction", _evictions)):
        factors = dict.fromkeys(("resilience", "cachetools.LRUCache"), 1.0)
        best = {(name, size): float("inf") for name in factors for size in (SMALL, LARGE)}
        for _ in range(GROWTH_ROUNDS):
            for (name, size), so_far in best.items():
                best[name, size] = min(so_far, spin(_cached(name, size), size))
        for name in factors:
            factors[name] = best[name, LARGE] / best[name, SMALL]
        ours, theirs = factors.values()
        found.append(Measure(title, "resilience", ours, "x", ours / theirs, "cachetools.LRUCache", NOISE))
        found.append(Measure(title, "cachetools.LRUCache", theirs, "x"))
    return found


def _cached(name: str, size: int) -> Callable[[int], int]:
    if name == "resilience":
        import resilience

        return resilience.Cache(ttl=3600, max_size=size)(_itself)
    from cachetools import LRUCache, cached

    return cached(LRUCache(size), lock=Lock())(_itself)


def _hits(function: Callable[[int], int], size: int) -> float:
    keys = list(range(size))
    for key in keys:
        function(key)
    return _spin(function, Random(size).choices(keys, k=20_000))


def _evictions(function: Callable[[int], int], size: int) -> float:
    for key in range(size):
        function(key)
    return _spin(function, list(range(size, size + 20_000)))


def _spin(function: Callable[[int], int], keys: list[int]) -> float:
    gc.collect()
    gc.disable()
    start = perf_counter_ns()
    for key in keys:
        function(key)
    taken = perf_counter_ns() - start
    gc.enable()
    return taken / len(keys)
