"""The panel of the system: processors, memory and disks as meters, the hungriest processes, where facts come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from textual.app import ComposeResult

from .._board import Source, System
from .._processes import number, rows, table, text
from ._columns import Column, worded
from ._figures import count, percent, size, span
from ._glyphs import BLOCKS, chart, meter, spark, stretched
from ._listing import Listing
from ._palette import HEALTH, LINE, NORMAL, QUIET, SIGNS, STRONG
from ._panel import Panel
from ._scale import Scale
from ._scene import Scene
from ._sheet import Sheet
from ._strips import Pieces, ink, wrapped
from ._table import Table

NONE = (
    "No process tells of its machine. The extra `system` brings what is needed; in a program of yours, call "
    "resilience.telemetry.system.enable_system()."
)
_NEAR = 0.85
_LEAST_ROWS = 4
_LIMITS = {"cpu": 80.0, "memory": 85.0, "disk": 90.0}


def gauges(scene: Scene, width: int, height: int) -> list[Pieces]:
    """The meters of every machine, one below the other."""
    found: list[Pieces] = []
    systems = scene.board.systems
    for system in systems:
        found += [*_machine(system, scene, width), []]
    rows = (height - len(found)) // 2
    if len(systems) == 1 and rows >= _LEAST_ROWS:
        found += [*_area("CPU", systems[0].lines.get("cpu.percent"), width, rows - 1), []]
        found += [*_area("memory", systems[0].lines.get("memory.percent"), width, rows - 1), []]
    return found[:-1] if found else wrapped(NONE, width, QUIET)


def _area(name: str, line: Any, width: int, height: int) -> Iterator[Pieces]:
    marks = {0: "100%", height - 1: name}
    for place, row in enumerate(chart(stretched(line or (), width - 9), width - 9, height, LINE, top=100.0)):
        yield [ink(f"{marks.get(place, ''):>7} ", QUIET), *row]


def _machine(system: System, scene: Scene, width: int) -> Iterator[Pieces]:
    facts, limits = system.facts, table(system.facts.get("thresholds"))
    age = scene.age(system.source)
    told = f"  last known, {span(age)} ago" if age is not None and age > 3 * scene.board.step + 2 else ""
    yield [ink(system.host, STRONG), ink(f"  {scene.names.get(system.source, '')}", QUIET), ink(told, HEALTH["bad"])]
    cpu = table(facts.get("cpu"))
    load = " ".join(f"{one:.2f}" for one in _numbers(cpu.get("load"))[:3])
    words = f"load {load}" if load else ""
    yield _gauge(
        "CPU", number(cpu.get("percent")), _limit(limits, "cpu"), system.lines.get("cpu.percent"), words, width
    )
    if cores := _numbers(cpu.get("cores")):
        signs = "".join(BLOCKS[1 + round(max(0.0, min(1.0, one / 100)) * 7)] for one in cores[: width - 9])
        yield [ink("cores   ", QUIET), ink(signs, LINE)]
    for name, key in (("memory", "memory"), ("swap", "swap")):
        of = table(facts.get(key))
        if number(of.get("total")):
            words = f"{size(number(of.get('used')))} of {size(number(of.get('total')))}"
            line = system.lines.get(f"{key}.percent")
            yield _gauge(name, number(of.get("percent")), _limit(limits, "memory"), line, words, width)
    for disk in rows(facts.get("disks"))[:8]:
        words = f"{size(number(disk.get('free')))} free"
        yield _gauge(
            f"disk {text(disk.get('path'))}", number(disk.get("percent")), _limit(limits, "disk"), None, words, width
        )


def _numbers(value: Any) -> list[float]:
    """Those of a list from outside."""
    told = [number(one) for one in value] if isinstance(value, (list, tuple)) else []
    return [one for one in told if one is not None]


def _limit(limits: dict[str, Any], name: str) -> float:
    return number(limits.get(f"{name}_percent")) or _LIMITS[name]


def _gauge(name: str, value: float | None, limit: float, line: Any, words: str, width: int) -> Pieces:
    hue = "quiet" if value is None else "bad" if value >= limit else "middling" if value >= limit * _NEAR else "good"
    share = None if value is None else value / 100
    told = f" {SIGNS[hue]} {percent(share):>6} "
    room = max(4, (width - 8 - len(told)) // 3)
    label = name if len(name) <= 7 else f"{name[:6]}…"
    return [
        ink(f"{label:8}", QUIET),
        *meter(share, room, HEALTH[hue]),
        ink(told, HEALTH[hue]),
        *(spark(stretched(line, room), room, LINE, top=100.0) if line else [ink(" " * room)]),
        ink(f" {words}", QUIET),
    ]


class Running:
    """A process of a machine."""

    def __init__(self, host: str, told: dict[str, Any]) -> None:
        self.host = host
        self.pid = int(number(told.get("pid")) or 0)
        self.name = text(told.get("name"))
        self.cpu = number(told.get("cpu_percent"))
        self.memory = number(told.get("memory"))
        self.threads = number(told.get("threads"))


def process_listing() -> Listing[Running]:
    """The hungriest first."""
    columns = [
        Column(title="CPU", value=lambda one: one.cpu, draw=_cpu, width=6, right=True, descends=True),
        worded("process", lambda one: one.name, 14, STRONG, grow=1),
        worded("pid", lambda one: str(one.pid), 8, QUIET, value=lambda one: one.pid, right=True),
        worded("memory", lambda one: size(one.memory), 9, value=lambda one: one.memory, right=True, descends=True),
        worded(
            "threads",
            lambda one: count(one.threads),
            8,
            value=lambda one: one.threads,
            right=True,
            descends=True,
            rank=1,
        ),
        worded("host", lambda one: one.host, 12, QUIET, rank=2),
    ]
    return Listing(columns, lambda one: (one.host, one.pid), lambda one: f"{one.host} {one.name} {one.pid}")


def _cpu(one: Running, width: int) -> Pieces:
    return [ink(percent(None if one.cpu is None else one.cpu / 100), NORMAL)]


def source_listing(scale: Scale) -> Listing[Source]:
    """The silent ones first."""

    def age(one: Source) -> float | None:
        return None if one.at is None else max(0.0, scale.at - one.at)

    def state(one: Source, width: int) -> Pieces:
        hue = "bad" if one.is_stale or one.error else "quiet" if one.at is None else "good"
        return [
            ink(f"{SIGNS[hue]} {'silent' if hue == 'bad' else 'waiting' if hue == 'quiet' else 'answers'}", HEALTH[hue])
        ]

    def aged(one: Source, width: int) -> Pieces:
        return [ink(span(age(one)), HEALTH["bad"] if one.is_stale else QUIET)]

    columns = [
        Column(title="state", value=lambda one: (not (one.is_stale or one.error), one.name), draw=state, width=9),
        worded("source", lambda one: one.name, 16, STRONG, grow=1),
        worded("kind", lambda one: one.kind, 9, QUIET),
        Column(title="age", value=age, draw=aged, width=6, right=True, descends=True),
        worded("facts", _facts, 20, QUIET, grow=2, rank=1),
    ]
    return Listing(columns, lambda one: one.key, lambda one: f"{one.name} {one.kind} {_facts(one)}")


def _facts(one: Source) -> str:
    if one.error:
        return one.error
    told = {"pid": one.facts.get("pid"), "Python": one.facts.get("python"), "resilience": one.facts.get("resilience")}
    return ", ".join(f"{name} {text(value)}" for name, value in told.items() if value is not None)


class SystemPanel(Panel):
    """Machines, processes and sources."""

    NAME = "System"

    def __init__(self) -> None:
        super().__init__(id="system")
        self._scale = Scale()
        self.processes = process_listing()
        self.sources = source_listing(self._scale)

    def compose(self) -> ComposeResult:
        """Meters, then both lists."""
        yield Sheet("Machine", gauges, id="gauges")
        yield Table("Top processes", self.processes, NONE, id="processes")
        yield Table("Sources", self.sources, "There is none.", id="sources")

    def show(self, scene: Scene) -> None:
        """The machines of this scene."""
        self._scale.scene = scene
        top = [(system.host, one) for system in scene.board.systems for one in rows(system.facts.get("top"))]
        unique = {(host, one.get("pid")): Running(host, one) for host, one in top}
        self.processes.show(unique.values())
        self.sources.show(scene.board.sources)
        super().show(scene)
