"""The dashboard on a terminal. Needs the extra `tui`; everything that draws lives behind `run`.

It only draws what a `Collector` tells, and the collector's own thread fetches: nothing that hangs elsewhere can stop it.
"""

from __future__ import annotations

from importlib.util import find_spec

from .._collector import Collector

__all__ = ["run"]


def run(collector: Collector, refresh: float | None = None) -> int:
    """Show the dashboard on this terminal until somebody leaves it.

    Args:
        collector: what to show; it is started, and ended afterwards.
        refresh: the least seconds from one drawing to the next (default: as often as the collector looks).

    Returns:
        The exit code for a command.

    Raises:
        ModuleNotFoundError: textual is not installed; `pip install 'resilience-stack[tui]'`.

    Call it in the main thread of a program that has a terminal.
    """
    if find_spec("textual") is None:
        raise ModuleNotFoundError(
            "the dashboard on a terminal needs textual: pip install 'resilience-stack[tui]'; "
            "resilience dashboard --once - prints it once without (docs/dashboard-terminal.md)"
        )
    from ._app import DashboardApp

    with collector:
        code = DashboardApp(collector, refresh).run()
    return code or 0
