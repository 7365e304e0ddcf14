"""Chance: numbers in 0..1 from the process's own generator, which CPython seeds anew in a forked child."""

from __future__ import annotations

from collections.abc import Callable

Chance = Callable[[], float]


def chance() -> float:
    """A number in 0..1; `random` is loaded at the first draw."""
    return (_draw or _load())()


_draw: Chance | None = None


def _load() -> Chance:
    global _draw
    from random import random

    _draw = random
    return random
