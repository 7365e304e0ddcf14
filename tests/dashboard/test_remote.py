"""Other dashboards: several processes behind one address, tokens, silence, nonsense, and everything failing at once."""

import asyncio
import copy
import functools
import json
import logging
import time

import httpx
import pytest
from tests.dashboard.serving import TOKEN, eventually, served
from tests.origins import Origin, answer, hang_before_headers, json_answer

import resilience
from resilience import telemetry
from resilience.dashboard import Collector, _remote
from resilience.dashboard._processes import Processes, key_of
from resilience.dashboard._remote import Remote

QUICK = {"refresh": 0.1}


@functools.cache
def told_by_a_worker():
    """A real snapshot, of one breaker and nothing that other tests have left alive."""
    breaker = resilience.CircuitBreaker("fact")
    snapshot = resilience.snapshot()
    entries = [one for one in snapshot["policies"] if one["name"] == breaker.name]
    return {**snapshot, "policies": entries, "pipelines": [], "gone": []}


def facts(pid, *, host="web-1", started=1000.0, name="orders elsewhere", logs=()):
    """What one worker tells of itself."""
    snapshot = copy.deepcopy(told_by_a_worker())
    (entry,) = snapshot["policies"]
    entry["name"] = name
    return {
        "snapshot": {**snapshot, "host": host, "pid": pid, "started_at": started, "at": time.time()},
        "logs": list(logs),
    }


def dashboard_of(collector):
    """The one source that is a dashboard."""
    return next(one for one in collector.board().sources if one.kind == "dashboard")


def workers(*told):
    """A transport behind which workers answer in turn."""
    turn = []

    def handle(request):
        turn.append(request)
        return httpx.Response(200, json={"version": 1, "processes": [told[len(turn) % len(told)]]})

    return httpx.MockTransport(handle)


def test_workers_that_answer_in_turn_are_told_apart():
    """By host, pid and start: the same pid on another host, or after a restart, is another process."""
    told = [facts(7), facts(8), facts(7, host="web-2"), facts(7, started=2000.0)]
    collector = Collector()
    remote = Remote("http://web.example/resilience", collector.processes, token=None, transport=workers(*told))

    async def ask():
        for number in range(8):
            await remote.fetch(time.time() + number / 100)
        await remote.close()

    asyncio.run(ask())
    tiles = [tile for tile in collector.look().policies if tile.name == "orders elsewhere"]
    assert len({tile.key for tile in tiles}) == 4
    assert all(tile.controls == () for tile in tiles)


def test_a_dashboard_inside_another_service_is_merged():
    """A page served for real is asked with its token, and its log lines come along once."""
    with served(token=TOKEN, around=_mounted) as page:
        logging.getLogger("tests.dashboard.remote").warning("from the other side")
        url = f"{page.url}resilience"
        with Collector(url, token=TOKEN, **QUICK) as collector:
            source = eventually(
                lambda: next((one for one in collector.board().sources if one.at and one.kind == "dashboard"), None)
            )
            assert source.error is None
        with Collector(url, token="b" * 20, **QUICK) as stranger:
            eventually(lambda: "HTTP 401" in str(stranger.board().sources[0].error))
            assert "token" in stranger.board().sources[0].error


def _mounted(app):
    from starlette.applications import Starlette
    from starlette.routing import Mount

    return Starlette(routes=[Mount("/resilience", app)])


def test_silence_keeps_what_was_known_and_marks_its_age(monkeypatch):
    """When the address stops answering its policies stay, stale, with their age; when it comes back they are fresh."""
    monkeypatch.setattr(_remote, "_RESET", 0.5)  # its circuit has opened meanwhile
    known = {"version": 1, "processes": [facts(7)]}
    with Origin(then=json_answer(known)) as origin, Collector(f"{origin.url}/resilience", **QUICK) as collector:
        tile = eventually(
            lambda: next((one for one in collector.board().policies if one.name == "orders elsewhere"), None)
        )
        assert not tile.is_stale
        origin.play(then=answer(503, b"down"))
        eventually(lambda: all(one.is_stale for one in collector.board().policies if one.name == "orders elsewhere"))
        source = next(one for one in collector.board().sources if one.kind == "dashboard")
        assert "503" in source.error or "circuit" in source.error
        process = next(one for one in collector.board().sources if one.name == "web-1:7")
        eventually(lambda: next(one for one in collector.board().sources if one.key == process.key).age > 0.3)
        assert any("does not answer" in alert.title for alert in collector.board().firing)
        origin.play(then=json_answer(known))
        eventually(
            lambda: not any(one.is_stale for one in collector.board().policies if one.name == "orders elsewhere")
        )


@pytest.mark.parametrize(
    "step",
    [
        answer(200, b"<html>"),
        json_answer({"policies": []}),
        json_answer([1, 2]),
        json_answer({"processes": [{"snapshot": 7}]}),
        json_answer({"processes": [{"snapshot": {"policies": "x"}}]}),
        answer(302, b"", {"location": "http://127.0.0.1:1/"}),
    ],
    ids=["html", "another json", "a list", "no snapshot", "no policies", "a redirect"],
)
def test_what_is_no_dashboard_is_said(step):
    """Nonsense under the address is told as the source's error, and nothing else happens."""
    with Origin(then=step) as origin, Collector(f"{origin.url}/resilience", **QUICK) as collector:
        eventually(lambda: origin.requests)
        eventually(lambda: dashboard_of(collector).error != "not asked yet")
        source = dashboard_of(collector)
    assert source.error
    assert source.at is None


NONSENSE = [None, True, -1, 1e999, "x", "<img src=x onerror=alert(1)>", [], [[1]], {}, {"a": {}}, {"state": 5}, 10**400]


@pytest.mark.parametrize("value", NONSENSE, ids=lambda value: repr(value)[:12])
def test_a_snapshot_of_nonsense_makes_a_board(value):
    """Whatever stands in another process's snapshot, there is a board, and it is JSON."""
    names = list(facts(1)["snapshot"]["policies"][0])
    collector = Collector()
    for number, name in enumerate(names):
        told = facts(number)
        told["snapshot"]["policies"][0][name] = value
        told["snapshot"] |= {"sections": value, "pipelines": value} if number % 2 else {"pid": value, "host": value}
        told["logs"] = value
        collector.processes.take(told, 1e12, origin="http://elsewhere.example")
    assert json.loads(collector.look().as_json())["version"] == 1


def test_everything_failing_at_once_is_survived(tmp_path):
    """Services, dashboards, a log file, the history and a section all fail; the board goes on, and says so."""
    with (
        telemetry.section("bad", lambda: 1 / 0),
        Origin(then=hang_before_headers) as hanging,
        Origin(then=answer(500)) as failing,
    ):
        urls = [
            hanging.url,
            failing.url,
            "http://127.0.0.1:1",
            f"{hanging.url}/resilience",
            "http://127.0.0.1:1/resilience",
        ]
        with Collector(*urls, **QUICK, follow=tmp_path / "none.log", folder=tmp_path / "none") as collector:
            first = collector.board().number
            eventually(lambda: collector.board().number > first + 10)
            eventually(lambda: sum(one.online is False for one in collector.board().services) >= 2)
            board = collector.board()
    assert json.loads(board.as_json())
    assert {one.health for one in board.services} <= {"bad", "quiet"}


def test_processes_are_bounded_and_old_ones_forgotten():
    """More than 256 make the oldest go; a worker that was silent for long goes once others of its address are heard."""
    processes = Processes()
    for number in range(400):
        processes.take(facts(number, name="x"), 1000.0 + number, origin="http://web.example")
    assert len(processes.known(1400.0)) == 256
    processes.take(facts(9999), 5000.0, origin="http://web.example")
    assert [one.snapshot["pid"] for one in processes.known(5000.0)] == [9999]
    assert processes.known(9000.0)


def test_this_process_knows_itself_best():
    """A dashboard elsewhere that tells of this very process does not replace what is known here."""
    collector = Collector()
    collector.look()
    own = resilience.snapshot()
    collector.processes.take({"snapshot": own}, 1e12, origin="http://loop.example")
    assert [one.key for one in collector.look().sources] == [key_of(own)]
