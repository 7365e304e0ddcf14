"""A board as text, as a picture and as JSON."""

import json
from xml.etree import ElementTree as ET

import pytest

import resilience
from resilience import telemetry
from resilience.dashboard import Alert, Collector
from resilience.dashboard._picture import picture
from resilience.dashboard._still import curve, duration, still

NASTY = "<script>&'\"</text>\x00\x1b]8;;"


@pytest.fixture
def board():
    """A board of a breaker that is open, one that is well, and a name with markup in it."""
    with telemetry.enable():
        bad, good = resilience.CircuitBreaker("still bad"), resilience.CircuitBreaker("still good")
        odd = resilience.CircuitBreaker("<script>&'\"</text>")
        good.call(int, "7")
        bad.open(60)
        odd.open(60)
        made = Collector().look()
    alert = Alert(key="x", severity="critical", title=NASTY, detail=NASTY, since=made.at, until=None)
    own = tuple(tile for tile in made.policies if tile.name in {bad.name, good.name, odd.name})
    return made.replace(firing=(alert, *made.firing), policies=own)


def test_what_nobody_knows_is_left_out(board):
    """Without calls there is no share that fails, and no word of it."""
    for totals, told in ((board.totals.replace(error_rate=None), False), (board.totals.replace(error_rate=0.5), True)):
        assert still(board.replace(totals=totals)).split("\n")[1].endswith(" fail") is told
        assert (" fail<" in picture(board.replace(totals=totals, policies=()))) is told


def test_text_tells_what_is_wrong_first(board):
    """Alerts, then policies, the bad ones first."""
    lines = still(board).splitlines()
    assert "ALERTS" in lines
    tiles = [line for line in lines if "still " in line and line[0] in "▲✓"]
    assert [line.split()[2].partition("#")[0] for line in tiles] == ["bad", "good"]
    assert "open" in tiles[0]


def test_a_picture_is_well_formed_whatever_the_names(board):
    """The SVG can be parsed, holds no script, and shows the names as text."""
    drawn = picture(board)
    tree = ET.fromstring(drawn)
    kinds = {element.tag.partition("}")[2] for element in tree.iter()}
    assert kinds <= {"svg", "rect", "text", "title", "g", "circle", "path"}
    texts = "".join(element.text or "" for element in tree.iter())
    assert "<script>&'\"</text>" in texts


def test_an_empty_board_has_a_picture_and_a_text():
    """Nothing to show is shown, too."""
    empty = Collector().look().replace(policies=(), services=(), firing=())
    assert ET.fromstring(picture(empty)).tag.endswith("svg")
    assert still(empty).startswith("resilience at ")


def test_json_holds_what_the_page_draws(board):
    """Every field is there by its name, and it is JSON that any parser takes."""
    told = json.loads(board.as_json())
    assert set(told) == set(board.as_dict())
    assert told["policies"][0]["name"] == board.policies[0].name


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, "-"), (2e-6, "2 µs"), (0.5, "500 ms"), (90.0, "90 s")], ids=["none", "us", "ms", "s"]
)
def test_durations_have_the_unit_that_suits_them(seconds, words):
    """Microseconds, milliseconds, seconds."""
    assert duration(seconds) == words


def test_a_curve_of_zeros_is_flat():
    """No division by the largest of nothing."""
    assert curve((0.0, 0.0, None)) == "▁▁ "
