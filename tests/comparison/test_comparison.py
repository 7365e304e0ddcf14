"""Every cell of the README's comparison: what stands there is what the library does when it is asked."""

import re
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
    note, holds = subject.NOTES.get((probe.__name__, name), (None, None))
    expected = False if said == note else {"yes": True, "no": False}[said]
    assert any(answer(probe, subject.LIBRARIES[name]) is expected for _ in range(3))
    if holds:  # "with this", where it does not without
        assert said == note
        assert any(holds() for _ in range(3))


def test_every_row_and_column_is_asked():
    """No table of the README has a row, or a library, that no probe stands behind."""
    for subject in SUBJECTS:
        lines = README.splitlines()
        head = next(number for number, line in enumerate(lines) if line.startswith(f"| {subject.TITLE} |"))
        assert cells(lines[head])[1:] == list(subject.LIBRARIES)
        rows = lines[head + 2 :]
        rows = rows[: next(number for number, line in enumerate(rows) if not line.startswith("|"))]
        assert [cells(row)[0] for row in rows] == [probe.__name__.replace("_", " ") for probe in subject.ROWS]


def test_every_figure_is_of_the_bench():
    """What a call costs, and the brown-out, as `bench/README.md` has them, each beside its peer."""
    bench = (Path(__file__).parent.parent.parent / "bench" / "README.md").read_text("utf-8")
    rows = {cells(line)[0]: line for line in bench.splitlines() if line.startswith("|")}
    table = README.partition("| | ours, of the peer's cost |")[2].partition("\n\n")[0]
    behind = {
        ("retry, success", "pyresilience"): "{} x pyresilience",
        ("retry, success, async", "hyx"): "async {} x hyx",
        ("breaker, closed", "circuitbreaker"): "{} x;",
        ("breaker, refusal", "circuitbreaker"): "{} x circuitbreaker",
        ("cache, hit", "cachetools; cachebox"): "{} x cachetools with a lock, {} x cachebox",
        ("cache, hit, async", "async-lru"): "async {} x async-lru",
    }
    for (row, peer), words in behind.items():
        _, _, against, ratio, _ = cells(rows[row])
        assert against == peer
        said = words.format(*ratio.split("; "))
        assert said in table
        table = table.replace(said, "")
    assert cells(rows["`AdaptiveLimit`"])[2] == "14.2 %"
    peers = "tenacity", "stamina", "tenacity + circuitbreaker", "pyresilience", "interlock-cb + tenacity"
    assert {cells(rows[name])[2] for name in peers} == {"1.0 %"}
    assert "`AdaptiveLimit` 14 %; every peer 1 %" in table
    assert re.findall(r"\d[.\d]*", table.replace("`AdaptiveLimit` 14 %; every peer 1 %", "")) == []
