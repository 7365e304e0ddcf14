"""What the board tells of policies, services, rankings and alerts."""

import json
from pathlib import Path

import pytest
from tests.dashboard.serving import eventually
from tests.origins import Origin, answer, json_answer

import resilience
from resilience import _names, _sections, telemetry
from resilience.config import Settings
from resilience.dashboard import Collector
from resilience.dashboard._controls import Controls
from resilience.dashboard.web._changes import change

QUICK = Settings(environment={"CIRCUIT_BREAKER_RESET_TIMEOUT_MS": "500", "RETRY_MAX_ATTEMPTS": "1"})


def tile_of(board, name):
    """The one tile of that name."""
    (tile,) = [one for one in board.policies if one.name == name]
    return tile


def fail():
    raise ConnectionError("reset")


@pytest.fixture
def recording(monkeypatch):
    """Telemetry, on; policies that other tests left alive do not count."""
    monkeypatch.setattr(_names, "_LIVE", {})
    with telemetry.enable():
        yield


def test_an_idle_process_has_a_board():
    """Without any policy in use there is a board, and it is JSON."""
    board = Collector().board()
    told = json.loads(board.as_json())
    assert told["version"] == 1
    assert told["totals"]["services"] == 0
    assert [one["kind"] for one in told["sources"]] == ["process"]


def test_a_breaker_shows_state_traffic_and_timeline(recording):
    """Calls, errors and the change of state are on the tile; its colour follows the state."""
    breaker = resilience.CircuitBreaker("board breaker", trip=resilience.Consecutive(2))
    collector = Collector()
    assert tile_of(collector.look(), breaker.name).health == "quiet"
    breaker.call(int, "7")
    for _ in range(2):
        with pytest.raises(ConnectionError):
            breaker.call(fail)
    with pytest.raises(resilience.CircuitOpenError):
        breaker.call(fail)
    tile = tile_of(collector.look(), breaker.name)
    assert (tile.state, tile.health, tile.total, tile.refused) == ("open", "bad", 4, 1)
    assert tile.error_rate == pytest.approx(2 / 3)
    assert tile.rate > 0
    assert [change["new"] for change in tile.timeline] == ["open"]
    assert "board breaker is open" in {alert.title for alert in collector.board().firing}
    breaker.close()
    board = collector.look()
    assert tile_of(board, breaker.name).health == "bad"  # for two of three calls of the last minute failed
    assert "board breaker is open" in {alert.title for alert in board.recent}


def test_a_policy_inside_a_pipeline_shows_the_calls_of_the_pipeline(recording):
    """Where only the outermost is recorded, the inner ones say that the figures are shared."""
    chain = resilience.Pipeline(
        resilience.Cache("board cache", ttl=60), resilience.CircuitBreaker("board inner"), name="board chain"
    )
    guarded = chain(lambda number: number)
    for number in (1, 1, 1, 2):
        guarded(number)
    board = Collector().look()
    whole, inner, cache = (tile_of(board, name) for name in ("board chain", "board inner", "board cache"))
    assert (whole.total, whole.is_recorded, whole.is_shared) == (4, True, False)
    assert (inner.total, inner.is_recorded, inner.is_shared) == (4, False, True)
    assert whole.policies == ("board cache", "board inner")
    assert cache.hit_rate == 0.5
    assert board.totals.rate == sum(tile.rate or 0.0 for tile in board.policies if tile.is_recorded)


def test_limits_show_their_use():
    """A bulkhead tells its slots, a limiter and a cache count their own calls without telemetry."""
    bulkhead = resilience.Bulkhead(3, name="board slots")
    limiter = resilience.RateLimiter(1, per=60, name="board rate")
    with bulkhead.acquire():
        limiter.call(int, "7")
        with pytest.raises(resilience.RateLimitedError):
            limiter.call(int, "7")
        board = Collector().look()
    slots, rate = tile_of(board, "board slots"), tile_of(board, "board rate")
    assert (slots.used, slots.capacity, slots.waiting) == (1, 3, 0)
    assert (rate.total, rate.refused) == (2, 1)


def test_rankings_name_the_first(recording, tmp_path):
    """Slowest, most retried, refused and called; and the largest files of a folder, links left out."""
    retry = resilience.Retry(name="board retried", attempts=3, backoff=resilience.Fixed(0.001))
    with pytest.raises(ConnectionError):
        retry.call(fail)
    (tmp_path / "small").write_bytes(b"1")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "large & old").write_bytes(b"1" * 5000)
    (tmp_path / "link").symlink_to("/usr/bin")
    board = Collector(folder=tmp_path).look()
    ranked = {one.name: [(place.name, place.value) for place in one.places] for one in board.rankings}
    assert ("board retried", 2.0) in ranked["retried"]
    assert ("board retried", 1.0) in ranked["called"]
    assert ranked["files"] == [(str(Path("below", "large & old")), 5000.0), ("small", 1.0)]


def test_rankings_count_a_pipeline_and_the_policies_inside_it_once(recording):
    """Refusals and retries are those of the policy that made them; calls and times those of the pipeline."""
    limiter = resilience.RateLimiter(2, per=3600.0, name="ranked limiter")
    retry = resilience.Retry(name="ranked retry", attempts=2, backoff=resilience.Fixed(0.0))
    chain = resilience.Pipeline(retry, limiter, name="ranked chain")
    lone = resilience.Cache("ranked cache", ttl=60.0)
    cached = lone(lambda: 7)
    guarded = chain(fail)
    for _ in range(3):
        cached()
        with pytest.raises((ConnectionError, resilience.RateLimitedError)):
            guarded()
    board = Collector().look()
    ranked = {
        one.name: {place.name: place.value for place in one.places if "ranked" in place.name} for one in board.rankings
    }
    assert ranked["refused"] == {"ranked limiter": 2.0}
    assert ranked["retried"] == {"ranked retry": 1.0}
    assert ranked["called"] == {"ranked chain": 3.0, "ranked cache": 3.0}
    assert "ranked limiter" not in ranked["slowest"]


def test_what_has_not_changed_stays_the_same_object(recording):
    """A look works out and draws anew only what has changed: else thousands of policies would cost a core."""
    still = resilience.CircuitBreaker("unchanged")
    busy = resilience.CircuitBreaker("changed")
    still.call(int, "7")
    collector = Collector()
    before = collector.look()
    busy.call(int, "7")
    after = collector.look()
    assert tile_of(after, still.name) is tile_of(before, still.name)
    assert tile_of(after, busy.name).total == 1
    told = {one["key"]: one for one in json.loads(change(before, after))["policies"]}
    assert tile_of(before, still.name).key not in told
    assert told[tile_of(after, busy.name).key]["total"] == 1


def test_sections_of_the_snapshot_reach_the_board(monkeypatch):
    """The machine's figures are followed; alerts of others fire; what else is there is shown as it is."""
    alert = {"rule": "errors", "label": "shop", "severity": "critical", "value": 0.5, "limit": 0.05, "since": 5.0}
    parts = {
        "system": {
            "cpu": {"percent": 12.5},
            "memory": {"percent": 40.0, "total": 5},
            "thresholds": {"cpu_percent": 80.0},
        },
        "alerts": {"firing": 1, "active": [alert]},
        "queue": {"length": 3},
    }
    monkeypatch.setattr(_sections, "sections", {})  # what other tests left alive tells of itself, too
    ends = [telemetry.section(name, lambda told=told: told) for name, told in parts.items()]
    try:
        board = Collector().look()
    finally:
        for end in ends:
            end.close()
    (system,) = board.systems
    assert system.lines == {"cpu.percent": (12.5,), "memory.percent": (40.0,)}
    (fires,) = [one for one in board.firing if one.title == "errors shop"]
    assert (fires.severity, fires.since) == ("critical", 5.0)
    assert board.sections[system.source]["queue"] == {"length": 3}


def test_a_service_goes_down_keeps_its_last_answer_and_comes_back():
    """Down is seen, the last answer stays with its age, the breaker opens, and recovery is seen."""
    with (
        Origin() as origin,
        Collector(f"shop={origin.url}", refresh=0.1, interval=0.1, miniapp={"settings": QUICK}) as it,
    ):
        one = eventually(lambda: next((one for one in it.board().services if one.online), None))
        assert (one.name, one.health, one.is_stale) == ("shop", "good", False)
        eventually(lambda: it.board().services[0].level)  # its health has been asked as well
        assert {tile.kind for tile in it.board().policies if origin.url in tile.name} == {"circuit-breaker"}
        assert "http body" not in {tile.name for tile in it.board().policies}
        origin.play(then=answer(503, b"down"))
        down = eventually(lambda: next((one for one in it.board().services if one.online is False), None))
        assert (down.health, down.is_stale) == ("bad", True)
        assert down.at is not None
        assert down.age >= 0
        eventually(lambda: any(tile.state == "open" and tile.watches for tile in it.board().policies))
        eventually(lambda: it.board().services[0].age > 0.5)
        assert "shop is offline" in {alert.title for alert in it.board().firing}
        origin.play(then=json_answer({}))
        eventually(lambda: it.board().services[0].health == "good")
        eventually(lambda: "shop is offline" in {alert.title for alert in it.board().recent})
        assert it.hour("service/" + it.board().services[0].url)["online"][-1] is not None


def test_controls_act_on_policies():
    """Isolate and close, metrics-only and reset, clear and pause; each does what it says."""
    controls = Controls()
    breaker = resilience.CircuitBreaker("board controlled")
    kind = breaker.kind
    own = breaker.isolate()
    assert controls.act("isolate", kind, breaker.name) == "isolated"
    assert controls.act("isolate", kind, breaker.name) == "isolated"
    own.release()
    assert breaker.state == "isolated"
    assert controls.act("close", kind, breaker.name) == "closed"
    assert controls.act("metrics-only", kind, breaker.name) == "metrics-only"
    assert controls.act("reset", kind, breaker.name) == "closed"
    cache = resilience.Cache("board cleared", ttl=60)
    cache.set("a", 1)
    assert controls.act("clear", "cache", cache.name) == "cleared"
    assert cache.snapshot().size == 0
    limiter = resilience.RateLimiter(10, name="board paused")
    assert controls.act("pause", "rate-limiter", limiter.name, 30) == "paused for 30 s"
    with pytest.raises(resilience.RateLimitedError):
        limiter.call(int, "7")
    with pytest.raises(ValueError, match="seconds"):
        controls.act("pause", "rate-limiter", limiter.name, -1)


def test_a_listener_that_fails_stops_nothing(caplog):
    """The next look comes all the same, and the others are told."""
    collector, heard = Collector(), []
    with collector.listen(lambda board: 1 / 0), collector.listen(heard.append):
        collector.look()
    collector.look()
    assert [board.number for board in heard] == [1]
    assert "a listener to the board failed" in caplog.text


@pytest.mark.parametrize("options", [{"refresh": 0}, {"refresh": True}, {"interval": -1}, {"controls": "yes"}], ids=str)
def test_options_are_checked(options):
    """What makes no sense is refused by name."""
    with pytest.raises((TypeError, ValueError), match=next(iter(options))):
        Collector(**options)
