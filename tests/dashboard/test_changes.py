"""What a page is told of a board that follows another: enough to know all of it, and no more."""

import json

from hypothesis import given
from hypothesis import strategies as st
from tests.dashboard.boards import AT, board, tile

from resilience.dashboard._track import SHORT
from resilience.dashboard.web._changes import change

LINES = ("rates", "errors", "times")
POINTS = st.lists(st.sampled_from([None, 0.0, 0.5, 1.0]), max_size=SHORT).map(tuple)


def applied(known, told):
    """What the page makes of a change, see `store.js`."""
    tiles = {one["key"]: one for one in known}
    for key in told["gone"]["policies"]:
        del tiles[key]
    for one in told["policies"]:
        before, last = tiles.setdefault(one["key"], {}), one.pop("last", {})
        before.update(one)
        for name, points in last.items():
            before[name] = [*before[name], *points][-SHORT:]
    return list(tiles.values())


def known(one):
    """The policies of a board, as the page has them."""
    return json.loads(one.as_json())["policies"]


def told(old, new):
    """The change from one to the other, as the page hears it."""
    return json.loads(change(old, new))


@given(POINTS, POINTS, st.integers(0, 30))
def test_lines_come_out_the_same(line, points, moved):
    """Whether a line goes on, by one point or by many, or is another: the page has the new one."""
    old = board(policies=(tile("moves", rates=line, errors=line, times=line),))
    after = (line + points[:moved])[-SHORT:]
    new = board(policies=(tile("moves", rates=after, errors=points, times=line, total=1001, at=float(moved)),))
    heard = applied(known(old), told(old, new))
    assert heard == [{**one, "at": 0.0} for one in known(new)]


def test_a_line_that_was_left_alone_is_told_by_its_newest_points():
    """Eleven looks later it has eleven more points, and only these are told."""
    line, more = tuple(float(point % 7) for point in range(SHORT)), tuple(float(point) for point in range(11))
    moments = ((AT, line), (AT + 11, (line + more)[-SHORT:]))
    old, new = (board(policies=(tile("idle", at=at, **dict.fromkeys(LINES, its)),)) for at, its in moments)
    (one,) = told(old, new)["policies"]
    assert one == {"key": "here/pipeline/idle", "last": {name: list(more) for name in LINES}}


def test_what_comes_and_goes_is_told():
    """Policies that are new are told whole, those that are gone by their key, those that stay not at all."""
    one, two, three = tile("one"), tile("two"), tile("three")
    old, new = board(policies=(one, two)), board(policies=(two, three))
    heard = told(old, new)
    assert [its["name"] for its in heard["policies"]] == ["three"]
    assert applied(known(old), heard) == known(new)
