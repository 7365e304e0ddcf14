"""Send a test alert, and say who took it: `resilience alerts test`. Exit code 1 when somebody did not.

Where to: the sinks of a program's `Alerts` (MODULE:NAME, or a module for all that it holds), a webhook, or, without either,
the log, which is standard error here.
"""

from __future__ import annotations

import logging
from argparse import ArgumentParser, Namespace

from ..alerts import Alerts, LogSink, Webhook
from ._mistake import Mistake
from ._module import held
from ._table import print_table


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("action", choices=("test",), help="what to do")
    parser.add_argument("target", nargs="*", metavar="MODULE[:NAME]", help="whose sinks")
    parser.add_argument("--webhook", action="append", default=[], metavar="URL", help="one more that takes alerts")
    parser.add_argument("--timeout", default="30", metavar="SECONDS", help="how long to wait for them (default: 30)")


def run_alerts(arguments: Namespace) -> int:
    """Print who took it; 1 when somebody did not."""
    timeout = _seconds(arguments.timeout)
    found = [alerts for target in arguments.target for alerts in _held(target)]
    if arguments.webhook or not found:
        found.append(Alerts(sinks=[_webhook(url) for url in arguments.webhook] or [_standard_error()]))
    rows = [(name, "taken" if why is None else why) for one in found for name, why in one.test(timeout).items()]
    print_table(("sink", "the test alert was"), rows)
    return int(any(told != "taken" for _, told in rows))


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:  # nor does NaN pass
        raise Mistake(f"--timeout {text!r}: say seconds up to 3600, e.g. --timeout 10")
    return seconds


def _webhook(url: str) -> Webhook:
    try:
        return Webhook(url)
    except ValueError as error:
        raise Mistake(f"--webhook: {error}") from error


def _standard_error() -> LogSink:
    logger = logging.getLogger("resilience.alerts")
    logger.addHandler(logging.StreamHandler())
    logger.setLevel(logging.INFO)
    return LogSink(logger)


def _held(target: str) -> list[Alerts]:
    return held(target, Alerts, called="Alerts", otherwise="or --webhook URL")
