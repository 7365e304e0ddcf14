"""Look at services once: whether they are there, how well they are, what is deployed. Exit code 1 when one is down.

Down is a service that does not answer, answers with a status of 500 or above, or says itself that it is unhealthy.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from contextlib import ExitStack

from ..miniapp import Monitor
from ._service import HEADINGS, miniapp_for, services_of
from ._table import print_table


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("urls", nargs="+", metavar="URL", help="where a service is, e.g. https://shop.example")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run_check(arguments: Namespace) -> int:
    """Print what they answered; 1 when one is down."""
    miniapps = [miniapp_for(url) for url in arguments.urls]
    with ExitStack() as stack:
        for miniapp in miniapps:
            stack.enter_context(miniapp)
        monitor = Monitor(*miniapps)
        monitor.check()
        services = services_of(miniapps, monitor)
    down = sum(service.is_down for service in services)
    if arguments.json:
        print(json.dumps({"services": [service.as_object() for service in services], "down": down}, indent=2))
    else:
        print_table(HEADINGS, [service.row() for service in services], least=2)
    return int(down > 0)
