"""The terminal face while what it shows hangs, fails, is silent, or tells hostile things."""

import asyncio
import time

import pytest
from tests.dashboard import boards
from tests.dashboard.terminals import piloted, shown
from tests.origins import Origin, answer, hang_before_headers, json_answer

from resilience.config import Settings
from resilience.dashboard import Alert, Collector, Source
from resilience.dashboard.terminal import run
from resilience.dashboard.terminal._app import DashboardApp

QUICK = Settings(environment={"CIRCUIT_BREAKER_RESET_TIMEOUT_MS": "500", "RETRY_MAX_ATTEMPTS": "1"})
PATIENCE = 30.0
HEALTH = {"status": "UP", "version": "7.7.7", "checks": {"database": {"status": "UP"}}}
HOSTILE = (
    "\x1b[2J\x1b[31mred",
    "[bold red]markup[/]",
    "[@click=app.quit]click[/]",
    "two\r\nlines",
    "\u202eright to left\u2066",
    "[/]",
    "<img src=x onerror=alert(1)>",
    "a\x00b\x9b31m",
    "\ud800",
    "名前" * 60,
    "e\u0301" * 50,
)
SHOWN = ("\\x1b[2J", "[bold red]markup[/]", "[@click=app.quit]", "two\\r\\nlines", "\\u202e")


async def until(condition):
    """Wait until it holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        await asyncio.sleep(0.05)


def screen(app):
    """What is read on it."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


@pytest.mark.asyncio
async def test_row_59_and_66_hostile_words_are_shown_as_words():
    """Names, states, errors, alerts, log lines and folders with escapes, markup and direction marks stay text."""
    services = tuple(
        boards.down(words, state=words, error=words, key=str(number), url=words,
                    parts=({"name": words, "level": words, "detail": words},), deployment={"version": words})
        for number, words in enumerate(HOSTILE)
    )  # fmt: skip
    tiles = tuple(
        boards.opened(words, key=str(number), explain=words, figures={words: words}, pipelines=(words,), kind=words)
        for number, words in enumerate(HOSTILE)
    )
    sources = tuple(
        Source(key=words, kind=words, name=words, at=None, age=None, is_stale=True, error=words, facts={})
        for words in HOSTILE
    )
    alerts = tuple(
        Alert(key=str(number), severity="critical", title=words, detail=words, since=boards.AT, until=None)
        for number, words in enumerate(HOSTILE)
    )
    logs = boards.board().logs.replace(
        lines=tuple(boards.line(number, words, logger=words, source=words) for number, words in enumerate(HOSTILE))
    )
    ranking = boards.board().rankings[0]
    ranking = ranking.replace(title=HOSTILE[0], places=(ranking.places[0].replace(name=HOSTILE[1]),))
    top = [{"pid": words, "name": words, "cpu_percent": words, "memory": words} for words in HOSTILE]
    system = boards.machine(
        top=top, cpu=HOSTILE[0], disks=[{"path": HOSTILE[0], "percent": words} for words in HOSTILE]
    )
    board = boards.board(
        services=services, policies=tiles, sources=sources, firing=alerts, logs=logs, rankings=(ranking,),
        systems=(system.replace(host=HOSTILE[0]),),
    )  # fmt: skip
    async with shown(board, size=(200, 60)) as one:
        for key in "1234567":
            await one.press(key)
            text = one.screen
            assert all(sign.isprintable() or sign == "\n" for sign in text)
            assert "\\x1b[2J" in text
            await one.press("down", "down", "enter", "escape")
        await one.press("2")
        for words in SHOWN:
            assert words in one.screen
        await one.press("slash", "left_square_bracket", "b", "enter")
        assert [row.name for row in one.table.listing.rows] == ["[bold red]markup[/]"]
        assert "with “[b”" in one.screen


@pytest.mark.asyncio
async def test_a_hanging_service_does_not_hold_up_the_screen():
    """While every service hangs, before or after a first answer, keys are answered at once and the rest is drawn."""
    hanging = hang_before_headers
    with (
        Origin(then=hanging) as silent,
        Origin(then=json_answer({"status": "UP"})) as well,
        Collector(f"silent={silent.url}", f"well={well.url}", refresh=0.2, interval=0.2) as collector,
    ):
        app = DashboardApp(collector)
        async with piloted(app, (120, 40)) as pilot:
            await until(lambda: "✓ online" in screen(app))
            assert "… waiting" in screen(app) or "- waiting" in screen(app)
            for key in "2345671":
                begun = time.monotonic()
                await pilot.press(key)
                assert time.monotonic() - begun < 5.0
            number = app.scene.board.number
            await until(lambda: app.scene.board.number > number)


@pytest.mark.asyncio
async def test_all_sources_fail_at_once_and_come_back():
    """Services and a dashboard go down together: all stays on screen as last known, with its age, and comes back."""
    up = [True]

    def healthy(connection, received):
        return (json_answer(HEALTH) if up[0] else answer(503))(connection, received)

    with (
        Origin(then=healthy) as first,
        Origin(then=healthy) as second,
        Collector(
            f"first={first.url}", f"second={second.url}", f"{first.url}/resilience",
            refresh=0.2, interval=0.2, miniapp={"settings": QUICK},
        ) as collector,
    ):  # fmt: skip
        app = DashboardApp(collector)
        async with piloted(app, (120, 40)) as pilot:
            await until(lambda: screen(app).count("✓ online") >= 2)
            up[0] = False
            await until(lambda: screen(app).count("▲ offline") >= 2)
            await pilot.press("2")
            await until(lambda: "last answer" in screen(app) and "last known" in screen(app))
            assert "7.7.7" in screen(app)
            await pilot.press("4")
            await until(lambda: screen(app).count("▲ silent") >= 2)
            up[0] = True
            await pilot.press("1")
            await until(lambda: screen(app).count("✓ online") >= 2)


@pytest.mark.asyncio
async def test_a_collector_that_is_silent_is_told_of():
    """When no new board comes, the screen stays, and says for how long there was no news."""
    now = [boards.AT]
    async with shown(clock=lambda: now[0]) as one:
        assert "✓ live" in one.screen
        now[0] += 60
        one.app.draw()
        await one.pilot.pause()
        assert "no news for 1 min" in one.screen
        assert "payments" in one.screen


@pytest.mark.asyncio
async def test_before_the_first_board_every_key_is_harmless():
    """While nothing is known the screen says so, and no key breaks anything."""
    collector = Collector(refresh=60)
    app = DashboardApp(collector)
    async with piloted(app) as pilot:
        assert "waiting for the first look" in screen(app)
        for key in (
            *"1234567",
            "s",
            "r",
            "p",
            "t",
            "a",
            "l",
            "down",
            "enter",
            "question_mark",
            "escape",
            "slash",
            "escape",
        ):
            await pilot.press(key)
        assert "waiting for the first look" in screen(app)
    assert collector._listeners == ()


@pytest.mark.asyncio
@pytest.mark.parametrize("size", [(20, 6), (40, 12), (300, 100), (1, 1)], ids=str)
async def test_any_size_is_survived(size):
    """Tiny and huge windows draw something, and so do changes from one to the other."""
    async with shown(size=size) as one:
        for key in "1234567":
            await one.press(key)
        await one.press("3", "t", "question_mark", "escape")
        await one.pilot.resize_terminal(100, 30)
        await one.press("3")
        assert "payments breaker" in one.screen


@pytest.mark.asyncio
async def test_an_empty_board_says_what_to_do():
    """Where there is nothing, each panel says how to get something."""
    empty = boards.board(
        services=(), policies=(), systems=(), firing=(), recent=(), rankings=(),
        logs=boards.board().logs.replace(lines=(), errors=()),
    )  # fmt: skip
    async with shown(empty, size=(120, 40)) as one:
        for key, words in {
            "2": "Name some",
            "3": "No policy",
            "4": "No process tells",
            "5": "--follow",
            "7": "Nothing fires",
        }.items():
            await one.press(key)
            assert words in one.screen


def test_without_textual_it_says_what_to_install(monkeypatch):
    """Without the extra, `run` names it before anything is begun."""
    monkeypatch.setattr("resilience.dashboard.terminal.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"resilience-stack\[tui\]"):
        run(Collector())
