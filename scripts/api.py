"""Prints the public API as text: names, signatures, defaults. `--write` puts it into api.txt.

The text is the same on every Python that we support: annotations stand as they are written in the source, and only
what our own classes define is shown.
"""

import argparse
import enum
import importlib
import inspect
import re
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
FILE = REPOSITORY / "api.txt"
MODULES = (
    "resilience",
    "resilience.errors",
    "resilience.events",
    "resilience.extending",
    "resilience.testing",
    "resilience.http",
    "resilience.http.httpx2",
    "resilience.config",
    "resilience.miniapp",
    "resilience.simulate",
    "resilience.health",
    "resilience.integrations.asgi",
    "resilience.integrations.deadlines",
    "resilience.alerts",
    "resilience.telemetry",
    "resilience.telemetry.otel",
    "resilience.telemetry.prometheus",
    "resilience.telemetry.system",
    "resilience.dashboard",
    "resilience.dashboard.terminal",
)
HEAD = "# The public API, made by `python scripts/api.py --write`; a change here is a change for users.\n"
# How gates, drivers and the rest of the house speak with each other: public to our own modules, no promise to users;
# and what each record (`as_dict`, `replace`) and each pydantic model has.
INNER = """
abandoned admit adopt aged as_dict began begin bind blamed chain check_generator checked_burst circuit circuits copied
copies counted dress drive entries entry exchange expired failed fold forget forgotten forsaken fresh_entry give
guarded_stream heard hit inherit_names join judge keyer_of kit late lease_for link may_stand_in missed model_config
model_post_init of_service open_seconds pace plan_for redeemed released replace reset_after_fork
settings_customise_sources store succeeded tell use verbs withdraw
"""
ENGINE = frozenset(INNER.split())
# What a policy of the user's own defines, and so knows by name; and what every record has.
OFFERED = {"Policy": ("admit", "failed", "succeeded"), "Record": ("as_dict", "replace")}
DUNDERS = ("__aenter__", "__aiter__", "__call__", "__contains__", "__enter__", "__getitem__", "__iter__", "__len__")


def api():
    """The whole text."""
    return HEAD + "".join(f"\n## {name}\n\n{module_text(importlib.import_module(name))}" for name in MODULES)


def module_text(module):
    """Every public name of one module, with what it offers."""
    return "".join(entry(name, getattr(module, name)) for name in names_of(module))


def names_of(module):
    """Every public name of one module, sorted."""
    names = getattr(module, "__all__", None) or [
        name for name, value in vars(module).items() if is_public(name) and made_in(value, module.__name__)
    ]
    return sorted(names)


def entry(name, value):
    """One name, with what it offers."""
    if inspect.ismodule(value):
        return f"{name}: module {value.__name__}\n"
    if not inspect.isclass(value):
        return f"{name}{signature_of(value)}\n" if callable(value) else f"{name}: {type(value).__name__}\n"
    if value.__name__ != name:
        return f"{name} = {value.__name__}\n"
    bases = ", ".join(base.__name__ for base in value.__bases__ if is_public(base.__name__) and base is not object)
    return "".join(line.rstrip() + "\n" for line in [f"class {name}({bases})", *(f"    {row}" for row in rows(value))])


def rows(kind):
    """The constructor, the fields and the members of a class, sorted within each."""
    if issubclass(kind, enum.Enum):
        return [f"{member.name} = {member.value!r}" for member in kind]
    ours = [base for base in kind.__mro__ if made_in(base, "resilience")]
    found = {name: member for base in reversed(ours) for name, member in vars(base).items()}
    fields = [field for base in reversed(ours) for field in fields_of(base)]
    made = found.get("__init__")
    is_record = any(base.__name__ in {"Record", "BaseModel"} for base in kind.__mro__)
    lines = [] if is_record or made is None else [f"__init__{signature_of(made)}"]
    shown = {field.partition(":")[0] for field in fields}
    members = [name for name, member in found.items() if is_offered(name, member) and name not in shown]
    members += OFFERED.get(kind.__name__, ())
    return [*lines, *fields, *(member_text(name, found[name]) for name in sorted(members))]


def is_offered(name, member):
    """Is this member for users? Slots without a declared type, and what only the engine calls, are not."""
    inner = name in ENGINE or name.endswith("_locked") or inspect.ismemberdescriptor(member)
    return not inner and (is_public(name) or name in DUNDERS)


def fields_of(base):
    """The public annotated fields of one class, in its order, with defaults."""
    is_told = any(one.__name__ == "Record" for one in base.__mro__)  # whose fields are there to be read
    for name, kind in inspect.get_annotations(base).items():
        if not is_public(name) or (name in ENGINE and not is_told) or "ClassVar" in str(kind):
            continue
        models = base.__dict__.get("__pydantic_fields__", {})
        default = models[name].default if name in models else base.__dict__.get(name, inspect.Parameter.empty)
        is_given = not inspect.ismemberdescriptor(default) and "Undefined" not in repr(default)
        given = f" = {shown_value(default)}" if is_given and default is not inspect.Parameter.empty else ""
        yield f"{name}: {kind if isinstance(kind, str) else inspect.formatannotation(kind)}{given}"


def member_text(name, member):
    """A method with its signature, or a property, or a value with its type."""
    if isinstance(member, property):
        return f"{name}: property{returned(member.fget)}"
    if isinstance(member, (classmethod, staticmethod)):
        return f"{name}{signature_of(member.__func__)} [{type(member).__name__}]"
    if inspect.isfunction(member):
        return f"{'async ' if inspect.iscoroutinefunction(member) else ''}{name}{signature_of(member)}"
    return f"{name} = {shown_value(member)}"


def returned(function):
    """` -> type` of a property, where it is declared."""
    kind = getattr(function, "__annotations__", {}).get("return")
    return f" -> {kind}" if kind else ""


def signature_of(function):
    """A signature as it reads in the source."""
    try:
        sign = inspect.signature(function)
    except (TypeError, ValueError):
        return "(...)"
    named = [
        parameter.replace(default=Shown(parameter.default))
        if parameter.default is not inspect.Parameter.empty
        else parameter
        for parameter in sign.parameters.values()
    ]
    return re.sub(r"'([^']*)'", r"\1", str(sign.replace(parameters=named))).replace('"', "'")


class Shown:
    """A default, by a text that holds no address."""

    def __init__(self, value):
        self.value = value

    def __repr__(self):
        return shown_value(self.value).replace("'", '"')


def shown_value(value):
    """The `repr`; for functions, and for what shows its address, the name instead."""
    if inspect.isroutine(value) or inspect.isclass(value):
        return value.__qualname__
    text = repr(value)
    return f"<{type(value).__name__}>" if " at 0x" in text else text


def is_public(name):
    """Does this name have no underscore before it?"""
    return not name.startswith("_")


def made_in(value, package):
    """Was this class or function made in that package?"""
    home = str(getattr(value, "__module__", "")) + "."
    return home.startswith(package + ".") if package == "resilience" else home == package + "."


def main():
    """Prints the text, or writes the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write api.txt instead of printing")
    if parser.parse_args().write:
        FILE.write_text(api(), "utf-8")
    else:
        sys.stdout.write(api())


if __name__ == "__main__":
    main()
