"""Rules: paths, conditions, hysteresis, `lasting`, against a reference model; and which options are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience import config
from resilience.alerts import Alerts, Rule
from resilience.alerts._figure import readings
from resilience.testing import FakeClock

KNOWN = {
    "totals": {"calls": 3, "up": True, "word": "open", "none": None, "nan": None},
    "policies": [
        {"name": "pay", "calls": {"window": {"error_rate": 0.5}}},
        {"name": "pay.v2", "calls": {"window": {"error_rate": 0.25}}},
        {"name": "new", "calls": None},
    ],
    "sections": {"system": {"disks": [{"path": "/", "percent": 91.0}, {"path": "/var/lib.d", "percent": 12}]}},
    "plain": [7, 8],
}


@pytest.mark.parametrize(
    ("figure", "found"),
    [
        ("totals.calls", {"": 3.0}),
        ("totals.up", {"": True}),
        ("totals.word", {"": "open"}),
        ("totals.none", {}),
        ("totals.nowhere.at.all", {}),
        ("policies", {}),
        ("policies.pay.calls.window.error_rate", {"": 0.5}),
        ("policies.pay.v2.calls.window.error_rate", {"": 0.25}),
        ("policies.new.calls.window.error_rate", {}),
        ("policies.*.calls.window.error_rate", {"pay": 0.5, "pay.v2": 0.25}),
        ("sections.system.disks.*.percent", {"/": 91.0, "/var/lib.d": 12.0}),
        ("sections.system.disks./var/lib.d.percent", {"": 12.0}),
        ("sections.*.disks.*.percent", {"system//": 91.0, "system//var/lib.d": 12.0}),
        ("plain.1", {"": 8.0}),
        (("totals.calls", "plain.0"), {"": 7.0}),
        (lambda known: known["totals"]["calls"], {"": 3.0}),
        (lambda known: {"a": 1, "b": float("nan"), "c\x1b[31m": 2, "d": object()}, {"a": 1.0, "c\\x1b[31m": 2.0}),
    ],
    ids=range(17),
)
def test_figures_are_found_by_path(figure, found):
    """By the page's names; `*` gives labels; names with dots are found; what is not there is left out."""
    assert readings(figure, KNOWN) == found


class Story:
    """One rule over a figure that a test sets, on a fake clock."""

    def __init__(self, **options):
        self.clock = FakeClock(autojump=False)
        self.value = None
        repeat = options.pop("repeat", None)
        self.alerts = Alerts(
            Rule("it", lambda known: self.value, **options), sinks=[], source=dict, clock=self.clock, repeat=repeat
        )

    def at(self, seconds, value):
        """So many seconds later the figure is this; what is told."""
        self.clock.advance(seconds)
        self.value = value
        return [(alert.state, alert.value) for alert in self.alerts.evaluate()]


def test_an_alert_is_told_once_and_so_is_its_end():
    """Not at every look."""
    story = Story(above=5)
    assert story.at(0, 5) == []
    assert story.at(1, 6) == [("firing", 6.0)]
    assert story.at(1, 7) == []
    assert [alert.value for alert in story.alerts.active] == [7.0]
    assert story.at(1, 5) == [("resolved", 5.0)]
    assert story.at(1, 4) == []
    assert story.alerts.active == ()


def test_it_must_last():
    """Good in between begins the time anew."""
    story = Story(above=5, lasting=60)
    assert story.at(0, 9) == []
    assert story.at(59, 9) == []
    assert story.at(0.5, 1) == []
    assert story.at(0.5, 9) == []
    assert story.at(59, 9) == []
    assert story.at(1, 9) == [("firing", 9.0)]


def test_near_the_limit_it_does_not_flap():
    """It recovers at `clear`, and until it fires `clear` says nothing."""
    story = Story(above=5, clear=3)
    assert story.at(0, 4) == []
    assert story.at(1, 6) == [("firing", 6.0)]
    for value in (5, 4, 6, 3.5):
        assert story.at(1, value) == []
    assert story.at(1, 3) == [("resolved", 3.0)]
    below = Story(below=5, clear=7)
    assert below.at(0, 4) == [("firing", 4.0)]
    assert below.at(1, 6) == []
    assert below.at(1, 7) == [("resolved", 7.0)]


@pytest.mark.parametrize(
    ("equals", "bad", "good"), [("open", "open", "closed"), (True, True, 1.0), (1, 1.0, True), ("1", "1", 1.0)]
)
def test_texts_and_flags_are_compared_as_such(equals, bad, good):
    """One is not true, and not the text of it."""
    story = Story(equals=equals)
    assert len(story.at(0, bad)) == 1
    assert [state for state, _ in story.at(1, good)] == ["resolved"]


def test_a_text_is_neither_above_nor_below():
    """It is not bad."""
    assert Story(above=1).at(0, "99") == []


def test_what_is_gone_has_recovered():
    """And says so with no value."""
    story = Story(above=5)
    story.at(0, 6)
    assert story.at(1, None) == [("resolved", None)]
    (told,) = [alert for alert in story.alerts.told()["recent"] if alert["state"] == "resolved"]
    assert told["value"] is None


def test_what_still_fires_is_repeated_where_that_is_wanted():
    """Each so many seconds."""
    story = Story(above=5, repeat=100)
    told = [bool(story.at(50, 6)) for _ in range(6)]
    assert told == [True, False, True, False, True, False]


def test_each_label_has_a_state_of_its_own():
    """One recovers while the other fires on."""
    story = Story(above=5)
    story.value = {"a": 6, "b": 1}
    assert [alert.label for alert in story.alerts.evaluate()] == ["a"]
    story.value = {"a": 6, "b": 7}
    assert [alert.label for alert in story.alerts.evaluate()] == ["b"]
    story.value = {"b": 7}
    assert [(alert.label, alert.state) for alert in story.alerts.evaluate()] == [("a", "resolved")]


def test_row_57_labels_are_bounded():
    """A thousand, then all share one."""
    story = Story(above=0)
    story.value = {f"host-{number:04}": 1 for number in range(3000)}
    news = story.alerts.evaluate()
    assert len(news) == 1001
    assert news[-1].label == "_other"
    assert len(story.alerts.evaluate()) == 0
    story.value = {}
    assert len(story.alerts.evaluate()) == 1001


@given(
    values=st.lists(st.one_of(st.none(), st.integers(0, 10)), max_size=40),
    lasting=st.sampled_from([0, 10, 25]),
    clear=st.integers(0, 5),
)
def test_any_story_is_that_of_the_model(values, lasting, clear):
    """Twenty lines that say the same: bad since when, told or not."""
    story, since, firing = Story(above=5, clear=clear, lasting=lasting), None, False
    for step, value in enumerate(values):
        now = step * 10
        bad = value is not None and value > (clear if firing else 5)
        expected = []
        if bad:
            since = now if since is None else since
            if not firing and now - since >= lasting:
                firing, expected = True, [("firing", float(value))]
        else:
            if firing:
                expected = [("resolved", None if value is None else float(value))]
            since, firing = None, False
        assert story.at(10 if step else 0, value) == expected


def test_a_figure_that_raises_changes_nothing_and_is_logged_once(caplog):
    """It fires on, and the others are looked at."""
    values = iter([6, ZeroDivisionError(), ZeroDivisionError(), 1, ZeroDivisionError()])

    def figure(known):
        value = next(values)
        if isinstance(value, Exception):
            raise value
        return value

    alerts = Alerts(
        Rule("odd", figure, above=5), Rule("fine", lambda known: 9, above=5), sinks=[], source=dict, clock=FakeClock()
    )
    assert [alert.rule for alert in alerts.evaluate()] == ["odd", "fine"]
    assert alerts.evaluate() == ()
    assert alerts.evaluate() == ()
    assert [alert.state for alert in alerts.evaluate()] == ["resolved"]
    said = "the figure of the rule odd raised ZeroDivisionError: it stays as it was"
    assert [record.getMessage() for record in caplog.records] == [said]
    assert alerts.evaluate() == ()
    assert [record.getMessage() for record in caplog.records] == [said, said]  # it is another time


def test_limits_may_be_settings_and_follow_them():
    """`threshold.error_rate`, read anew at each look."""
    story = Story(above="threshold.error_rate")
    assert story.at(0, 0.04) == []
    config.configure(threshold={"error_rate": 0.03})
    try:
        assert story.at(1, 0.04) == [("firing", 0.04)]
        assert story.alerts.active[0].limit == 0.03
    finally:
        config.configure()


@pytest.mark.parametrize(("side", "bad", "odd"), [("above", 6, 9), ("below", 4, 1)])
def test_a_setting_on_the_wrong_side_of_the_limit_does_not_end_it_early(side, bad, odd):
    """`clear` may be a setting that somebody sets beyond the limit: then the limit itself counts."""
    story = Story(**{side: 5.0, "clear": "threshold.response_time_ms"})
    config.configure(threshold={"response_time_ms": odd})
    try:
        assert story.at(0, bad) == [("firing", bad)]
        assert story.at(1, bad) == []
        assert story.at(1, 5) == [("resolved", 5.0)]
    finally:
        config.configure()


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Rule(None, "a", above=1), "name=None"),
        (lambda: Rule("a\nb", "a", above=1), "name="),
        (lambda: Rule("a", "", above=1), "figure=''"),
        (lambda: Rule("a", "b..c", above=1), "figure="),
        (lambda: Rule("a", 7, above=1), "figure=7"),
        (lambda: Rule("a", (), above=1), "figure="),
        (lambda: Rule("a", "b"), "exactly one of"),
        (lambda: Rule("a", "b", above=1, below=0), "exactly one of"),
        (lambda: Rule("a", "b", above=True), "above=True"),
        (lambda: Rule("a", "b", above=float("nan")), "above=nan"),
        (lambda: Rule("a", "b", above=float("inf")), "above=inf"),
        (lambda: Rule("a", "b", above="threshold.cpu"), "threshold.cpu"),
        (lambda: Rule("a", "b", above="retry.jitter"), "above='retry.jitter'"),
        (lambda: Rule("a", "b", equals=b"x"), "equals="),
        (lambda: Rule("a", "b", above=1, clear=2), "clear=2"),
        (lambda: Rule("a", "b", below=1, clear=0), "clear=0"),
        (lambda: Rule("a", "b", equals="x", clear=0), "clear=0"),
        (lambda: Rule("a", "b", above=1, lasting=-1), "lasting=-1"),
        (lambda: Rule("a", "b", above=1, severity="loud"), "severity='loud'"),
        (lambda: Alerts(7), "rules=7"),
        (lambda: Alerts(Rule("a", "b", above=1), Rule("a", "c", above=1)), "'a' is there twice"),
        (lambda: Alerts(sinks=print), "sinks="),
        (lambda: Alerts(sinks=[7]), "sinks=7"),
        (lambda: Alerts(interval=0), "interval=0"),
        (lambda: Alerts(repeat=True), "repeat=True"),
        (lambda: Alerts(source=7), "source=7"),
    ],
    ids=range(26),
)
def test_row_54_bad_options_are_refused(make, named):
    """The message names the option and the value."""
    with pytest.raises((TypeError, ValueError, KeyError), match=named):
        make()
