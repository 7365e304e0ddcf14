"""What each policy tells, for its page: `python -m scripts.telemetry_tables [--write]`.

Events are those that the policy's modules name; log levels, counters and metrics are asked of the telemetry itself, and the
lines of log are those of the page's unhappy story.
"""

import ast
import importlib
import inspect
import logging
from pathlib import Path

import resilience
from resilience import events
from resilience.telemetry._readings import METRICS, STATES, Readings
from resilience.telemetry._tally import COUNTED
from resilience.telemetry._wording import LEVELS, level_of

from .marked import command, replaced
from .sequences.stage import Stage
from .sequences.stories import STORIES

POLICIES = Path(__file__).resolve().parent.parent / "docs" / "policies"
HOME = "resilience.policies"
EVENTS = {
    name: kind for name, kind in vars(events).items() if isinstance(kind, type) and issubclass(kind, events.Event)
}


PROMETHEUS = "../telemetry/prometheus.md#metrics"
OPENTELEMETRY = "../telemetry/opentelemetry.md#metrics"
# Whose snapshots a page shows, where they are not those of its stories' policies, and which events it shares with others.
BUDGETS = (resilience.RetryBudget, resilience.RetryQuota, resilience.RetryThrottle)
SHARED = {"budget": ("BudgetRefused", "HedgeRefused")}


def telemetry(page):
    """The whole section of a page, as Markdown."""
    told = list(STORIES[page].items())
    played = [Stage(story).play(story) for _, story in told]
    stages = played[::2]
    unhappy = next(
        stage for (name, _), stage in zip(reversed(told), reversed(played), strict=True) if "unhappy" in name
    )
    kinds = [EVENTS[name] for name in _names(page, stages[0].parts)]
    records = [kind().snapshot() for kind in BUDGETS] if page == "budget" else [_joint(stage) for stage in stages]
    parts = [*_events(kinds), *_metrics(stages[0]), _snapshots(records), *_log(unhappy)]
    return "\n\n".join(parts)


def _joint(stage):
    return stage.parts[0].snapshot() if len(stage.parts) == 1 else resilience.Pipeline(*stage.parts).snapshot()


def _names(page, parts):
    if page in SHARED:
        return SHARED[page]
    return events_of(type(parts[0]).__module__) if len(parts) == 1 else ()


def events_of(module, seen=None):
    """The events that a policy's module names, and those that its own parts name, in the order of the events' module."""
    seen = set() if seen is None else seen
    seen.add(module)
    tree = ast.parse(inspect.getsource(importlib.import_module(module)))
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in EVENTS}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 1 and f"{HOME}.{node.module}" not in seen:
            found.update(events_of(f"{HOME}.{node.module}", seen))
    return tuple(name for name in EVENTS if name in found and name != "Event")


def _events(kinds):
    if not kinds:
        return
    yield "\n".join(
        [
            f"| event | line of log | [Prometheus]({PROMETHEUS}) | [OpenTelemetry]({OPENTELEMETRY}) |",
            "| --- | --- | --- | --- |",
            *(_row(kind) for kind in kinds),
        ]
    )


def _row(kind):
    metric, value = metric_of(kind)
    cells = ["none", "none"] if metric is None else [f"`{_scraped(metric, value)}`", f"`{metric.name}`"]
    return f"| {_linked(kind)} | {_levels(kind)} | {' | '.join(cells)} |"


def metric_of(kind):
    """The metric that counts an event, and the value of its label where that is the same each time."""
    name, field = COUNTED.get(kind, (None, None))
    if name is None:
        return None, None
    readings = Readings(None)
    before = {metric: sum(values.values()) for metric, values in readings.values.items()}
    readings._read_events("asked", {name: 1 if field is None else {"some": 1}})
    metric = next(
        METRICS[metric] for metric, values in readings.values.items() if sum(values.values()) > before[metric]
    )
    return metric, None if field else name


def _scraped(metric, value=None):
    label = "" if metric.label is None else f"{{{metric.label}}}" if value is None else f'{{{metric.label}="{value}"}}'
    return f"{metric.prometheus}{'_total' * metric.is_counter}{label}"


def _levels(kind):
    """At which level a line is written; a breaker's depends on its new state."""
    if kind not in LEVELS:
        return "none"
    if kind is not events.BreakerStateChanged:
        return logging.getLevelName(LEVELS[kind]).lower()
    by = {}
    for state in STATES:
        level = level_of(kind(policy="", at=0.0, old="", new=state, reason=""))
        by.setdefault(level, []).append(state)
    return "; ".join(f"{logging.getLevelName(level).lower()}: {', '.join(by[level])}" for level in sorted(by)[::-1])


def _metrics(stage):
    calls = ", ".join(
        f"`{_scraped(metric)}`" for metric in METRICS.values() if metric.name.startswith("resilience.call")
    )
    yield f"With the [recorder](../telemetry/index.md) on, calls are counted for the outermost policy or pipeline: {calls}."
    readings = Readings(None)
    state = [
        f"`{_scraped(METRICS[name])}`"
        for name, values in readings.values.items()
        if len(stage.parts) == 1 and any(label == stage.parts[0].name for label, _ in values)
    ]
    if state:
        yield f"Its state, read when somebody asks: {', '.join(state)}."
    elif len(stage.parts) == 1:
        yield "No metric tells its state; its snapshot does."


def _snapshots(records):
    """Each record once, with its fields."""
    shown = {}
    for record in records:
        shown[type(record)] = ", ".join(f"`{name}`" for name in record._fields if name != "name")
    return "\n\n".join(f"`snapshot()` is a {_linked(kind)}: {fields}." for kind, fields in shown.items())


def _log(stage):
    lines = stage.log_lines()
    if lines:
        yield "The unhappy story, in [the log](../telemetry/logging.md), each line after its level:"
        yield "\n".join(["```text", *lines, "```"])


def _linked(kind):
    return f"[`{kind.__name__}`](../events.md#{kind.__name__.lower()})"


def renewed(page):
    """A page's text with what is told now."""
    return replaced(page.read_text("utf-8"), "telemetry", telemetry(page.stem))


if __name__ == "__main__":
    command("scripts.telemetry_tables", [POLICIES / f"{name}.md" for name in STORIES], renewed)
