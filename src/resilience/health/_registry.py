"""The checks of a program, run together: each in its own time, none delaying another.

Rules: `_entries` is replaced, never changed in place, and like the entries' results and runs guarded by `_lock`. No user
code runs under it. In a forked child every registry begins anew, with its checks.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .. import _options
from .._clock import Clock
from .._level import Level
from .._world import SYSTEM_CLOCK, async_world
from ._check import Check
from ._entry import Entry
from ._result import PROBES, READY, STARTUP, CheckResult, HealthReport, level_of
from ._run import MOST, Run
from ._section import GATHERED

if TYPE_CHECKING:
    from ._asgi import HealthApp
    from ._wsgi import HealthWSGI

Function = TypeVar("Function", bound=Callable[[], Any])


class HealthRegistry:
    """Checks by name, and what they say together.

    Args:
        name: of the service, told in reports and in the snapshot (default `health`).
        version: of the service, told where details are asked for.
        timeout: seconds for each check that has none of its own; by default `TIMEOUT_HEALTH_CHECK` (5 s), and for commands
            `TIMEOUT_SHELL_COMMAND` (30 s).
        ttl: seconds for which a result is given again (default 1), so that many probes cost as much as one.
        clock: as for every policy.

    Checks run at the same time: plain functions in a thread each, of a bounded pool; async ones as tasks. One that hangs is
    unhealthy after its timeout and delays nobody beyond it; until it ends it is not begun again. Thread-safe, for any
    number of loops at once. It adds itself to `resilience.snapshot()`, for as long as it lives.

    >>> registry = HealthRegistry("doctest-shop")
    >>> @registry.check(critical=False)
    ... def mail():
    ...     raise ConnectionError("refused")
    >>> print(registry.report())
    degraded (mail)
    """

    def __init__(
        self,
        name: str = "health",
        *,
        version: str | None = None,
        timeout: Any = None,
        ttl: Any = 1.0,
        clock: Clock | None = None,
    ) -> None:
        label = _options.label("name", name)
        if label is None:
            raise TypeError("name=None: a registry needs a name, e.g. 'shop' (docs/health.md)")
        self.name = label
        self.version = _options.label("version", version)
        self._timeout = _options.optional_seconds("timeout", timeout)
        self._ttl = _options.seconds("ttl", ttl, zero=True)
        self._clock = SYSTEM_CLOCK if clock is None else clock
        self._lock = allocate_lock()
        self._entries: dict[str, Entry] = {}
        self._started = False
        GATHERED.add(self)

    # Checks

    def add(
        self,
        name: str,
        check: Callable[[], Any],
        *,
        timeout: Any = None,
        ttl: Any = None,
        critical: bool = True,
        probes: Iterable[str] = (READY, STARTUP),
    ) -> None:
        """Add a check.

        Args:
            name: what reports call it.
            check: a plain or async function (see `Check` for what it may return), or one of `http`, `tcp`, `command`,
                `breaker`, `miniapp`, `ping`, `cpu`, `memory`, `disk` of this package.
            timeout: seconds that it may take; by default the registry's.
            ttl: seconds for which its result is given again; by default the registry's.
            critical: does it alone make the whole unhealthy (default), or degraded at worst?
            probes: which of `live`, `ready`, `startup` ask it. By default not `live`: a program that is restarted because
                its database is down is no better off.

        Raises:
            ValueError: there is a check of that name, or 100 checks. TypeError: it is no function.
        """
        label = _options.label("name", name)
        if label is None:
            raise TypeError("name=None: a check needs a name, e.g. 'database' (docs/health.md)")
        entry = Entry(
            label,
            check if isinstance(check, Check) else Check(check),
            timeout=self._timeout if timeout is None else _options.seconds("timeout", timeout),
            ttl=self._ttl if ttl is None else _options.seconds("ttl", ttl, zero=True),
            critical=_options.flag("critical", critical),
            probes=_some_probes(probes),
            clock=self._clock,
        )
        with self._lock:
            if label in self._entries:
                raise ValueError(
                    f"name={name!r}: a check of that name is there already; remove() it first (docs/health.md)"
                )
            if len(self._entries) >= MOST:
                raise ValueError(
                    f"name={name!r}: a registry has {MOST} checks at most; make another registry (docs/health.md)"
                )
            self._entries = {**self._entries, label: entry}

    @overload
    def check(self, function: Function, /) -> Function: ...
    @overload
    def check(
        self,
        name: str | None = None,
        *,
        timeout: Any = None,
        ttl: Any = None,
        critical: bool = True,
        probes: Iterable[str] = (READY, STARTUP),
    ) -> Callable[[Function], Function]: ...
    def check(self, name: Any = None, **options: Any) -> Any:
        """Add a function as a check, as a decorator, with the options of `add`; its name is that of the function."""
        if name is not None and not isinstance(name, str):
            return self._added(name, name=None)
        return partial(self._added, name=name, **options)

    def _added(self, function: Any, *, name: str | None, **options: Any) -> Any:
        self.add(getattr(function, "__name__", None) or repr(function) if name is None else name, function, **options)
        return function

    def remove(self, name: str) -> None:
        """Take a check out.

        Raises:
            KeyError: there is none of that name.
        """
        with self._lock:
            if name not in self._entries:
                raise KeyError(f"no check {name!r}; there are {', '.join(self._entries) or 'none'} (docs/health.md)")
            self._entries = {other: entry for other, entry in self._entries.items() if other != name}

    # Asking

    def report(self, probe: str | None = None) -> HealthReport:
        """Run what is not fresh, wait for it, and tell what all say; blocks this thread for the longest timeout at most.

        Args:
            probe: only the checks of `live`, `ready` or `startup`; `None` for all.

        An async check runs in a loop of its own, in a thread: what belongs to another loop should be asked by `areport`.
        Raises nothing that a check raises.
        """
        entries = self._asked(probe)
        for run in self._begin(entries, in_loop=False):
            run.wait()
        return self._gathered(entries, probe)

    async def areport(self, probe: str | None = None) -> HealthReport:
        """The same for a task, in asyncio and trio; async checks run in this loop."""
        entries = self._asked(probe)
        async_world()
        for run in self._begin(entries, in_loop=True):
            await run.await_()
        return self._gathered(entries, probe)

    def known(self) -> HealthReport | None:
        """What was found last, however old; `None` before the first look. Runs nothing."""
        results = [entry.result for entry in self._entries.values() if entry.result is not None]
        return HealthReport(name=self.name, level=level_of(results), checks=tuple(results)) if results else None

    @property
    def started(self) -> bool:
        """Has the startup probe been passed? It stays so."""
        return self._started

    def _asked(self, probe: str | None) -> list[Entry]:
        if probe is not None:
            _options.choice("probe", probe, PROBES)
        if probe == STARTUP and self._started:
            return []
        return [entry for entry in self._entries.values() if probe is None or probe in entry.probes]

    def _begin(self, entries: list[Entry], *, in_loop: bool) -> list[Run]:
        """Start what is not fresh; every run to wait for."""
        runs: list[Run] = []
        for entry in entries:
            patience = entry.patience()
            with self._lock:
                run, is_new = entry.begin_locked(patience)
            if run is None:
                continue
            runs.append(run)
            if is_new:
                self._start(entry, run, in_loop=in_loop)
        return runs

    def _start(self, entry: Entry, run: Run, *, in_loop: bool) -> None:
        def found(value: Any, error: BaseException | None) -> None:
            result = entry.judged(run, value, error)
            with self._lock:
                entry.told_locked(run, result)

        try:
            run.start(entry.check, found, in_loop=in_loop)
        except Exception as error:  # no thread is free, or none can be made
            run.refuse(found, error)

    def _gathered(self, entries: list[Entry], probe: str | None) -> HealthReport:
        with self._lock:
            for entry in entries:
                entry.late_locked()
            results: list[CheckResult] = [entry.result for entry in entries if entry.result is not None]
            # A loop that was closed under a check has left it without a result: nothing is known to be well.
            missing = any(entry.result is None for entry in entries)
            level = Level.UNHEALTHY if missing else level_of(results)
            if probe == STARTUP and level is not Level.UNHEALTHY:
                self._started = True
        return HealthReport(name=self.name, level=level, checks=tuple(results))

    # Telling

    def asgi(self, *, details: bool = False) -> HealthApp:
        """An ASGI app with `/live`, `/ready` and `/startup`; see `HealthApp`."""
        from ._asgi import HealthApp

        return HealthApp(self, details=details)

    def wsgi(self, *, details: bool = False) -> HealthWSGI:
        """The same as a WSGI app; see `HealthWSGI`."""
        from ._wsgi import HealthWSGI

        return HealthWSGI(self, details=details)

    def entries(self) -> list[Entry]:
        return list(self._entries.values())

    def reset_after_fork(self) -> None:
        self._lock = allocate_lock()
        for entry in self._entries.values():
            entry.forget()

    def __repr__(self) -> str:
        return f"<HealthRegistry {self.name!r} of {len(self._entries)} checks>"


def _some_probes(probes: Iterable[str]) -> tuple[str, ...]:
    if isinstance(probes, str):
        _options.refuse("probes", probes, f"several of {PROBES}, e.g. probes=('ready',)", kind=TypeError)
    return tuple(dict.fromkeys(_options.choice("probes", probe, PROBES) for probe in probes))
