"""Figures over time: the fine line, the hour, and what survives a restart."""

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resilience.dashboard import _history
from resilience.dashboard._history import History
from resilience.dashboard._pace import FETCH, LOOK, Thrift, wait
from resilience.dashboard._track import COARSE, LONG, SHORT, Track

MOMENTS = st.lists(st.tuples(st.integers(0, 40), st.floats(0, 1000)), max_size=200)


@settings(deadline=None)
@given(MOMENTS)
def test_the_fine_line_is_the_last_value_of_each_step(moments):
    """Against a reference: one value for each second, gaps as `None`, the newest sixty."""
    track, now, reference = Track(1.0), 1000, {}
    for passed, value in moments:
        now += passed
        track.add(now, value)
        reference[now] = round(value, 5)
    if not reference:
        assert track.recent(now) == ()
        return
    line = [reference.get(second) for second in range(min(reference), now + 1)][-SHORT:]
    assert list(track.recent(now)) == line


@settings(deadline=None)
@given(MOMENTS)
def test_the_hour_is_the_mean_of_each_ten_seconds(moments):
    """Against a reference: the mean of what came in each step, and nothing older than an hour."""
    track, now, reference = Track(1.0), 1000, {}
    for passed, value in moments:
        now += 7 * passed
        track.add(now, value)
        reference.setdefault(int(now / COARSE), []).append(value)
    line = track.hour(now)
    assert len(line) == LONG
    last = int(now / COARSE)
    for slot in range(last - LONG + 1, last + 1):
        seen = reference.get(slot)
        expected = None if seen is None else pytest.approx(sum(seen) / len(seen), rel=1e-4, abs=1e-4)
        assert line[slot - last - 1] == expected


def test_a_gap_of_ten_years_is_a_gap():
    """What was seen before a long sleep has left both lines, at once."""
    track = Track(1.0)
    track.add(1000, 1.0)
    track.add(1000 + 10 * 365 * 86400, 2.0)
    end = 1000 + 10 * 365 * 86400
    assert [value for value in track.recent(end) if value is not None] == [2.0]
    assert [value for value in track.hour(end) if value is not None] == [2.0]


def test_a_clock_that_goes_back_loses_nothing_and_raises_nothing():
    """A wall clock that is set back changes the newest point until it has caught up."""
    track = Track(1.0)
    track.add(1000, 1.0)
    track.add(400, 3.0)
    track.add(1001, 2.0)
    assert track.recent(1001) == (3.0, 2.0)
    assert track.recent(300) == (3.0, 2.0)


def test_the_line_goes_on_to_now():
    """Steps in which nothing came end the line as gaps."""
    track = Track(1.0)
    track.add(1000, 1.0)
    assert track.recent(1002) == (1.0, None, None)
    assert track.mean(1002, 2.0) is None
    assert track.mean(1002, 3.0) == 1.0


def test_an_hour_survives_a_restart(tmp_path):
    """What one history has written another one reads, and goes on with."""
    file = tmp_path / "hour.sqlite"
    first = History(1.0, file)
    for second in range(100):
        first.add("service/x", "online", 50_000 + second, 1.0)
        first.tidy(50_000 + second)
    second = History(1.0, file)
    line = [value for value in second.hour("service/x", 50_099)["online"] if value is not None]
    assert line == [1.0] * 9
    second.add("service/x", "online", 50_110, 0.0)
    assert second.hour("service/x", 50_110)["online"][-1] == 0.0


def test_the_file_is_bounded(tmp_path):
    """What is older than an hour leaves the file."""
    file = tmp_path / "hour.sqlite"
    history = History(1.0, file)
    for at in range(0, 3 * 3600, 10):
        history.add("x", "y", at, 1.0)
        if at % 600 == 590:  # each commit waits for the disk
            history.tidy(at + 10)
    with sqlite3.connect(file) as database:
        (rows,) = database.execute("SELECT count(*) FROM points").fetchone()
    database.close()
    assert rows == LONG


def test_a_file_that_is_none_is_refused(tmp_path):
    """A history in a text file, or where there is no folder, is an error that names it."""
    text = tmp_path / "notes.txt"
    text.write_text("no database" * 200)
    for file in (text, tmp_path / "nowhere" / "hour.sqlite"):
        with pytest.raises(ValueError, match="history="):
            History(1.0, file)


def test_a_file_that_goes_bad_stops_nothing(tmp_path):
    """A history that cannot be written any more says so, and goes on in memory."""
    file = tmp_path / "hour.sqlite"
    history = History(1.0, file)
    with sqlite3.connect(file) as database:
        database.execute("DROP TABLE points")
    database.close()
    history.add("x", "y", 1000, 1.0)
    history.tidy(1020)
    assert history.error is not None
    assert history.recent("x", "y", 1000) == (1.0,)


def test_figures_are_bounded(monkeypatch):
    """Beyond the cap no figure is begun; one that nobody adds to is forgotten after an hour and makes room."""
    monkeypatch.setattr("resilience.dashboard._history._MOST", 10)
    history = History(1.0)
    for number in range(20):
        history.add(f"old {number}", "y", 1000, 1.0)
    assert history.hour("old 9", 1000)
    assert not history.hour("old 10", 1000)
    history.tidy(1000 + 3700)
    history.add("new", "y", 4700, 1.0)
    assert history.recent("new", "y", 4700) == (1.0,)
    assert not history.hour("old 9", 4700)


def test_a_line_is_shown_as_it_is_kept():
    """Who shows the line has no copy of it: thousands of policies have three each."""
    track = Track(1.0, missing=0.0)
    for second in range(100):
        track.add(1000 + second, float(second))
    shown = track.recent(1105)
    assert shown[-8:] == (98.0, 99.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert track.recent(1105) is shown
    track.add(1106, 5.0)
    assert shown[-1] == 0.0


def test_a_history_is_bounded_and_forgets_after_an_hour(monkeypatch):
    """Beyond the most no new figure is followed, until old ones have gone."""
    monkeypatch.setattr(_history, "_MOST", 3)
    history = History(1.0)
    for number in range(5):
        history.add(f"key {number % 2}", f"name {number}", 1000.0, 1.0)
    assert [sorted(history.hour(f"key {number}", 1000.0)) for number in (0, 1)] == [["name 0", "name 2"], ["name 1"]]
    history.tidy(1000.0 + LONG * COARSE + 20)
    history.add("key 0", "name 4", 5000.0, 1.0)
    assert sorted(history.hour("key 0", 5000.0)) == ["name 4"]
    assert history.hour("key 1", 5000.0) == {}


@settings(deadline=None)
@given(
    start=st.floats(1.7e9, 1.8e9),
    step=st.sampled_from([0.1, 1.0, 2.5, 60.0]),
    delays=st.lists(st.tuples(st.floats(0, 0.2), st.floats(-0.001, 0.2)), min_size=2, max_size=90),
)
def test_each_step_of_the_lines_gets_one_look(start, step, delays):
    """Looks that take time, and begin late or a hair early, are one to a step: none is left out, and no rate is halved."""
    at, slots = start, []
    for spent, late in delays:
        at += spent * step
        at += wait(at, step, LOOK) + late * step
        slots.append(int(at / step))
    assert slots == list(range(slots[0], slots[0] + len(slots)))


def test_others_are_asked_before_each_look():
    """What they answer within half a step is on the board of that step."""
    asked = 1000.0 + wait(1000.0, 1.0, FETCH)
    assert asked + wait(asked, 1.0, LOOK) == asked + 0.5


def test_a_look_that_costs_much_leaves_steps_out():
    """The next is in the first step that is far enough away, and the clock that was set back changes nothing of it."""
    assert wait(1000.75, 1.0, LOOK, busy=1.5) == 2.0
    assert wait(400.0, 1.0, LOOK, busy=-3.0) == 0.75


@settings(deadline=None)
@given(cost=st.floats(0.0, 0.9), dear=st.integers(0, 50))
def test_looks_cost_a_fifth_of_a_core_at_most(cost, dear):
    """Whatever a look costs, on average it is a fifth; a single dear one among cheap ones leaves no step out."""
    thrift, at, looks = Thrift(1.0), 0.75, 0
    while at < 1000:
        busy = thrift.spent(at, cost)
        at, looks = at + wait(at, 1.0, LOOK, busy), looks + 1
    assert looks == pytest.approx(min(1000.0, 200 / max(cost, 0.001)), rel=0.01, abs=2)
    thrift, at, looks = Thrift(1.0), 0.75, 0
    while at < 100:
        busy = thrift.spent(at, 0.3 if looks == dear else 0.05)
        at, looks = at + wait(at, 1.0, LOOK, busy), looks + 1
    assert looks == 100, "one look of 0.3 s is paid for by the cheap ones after it"
