"""`resilience simulate`: a scenario file from the command line."""

import io
import json
import re
import shlex
import sys
from pathlib import Path

import pytest
from tests.simulate.test_file import WHOLE

from resilience.cli import main


@pytest.fixture
def path(tmp_path):
    """A scenario file."""
    file = tmp_path / "scenario.toml"
    file.write_text(WHOLE, "utf-8")
    return str(file)


def test_text(path, capsys):
    """Figures and courses; 0."""
    assert main(["simulate", path]) == 0
    out = capsys.readouterr().out
    assert "amplification" in out
    assert "rates: closed -> open" in out


def test_a_line_for_each_second(path, capsys):
    """Under the rest, when it is asked for."""
    assert main(["simulate", path, "--table"]) == 0
    lines = capsys.readouterr().out.splitlines()[-13:]
    assert lines[0].split() == ["at", "offered", "served", "requests", "refused", "open"]
    assert [line.split()[0] for line in lines[1:]] == [str(second) for second in range(12)]


def test_json_and_claims(path, capsys):
    """One object; a claim that does not hold is told on standard error, with 1."""
    assert main(["simulate", path, "--json", "--assert", "amplification<9", "--assert", "recovery<0.001"]) == 1
    told = capsys.readouterr()
    report = json.loads(told.out)
    assert [claim["holds"] for claim in report["claims"]] == [True, False]
    assert report["seed"] == 3
    assert "not so: recovery < 0.001; it is " in told.err


def test_the_scenario_of_the_page(tmp_path, monkeypatch):
    """As docs/simulate.md has it, with the command below it: the claims hold, and one that does not is seen."""
    page = (Path(__file__).parent.parent.parent / "docs" / "simulate.md").read_text("utf-8")
    (scenario,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (command,) = re.findall(r"^\$ resilience (simulate .*)$", page, re.MULTILINE)
    (tmp_path / "outage.toml").write_text(scenario, "utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(command)) == 0
    assert main([*shlex.split(command), "--assert", "served_in_outage>0.5"]) == 1


def test_a_figure_that_is_infinite_is_none_in_json(tmp_path, capsys):
    """JSON knows no infinity."""
    file = tmp_path / "short.toml"
    file.write_text("duration = 3\n[[dependency.outages]]\nstart = 1\nend = 9\nhangs = true\n")
    assert main(["simulate", str(file), "--json", "--assert", "recovery<9"]) == 1
    assert json.loads(capsys.readouterr().out)["claims"][0]["value"] is None


def test_another_seed(path, capsys):
    """Another run, and the same again."""
    runs = []
    for seed in ("1", "1", "2"):
        main(["simulate", path, "--seed", seed])
        runs.append(capsys.readouterr().out)
    assert runs[0] == runs[1] != runs[2]


def test_a_picture(path, tmp_path, capsys):
    """Beside the text."""
    picture = tmp_path / "a.png"
    assert main(["simulate", path, "--plot", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert main(["simulate", path, "--plot", str(tmp_path / "no" / "a.png")]) == 2
    assert "--plot" in capsys.readouterr().err


def test_a_terminal_without_blocks(path, monkeypatch):
    """The strips are drawn with ASCII."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", out)
    main(["simulate", path])
    out.flush()
    assert b"offered" in out.buffer.getvalue()
    assert b"\\u25" not in out.buffer.getvalue()


@pytest.mark.parametrize(
    ("words", "message"),
    [(["nowhere.toml"], "cannot be read"), (["--assert", "x<1"], "no figure 'x'"), (["--seed", "-1"], "seed=-1")],
)
def test_a_mistake_is_one_line(path, capsys, words, message):
    """What was wrong, with 2."""
    assert main(["simulate", *([] if len(words) == 1 else [path]), *words]) == 2
    told = capsys.readouterr().err
    assert message in told
    assert len(told.splitlines()) == 1
