"""Reports as text, JSON and pictures, and claims about them."""

import json
import sys

import pytest

import resilience as r
from resilience.simulate import Claim, Dependency, Outage, Scenario, as_text, plot, simulate
from resilience.simulate._text import PLAIN_BARS


@pytest.fixture(scope="module")
def report():
    """An outage with a breaker."""
    dependency = Dependency(capacity=200, outages=[Outage(5, 8, capacity=0), Outage(19, 30, hangs=True)])
    scenario = Scenario(dependency, clients=50, rate=2, duration=20, patience=1)
    return simulate(lambda: r.Pipeline(r.Retry(), r.CircuitBreaker(reset_timeout=2), r.Timeout(0.5)), scenario)


def test_as_text(report):
    """Figures, a strip for each course, the first changes of the breakers; within the width."""
    lines = as_text(report, width=70, bars=PLAIN_BARS)
    assert lines[0].startswith(f"{report.calls} calls in 20 s: ")
    assert lines[3].startswith("outage from 5 to 8 s: ")
    assert lines[4].endswith("never back")
    assert [line.split()[0] for line in lines[6:11]] == ["offered", "served", "requests", "refused", "open"]
    assert all(line.isascii() for line in lines)
    assert max(map(len, lines[6:11])) <= 70
    assert lines[12] == f"{report.breaker_changes} changes of breakers, the first 20:"
    assert len(lines) == 13 + 20


def test_a_short_report():
    """Nobody calls, nothing opens: the text says so and draws what there is."""
    scenario = Scenario(Dependency(outages=[Outage(0, 0.05)]), clients=1, rate=0.1, duration=0.1)
    quiet = simulate(lambda: None, scenario)
    lines = as_text(quiet)
    assert "latency p50 -" in lines[1]
    assert "nobody called, never back" in lines[3]
    assert len(lines) == 10
    assert (quiet.amplification, quiet.success_rate) == (0, 0)
    few = simulate(
        lambda: r.CircuitBreaker(), Scenario(Dependency(outages=[Outage(1, 9, capacity=0)]), clients=1, duration=9)
    )
    assert as_text(few)[-2] == "1 changes of breakers:"


def test_json(report):
    """Plain lists and dictionaries all the way down."""
    again = json.loads(json.dumps(report.as_json()))
    assert again["outages"][0]["served"] == report.outages[0].served
    assert set(again["breaker"][0]) == {"at", "policy", "from", "to"}
    assert set(again["seconds"][0]) == {"at", "offered", "served", "requests", "refused", "open"}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("calls > 1", True),
        ("amplification<1e-1", False),
        ("success_rate <= 1", True),
        ("served_in_outage>=0.99", False),
        ("recovery < 1000", False),  # it was never back from the second one
        ("p95_ms<5000", True),
        ("p50_ms==1", False),
        ("goodput>0", True),
    ],
)
def test_claims(report, text, holds):
    """A figure, a comparison, a number."""
    assert Claim(text).holds(report) is holds


def test_every_figure_can_be_claimed(report):
    """None of them raises, and one that there is not holds nothing."""
    from resilience.simulate._claim import FIGURES

    for figure in FIGURES:
        assert Claim(f"{figure}>=0").holds(report), figure
    nothing = simulate(lambda: None, Scenario(Dependency(), clients=1, rate=0.01, duration=0.1))
    assert not Claim("p50_ms<1000").holds(nothing)
    assert Claim("recovery<1").holds(nothing)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("amplification", "write a figure"),
        ("ampli<1", "no figure 'ampli'; there are amplification"),
        ("calls<1.2.3", "no number"),
    ],
)
def test_what_is_no_claim(text, message):
    """The message shows how one is written."""
    with pytest.raises(ValueError, match=message):
        Claim(text)


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_a_picture(report, tmp_path, ending):
    """One panel a report, by matplotlib, in the format that the ending names."""
    path = tmp_path / f"picture.{ending}"
    quiet = simulate(lambda: None, Scenario(Dependency(), clients=10, duration=20))
    plot({"guarded": report, "bare": quiet}, path)
    assert path.read_bytes().startswith(b"\x89PNG" if ending == "png" else b"<?xml")


def test_a_picture_without_matplotlib(report, tmp_path, monkeypatch):
    """What to install is said."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"resilience-stack\[plots\]"):
        plot({"a": report}, tmp_path / "a.png")
