"""Run health checks once. Exit code 1 when something critical is unhealthy.

A target is a registry (MODULE:NAME, or a module for all that it holds), a URL, or tcp://HOST:PORT; without one, the
processors, memory and disk of this machine are looked at, by the thresholds of the settings.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from urllib.parse import urlsplit

from .. import health
from ..health import CheckResult, HealthRegistry, HealthReport, Level
from ..health._endpoint import document
from ._mistake import Mistake
from ._module import held
from ._table import print_table

_PORTS = "say a host and a port, e.g. tcp://localhost:5432"


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("target", nargs="*", metavar="TARGET", help="MODULE[:NAME], a URL, or tcp://HOST:PORT")
    parser.add_argument("--json", action="store_true", help="print health+json, one object for each registry")


def run_health(arguments: Namespace) -> int:
    """Print what the checks found; 1 when something critical is unhealthy."""
    registries = _registries(arguments.target)
    reports = [registry.report() for registry in registries]
    if arguments.json:
        told = [
            document(one, registry.version, details=True) for one, registry in zip(reports, registries, strict=True)
        ]
        print(json.dumps({"registries": told}, indent=2))
    else:
        print_table(("check", "level", "critical", "took", "why"), [row for one in reports for row in _rows(one)])
    return int(any(report.level is Level.UNHEALTHY for report in reports))


def _rows(report: HealthReport) -> list[tuple[str, ...]]:
    return [
        (
            f"{report.name}: {check.name}",
            str(check.level),
            "yes" if check.critical else "no",
            f"{check.seconds * 1000:.0f} ms",
            check.detail or check.error or _measured(check),
        )
        for check in report.checks
    ]


def _measured(check: CheckResult) -> str:
    return "" if check.value is None else f"{check.value:.3g} {check.unit or ''}".rstrip()


def _registries(targets: list[str]) -> list[HealthRegistry]:
    if not targets:
        return [_machine()]
    found: list[HealthRegistry] = []
    addresses = HealthRegistry("command line")
    for target in targets:
        if "://" in target:
            _add_address(addresses, target)
        else:
            found += [registry for registry in _held(target) if registry not in found]
    return [*found, addresses] if addresses.entries() else found


def _machine() -> HealthRegistry:
    registry = HealthRegistry("machine")
    try:
        for name, check in (("cpu", health.cpu()), ("memory", health.memory()), ("disk", health.disk())):
            registry.add(name, check)
    except ImportError as error:
        raise Mistake(str(error)) from error
    return registry


def _add_address(registry: HealthRegistry, target: str) -> None:
    try:
        parts = urlsplit(target)
        name = f"{parts.scheme}://{parts.hostname or ''}{'' if parts.port is None else f':{parts.port}'}{parts.path}"
        if parts.scheme == "tcp":
            registry.add(name, health.tcp(parts.hostname or "", parts.port or 0))
        else:
            registry.add(name, health.http(target))
    except (ValueError, TypeError) as error:
        # The target itself is not quoted: there may be a password in it.
        raise Mistake(_PORTS if target.startswith("tcp:") else str(error)) from error


def _held(target: str) -> list[HealthRegistry]:
    return held(target, HealthRegistry, called="health registry", otherwise="a URL, or tcp://HOST:PORT")
