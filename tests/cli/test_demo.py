"""`resilience demo`, as its user sees it: a real outage of real servers, measured."""

import asyncio
import json
import sys
from collections import Counter

import httpx
import pytest

from resilience.cli import main
from resilience.cli.demo._diary import Call, Change, Outcome
from resilience.cli.demo._figures import latency_of
from resilience.cli.demo._glyphs import ASCII, BLOCKS
from resilience.cli.demo._origin import QUEUE, WORKERS, FlakyOrigin
from resilience.cli.demo._script import Phase, Script
from resilience.cli.demo._stopwatch import Stopwatch
from resilience.cli.demo._strip import Scale, answers_strip, breaker_strip, load_strip

CLIENTS = ("guarded", "retry_only", "bare")
FIGURES = {
    "calls",
    "succeeded",
    "failed",
    "origin_requests",
    "retries",
    "rejected",
    "cache_hits",
    "served_stale",
    "breaker",
    "latency_ms",
}
posix = pytest.mark.skipif(sys.platform == "win32", reason="no terminals and signals of this kind there")


@pytest.fixture(scope="module")
def told(command):
    """The figures of one short demo; on a machine too busy for that, of a longer one."""
    for seconds in ("6", "18", "45"):
        ran = command("demo", "--seconds", seconds, "--json")
        assert (ran.returncode, ran.stderr) == (0, "")
        figures = json.loads(ran.stdout)
        if not figures["script"]["disturbed"]:
            break
    return figures


def test_every_client_tells_its_figures(told):
    """Each client has all figures, and its parts make its whole."""
    for name in CLIENTS:
        of = told[name]
        assert of.keys() >= FIGURES
        assert (
            of["calls"]
            == of["succeeded"] + of["failed"]
            == int(told["script"]["seconds"] * told["script"]["calls_per_second"])
        )
        assert 0 < of["latency_ms"]["p50"] <= of["latency_ms"]["p95"] <= of["latency_ms"]["p99"]
        for figure in ("calls", "succeeded", "failed", "served_stale", "origin_requests"):
            assert of[figure] == sum(phase[figure] for phase in of["phases"].values())
        assert of["origin_requests"] <= of["attempts"]
        assert of["served_stale"] <= of["succeeded"]
        assert sum(of["origin"][end] for end in ("answered", "failed", "overloaded")) <= of["origin_requests"]


def test_bare_and_retry_only_are_what_they_are_called(told):
    """The bare client asks once; the other repeats, without a bound for all calls together."""
    bare, retry_only = told["bare"], told["retry_only"]
    assert bare["attempts"] == bare["calls"]
    assert bare["retries"] == 0
    assert bare["failed"] > 0
    assert retry_only["retries"] > 0
    assert retry_only["attempts"] == retry_only["calls"] + retry_only["retries"]
    for of in (bare, retry_only):
        assert (of["rejected"], of["cache_hits"], of["served_stale"], of["breaker"]) == (0, 0, 0, [])


def test_guarded_client_serves_through_the_outage(told):
    """It answers what the others cannot, with what it knew, and asks the failing origin less than both."""
    down = {name: told[name]["phases"]["outage"] for name in CLIENTS}
    assert down["guarded"]["served_stale"] > 0
    assert down["guarded"]["succeeded"] > max(down["retry_only"]["succeeded"], down["bare"]["succeeded"])
    assert down["guarded"]["origin_requests"] < down["bare"]["origin_requests"]
    assert down["guarded"]["origin_requests"] < down["retry_only"]["origin_requests"]
    assert down["bare"]["origin_requests"] < down["retry_only"]["origin_requests"]
    assert told["guarded"]["cache_hits"] > 0
    assert told["guarded"]["rejected"] > 0


def test_breaker_opens_and_closes(told):
    """The timeline is one of a breaker: connected, in order, opened in the outage, closed at the end."""
    timeline = told["guarded"]["breaker"]
    states = ["closed", *(change["to"] for change in timeline)]
    assert [change["from"] for change in timeline] == states[:-1]
    assert [change["at"] for change in timeline] == sorted(change["at"] for change in timeline)
    assert {"open", "half-open"} <= set(states)
    assert states[-1] == "closed"
    assert timeline[-1]["at"] >= told["script"]["phases"][-1]["from"]
    assert told["guarded"]["recovered_after"] >= 0


def test_plain_text(command):
    """Without a terminal and without Unicode it is plain ASCII, 80 columns wide, with progress and drawing."""
    ran = command("demo", "--seconds", "4", PYTHONIOENCODING="ascii")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "\\u" not in ran.stdout
    assert "\x1b" not in ran.stdout
    lines = ran.stdout.splitlines()
    assert max(map(len, lines)) < 80
    assert sum(line.split()[1:2] == ["outage"] for line in lines) >= 2
    for words in ("answers", "load on the origin", "breaker", "cache hits", "p50 / p95 during, ms", "Answered while"):
        assert any(line.startswith(words) for line in lines)


@posix
@pytest.mark.parametrize("columns", [80, 140])
def test_terminal(start, columns):
    """On a terminal the chart grows in place, in colours, and the report fits."""
    pytest.importorskip("rich")
    demo = start("demo", "--seconds", "4", columns=columns)
    code, error = demo.end()
    assert (code, error) == (0, "")
    assert "\x1b[32m" in demo.text
    assert BLOCKS.fresh in demo.text
    assert "of 4 s: outage" in demo.text


@posix
def test_ctrl_c(start):
    """Ctrl-C ends it at once, without a word."""
    demo = start("demo", "--seconds", "60")
    demo.until("healthy")
    demo.interrupt()
    assert demo.end() == (130, "")


@pytest.mark.parametrize("seconds", ["3.9", "601", "0", "-5", "nan", "inf", "ten", "", "1\x1b[2J"])
def test_nonsense_is_refused(seconds, capsys):
    """A length that makes no sense is one line that says what does."""
    assert main(["demo", f"--seconds={seconds}"]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error == f"resilience: --seconds {seconds!r}: say a number from 4 to 600, e.g. --seconds 12 (docs/demo.md)\n"


def test_origin_has_a_bounded_capacity():
    """A failing origin answers slowly what it has room for and refuses the rest; healed it is well again."""

    async def story():
        async with (
            FlakyOrigin(Stopwatch(), hold=0.2) as origin,
            httpx.AsyncClient(base_url=origin.url, timeout=None) as client,
        ):
            origin.fail()
            answers = await asyncio.gather(*(client.get(f"/items/{number}") for number in range(40)))
            origin.heal()
            well = await client.get("/items/7")
            return origin, Counter(answer.json()["told"] for answer in answers), answers, well

    origin, told, answers, well = asyncio.run(story())
    assert {answer.status_code for answer in answers} == {503}
    assert told["overloaded"] == origin.overloaded > 0
    assert origin.failed == 40 - told["overloaded"] >= WORKERS + QUEUE
    assert (well.status_code, well.json()) == (200, {"told": "/items/7"})
    assert (origin.answered, len(origin.arrivals), origin.abandoned) == (1, 41, 0)


def test_origin_counts_clients_that_left():
    """Work for a client that has given up is done all the same, and counted."""

    async def story():
        async with FlakyOrigin(Stopwatch(), hold=0.3) as origin:
            origin.fail()
            async with httpx.AsyncClient(base_url=origin.url, timeout=None) as client:
                asking = asyncio.ensure_future(client.get("/"))
                while not origin.arrivals:
                    await asyncio.sleep(0.01)
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
            while not origin.abandoned:
                await asyncio.sleep(0.01)
            return origin

    assert asyncio.run(story()).failed == 1


def test_script_scales():
    """All times are shares of the whole."""
    short, long = Script(seconds=6.0), Script(seconds=60.0)
    assert short.outage == (1.5, 4.0)
    assert long.outage == (15.0, 40.0)
    assert [long.phase(at) for at in (0, 14.9, 15, 39.9, 40, 99)] == [
        *[Phase.HEALTHY] * 2,
        *[Phase.OUTAGE] * 2,
        *[Phase.RECOVERY] * 2,
    ]
    assert (long.unit, long.calls) == (10 * short.unit, 10 * short.calls)


def test_latency_is_by_nearest_rank():
    """Percentiles are values that were measured; without any there are none."""
    calls = [Call(begun=0.0, elapsed=number / 1000, outcome=Outcome.FRESH) for number in range(1, 101)]
    assert latency_of(calls) == {"p50": 50, "p95": 95, "p99": 99}
    assert latency_of(calls[:1]) == {"p50": 1, "p95": 1, "p99": 1}
    assert latency_of([]) == {"p50": None, "p95": None, "p99": None}


def text_of(line):
    """The characters of a strip."""
    return "".join(text for text, _ in line)


def test_strips():
    """In each cell the worst shows; load is drawn to a common height; the breaker's state carries on."""
    scale = Scale(Script(seconds=12.0), 6, now=9.0)
    outcomes = {0: "fresh", 1: "remembered", 2: "fresh", 2.1: "stale", 4: "stale", 4.1: "stale", 4.2: "failed"}
    outcomes |= {6: "failed", 8.5: "fresh", 8.6: "failed", 99: "fresh"}
    calls = [Call(begun=at, elapsed=0.1, outcome=Outcome(outcome)) for at, outcome in outcomes.items()]
    assert text_of(answers_strip(calls, scale, ASCII)) == "#oxXX#"
    assert text_of(load_strip([0, 1, 4, 8, 0, 2], 8, ASCII)) == " .=@ :"
    changes = [("closed", "open", 2.5), ("open", "half-open", 6.5), ("half-open", "open", 6.6)]
    timeline = [Change(at=at, old=old, new=new) for old, new, at in changes]
    assert text_of(breaker_strip(timeline, scale, ASCII)) == "-##?#"
