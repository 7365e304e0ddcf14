"""Compare what survived the last run of `make mutants` with `tests/survivors.md`, where each has its reason.

    python scripts/survivors.py     the figure, survivors that the list lacks, and entries that are killed by now

An entry is the function, what stands there, and what the mutant made of it: numbers of mutants change with the source.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import walk_mutatable_files

LIST = Path("tests/survivors.md")
KILLED = ("killed", "timeout", "segfault", "caught by type check")
UNKNOWN = ("not checked", "skipped", "check was interrupted by user")


def verdicts() -> dict[str, tuple[str, Path]]:
    """Every mutant with what became of it, and the file it is in."""
    found = {}
    for path in walk_mutatable_files():
        data = SourceFileMutationData(path=path)
        data.load()
        for name, code in data.exit_code_by_key.items():
            found[name] = status_by_exit_code[code], path
    return found


def entry(name: str, path: Path) -> str:
    """One mutant as a line of the list."""
    function = name.removeprefix("resilience.").rpartition("__mutmut_")[0]
    function = re.sub(r"\.x_?ǁ?", ".", function).replace("ǁ", ".")
    lines = get_diff_for_mutant(name, path=path).splitlines()[3:]
    old = " ".join(line[1:].strip() for line in lines if line.startswith("-"))
    new = " ".join(line[1:].strip() for line in lines if line.startswith("+"))
    return f"- `{function}`: `{old}` -> `{new}`"


def main() -> int:
    """Print the comparison; 1 if a survivor has no reason."""
    found = verdicts()
    counts = Counter(status for status, _ in found.values())
    asked = {name: pair for name, pair in found.items() if pair[0] not in UNKNOWN}
    killed = sum(counts[status] for status in KILLED)
    print(f"{killed} of {len(asked)} mutants killed: {100 * killed / max(1, len(asked)):.1f} %; {dict(counts)}")
    lived = {entry(name, path) for name, (status, path) in asked.items() if status not in KILLED}
    known = (
        {line.strip() for line in LIST.read_text().splitlines() if line.startswith("- `")} if LIST.exists() else set()
    )
    missing = sorted(lived - known)
    print(f"{len(missing)} survivors without a reason in {LIST}")
    for line in missing:
        print(line)
    if len(asked) == len(found):
        for line in sorted(known - lived):
            print(f"killed by now, or gone: {line}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
