"""The collector: looks at all sources again and again, in a thread of its own, and keeps the newest board.

Rules: `_board` and `_listeners` are replaced, never changed in place. `look()` is called by one thread at a time, under
`_looking`; services and dashboards are asked in the loop of the collector's own thread. What goes wrong in a look is
logged, and the board before it stays.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self

from .. import _options
from .._listeners import Subscription
from .._snapshot import Memory, remembered, snapshot
from ._alarms import Alarms, wrong
from ._board import Board
from ._history import History
from ._logs import LEVELS, Followed, LogRing, RingHandler, as_told
from ._pace import FETCH, LOOK, Thrift, wait
from ._processes import Process, Processes, key_of, text
from ._rankings import Folder, rankings
from ._remote import Remote, is_dashboard
from ._services import Services
from ._summary import logs_of, sections_of, sources_of, stale_ones, systems_of, totals_of
from ._sums import Sums, hours, shown
from ._tiles import Tiles

_GOODBYE = 5.0
# Words such as "opens at 5" may change without anything happening; so now and then all is asked anew.
_ANEW = 30
_LINES_TOLD = 100
_log = logging.getLogger("resilience.dashboard")


class Collector:
    """Makes the board, again and again: a context manager, in which a thread does it.

    Args:
        *urls: services to watch, `name=url` to give one a name. One that ends with `/resilience` is another dashboard,
            and is asked for the processes that it knows.
        refresh: seconds from one board to the next (default 1); longer where making one takes more than a fifth of it.
        interval: seconds from one look at a service to the next (default 1; longer with more than ten services).
        token: what the other dashboards ask for.
        history: a file in which the last hour of all figures survives a restart (SQLite; default: memory only).
        follow: a log file whose new lines are shown besides this process's own records.
        folder: a folder whose largest files are ranked.
        controls: may faces offer what changes the policies of this process (default no)?
        miniapp: options of every `AsyncMiniapp`, such as `settings` and `transport`.

    Raises:
        ValueError: an option that makes no sense; the message says which.

    Thread-safe. Memory is bounded: an hour of at most 12,000 figures, 1,000 lines of log, 256 processes, 5,000 policies.

    >>> with Collector(refresh=60) as collector:
    ...     collector.board().totals.services
    0
    """

    def __init__(
        self,
        *urls: str,
        refresh: Any = 1.0,
        interval: Any = None,
        token: str | None = None,
        history: str | Path | None = None,
        follow: str | Path | None = None,
        folder: str | Path | None = None,
        controls: bool = False,
        miniapp: dict[str, Any] | None = None,
    ) -> None:
        self.refresh = _options.seconds("refresh", refresh)
        self.controls = _options.flag("controls", controls)
        self.history = History(self.refresh, history)
        self.ring = LogRing()
        self.processes = Processes()
        self._services = Services(
            [url for url in urls if not is_dashboard(url)],
            self.history,
            interval=_options.optional_seconds("interval", interval),
            options=miniapp or {},
        )
        self._remotes = [Remote(url, self.processes, token=token) for url in urls if is_dashboard(url)]
        self._tiles = Tiles(self.history, self._services.labels(), controls=self.controls)
        self._sums = Sums(self.refresh)
        self._alarms = Alarms()
        self._followed = None if follow is None else Followed(follow)
        self._folder = None if folder is None else Folder(folder)
        self._counted = dict.fromkeys(LEVELS, 0)
        self._heard: dict[str, int] = {}
        self._memory = Memory()
        self._looking = Lock()
        self._looked_at = 0.0
        self._board: Board | None = None
        self._listeners: tuple[Callable[[Board], object], ...] = ()
        self._thread: Thread | None = None
        self._end: Callable[[], object] = int
        self._handler: RingHandler | None = None

    # Reading

    def board(self) -> Board:
        """The newest board; the first is made at once."""
        board = self._board
        return self.look() if board is None else board

    def hour(self, key: str) -> dict[str, list[float | None]]:
        """The last hour of every figure of one tile, service or machine, in steps of ten seconds, oldest first."""
        at, board = time.time(), self._board
        for tile in () if board is None else board.summed:
            if tile.key == key:
                return hours([self.history.hour(member, at) for member in tile.members])
        return self.history.hour(key, at)

    def told(self) -> list[dict[str, Any]]:
        """What another dashboard takes from here: snapshot and newest lines of every process that is known."""
        self.board()
        own = as_told(self.ring.lines(_LINES_TOLD))
        known = self.processes.known(time.time())
        return [{"snapshot": one.snapshot, "logs": list(one.logs) if one.origin else own} for one in known]

    def listen(self, listener: Callable[[Board], object]) -> Subscription:
        """Call this with every new board, in the collector's thread; it must not block."""
        self._listeners = (*self._listeners, listener)

        def end() -> None:
            self._listeners = tuple(one for one in self._listeners if one is not listener)

        return Subscription(end)

    # Looking

    def look(self) -> Board:
        """Make a new board of what is known now; nothing is asked over the network."""
        with self._looking:
            self._board = board = self._looked(time.time())
        for listener in self._listeners:
            try:
                listener(board)
            except Exception as error:
                _log.error("a listener to the board failed", exc_info=error)
        return board

    def _looked(self, at: float) -> Board:
        if self._board is not None and self._board.number % _ANEW == 0:
            self._memory = Memory()
        own = self.processes.take({"snapshot": remembered(self._memory)}, at)
        processes = self.processes.known(at)
        stale = stale_ones(processes, self._remotes, at)
        services = self._services.now(at)
        tiles = self._tiles.of(processes, own.key, stale)
        sums = self._sums.of(tiles)
        each = shown(tiles, sums)
        sources = tuple(sources_of(processes, self._remotes, services, stale, at))
        self._take_lines(processes, at)
        self._alarms.look(wrong(sources, services, each, processes, at), at)
        totals = totals_of(services, tiles, self.history, at)
        board = Board(
            number=1 if self._board is None else self._board.number + 1,
            at=at,
            step=self.refresh,
            totals=totals,
            sources=sources,
            services=services,
            policies=tiles,
            summed=sums,
            systems=tuple(systems_of(processes, self.history, at)),
            logs=logs_of(self.ring, self.history, at),
            rankings=rankings(services, each, self._folder),
            firing=self._alarms.firing,
            recent=self._alarms.recent,
            sections=sections_of(processes),
            controls=self.controls,
        )
        self.history.tidy(at)
        self._looked_at = at
        return board

    def _take_lines(self, processes: list[Process], at: float) -> None:
        if self._followed is not None:
            self._followed.read(at, self.ring)
        for process in processes:
            if process.origin:
                self._take_lines_of(process)
        counts = self.ring.counts()
        passed = max(at - self._looked_at, self.refresh) if self._looked_at else self.refresh
        for level, count in counts.items():
            self.history.add("logs", level, at, max(0, count - self._counted[level]) / passed)
        self._counted = counts

    def _take_lines_of(self, process: Process) -> None:
        last = self._heard.get(process.key, 0)
        numbered = [(line["number"], line) for line in process.logs if isinstance(line.get("number"), int)]
        for number, line in numbered:
            at = line.get("at")
            if number > last and isinstance(at, (int, float)):
                level, logger = text(line.get("level")), text(line.get("logger"))
                self.ring.add(at, level, logger, str(line.get("text")), process.key)
        self._heard[process.key] = max([last, *(number for number, _ in numbered)])

    # The thread

    def start(self) -> None:
        """Begin to look, in a thread of its own; nothing happens if it does already."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._handler = RingHandler(self.ring, key_of(snapshot()))
        logging.getLogger().addHandler(self._handler)
        begun = Event()
        self._thread = Thread(target=self._run, args=(begun,), name="resilience-dashboard", daemon=True)
        self._thread.start()
        begun.wait(_GOODBYE)

    def stop(self) -> None:
        """End it; the last board stays."""
        self._end()
        if self._thread is not None:
            self._thread.join(_GOODBYE)
            self._thread = None
        if self._handler is not None:
            logging.getLogger().removeHandler(self._handler)
        if self._followed is not None:
            self._followed.close()

    def _run(self, begun: Event) -> None:
        async def main() -> None:
            task = asyncio.current_task()
            loop = asyncio.get_running_loop()
            self._end = lambda: loop.is_closed() or (task is not None and loop.call_soon_threadsafe(task.cancel))
            begun.set()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch()

        asyncio.run(main())

    async def _watch(self) -> None:
        try:
            await self._services.start()
            async with asyncio.TaskGroup() as group:
                for remote in self._remotes:
                    group.create_task(self._repeat(partial(self._fetch, remote), FETCH))
                group.create_task(self._repeat(self._look_safely, LOOK))
        finally:
            await self._services.stop()
            for remote in self._remotes:
                await remote.close()

    @staticmethod
    async def _fetch(remote: Remote) -> None:
        await remote.fetch(time.time())

    async def _look_safely(self) -> None:
        try:
            self.look()
        except Exception as error:  # whatever it is, the next look may succeed
            _log.error("a look at the sources failed", exc_info=error)

    async def _repeat(self, step: Callable[[], Any], place: float) -> None:
        thrift = Thrift(self.refresh)
        while True:
            begun, spent = time.monotonic(), time.thread_time()
            await step()
            cost = time.thread_time() - spent if place == LOOK else 0.0
            busy = begun + thrift.spent(begun, cost) - time.monotonic()
            await asyncio.sleep(wait(time.time(), self.refresh, place, busy))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Collector each {self.refresh:g} s>"
