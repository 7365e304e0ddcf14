"""The parts that the terminal face is made of, by themselves: order, widths, lines, glyphs, figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from tests.dashboard import boards

from resilience.dashboard.terminal._card import HEIGHT, card, use_of
from resilience.dashboard.terminal._columns import Column, widths, worded
from resilience.dashboard.terminal._figures import count, percent, rate, size, span
from resilience.dashboard.terminal._glyphs import bubble, chart, meter, stretched, timeline
from resilience.dashboard.terminal._listing import Listing
from resilience.dashboard.terminal._palette import HEALTH, SIGNS
from resilience.dashboard.terminal._scene import Scene
from resilience.dashboard.terminal._strips import fitted, ink, wide, wrapped

LINES = st.lists(st.none() | st.floats(0, 1e9), max_size=100).map(tuple)
ROWS = st.lists(
    st.tuples(st.integers(0, 30), st.none() | st.integers(-5, 5), st.sampled_from("abc")), unique_by=lambda r: r[0]
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("show"), ROWS),
        st.tuples(st.just("sort"), st.integers(0, 2)),
        st.tuples(st.just("look_for"), st.sampled_from(["", "a", "B", "a b"])),
        st.tuples(st.just("move"), st.integers(-40, 40)),
    )
)


def listing():
    """Rows of a number, perhaps a value, and a letter."""
    columns = [
        worded("number", lambda row: str(row[0]), 4, value=lambda row: row[0]),
        worded("value", lambda row: str(row[1]), 4, value=lambda row: row[1], descends=True),
        worded("letter", lambda row: row[2], 4),
    ]
    return Listing(columns, lambda row: row[0], lambda row: f"{row[2]} {row[0]}")


@given(steps=STEPS)
def test_a_listing_against_a_model(steps):
    """Whatever is done in whatever order: the rows that match, sorted, what is unknown last; the choice follows its row."""
    one = listing()
    rows, column, descends, words, chosen = [], 0, False, "", None
    for step, told in steps:
        before = one.chosen
        getattr(one, step)(told)
        if step == "show":
            rows = told
        elif step == "sort":
            column, descends = told, (not descends if told == column else told == 1)
        elif step == "look_for":
            words = told
        else:
            chosen = None if one.place == 0 else one.chosen[0]
        wanted = words.casefold().split()
        matching = [row for row in rows if all(word in f"{row[2]} {row[0]}" for word in wanted)]
        known = sorted((r for r in matching if r[column] is not None), key=lambda r: r[column], reverse=descends)
        assert [row[column] for row in one.rows] == [r[column] for r in known] + [None] * (len(matching) - len(known))
        assert sorted(one.rows, key=str) == sorted(matching, key=str)
        assert one.total == len(rows)
        if chosen is not None and any(row[0] == chosen for row in one.rows):
            assert one.chosen[0] == chosen
        elif chosen is None and step != "move":
            assert one.place == 0
        else:
            chosen = None if one.place == 0 else one.chosen[0]
        assert (one.chosen is None) is (not one.rows)
        assert before is None or step == "show" or one.rows == [] or one.chosen in one.rows


@given(
    sizes=st.lists(st.tuples(st.integers(1, 30), st.integers(0, 4), st.integers(0, 5)), min_size=1),
    room=st.integers(1, 300),
)
def test_columns_never_take_more_than_there_is(sizes, room):
    """All that is kept fits, unless the first alone does not; what may grow fills the rest."""
    columns = [worded(str(n), str, w, grow=g, rank=r) for n, (w, g, r) in enumerate(sizes)]
    found = widths(columns, room)
    taken = sum(found.values()) + len(found) - 1
    assert taken <= room or len(found) == 1
    if any(columns[place].grow for place in found) and taken >= 0 and len(found) > 1:
        assert taken == room
    for place, cells in found.items():
        assert cells >= columns[place].width


@given(words=st.text(), width=st.integers(0, 40), right=st.booleans())
def test_a_line_has_exactly_its_width(words, width, right):
    """Whatever the words, wide characters and marks that take no room included."""
    pieces = fitted([ink(words), ink("|")], width, right=right)
    assert wide(pieces) == width
    assert all(piece.text.isprintable() for piece in pieces)


@given(words=st.text(max_size=200), width=st.integers(2, 30))
def test_wrapped_lines_fit(words, width):
    """No line is longer than there is room, and there are not more than asked for."""
    lines = wrapped(words, width, most=3)
    assert len(lines) <= 3
    assert all(wide(line) <= width for line in lines)


@given(points=LINES, width=st.integers(1, 120), height=st.integers(1, 6))
def test_a_chart_fills_its_room(points, width, height):
    """So many rows of so many cells; a gap is blank in all rows; the highest reaches the top row."""
    rows = chart(stretched(points, width), width, height, HEALTH["good"])
    assert [wide(row) for row in rows] == [width] * height
    if (shown := stretched(points, width)) and max((p for p in shown if p is not None), default=0) > 0:
        assert "█" in rows[0][0].text


@given(share=st.none() | st.floats(-1, 2), width=st.integers(0, 30))
def test_a_meter_fills_its_room(share, width):
    """Empty at 0, full at 1, and always as wide."""
    drawn = meter(share, width, HEALTH["good"])
    assert wide(drawn) == (0 if share is None else width)
    if share is not None and share >= 1:
        assert drawn == [] or drawn[0].text == "█" * width


def test_a_circle_grows_with_its_share():
    """More traffic is more dots, and none is no dot less than one."""
    dots = [
        sum((ord(sign) - 0x2800).bit_count() for sign in "".join(bubble(share / 10, 8, 4)) if sign != " ")
        for share in range(11)
    ]
    assert dots == sorted(dots)
    assert dots[0] >= 1
    assert dots[10] / dots[5] == pytest.approx(2, rel=0.15)


def test_a_timeline_shows_the_worst_of_each_cell():
    """A breaker that was open for a moment is seen, however wide a cell is."""
    at = boards.AT
    changes = [
        {"at": at - 150, "old": "closed", "new": "open"},
        {"at": at - 149, "old": "open", "new": "half-open"},
        {"at": at - 148, "old": "half-open", "new": "closed"},
    ]
    drawn = "".join(piece.text for piece in timeline(changes, "closed", at, 30))
    assert drawn == "▁" * 15 + "█" + "▁" * 14
    assert "".join(piece.text for piece in timeline((), "isolated", at, 3)) == "▓▓▓"
    assert timeline(changes, "closed", at, 0) == []


@given(value=st.just(0.0) | st.floats(1e-3, 1e18))
def test_figures_are_short(value):
    """No number takes more than nine cells."""
    for told in (count(value), rate(value), size(value), span(value)):
        assert cell_len(told) <= 9
    assert cell_len(percent(min(value, 1))) <= 6


@pytest.mark.parametrize(
    "changes", [{}, {"is_stale": True}, {"name": "x" * 200, "kind": "y" * 200}, {"rate": None, "p50": None}]
)
@pytest.mark.parametrize("width", [38, 39, 60])
def test_a_card_is_a_box(changes, width):
    """Eight lines of one width, chosen or not."""
    tile = boards.opened(**changes)
    scene = Scene(boards.board(policies=(tile,)), boards.AT)
    for is_chosen in (False, True):
        lines = card(tile, scene, width, is_chosen=is_chosen)
        assert [wide(line) for line in lines] == [width] * HEIGHT


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"kind": "cache", "hit_rate": 0.75, "used": 1, "capacity": 9}, ("75% hits", 0.75)),
        ({"kind": "bulkhead", "used": 3, "capacity": 4, "waiting": 2}, ("3 of 4, 2 wait", 0.75)),
        ({"kind": "rate-limiter", "figures": {"admitted": 9, "rejected": 3}}, ("75% let in", 0.75)),
        ({"kind": "rate-limiter", "figures": {"admitted": "many"}}, ("", None)),
        ({"kind": "retry", "balance": 12.0}, ("12 left", None)),
        ({"kind": "timeout"}, ("", None)),
    ],
    ids=["cache", "bulkhead", "limiter", "odd limiter", "retry", "timeout"],
)
def test_use_is_told_by_kind(fields, told):
    """Hits of a cache, slots of a bulkhead, what a limiter lets in, what is left of a budget."""
    assert use_of(boards.tile(**fields)) == told


def test_no_two_states_share_a_sign():
    """Who sees no colours tells them apart by sign."""
    assert len(set(SIGNS.values())) == len(SIGNS)
    assert isinstance(worded("a", str, 3), Column)
