"""`resilience.snapshot()`: everything as documented JSON, and nothing that must not leave the process."""

import json
import os
import re
import time
from pathlib import Path

import pytest

import resilience as r
from resilience import _names, _plain, telemetry

PAGE = Path(__file__).parents[2] / "docs" / "telemetry" / "snapshot.md"
OPEN = ("outcomes", "errors", "events", "state", "sections", "timeline[]", "recent[]")  # their keys vary
CANARY = "canary-7f3a"


def paths(value, at=""):
    """Every path of a JSON value, as the page writes them."""
    yield at
    if at.split(".")[-1] in OPEN:
        return
    if isinstance(value, dict):
        for name, its in value.items():
            yield from paths(its, f"{at}.{name}".strip("."))
    elif isinstance(value, list):
        if value and isinstance(value[0], str):
            return
        for one in value:
            yield from paths(one, f"{at}[]")


def policy_of(known, name):
    (found,) = [one for one in known["policies"] + known["pipelines"] if one["name"] == name]
    return found


def broken_down():
    """A process in which everything has happened once."""
    breaker = r.CircuitBreaker("snap-breaker", trip=r.Consecutive(2))
    line = r.Pipeline(r.Retry(attempts=2, backoff=r.Fixed(0), name="snap-retry"), breaker, name="snap-line")
    with pytest.raises(ConnectionError):
        line.call(fail)
    with pytest.raises(r.CircuitOpenError):
        breaker.call(fail)
    gone = r.Retry(attempts=1, name="snap-gone")
    with pytest.raises(ConnectionError):
        gone.call(fail)
    return breaker, line


def fail():
    raise ConnectionError(f"down with {CANARY}")


def test_every_field_is_documented_and_every_documented_field_is_there():
    """The table of the page and a real snapshot have the same paths."""
    documented = re.findall(r"^\| `(?!sections\.)([\w.\[\]]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    with telemetry.enable():
        kept = broken_down()
        import gc

        gc.collect()
        known = r.snapshot()
        assert kept
    arrays = {path[:-2] for path in documented if path.endswith("[]")}
    found = {path for path in paths(known) if path} - arrays
    for name in ("policies", "pipelines", "gone"):
        found |= {
            f"{name}[].{part}" for part in ("timeline[]", "recent[]") if f"{name}[].timeline" in set(paths(known))
        }
    prefix = ("pipelines[].calls.", "gone[].calls.")  # "as for policies"
    found = {path for path in found if not path.startswith(prefix)} - {"policies[].pipelines[]"}
    assert found == set(documented) | (found & arrays)
    assert len(documented) == len(set(documented))


def test_it_is_json_and_says_whose_it_is():
    """Plain values, with the process that they are of."""
    known = r.snapshot()
    assert json.loads(json.dumps(known, allow_nan=False)) == known
    assert (known["version"], known["pid"], known["resilience"]) == (1, os.getpid(), r.__version__)
    assert known["started_at"] <= known["at"] <= time.time()
    assert known["recording"] is None


def test_what_is_not_recorded_is_null_and_the_state_is_there():
    """With telemetry off, states are told all the same."""
    breaker = r.CircuitBreaker("snap-off", initial_state="isolated")
    entry = policy_of(r.snapshot(), breaker.name)
    assert entry["calls"] is None
    assert entry["state"]["state"] == "isolated"
    assert entry["explain"].startswith("isolated")
    assert (entry["events"], entry["timeline"], entry["recent"]) == ({}, [], [])


def test_calls_events_and_pipelines_come_together():
    """A pipeline has the calls, its policies the events, and each names the other."""
    with telemetry.enable():
        breaker, line = broken_down()
        known = r.snapshot()
    chain, single = policy_of(known, line.name), policy_of(known, breaker.name)
    assert chain["calls"]["outcomes"]["failure"] == 1
    assert (chain["retries"], chain["attempts"]) == (1, 2)
    assert chain["policies"] == [part.name for part in line.parts()]
    assert single["pipelines"] == [line.name]
    assert single["events"] == {"changes": {"open": 1}, "refused": {"open": 1}}
    assert [one["new"] for one in single["timeline"]] == ["open"]
    assert known["totals"]["breakers_open"] >= 1
    assert known["totals"]["calls"] == 3
    assert known["totals"]["retries"] == 1
    assert known["totals"]["refused"] == 1


def test_listeners_that_raise_are_counted_where_somebody_sees_it():
    """The call never notices, so the snapshot must tell."""

    def broken(event):
        raise RuntimeError("mine")

    before = r.snapshot()["totals"]["listener_errors"]
    with r.listen(broken, r.events.BreakerStateChanged):
        r.CircuitBreaker("snap-heard").open()
    assert r.snapshot()["totals"]["listener_errors"] == before + 1


def test_sections_are_told_and_their_troubles_too():
    """A section that raises, or gives what JSON lacks, spoils nothing."""
    with telemetry.section("fine", lambda: {"left": float("inf"), "rows": (1, 2), 3: {4}}) as first:
        with telemetry.section("broken", lambda: 1 / 0):
            known = r.snapshot()["sections"]
            assert known == {"fine": {"left": None, "rows": [1, 2], "3": [4]}, "broken": {"error": "ZeroDivisionError"}}
            with pytest.raises(ValueError, match="name='fine'"):
                telemetry.section("fine", dict)
        with telemetry.section("silent", lambda: None):
            assert list(r.snapshot()["sections"]) == ["fine"]
        assert list(r.snapshot()["sections"]) == ["fine"]
    first.close()
    assert r.snapshot()["sections"] == {}


@pytest.mark.parametrize(("name", "function"), [(None, dict), ("", dict), ("x", None), ("a\nb", dict)], ids=str)
def test_a_section_needs_a_name_and_a_function(name, function):
    """What cannot be asked later is refused now."""
    with pytest.raises((TypeError, ValueError), match="name|function"):
        telemetry.section(name, function)


def test_a_policy_that_cannot_be_read_does_not_spoil_the_rest(monkeypatch):
    """Its state is the class of the error."""
    retry = r.Retry(name="snap-broken")
    monkeypatch.setattr(r.Retry, "snapshot", lambda self: 1 / 0)
    assert policy_of(r.snapshot(), retry.name)["state"] == {"error": "ZeroDivisionError"}


def test_row_58_the_snapshot_holds_no_argument_result_or_text_of_an_error():
    """A canary in arguments, results, errors and keys is not found in it."""
    with telemetry.enable():
        kept = broken_down()
        cached = r.Cache("snap-cache", ttl=5)(lambda word, *, key: word)
        cached(CANARY, key=CANARY)
        cached(CANARY, key=CANARY)
        fallback = r.Fallback(CANARY, name="snap-fallback")(fail)
        assert fallback() == CANARY
        limiter = r.RateLimiter(1, per=60, key=lambda user: user, name="snap-limiter")(lambda user: user)
        limiter(CANARY)
        with pytest.raises(r.RateLimitedError):
            limiter(CANARY)
        kept[0].tell(r.events.CallRejected, reason=f"token={CANARY}", key=f"https://ann:{CANARY}@example.org/")
        text = json.dumps(r.snapshot())
    assert "snap-cache" in text
    assert CANARY not in text


def test_row_59_names_and_texts_have_no_control_characters():
    """Policies refuse such names; what comes from elsewhere is escaped."""
    nasty = "a\r\nb\x1b[31m\u202ec\x00"
    with pytest.raises(ValueError, match="printable"):
        r.Retry(name=nasty)

    def broken():
        raise type(nasty.rstrip("\x00"), (Exception,), {})

    odd, bad = telemetry.section("odd", lambda: {nasty: nasty}), telemetry.section("bad", broken)
    with telemetry.enable(), odd, bad:
        breaker = r.CircuitBreaker("snap-odd")
        breaker.tell(r.events.CallRejected, reason=nasty, key=nasty)
        known = r.snapshot()
    (entry,) = policy_of(known, breaker.name)["recent"]
    assert entry["reason"].isprintable()
    assert entry["key"].isprintable()
    assert json.dumps(known["sections"], ensure_ascii=False).isprintable()


def test_values_are_plain_to_any_depth():
    """A cycle ends, a foreign object is told by its class, a bool stays one."""
    loop = []
    loop.append(loop)
    assert "<list>" in json.dumps(_plain.plain(loop))
    assert _plain.plain([True, None, 2**70, object(), r.State.OPEN]) == [True, None, 2**70, "<object>", "open"]
    assert type(_plain.plain(r.State.OPEN)) is str


def test_two_thousand_policies_are_told_quickly():
    """Well below a quarter of a second of this process's time; ten times that is allowed here, for slow machines."""
    kept = [r.CircuitBreaker(f"snap-{number}") for number in range(2000)]
    functions = [breaker(len) for breaker in kept]
    with telemetry.enable(max_policies=3000):
        for function in functions:
            function("7")
        begun = time.process_time()
        known = r.snapshot()
        assert time.process_time() - begun < 2.5
    assert known["totals"]["policies"] >= 2000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_row_60_a_forked_child_is_a_process_of_its_own():
    """Its own number and start, and sections may be added though the parent held the lock."""
    from resilience import _sections

    before = r.snapshot()
    with _sections._lock:
        child = os.fork()
        if child == 0:
            telemetry.section("child", dict)
            known = r.snapshot()
            changed = known["pid"] != before["pid"] and known["started_at"] > before["started_at"]
            os._exit(0 if changed and "child" in known["sections"] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_texts_and_numbers_of_kinds_of_their_own():
    """An enum's text and a whole number's kind come out as what JSON has."""

    class Text(str):
        __slots__ = ()

    class Number(int):
        pass

    assert (_plain.plain(Text("a")), _plain.plain(Number(7))) == ("a", 7)


def test_a_gathering_forgets_what_is_gone():
    """What is discarded is told of no more; twice does no harm."""
    from resilience._sections import Gathering

    class One:
        pass

    gathering, one = Gathering("doctest-gathered", lambda each: {}), One()
    gathering.add(one)
    gathering.discard(one)
    gathering.discard(one)
    assert not list(gathering._live)


def test_a_policy_that_cannot_tell_is_told_with_a_memory_too():
    """Its snapshot raises: the class of the error stands in its place, whoever reads."""
    from resilience._snapshot import Memory, remembered

    class Broken(r.Fallback):
        def snapshot(self):
            raise RuntimeError

    broken = Broken(1, name="broken-with-memory")
    told = remembered(Memory())
    (entry,) = [each for each in told["policies"] if each["name"] == broken.name]
    assert entry["state"] == {"error": "RuntimeError"}


@pytest.mark.parametrize("lacks", ["name", "parts"])
def test_a_policy_that_is_just_being_made_is_left_out(lacks):
    """Another thread's constructor is between two lines, or raised there: the snapshot tells of the others."""

    class HalfMade(r.Fallback):
        def __init__(self):
            if lacks == "parts":
                super().__init__(1, name="half-made")
            else:
                _names.register(self, "half-made")

        def parts(self):
            return self.not_yet_set

    half, whole = HalfMade(), r.Fallback(1, name="wholly-made")
    names = [each["name"] for each in r.snapshot()["policies"]]
    assert whole.name in names
    assert "half-made" not in names
    del half
