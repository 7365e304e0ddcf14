"""A story: which policies, with which options, around a callee with which answers, and what the callers do."""

import inspect
from typing import Any, NamedTuple

from ..api import shown_value


class Part(NamedTuple):
    """A policy of a story. An option that needs the clock is a function of it, marked by `Timed`."""

    kind: Any
    options: dict

    def made(self, clock, chance):
        """The real policy."""
        known = inspect.signature(self.kind).parameters
        given = {name: value(clock) if isinstance(value, Timed) else value for name, value in self.options.items()}
        return self.kind(**given, clock=clock, **({"random": chance} if "random" in known else {}))

    def __str__(self):
        shown = [f"{name}={shown_value(value)}" for name, value in self.options.items()]
        return f"{self.kind.__name__}({', '.join(shown)})"


class Timed:
    """An option that is made with the story's clock."""

    def __init__(self, kind, **options):
        self._kind, self._options = kind, options

    def __call__(self, clock):
        return self._kind(**self._options, clock=clock)

    def __repr__(self):
        return str(Part(self._kind, self._options))


class Story(NamedTuple):
    """What is played. `answers` are pairs: the seconds that the callee takes, and its value or error.

    `chance` is what the policies' random numbers begin with.
    """

    parts: tuple
    answers: tuple
    play: Any
    chance: int

    @property
    def title(self):
        """The policies as a program would make them."""
        shown = ",\n".join(map(str, self.parts))
        return shown if len(self.parts) == 1 else f"Pipeline({shown})"
