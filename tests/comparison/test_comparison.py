"""Every cell of the README's comparison: what stands there is what the library does when it is asked."""

from pathlib import Path

import pytest
from tests.comparison.table import SUBJECTS, answer

README = (Path(__file__).parent.parent.parent / "README.md").read_text("utf-8")
CELLS = [
    pytest.param(subject, probe, name, id=f"{name}-{probe.__name__}")
    for subject in SUBJECTS
    for probe in subject.ROWS
    for name in subject.LIBRARIES
]


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def told(subject, probe, name):
    """What the README says in this cell."""
    lines = README.splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith(f"| {subject.TITLE} |"))
    row = next(line for line in lines[head:] if line.startswith(f"| {probe.__name__.replace('_', ' ')} |"))
    return cells(row)[cells(lines[head]).index(name)]


@pytest.fixture(autouse=True)
def quiet_stamina():
    """It would print each retry."""
    from stamina.instrumentation import set_on_retry_hooks

    set_on_retry_hooks([])
    yield
    set_on_retry_hooks(None)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("subject", "probe", "name"), CELLS)
def test_a_cell_is_so(subject, probe, name):
    """Asked up to three times, for some probes are about time, and the machine may be busy."""
    said = told(subject, probe, name)
    note = subject.NOTES.get((probe.__name__, name))
    if note is not None:
        assert said == note
        return
    expected = {"yes": True, "no": False}[said]
    assert any(answer(probe, subject.LIBRARIES[name]) is expected for _ in range(3))
