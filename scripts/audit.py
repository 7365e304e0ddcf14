"""Looks up known vulnerabilities of what `resilience-stack[all]` brings, in the versions that are installed here.

A finding fails. When the service cannot be asked, that is said loudly, and fails with `--strict` only: a change must be
checkable without the internet, and CI has it.
"""

import json
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

OWN = "resilience-stack"
_PATIENCE = 20.0
_PATIENCE_IF_STRICT = 300.0


def brought(name, extras=()):
    """Everything that a distribution needs, with these extras: name -> the version that is installed."""
    found = {}
    left = [(canonicalize_name(name), extra) for extra in ("", *extras)]
    seen = set()
    while left:
        one, extra = left.pop()
        if (one, extra) in seen:
            continue
        seen.add((one, extra))
        try:
            here = distribution(one)
        except PackageNotFoundError:  # of an extra that is not installed
            continue
        found[one] = here.version
        for line in here.requires or ():
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                left += [(canonicalize_name(needed.name), its) for its in ("", *needed.extras)]
    found.pop(canonicalize_name(name), None)
    return found


def asked(packages, patience):
    """What pip-audit answers, as its JSON, or the reason why it has no answer."""
    with tempfile.TemporaryDirectory() as folder:
        pinned = Path(folder) / "pinned.txt"
        pinned.write_text("".join(f"{name}=={version}\n" for name, version in sorted(packages.items())), "utf-8")
        command = [sys.executable, "-m", "pip_audit", "--requirement", pinned, "--no-deps", "--disable-pip"]
        command += ["--format", "json", "--progress-spinner", "off", "--timeout", "5"]
        try:
            done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=patience)
        except subprocess.TimeoutExpired:
            return f"no answer within {patience:g} s"
    try:
        return json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return (done.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1]


def verdict(answer, *, strict):
    """The exit code, and what to say.

    A mirror of the index answers without knowing any package's vulnerabilities: then nothing was looked up either.
    """
    if isinstance(answer, str):
        return int(strict), [f"WARNING: NOT AUDITED for known vulnerabilities: {answer}"]
    unknown = [one["name"] for one in answer if "skip_reason" in one]
    if len(unknown) == len(answer):
        return int(strict), [
            "WARNING: NOT AUDITED for known vulnerabilities: the service that answers knows no package"
        ]
    found = [
        f"{one['name']} {one['version']}: {flaw['id']}, fixed in {', '.join(flaw['fix_versions']) or 'no version yet'}"
        for one in answer
        for flaw in one.get("vulns", ())
    ]
    missed = [f"WARNING: not audited: {', '.join(unknown)}"] if unknown else []
    if found:
        return 1, [*missed, *found]
    return int(strict and bool(unknown)), [
        *missed,
        f"{len(answer) - len(unknown)} packages without known vulnerabilities",
    ]


def main(words):
    """Ask, and say."""
    strict = "--strict" in words
    if find_spec("pip_audit") is None:
        print("pip-audit is not installed: python -m pip install --group lint", file=sys.stderr)
        return 1
    answer = asked(brought(OWN, ["all"]), _PATIENCE_IF_STRICT if strict else _PATIENCE)
    code, lines = verdict(answer, strict=strict)
    for line in lines:
        print(line, file=sys.stderr if code or line.startswith("WARNING") else sys.stdout)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
