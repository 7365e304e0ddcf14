"""Puts every name of the public API into docs/api.md, for the site to draw; without arguments, says when it is behind.

A class is told once, where users import it first, with what it adds to `resilience.extending.Policy`: what all policies
have stands there. Another name for it, as `retry` is one for `Retry`, is told in a line; so is what docs/events.md has.
"""

import enum
import importlib
import inspect

from scripts import event_tables
from scripts.api import MODULES, REPOSITORY, fields_of, is_offered, made_in, names_of
from scripts.marked import command, replaced

from resilience._record import Record

PAGE = REPOSITORY / "docs" / "api.md"


def renewed(page):
    """The page as it should be."""
    told = {kind: f"events.md#{kind.__name__.lower()}" for kind in event_tables.all_told()}
    return replaced(page.read_text("utf-8"), "names", "\n\n".join(section(name, told) for name in MODULES))


def section(module_name, told):
    """A heading for one module, and below it what it offers; `told` holds where the classes stand already."""
    module = importlib.import_module(module_name)
    parts, others = [f"## `{module_name}`"], []
    for name in names_of(module):
        value = getattr(module, name)
        place = f"{module_name}.{name}"
        if inspect.ismodule(value):
            others.append(f"- `{name}`: the module [`{value.__name__}`](#{value.__name__.replace('.', '')})")
        elif inspect.isclass(value) and (value in told or value.__name__ != name):
            others.append(f"- `{name}`: {link(told.get(value, f'{module_name}.{value.__name__}'))}")
        else:
            if inspect.isclass(value):
                told[value] = place
            parts.append(directive(place, value))
    return "\n\n".join([parts[0], *(["\n".join(others)] if others else []), *parts[1:]])


def link(target):
    """To another page, or to a name of this one."""
    return f"[events and snapshots]({target})" if ".md#" in target else f"[`{target}`][{target}]"


def directive(place, value):
    """What mkdocstrings makes an entry of."""
    if not inspect.isclass(value):
        return f"::: {place}"
    members = "".join(f"\n        - {name}" for name in members_of(value))
    takes_fields = "\n      merge_init_into_class: false" if issubclass(value, Record) else ""
    return f"::: {place}\n    options:{takes_fields}\n      members:{members or ' []'}"


def members_of(kind):
    """The public members of a class, sorted, but for those that every policy has."""
    if issubclass(kind, enum.Enum):
        return [member.name for member in kind]
    ours = [base for base in kind.__mro__ if made_in(base, "resilience")]
    offered = {field.partition(":")[0] for base in ours for field in fields_of(base)}
    offered |= {name for base in ours for name, member in vars(base).items() if is_offered(name, member)}
    common = {name for base in ours if base.__name__ == "Policy" and base is not kind for name in members_of(base)}
    return sorted(offered - (common - {"snapshot"}))  # whose record is another one for each


if __name__ == "__main__":
    command("scripts.api_page", [PAGE], renewed)
