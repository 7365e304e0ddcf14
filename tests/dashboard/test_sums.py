"""One policy of several processes of a service, summed: counts added, states counted, and every face tells it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dashboard.boards import AT, board, opened, tile
from tests.dashboard.serving import eventually
from tests.dashboard.workers import workers

from resilience.dashboard import Collector
from resilience.dashboard._alarms import wrong
from resilience.dashboard._picture import picture
from resilience.dashboard._rankings import rankings
from resilience.dashboard._still import still
from resilience.dashboard._sums import Sums, hours, overview, shown


def worker(pid, make=tile, **changes):
    """The tile of one worker's breaker."""
    fields = {"name": "payments", "kind": "circuit-breaker", "service": "shop", "state": "closed", "total": 100}
    fields |= {"key": f"web:{pid}:0/circuit-breaker/payments", "source": f"web:{pid}:0"}
    if make is opened:
        del fields["state"]
    return make(**(fields | changes))


def only(*tiles):
    """Their one sum."""
    (one,) = Sums().of(tiles)
    return one


def test_counts_and_rates_are_added_and_states_counted():
    """Two of four are open: the sum says so, with all that the four have counted."""
    told = [worker(1), worker(2, opened), worker(3, opened), worker(4, rate=None, error_rate=None)]
    one = only(*told)
    assert one.explain == "open in 2 of 4, closed in 2 of 4"
    assert (one.state, one.health, one.is_stale) == ("open", "bad", False)
    assert one.total == sum(each.total for each in told) == 400
    assert one.refused == 600
    assert one.rate == 12.5 + 4.0 + 4.0
    assert one.error_rate == pytest.approx(0.62 * 8.0 / 20.5)
    assert one.members == tuple(each.key for each in told)
    assert one.controls == ()
    assert one.figures == {"processes": 4, "silent": 0, "open": 2, "closed": 2}


def test_a_sum_is_bad_only_where_half_of_its_processes_are():
    """One of three is open: that is worth a look, and the service is not down."""
    one = only(worker(1), worker(2, opened), worker(3))
    assert (one.state, one.health) == ("open", "middling")
    assert only(worker(1), worker(2)).health == "good"


def test_a_silent_process_keeps_its_counts_and_has_no_say_in_the_state():
    """Its last known counts stay in the sum; when all are silent, so is the sum, and shows what was last known."""
    silent = worker(2, opened, is_stale=True)
    one = only(worker(1), silent, worker(3))
    assert one.explain == "closed in 2 of 2, 1 silent"
    assert (one.state, one.total, one.rate) == ("closed", 300, 25.0)
    gone = only(silent, worker(3, is_stale=True))
    assert gone.is_stale
    assert gone.explain == "open in 1 of 2, closed in 1 of 2"


def test_only_processes_of_one_service_are_summed():
    """Not this process's own policies, not two services' policies of one name, and not two kinds."""
    own = worker(1, service="")
    assert Sums().of([own, worker(2, service=""), worker(3), worker(4, service="other"), worker(5, kind="retry")]) == ()


def test_a_sum_of_which_nothing_has_changed_is_the_same_object():
    """Else every page would be told all sums anew with each board."""
    sums, told = Sums(), [worker(1), worker(2)]
    (first,) = sums.of(told)
    assert sums.of(told)[0] is first
    assert sums.of([told[0], worker(2)])[0] is not first
    assert sums.of(told[:1]) == ()


def test_the_past_of_a_sum_is_that_of_the_gravest_state():
    """Closed until the first opens, open until the last has closed."""

    def changed(seconds, old, new):
        return {"at": AT - seconds, "old": old, "new": new, "reason": "failures"}

    one = worker(1, timeline=(changed(90, "closed", "open"), changed(60, "open", "half-open")), state="half-open")
    other = worker(2, timeline=(changed(80, "closed", "open"), changed(40, "open", "closed")))
    told = [(change["at"] - AT, change["old"], change["new"]) for change in only(one, other).timeline]
    assert told == [(-90, "closed", "open"), (-40, "open", "half-open")]
    assert only(one, other).timeline[-1]["reason"] == "failures on web:2"


LINE = st.lists(st.none() | st.floats(0, 100), max_size=60).map(tuple)


@given(LINE, LINE)
def test_lines_are_added_from_their_newest_point(one, other):
    """Against a reference: point for point from the right, `None` only where neither knows."""
    rates = only(worker(1, rates=one), worker(2, rates=other)).rates
    assert len(rates) == max(len(one), len(other))
    for back in range(1, len(rates) + 1):
        seen = [line[-back] for line in (one, other) if back <= len(line) and line[-back] is not None]
        assert rates[-back] == (pytest.approx(sum(seen), abs=1e-4) if seen else None)


def test_a_line_that_ended_earlier_is_added_at_its_own_time():
    """One worker was left alone for two steps: its newest point belongs to the other's third from the right."""
    one = worker(1, at=AT, rates=(1.0, 2.0, 3.0, 4.0), errors=(0.0, 0.0, 0.0, 0.5))
    other = worker(2, at=AT - 2, rates=(10.0, 20.0), errors=(1.0, 1.0))
    both = only(one, other)
    assert both.rates == (11.0, 22.0, 3.0, 4.0)
    assert both.errors == (0.5, 0.5, 0.0, 0.5)
    assert both.at == AT
    assert len(only(worker(1, at=AT), worker(2, at=AT - 900)).rates) == 60


def test_hours_are_summed():
    """Calls are added, shares averaged, of times the longest is taken."""
    told = [{"calls": [1.0, None], "errors": [0.5, 0.0], "p95": [0.1, None]}, {"calls": [2.0, None], "p95": [0.4, 0.2]}]
    assert hours(told) == {"calls": [3.0, None], "errors": [0.5, 0.0], "p95": [0.4, 0.2]}


def test_every_face_tells_the_sum_once():
    """Text, picture, alerts and rankings have one line for the service, with the number of processes."""
    tiles = (worker(1), worker(2, opened), worker(3, opened), worker(4), tile("alone"))
    shop = board(policies=tiles, summed=Sums().of(tiles))
    assert [one.name for one in overview(shop)] == ["payments", "alone"]
    assert still(shop).count("payments  ") == 1 + sum(one.name == "payments" for one in shop.services)
    assert "2/4 open" in still(shop)
    assert "open in 2 of 4" in picture(shop)
    each = shown(tiles, shop.summed)
    alerts = list(wrong((), (), each, [], AT))
    assert [(alert.title, alert.detail) for alert in alerts] == [
        ("payments is open on shop", "open in 2 of 4, closed in 2 of 4")
    ]
    ranked = {ranking.name: ranking.places for ranking in rankings((), each, None)}
    assert [(place.name, place.value) for place in ranked["refused"]] == [("payments", 600.0)]


def test_four_real_processes_behind_one_address_are_summed():
    """Each is its own tile, and the sum adds what the four have counted: open in 2 of 4."""
    told = [(10, "closed"), (20, "open"), (30, "open"), (40, "closed")]
    with workers(*told) as url, Collector(f"shop={url}", refresh=0.1) as collector:

        def found():
            board = collector.board()
            sums = {one.name: one for one in board.summed}
            payments = sums.get("payments")
            return (board, sums) if payments and len(payments.members) == 4 else None

        seen, sums = eventually(found, within=60)
        payments, rate = sums["payments"], sums["payments rate"]
        assert payments.service == "shop"
        assert payments.explain == "open in 2 of 4, closed in 2 of 4"
        assert payments.total == 100
        assert rate.refused == 100
        assert len([one for one in seen.policies if one.name == "payments"]) == 4
        (refused,) = [ranking for ranking in seen.rankings if ranking.name == "refused"]
        assert ("payments rate", 100.0) in [(place.name, place.value) for place in refused.places]
        assert [alert.title for alert in seen.firing if "payments" in alert.title] == ["payments is open on shop"]
        at = time.time()
        for member in payments.members:
            collector.history.add(member, "calls", at, 2.0)
        assert [value for value in collector.hour(payments.key)["calls"] if value is not None][-1] == 8.0
