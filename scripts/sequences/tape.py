"""What was seen while a story was played, in order."""

from contextvars import ContextVar
from typing import NamedTuple

CALLER = "caller"


class Arrow(NamedTuple):
    """Something passed from one to another: a call, a value, or an error."""

    at: float
    source: str
    target: str
    text: str
    kind: str


class Remark(NamedTuple):
    """Something happened at one of them: an event was sent, or time went by in it."""

    at: float
    place: str
    text: str


class _Under:
    """A call under way: who made it, what it does now, and since when."""

    def __init__(self, caller, at):
        self.caller = caller
        self.since = at
        self.running = 0


_UNDER = ContextVar("under")


class Tape:
    """Arrows and remarks, with the time of each. The places are those between caller and callee, outermost first."""

    def __init__(self, clock, places):
        self.entries = []
        self.callers = []
        self.places = places
        self._clock = clock

    def calls(self, caller):
        """A caller asks the outermost."""
        if caller not in self.callers:
            self.callers.append(caller)
        _UNDER.set(_Under(caller, self._clock.now()))
        self.arrow(caller, self.places[0], "call", "call")

    def gets(self, text, kind):
        """The caller gets what the call came to."""
        self.arrow(self.places[0], _UNDER.get().caller, text, kind)

    def reaches(self, text):
        """The callee is asked."""
        if _UNDER.get(None) is None:  # nobody waits for it: work in the background
            _UNDER.set(_Under(None, self._clock.now()))
        self.arrow(self.places[-1], "callee", text, "call")
        _UNDER.get().running += 1

    def answers(self, text, kind):
        """The callee has ended."""
        under = _UNDER.get()
        under.running -= 1
        under.since = self._clock.now()
        self.arrow("callee", self.places[-1], text, kind)

    def event(self, place, text):
        """A policy tells something."""
        self._tell_waiting(place)
        self.entries.append(Remark(self._clock.now(), place, text))

    def arrow(self, source, target, text, kind):
        """Something passes; `kind` is `call`, `value` or `error`."""
        self._tell_waiting(source)
        self.entries.append(Arrow(self._clock.now(), source, target, text, kind))

    def _tell_waiting(self, place):
        """Time that went by while the callee was not at work was spent waiting in the policy that does something now."""
        under, now = _UNDER.get(None), self._clock.now()
        if under is None or under.running or place not in self.places:
            return
        if now > under.since:
            self.entries.append(Remark(now, place, f"waited {now - under.since:.3g} s"))
        under.since = now
