"""The settings that the whole process uses: read once, on first use, and replaced as a whole by `reload`.

Rules: `_state.settings` is one reference, replaced under `_state.lock` and read without it. Subscribers are told
outside the lock, one after the other; one that raises is logged and harms nobody.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import RLock
from typing import Any

from .._listeners import Subscription
from .._names import reset_in_child
from .._options import logic
from ._change import Change, differences
from ._file import FilePath
from ._logger import apply_level
from ._settings import Settings
from ._source import Kind
from ._variable import DOTTED, variable_named

Subscriber = Callable[[tuple[Change, ...]], object]
_MISSING = object()


def _no_changes(_: Settings) -> list[Callable[[], None]]:
    return []


class _State:
    __slots__ = ("arguments", "lock", "plan", "settings", "subscribers")

    def __init__(self) -> None:
        self.arguments: dict[str, Any] = {}
        self.settings: Settings | None = None
        self.subscribers: tuple[Subscriber, ...] = ()
        self.plan: Callable[[Settings], list[Callable[[], None]]] = _no_changes
        self.lock = RLock()


_state = _State()


@reset_in_child
def _new_lock() -> None:
    _state.lock = RLock()


def settings() -> Settings:
    """The settings of this process. Read on the first call; then the same object until `configure` or `reload`.

    Raises:
        SettingsError: a named file cannot be read.
    """
    return _state.settings or _first()


def _first() -> Settings:
    with _state.lock:
        if _state.settings is None:
            made = Settings(**_state.arguments)
            apply_level(made)
            _state.settings = made
        return _state.settings


def configure(*, file: FilePath | None = None, env_file: FilePath | None = None, **sections: Any) -> tuple[Change, ...]:
    """Say in code where this process's settings come from, and what they are; the arguments are those of `Settings`.

    Each call replaces what the call before said, and reads everything anew, as `reload` does.

    Raises:
        SettingsError: something cannot stand; all stays as it was.

    >>> from resilience.config import configure, get_config
    >>> _ = configure(timeout={"http_request": 2000})
    >>> get_config("timeout.http_request")
    2000
    >>> _ = configure()
    """
    return _replace({"file": file, "env_file": env_file, **sections})


def reload() -> tuple[Change, ...]:
    """Read environment and files again, and tell every subscriber what changed.

    Everything is read and judged first; if anything cannot stand, the settings stay as they were.

    Returns:
        What changed, empty if nothing did.

    Raises:
        SettingsError: something cannot stand.
    """
    return _replace(None)


def _replace(arguments: dict[str, Any] | None) -> tuple[Change, ...]:
    with _state.lock:
        wanted = _state.arguments if arguments is None else arguments
        new = Settings(**wanted)
        old = _state.settings
        if old is not None:
            new.inherit_names(old)
        new.check()
        planned = _state.plan(new)
        changes = differences(old, new) if old is not None else ()
        _state.arguments, _state.settings = wanted, new
        apply_level(new)
        for change in planned:
            change()
    for subscriber in _state.subscribers if changes else ():
        _tell(subscriber, changes)
    return changes


def _tell(subscriber: Subscriber, changes: tuple[Change, ...]) -> None:
    try:
        subscriber(changes)
    except Exception:
        logging.getLogger("resilience.config").exception("a subscriber to the settings failed")


def wire(plan: Callable[[Settings], list[Callable[[], None]]]) -> None:
    """Let live instances take part in a reload: `plan` refuses the new settings, or gives the changes that they mean."""
    _state.plan = plan


@contextmanager
def still() -> Generator[Settings, None, None]:
    """The settings, with no reload until the block ends."""
    with _state.lock:
        yield settings()


def subscribe(subscriber: Subscriber) -> Subscription:
    """Hear what `reload` and `configure` change: the subscriber gets a tuple of `Change`, and none when none is due.

    It runs in the thread that reloads, after the new settings stand. What it raises is logged and changes nothing.

    >>> heard = []
    >>> with subscribe(heard.append):
    ...     changes = reload()
    """
    logic("subscriber", subscriber, optional=False)

    def entry(changes: tuple[Change, ...]) -> None:  # of its own identity: the same subscriber may come twice
        subscriber(changes)

    with _state.lock:
        _state.subscribers = (*_state.subscribers, entry)

    def end() -> None:
        with _state.lock:
            _state.subscribers = tuple(other for other in _state.subscribers if other is not entry)

    return Subscription(end)


def get_config(name: str, default: Any = _MISSING, *, service: str | None = None) -> Any:
    """One setting of this process by its dotted name.

    Args:
        name: as in Python and in files, `timeout.http_request`; `log.level` is `logging.level`.
        default: stands in for the built-in default only: environment, files and code win over it.
        service: the service to ask for; what nothing names for it comes from what holds for all.

    Raises:
        KeyError: there is no such setting; the message has the nearest.
        SettingsError: a value of its section cannot stand.

    >>> get_config("retry.max_attempts"), get_config("timeout.http_request", 5000)
    (3, 5000)
    """
    if not isinstance(name, str):
        raise TypeError(
            f"name={name!r}: must be the dotted name of a setting, e.g. 'retry.max_attempts' (docs/configuration.md)"
        )
    variable = variable_named(name, DOTTED)
    sections = settings() if service is None else settings().service(service)
    value = getattr(sections.use(variable.section), variable.field)
    if default is not _MISSING and sections.source(variable.dotted).kind is Kind.DEFAULT:
        return default
    return value
