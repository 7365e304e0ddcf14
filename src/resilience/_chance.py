"""Chance: numbers in 0..1 from the process's own generator, which CPython seeds anew in a forked child."""

from __future__ import annotations

from collections.abc import Callable

Chance = Callable[[], float]


def chance() -> float:
    """A number in 0..1; `random` is loaded at the first draw."""
    from random import random

    return random()
