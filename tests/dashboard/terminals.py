"""The terminal face without a terminal: a pilot, what the screen says, and pictures to compare."""

import os
import re
import time
from contextlib import asynccontextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.dashboard.boards import board as made

from resilience.dashboard import Collector
from resilience.dashboard.terminal._app import DashboardApp
from resilience.dashboard.terminal._table import Table

PATIENCE = 30.0
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
        await self.pilot.pause()  # on a busy machine the first returns before focus and size have followed

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


@asynccontextmanager
async def shown(board=None, size=(80, 24), clock=None):
    """The app with one board on it; its collector never runs."""
    board = board or made()
    collector = Collector(refresh=60)
    app = DashboardApp(collector, clock=clock or (lambda: board.at))
    async with app.run_test(size=size) as pilot:
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
