"""The table of the README, made by asking every library: `python -m tests.comparison.table`."""

import sys
import warnings

from tests.comparison import breakers, caches, limiters, retries

SUBJECTS = (retries, breakers, caches, limiters)


def answer(probe, library):
    """Does this library do it? What it cannot even be asked it does not do."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return bool(probe(library))
        except Exception:
            return False


def table(subject):
    """One table, as lines of Markdown."""
    names = list(subject.LIBRARIES)
    yield f"| {subject.TITLE} | {' | '.join(names)} |"
    yield f"| --- |{' :-: |' * len(names)}"
    for probe in subject.ROWS:
        cells = []
        for name, library in subject.LIBRARIES.items():
            note, _ = subject.NOTES.get((probe.__name__, name), (None, None))
            cells.append(note or ("yes" if answer(probe, library) else "no"))
        yield f"| {probe.__name__.replace('_', ' ')} | {' | '.join(cells)} |"


def tables():
    """All of them."""
    return "\n\n".join("\n".join(table(subject)) for subject in SUBJECTS)


if __name__ == "__main__":
    sys.stdout.write(tables() + "\n")
