"""The public API stands in api.txt: a change of a name, a signature or a default is seen before users see it."""

import difflib
import importlib
import importlib.util
import re
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent


def test_errors_are_called_what_programs_import():
    """A traceback shows an error's module: one that users cannot rely on would be copied into their `except`."""
    from scripts.api import MODULES

    modules = [importlib.import_module(name) for name in MODULES]
    public = [getattr(module, name) for module in modules for name in getattr(module, "__all__", vars(module))]
    errors = {one for one in public if isinstance(one, type) and issubclass(one, BaseException)}
    assert len(errors) >= 10
    assert [one for one in errors if "._" in one.__module__] == []


def test_the_public_api_is_what_api_txt_says():
    """What differs is shown; `python scripts/api.py --write` accepts it."""
    spec = importlib.util.spec_from_file_location("api", REPOSITORY / "scripts" / "api.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    written, now = script.FILE.read_text("utf-8").splitlines(), script.api().splitlines()
    changed = "\n".join(difflib.unified_diff(written, now, "api.txt", "the code", lineterm="", n=1))
    assert not changed, f"the public API changed; if users may see that: python scripts/api.py --write\n{changed}"


def test_the_sites_page_has_every_name():
    """Made from the same names as api.txt: python -m scripts.api_page --write."""
    from scripts import api_page
    from scripts.api import MODULES, names_of

    page = api_page.PAGE.read_text("utf-8")
    assert api_page.renewed(api_page.PAGE) == page
    shown = re.findall(r"^(?:::: [\w.]+\.|- `)(\w+)", page, re.MULTILINE)
    assert sorted(shown) == sorted(name for module in MODULES for name in names_of(importlib.import_module(module)))


def test_what_the_pages_tell_users_to_use_is_listed():
    """Fields of records, the verbs of a policy, and the few members whose names the engine uses as well."""
    listed = {}
    for line in (REPOSITORY / "api.txt").read_text("utf-8").splitlines():
        if line.startswith("class "):
            members = listed.setdefault(line.removeprefix("class ").partition("(")[0], set())
        elif line.startswith("    "):
            members.add(line.strip().removeprefix("async ").partition("(")[0].partition(":")[0])
    assert {"admit", "succeeded", "failed", "parts"} <= listed["Policy"]
    assert {"of", "state_of"} <= listed["CircuitBreaker"]
    assert "abandoned" in listed["CallTimedOut"]
    assert "parts" in listed["Health"]


def test_what_the_pages_import_is_listed():
    """Under the very module that they import it from; what has an underscore is for who reads on."""
    sections = re.split(r"^## ([\w.]+)$", (REPOSITORY / "api.txt").read_text("utf-8"), flags=re.MULTILINE)
    listed = dict(zip(sections[1::2], sections[2::2], strict=True))
    pages = [REPOSITORY / "README.md", *(REPOSITORY / "docs").rglob("*.md")]
    imports = [
        (module, name)
        for page in pages
        for module, names in re.findall(
            r"^ *from (resilience[\w.]*) import ([\w, ]+)", page.read_text("utf-8"), re.MULTILINE
        )
        for name in re.findall(r"(\w+)(?: as \w+)?", names)
    ]
    assert len(imports) > 50
    assert [
        f"from {module} import {name}"
        for module, name in imports
        if f"{module}.{name}" not in listed
        and not re.search(rf"^(class )?{name}\b", listed.get(module, ""), re.MULTILINE)
    ] == []
