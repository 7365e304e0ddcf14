"""Look at chains of policies for what is likely not meant: their order, their times, their numbers."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from .._lint import LintFinding, lint
from .._policy import Policy
from .._worst import worst_of
from ..policies._cached import CachedMethod
from ._mistake import Mistake
from ._module import module_named
from ._table import print_table

Parts = tuple[Policy[Any], ...]


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument(
        "target",
        nargs="+",
        metavar="MODULE[:NAME]",
        help="a pipeline, a policy, a guarded function or a class, or a module for all that it and its classes hold",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run_lint(arguments: Namespace) -> int:
    """Print the findings; 1 if there are any."""
    chains = {label: parts for target in arguments.target for label, parts in _chains(target).items()}
    found = [(label, one) for label, parts in chains.items() for one in lint(parts)]
    if arguments.json:
        print(json.dumps({"chains": [_chain(label, parts) for label, parts in chains.items()]}, indent=2))
    elif found:
        print_table(("where", "rule", "finding", "fix"), [(at, one.rule, one.message, one.fix) for at, one in found])
    else:
        print(f"{len(chains)} chains, nothing to say" if len(chains) != 1 else "1 chain, nothing to say")
    return int(bool(found))


def _chain(label: str, parts: Parts) -> dict[str, Any]:
    worst = worst_of(parts).as_dict()
    bounds = {name: None if value == float("inf") else value for name, value in worst.items()}
    return {
        "where": label,
        "policies": [part.describe() for part in parts],
        "worst_case": bounds,
        "findings": [_plain(one) for one in lint(parts)],
    }


def _plain(one: LintFinding) -> dict[str, Any]:
    return {**one.as_dict(), "policies": list(one.policies)}


def _chains(target: str) -> dict[str, Parts]:
    """The chains that a target names, by where they are."""
    module_name, colon, name = target.partition(":")
    module = module_named(module_name)
    if not colon:
        chains = dict(_held(module, f"{module_name}:"))
        if not chains:
            raise Mistake(f"{module_name} holds no policy and no guarded function; name another module, or MODULE:NAME")
        return chains
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    parts = _parts(found)
    chains = {target: parts} if parts else dict(_held(found, f"{target}.")) if isinstance(found, type) else {}
    if not chains:
        holds = ", ".join(label for label, _ in _held(module, ""))
        raise Mistake(f"{target}: no policy or guarded function of that name; {module_name} holds {holds or 'none'}")
    return chains


def _held(holder: Any, prefix: str) -> Iterator[tuple[str, Parts]]:
    """What a module or a class holds, the classes that are written in it included."""
    for key, value in vars(holder).items():
        if key.startswith("__"):
            continue
        inner = value.__func__ if isinstance(value, (staticmethod, classmethod, CachedMethod)) else value
        parts = _parts(inner)
        if parts:
            yield f"{prefix}{key}", parts
        elif isinstance(inner, type) and _is_written_in(holder, key, inner):
            yield from _held(inner, f"{prefix}{key}.")


def _is_written_in(holder: Any, key: str, inner: type) -> bool:
    """Not merely named there: an import or an alias is looked at where it stands."""
    if isinstance(holder, type):
        return inner.__qualname__ == f"{holder.__qualname__}.{key}"
    return inner.__qualname__ == key and inner.__module__ == holder.__name__


def _parts(value: Any) -> Parts:
    """The policies around a value, outermost first: its own, or those of a function and of what it wraps."""
    if isinstance(value, Policy):
        return value.parts()
    parts: Parts = ()
    seen: set[int] = set()
    while value is not None and id(value) not in seen:
        seen.add(id(value))
        policy = vars(value).get("policy") if hasattr(value, "__dict__") and not isinstance(value, ModuleType) else None
        parts += policy.parts() if isinstance(policy, Policy) else ()
        value = getattr(value, "__wrapped__", None) if hasattr(value, "__dict__") else None
    return parts
