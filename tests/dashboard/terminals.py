"""The terminal face without a terminal: a pilot, what the screen says, and pictures to compare."""

import asyncio
import os
import re
import time
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

import textual.app
import textual.pilot
from tests.dashboard.boards import board as made

from resilience.dashboard import Collector
from resilience.dashboard.terminal._app import DashboardApp
from resilience.dashboard.terminal._table import Table

PATIENCE = 30.0
QUIET = 12
"""Turns of the loop in which nothing comes, after which nothing will."""
PICTURES = Path(__file__).parent / "pictures"
SVG = "{http://www.w3.org/2000/svg}"


class Shown:
    """An app on which boards are shown."""

    def __init__(self, app, pilot, collector):
        self.app = app
        self.pilot = pilot
        self._collector = collector

    async def press(self, *keys):
        """Press keys, and let the screen settle."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, condition):
        """Wait until it holds: keys are handled in their own time."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, self.screen
            await self.pilot.pause(0.02)

    async def show(self, board):
        """A new board comes from the collector."""
        for listener in self._collector._listeners:
            listener(board)
        self.app.draw()
        await self.pilot.pause()

    @property
    def screen(self):
        """What is read on it."""
        return "\n".join(strip.text.rstrip() for strip in self.app.screen._compositor.render_strips())

    @property
    def table(self):
        """The list that has the keys."""
        assert isinstance(self.app.focused, Table)
        return self.app.focused


def pumps_of(app):
    """All that messages are sent to: the app, its screens, their widgets."""
    return [app, *(pump for screen in app.screen_stack for pump in (screen, *screen.walk_children()))]


async def settled(app):
    """Wait until all messages have been taken, and so have those that the screen sends once it is laid out anew."""
    end = time.monotonic() + PATIENCE
    for _ in range(2):
        quiet, pumps = 0, pumps_of(app)
        while quiet < QUIET and time.monotonic() < end:
            await asyncio.sleep(0)
            has_work = any(not pump._message_queue.empty() or pump._next_callbacks for pump in pumps)
            quiet, pumps = (0, pumps_of(app)) if has_work else (quiet + 1, pumps)
        if app.screen_stack:
            app.screen._on_timer_update()


@contextmanager
def quickly(app):
    """Let a pilot go on when the app has nothing left to do; it would wait for a processor that other threads use, too."""

    async def wait_for_idle(*seconds):
        await settled(app)

    patience = textual.app.wait_for_idle
    textual.app.wait_for_idle = textual.pilot.wait_for_idle = wait_for_idle
    try:
        yield
    finally:
        textual.app.wait_for_idle = textual.pilot.wait_for_idle = patience


@asynccontextmanager
async def piloted(app, size=(80, 24)):
    """A pilot of an app that is begun."""
    with quickly(app):
        async with app.run_test(size=size) as pilot:
            yield pilot


@asynccontextmanager
async def shown(board=None, size=(80, 24), clock=None):
    """The app with one board on it; its collector never runs."""
    board = board or made()
    collector = Collector(refresh=60)
    app = DashboardApp(collector, clock=clock or (lambda: board.at))
    async with piloted(app, size) as pilot:
        one = Shown(app, pilot, collector)
        await one.show(board)
        yield one


def drawn(svg):
    """What a picture shows: every text and every box, with its colour; without ids, fonts and names of classes."""
    root = ET.fromstring(svg)
    style = "".join(element.text or "" for element in root.iter(f"{SVG}style"))
    looks = dict(re.findall(r"\.terminal-\d+-(r\d+) \{ ([^}]*?) ?\}", style))
    found = []
    for element in root.iter():
        if element.tag not in {f"{SVG}text", f"{SVG}rect"} or "x" not in element.attrib:
            continue
        name = re.sub(r"^terminal-\d+-", "", element.get("class", ""))
        place = tuple(round(float(element.get(one, 0)), 1) for one in ("x", "y"))
        found.append(
            (place, (element.text or "").replace("\xa0", " ").rstrip(), looks.get(name, element.get("fill", "")))
        )
    return sorted(found)


def compare(name, svg):
    """Compare with the picture that was looked at; `PICTURES=write` makes it anew."""
    file = PICTURES / f"{name}.svg"
    if os.environ.get("PICTURES") == "write":
        PICTURES.mkdir(exist_ok=True)
        file.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL), "utf-8")
    was, now = drawn(file.read_text("utf-8")), drawn(svg)
    assert len(now) > 20
    changed = [pair for pair in zip(was, now, strict=False) if pair[0] != pair[1]]
    assert (changed[:5], len(was)) == ([], len(now)), "it looks different; look at it, then PICTURES=write accepts it"


def in_utc(monkeypatch):
    """Times of day as they are in UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
