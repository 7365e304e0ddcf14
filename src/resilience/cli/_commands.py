"""The commands: a new one is a module here and a line in this table.

A command `name` is a module with `add_arguments(parser)` and `run_name(arguments) -> int`; its docstring is its help. It
is imported only when it is called, so it may import what it needs. What the user did wrong it raises as a `Mistake`.
"""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """Where a command lives, what it is for, in half a line, and the page that tells more."""

    module: str
    summary: str
    page: str


COMMANDS = {
    "config": Command("config", "print every setting, with its source", "configuration"),
    "doctor": Command("doctor", "look for what may surprise: names, values, packages, other retries", "configuration"),
    "lint": Command("lint", "look at pipelines for what is likely not meant", "policies/pipeline"),
    "simulate": Command("simulate", "rehearse an outage on virtual time, from a scenario file", "simulate"),
    "check": Command("check", "look at services once: are they there, how well are they, what is deployed", "demo"),
    "health": Command("health", "run health checks once: of a program, of addresses, of this machine", "health"),
    "alerts": Command("alerts", "send a test alert to where a program, or a webhook, gets its own", "alerts"),
    "watch": Command("watch", "watch services until Ctrl-C", "demo"),
    "dashboard": Command(
        "dashboard", "keep an eye on policies and services: terminal, web page, JSON, picture", "dashboard"
    ),
    "demo": Command("demo", "a service goes down and comes back; three clients live through it", "demo"),
}
