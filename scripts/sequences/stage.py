"""Where a story is played: the real policy on a fake clock, a callee with set answers, and a tape of what passes."""

import asyncio
import logging
import random
import warnings

import resilience as r
from resilience.errors import RejectedError
from resilience.extending import Policy
from resilience.telemetry import enable_logging
from resilience.telemetry._tally import plain
from resilience.testing import FakeClock

from .tape import CALLER, Tape

_NEVER_SHOWN = {"policy", "at", "key", "elapsed"}


class Stage:
    """One performance. Its methods are what a story may do."""

    def __init__(self, story):
        self.clock = FakeClock()
        self.log = Log()
        self.parts = self._made(story)
        self._guarded = self._joined(self.parts)(self._callee(iter(story.answers)))
        for part, place in zip(self.parts, self.tape.places, strict=True):
            part.listen(self._hearing(place))

    def play(self, story):
        """Play it from the beginning to the end, background work included; gives the stage."""
        with enable_logging(self.log):
            asyncio.run(self._play(story))
        return self

    async def _play(self, story):
        await story.play(self)
        await self.wait(1)  # what runs in the background comes to its end

    async def call(self, caller=CALLER):
        """Call the guarded callee; what comes of it is on the tape, errors too."""
        self.tape.calls(caller)
        try:
            value = await self._guarded()
        except Exception as error:
            self.tape.gets(_words(error), "error")
        else:
            self.tape.gets(repr(value), "value")

    async def together(self, count):
        """So many callers at once."""
        async with asyncio.TaskGroup() as group:
            for number in range(1, count + 1):
                group.create_task(self.call(f"{CALLER} {number}"))

    async def wait(self, seconds):
        """Let time pass in which nobody calls."""
        await self.clock.asleep(seconds)

    def log_lines(self):
        """What the log said of these policies, each under its kind instead of its label."""
        kinds = {part.name: part.kind for part in self.parts}
        told = [(level, *message.partition(": ")[::2]) for level, message in self.log.lines]
        return [f"{level.lower()} {kinds[name]}: {words}" for level, name, words in told if name in kinds]

    def _made(self, story):
        """The story's policies, on this clock and with chances that are the same each time."""
        self.tape = Tape(self.clock, [part.kind.__name__ for part in story.parts])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", r.ResilienceWarning)  # chaos is loud
            return [part.made(self.clock, random.Random(story.chance).random) for part in story.parts]

    def _joined(self, parts):
        """One policy alone; several as a pipeline, with one between each two that sees what passes."""
        if len(parts) == 1:
            return parts[0]
        places, row = self.tape.places, [parts[0]]
        for outer, inner, part in zip(places, places[1:], parts[1:], strict=False):
            row += [_Passage(self.tape, outer, inner), part]
        return r.Pipeline(*row, clock=self.clock)

    def _callee(self, answers):
        async def callee():
            attempt = r.current().attempt
            seconds, outcome = next(answers)
            self.tape.reaches("call" if attempt == 1 else f"attempt {attempt}")
            try:
                if seconds:
                    await self.clock.asleep(seconds)
                if isinstance(outcome, Exception):
                    raise outcome
            except BaseException as error:
                self.tape.answers(_words(error), "error")
                raise
            self.tape.answers(repr(outcome), "value")
            return outcome

        return callee

    def _hearing(self, place):
        def heard(event):
            kind = type(event)
            shown = [
                f"{name}={_short(value)}"
                for name, value in event.as_dict().items()
                if name not in _NEVER_SHOWN and value != getattr(kind, name, ...)
            ]
            self.tape.event(place, "\n".join([kind.__name__, *shown]))

        return heard


class Log:
    """A logger that keeps its lines."""

    def __init__(self):
        self.lines = []

    def log(self, level, message, extra):
        """Keep one."""
        self.lines.append((logging.getLevelName(level), message))


class _Passage(Policy):
    """Sees what passes between two policies of a pipeline, and does nothing."""

    kind = "passage"

    def __init__(self, tape, outer, inner):
        super().__init__()
        self._tape, self._outer, self._inner = tape, outer, inner

    def admit(self, args, kwargs):
        self._tape.arrow(self._outer, self._inner, "call", "call")

    def succeeded(self, permit, value):
        self._tape.arrow(self._inner, self._outer, repr(value), "value")

    def failed(self, permit, error, attempt):
        self._tape.arrow(self._inner, self._outer, _words(error), "error")


def _words(error):
    """An error by its class, a refusal with what it says to programs, a cancellation by its name."""
    if isinstance(error, asyncio.CancelledError):
        return "is cancelled"
    name = type(error).__name__
    if not isinstance(error, RejectedError):
        return name
    retry_after = "" if error.retry_after is None else f"\nretry_after={_short(error.retry_after)}"
    return f"{name}\nreason={error.reason!r}{retry_after}"


def _short(value):
    """A field in few letters."""
    told = plain(value)
    if isinstance(value, BaseException):
        return told
    return f"{told:.3g}" if isinstance(told, float) else repr(told)
