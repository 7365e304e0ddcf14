"""Scenarios in TOML: who calls what, and with which policies."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

import resilience
from resilience._pages import linked
from resilience._pipeline import Pipeline
from resilience._policy import Policy
from resilience.simulate._dependency import Dependency, Outage
from resilience.simulate._latency import LogNormal
from resilience.simulate._scenario import Scenario

Make = Callable[[], Policy[Any] | None]


class ScenarioError(ValueError):
    """A scenario file says something that cannot stand; the message names the place, and what is allowed."""

    def __str__(self) -> str:
        return linked(super().__str__(), "simulate")


ScenarioError.__module__ = "resilience.simulate"  # a traceback then shows the name that a program imports


def read_scenario(path: str | Path, *, seed: int | None = None) -> tuple[Make, Scenario]:
    """The policies and the scenario of a file.

    `policy = "module:function"` names a function that makes the policies of one client; `[[policies]]` lists them in place,
    outermost first, each a table with `kind` (a class of `resilience`) and its options; without either there are none.

    Raises:
        ScenarioError: the file cannot be read, or says something that cannot stand.
    """
    try:
        document = tomllib.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:  # TOML, or UTF-8
        raise ScenarioError(f"{path}: is no TOML: {error}") from error
    make = _policies(document.pop("policy", None), document.pop("policies", None), str(path))
    told = document.pop("dependency", {})
    if seed is not None:
        document["seed"] = seed
    return make, _made(Scenario, {"dependency": _dependency(told, str(path)), **document}, str(path))


def _dependency(told: Any, place: str) -> Dependency:
    if not isinstance(told, dict):
        raise ScenarioError(f"{place}: [dependency] must be a table, e.g. capacity = 300")
    options = dict(told)
    latency = options.get("latency")
    if isinstance(latency, dict):
        options["latency"] = _made(LogNormal, latency, f"{place}: dependency.latency")
    outages = options.pop("outages", [])
    if not isinstance(outages, list):
        raise ScenarioError(f"{place}: [[dependency.outages]] must be a list of tables")
    made = [_made(Outage, each, f"{place}: outage {number}") for number, each in enumerate(outages, 1)]
    dependency: Dependency = _made(Dependency, {**options, "outages": made}, f"{place}: dependency")
    return dependency


def _policies(named: Any, listed: Any, place: str) -> Make:
    if named is not None and listed is not None:
        raise ScenarioError(f"{place}: give policy or [[policies]], not both")
    if named is not None:
        return _function(named, place)
    if listed is None:
        return lambda: None
    if not isinstance(listed, list) or not listed:
        raise ScenarioError(f"{place}: [[policies]] must be a list of tables with a kind")

    def make() -> Policy[Any]:
        return Pipeline(*(_part(each, f"{place}: policy {number}") for number, each in enumerate(listed, 1)))

    make()  # a mistake shows before the simulation begins
    return make


def _part(told: Any, place: str) -> Any:
    """An object of `resilience` from a table with `kind`."""
    if not isinstance(told, dict) or "kind" not in told:
        raise ScenarioError(f'{place}: must be a table with a kind, e.g. kind = "Retry"')
    kind = told["kind"]
    made = getattr(resilience, kind, None) if isinstance(kind, str) and kind in resilience.__all__ else None
    if not isinstance(made, type) or issubclass(made, BaseException):
        nearest = get_close_matches(str(kind), resilience.__all__, 1)
        raise ScenarioError(f"{place}: no kind {kind!r}" + (f"; is it {nearest[0]!r}?" if nearest else ""))
    options = {
        name: _part(value, f"{place}.{name}") if isinstance(value, dict) else value
        for name, value in told.items()
        if name != "kind"
    }
    return _made(made, options, place)


def _function(named: Any, place: str) -> Make:
    if not isinstance(named, str) or ":" not in named:
        raise ScenarioError(f'{place}: policy={named!r} must name a function, e.g. "shop.policies:make"')
    module, _, name = named.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found = getattr(import_module(module), name)
    except Exception as error:
        raise ScenarioError(f"{place}: policy={named!r}: {type(error).__name__}: {error}") from error
    if not callable(found) or isinstance(found, Policy):
        raise ScenarioError(f"{place}: policy={named!r} must be a function that makes a policy; it is {found!r}")
    make: Any = found
    return make  # type: ignore[no-any-return] # what it gives is judged when it is called


def _made(kind: Any, options: Any, place: str) -> Any:
    if not isinstance(options, dict):
        raise ScenarioError(f"{place}: must be a table")
    known = signature(kind).parameters
    for name in options:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
            raise ScenarioError(f"{place}: no option {name!r}; {hint}")
    try:
        return kind(**options)
    except (TypeError, ValueError) as error:
        raise ScenarioError(f"{place}: {error}") from error
