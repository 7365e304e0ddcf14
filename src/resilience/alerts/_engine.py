"""The rules, looked at again and again; what begins and what ends is told to the sinks, once.

Rules: `_lock` guards the loop. The state of the rules and the queues of the sinks have locks of their own; the snapshot is
read, and sinks are told, outside all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Lock
from time import monotonic
from types import TracebackType
from typing import Any, Self

from .. import _options
from .._clock import Clock, wall_time
from .._snapshot import snapshot
from .._threads import end_with_shutdown
from .._world import SYSTEM_CLOCK
from ._alert import FIRING, Alert
from ._defaults import default_rules
from ._evaluation import Evaluation
from ._loop import Loop
from ._outbox import Outbox, Sink
from ._rule import Rule
from ._section import GATHERED
from ._sinks import LogSink


class Alerts:
    """Looks at rules, and tells sinks what begins to fire and what recovers.

    Args:
        *rules: by default `default_rules()`.
        sinks: functions of an `Alert`; by default a `LogSink()`. A plain function, a `Webhook`, whatever is called with it.
        interval: seconds from one look to the next while it runs (default 10).
        repeat: tell of what still fires again after so many seconds; by default once, until it recovers.
        source: what gives the snapshot; `resilience.snapshot` by default.
        clock: as for every policy.

    Raises:
        TypeError, ValueError: no rule, two of one name, or an option out of range.

    An alert is one rule and one label: told when it begins, and when it ends. Sinks are told in threads of their own, in
    order; one that raises or hangs harms neither calls nor other sinks. `with alerts:` looks from a daemon thread, which
    `resilience.shutdown()` ends too; a forked child has none until it starts one. It adds itself to
    `resilience.snapshot()`. Thread-safe.

    >>> told = []
    >>> figures = {"queue": 7}
    >>> alerts = Alerts(Rule("queue", "queue", above=5), sinks=[told.append], source=lambda: figures)
    >>> [str(alert) for alert in alerts.check()]
    ['warning: queue is 7, above 5']
    >>> figures["queue"] = 2
    >>> [str(alert) for alert in alerts.check()]
    ['resolved: queue is 2, no longer above 5']
    >>> alerts.flush(), len(told)
    (True, 2)
    """

    name = "alerts"

    def __init__(
        self,
        *rules: Rule,
        sinks: Iterable[Sink] | None = None,
        interval: Any = 10.0,
        repeat: Any = None,
        source: Callable[[], dict[str, Any]] = snapshot,
        clock: Clock | None = None,
    ) -> None:
        self._outboxes = [Outbox(sink) for sink in _some_sinks(sinks)]
        self._interval = _options.seconds("interval", interval)
        every = _options.optional_seconds("repeat", repeat)
        self._source = _options.logic("source", source, optional=False)
        self._clock = SYSTEM_CLOCK if clock is None else clock
        self._evaluation = Evaluation(_some_rules(rules), every, self._clock)
        self.reset()
        GATHERED.add(self)
        end_with_shutdown(self)

    def reset(self) -> None:
        """What a forked child does: the thread is the parent's, and so are alerts that wait to be sent."""
        self._lock = Lock()
        self._loop: Loop | None = None
        self._evaluation.reset()
        for outbox in self._outboxes:
            outbox.reset()

    # Looking

    def evaluate(self) -> tuple[Alert, ...]:
        """Look at every rule once: what begins to fire, and what recovers. No sink is told.

        A figure that raises is logged, and its rule stays as it was.
        """
        return tuple(self._evaluation.look(self._source()))

    def check(self) -> tuple[Alert, ...]:
        """Look at every rule once, and have the sinks told of what is new; does not wait for them."""
        news = self.evaluate()
        for outbox in self._outboxes:
            for alert in news:
                outbox.post(alert)
            outbox.work()
        return news

    @property
    def active(self) -> tuple[Alert, ...]:
        """What fires now."""
        return tuple(self._evaluation.active())

    # Telling

    def test(self, timeout: Any = 30.0) -> dict[str, str | None]:
        """Send a test alert to every sink and wait so many seconds: by sink, `None` if it was taken, else why not."""
        patience = _options.seconds("timeout", timeout)
        wall = wall_time()
        alert = Alert(rule="test", severity="info", state=FIRING, value=1.0, limit=0.0, condition="only a test",
                      since=wall, at=wall)  # fmt: skip
        before = [(outbox.sent, outbox.failed) for outbox in self._outboxes]
        for outbox in self._outboxes:
            outbox.post(alert)
        self.flush(patience)
        told: dict[str, str | None] = {}
        for outbox, (sent, failed) in zip(self._outboxes, before, strict=True):
            is_taken = outbox.sent > sent and outbox.failed == failed
            why = outbox.error if outbox.failed > failed else f"not taken within {patience:g} s"
            told[_free(outbox.name, told)] = None if is_taken else why
        return told

    def flush(self, timeout: Any = 5.0) -> bool:
        """Wait so many seconds until every sink has been told; is nothing left?"""
        due = monotonic() + _options.seconds("timeout", timeout, zero=True)
        return all([outbox.flush(max(0.0, due - monotonic())) for outbox in self._outboxes])  # noqa: C419 - each is asked

    def told(self) -> dict[str, Any]:
        return {**self._evaluation.told(), "sinks": [outbox.told() for outbox in self._outboxes]}

    # In a thread

    def start(self, interval: Any = None) -> Self:
        """Look from a daemon thread, each `interval` seconds; harmless if it runs already.

        Returns:
            Itself, also a context manager that ends it.
        """
        pause = self._interval if interval is None else _options.seconds("interval", interval)
        with self._lock:
            if self._loop is None:
                self._loop = Loop(self.check, pause, self._clock)
        return self

    def close(self, timeout: Any = 5.0) -> bool:
        """End the thread and wait so many seconds for it and for the sinks; is nothing left? It may be started again."""
        due = monotonic() + _options.seconds("timeout", timeout, zero=True)
        with self._lock:
            loop, self._loop = self._loop, None
        ended = loop is None or loop.end(max(0.0, due - monotonic()))
        return self.flush(max(0.0, due - monotonic())) and ended

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return (
            f"<Alerts of {len(self._evaluation.rules)} rules to {', '.join(outbox.name for outbox in self._outboxes)}>"
        )


def _some_rules(rules: tuple[Any, ...]) -> tuple[Rule, ...]:
    for rule in rules:
        if not isinstance(rule, Rule):
            _options.refuse("rules", rule, "Rules, e.g. Rule('errors', 'totals.failures', above=10)", kind=TypeError)
    names = [rule.name for rule in rules]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"rules: {name!r} is there twice; give each a name of its own (docs/alerts.md)")
    return rules or default_rules()


def _some_sinks(sinks: Any) -> list[Sink]:
    if sinks is None:
        return [LogSink()]
    allowed = "a list of functions of an Alert, e.g. sinks=[LogSink(), Webhook('https://…')]"
    if callable(sinks) or isinstance(sinks, str):
        _options.refuse("sinks", sinks, allowed, kind=TypeError)
    return [_options.logic("sinks", sink, optional=False) for sink in sinks]


def _free(name: str, taken: dict[str, Any]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}#{number}"
    return free
