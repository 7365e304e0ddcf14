"""A look over everything that may surprise: names, values, packages, other retries."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import combinations

from .._masking import printable
from ._finding import Finding, Gravity
from ._layer import service_variable, slip
from ._lazy import Sections
from ._packages import PACKAGES, RETRYING, installed
from ._process import settings as process_settings
from ._refusal import SettingsError
from ._settings import Settings
from ._variable import BARE_NAMES, CONTROLS, PREFIX, SERVICE_PREFIX, VARIABLES, is_injected, nearest

_NEARLY = 0.85
_GRAVITIES = list(Gravity)


def doctor(settings: Settings | None = None, *, environment: Mapping[str, str] | None = None) -> tuple[Finding, ...]:
    """Everything that may surprise, the worst first. Reads only; never raises for what it finds.

    Args:
        settings: those to look at; without it, the process's own.
        environment: the variables to look at; without it, the process's own.

    >>> names = {"RETRY_MAX_ATEMPTS": "5"}
    >>> [print(found.message) for found in doctor(Settings(environment=names), environment=names)][:0]
    nearly RETRY_MAX_ATTEMPTS, which is ours; this one is not read
    ...
    []
    """
    names = os.environ if environment is None else environment
    found = [*_settings_findings(settings), *_name_findings(names), *_sdk_findings(), *_package_findings()]
    return tuple(sorted(found, key=lambda finding: _GRAVITIES.index(finding.gravity)))


def _settings_findings(settings: Settings | None) -> Iterator[Finding]:
    try:
        settings = settings or process_settings()
        settings.check()
    except SettingsError as error:
        yield from (Finding(Gravity.PROBLEM, "settings", line) for line in error.problems)
        return
    yield from _contradictions(settings, "settings")
    for name in settings.services:
        yield from _contradictions(settings.of_service(name), printable(name))
    for one, other in combinations(settings.services, 2):
        if nearest(one.upper(), [other.upper()], _NEARLY):
            yield Finding(Gravity.WARNING, printable(one), f"nearly {printable(other)}: are both services meant?")


def _contradictions(sections: Sections, subject: str) -> Iterator[Finding]:
    retry, timeout = sections.retry, sections.timeout
    if retry.initial_delay_ms > retry.max_delay_ms:
        message = f"RETRY_INITIAL_DELAY_MS={retry.initial_delay_ms} is above RETRY_MAX_DELAY_MS={retry.max_delay_ms}"
        yield Finding(Gravity.WARNING, subject, f"{message}: every wait is the latter")
    if 0 < timeout.total < timeout.http_request:
        message = f"TIMEOUT_HTTP_REQUEST={timeout.http_request} is above TIMEOUT_TOTAL={timeout.total}"
        yield Finding(Gravity.WARNING, subject, f"{message}: the total always ends first, and hangs count as cancelled")
    elif 0 < timeout.total < timeout.http_request * retry.max_attempts:
        message = f"{retry.max_attempts} attempts of {timeout.http_request} ms do not fit TIMEOUT_TOTAL={timeout.total}"
        yield Finding(Gravity.NOTE, subject, f"{message}: the last ones may not be made")


def _name_findings(names: Mapping[str, str]) -> Iterator[Finding]:
    bare_count = names.get(BARE_NAMES, "").lower() not in {"false", "0", "no", "off"}
    for name in names:
        if name.startswith(PREFIX):
            if not (_is_ours(name) or name.startswith(SERVICE_PREFIX) or is_injected(name) or slip(name)):
                yield Finding(Gravity.NOTE, printable(name), "no setting of this library, and not read")
        elif name in VARIABLES:
            message = "read as ours" if bare_count else f"not read: {BARE_NAMES} turns names without {PREFIX} off"
            yield Finding(Gravity.NOTE, name, message)
        elif name.upper().startswith(PREFIX):
            if _is_ours(name.upper()) or service_variable(name.upper())[1]:
                message = f"nearly {name.upper()}, which is ours; this one is not read: capitals count"
                yield Finding(Gravity.WARNING, printable(name), message)
        elif bare_count and not is_injected(name):
            near = nearest(name.upper(), list(VARIABLES), _NEARLY)
            if near is not None:
                message = f"nearly {near}, which is ours; this one is not read"
                yield Finding(Gravity.WARNING, printable(name), message)


def _is_ours(name: str) -> bool:
    return name in CONTROLS or name.removeprefix(PREFIX) in VARIABLES


def _sdk_findings() -> Iterator[Finding]:
    for name, (times, remedy) in RETRYING.items():
        release = installed(name)
        if release is not None:
            message = f"{release} retries {times} times by itself; where its client is guarded too, write {remedy}"
            yield Finding(Gravity.WARNING, name, message)


def _package_findings() -> Iterator[Finding]:
    for name, extra in PACKAGES.items():
        release = installed(name)
        if release is not None:
            yield Finding(Gravity.NOTE, name, release)
        elif extra:
            yield Finding(Gravity.NOTE, name, f'not installed; pip install "resilience-stack[{extra}]"')
        else:
            message = "not installed, though the core needs it; install resilience-stack again"
            yield Finding(Gravity.PROBLEM, name, message)
