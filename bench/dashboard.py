"""What the dashboard costs: 200 services and 2,000 policies, a board each second, a page that listens.

`python -m bench.dashboard [--seconds 30]` measures the processor time and the memory of a process of its own, beside the
same process with the same services and policies and no dashboard; the load comes from this one. The share of a core counts
for nothing unless a board came each second. It ends with 1 if anything is over its limit.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import resource
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

SERVICES, POLICIES, CALLS = 200, 2000, 200
MIB = 1024 * 1024
MOST_CORE, MOST_MEMORY = 0.25, 150 * MIB
LEAST_BOARDS = 0.99
WARM = 75
"""Seconds after which every service has been looked at again and again, and the lines of a minute are full."""


class Quiet(BaseHTTPRequestHandler):
    """Answers every look at once."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = b'{"status": "UP", "version": "1.0"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def finish(self):
        with contextlib.suppress(OSError):  # the client is gone
            super().finish()

    def log_message(self, *told):
        pass


def resident():
    """Bytes of this process that are in memory now."""
    told = Path("/proc/self/statm").read_text("ascii")
    return int(told.split()[1]) * os.sysconf("SC_PAGE_SIZE")


def rate(times):
    """How often a second, from the first to the last."""
    return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else 0.0


def looked(collector):
    """How often services have been looked at, all together."""
    return 0 if collector is None else sum(service.checks for service in collector.board().services)


def use(breakers, seconds):
    """So many calls a second, of any of them."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        for breaker in random.choices(breakers, k=CALLS // 10):
            breaker.call(int, "7")
        time.sleep(0.1)


def measured(ports, seconds, watched):
    """In the process of its own: use the policies, look on, and tell what it cost."""
    from resilience import CircuitBreaker, telemetry
    from resilience.dashboard import Collector
    from resilience.dashboard.web._changes import change

    telemetry.enable()
    breakers = [CircuitBreaker(f"policy {number}") for number in range(POLICIES)]
    for breaker in breakers:
        breaker.call(int, "7")
    boards, sent, last = [], [0], [None]

    def page(board):
        boards.append(board.at)
        sent[0] += len(change(last[0], board)) if last[0] else len(board.as_json())
        last[0] = board

    urls = [f"service{number}=http://127.0.0.1:{ports[number % len(ports)]}/{number}" for number in range(SERVICES)]
    collector = Collector(*urls, refresh=1.0) if watched else None
    if collector is not None:
        collector.listen(page)
        collector.start()
    use(breakers, WARM if watched else 1)
    boards.clear()
    sent[0] = 0
    looks = looked(collector)
    begun, spent = time.monotonic(), time.process_time()
    use(breakers, seconds)
    passed = time.monotonic() - begun
    told = {"cpu": (time.process_time() - spent) / passed, "rss": resident()}
    told |= {"boards": rate(boards), "looks": (looked(collector) - looks) / passed}
    told["longest"] = max((later - sooner for sooner, later in pairwise(boards)), default=0.0)
    told |= {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, "sent": sent[0] / passed}
    told["online"] = collector.board().totals.online if collector is not None else 0
    print(json.dumps(told), flush=True)
    os._exit(0)


def main():
    """Both processes, and their difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--child", nargs="*", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        measured([int(port) for port in arguments.child[1:]], arguments.seconds, arguments.child[0] == "watched")
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Quiet) for _ in range(4)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    ports = [str(server.server_address[1]) for server in servers]
    print(f"{SERVICES} services, {POLICIES} policies, {CALLS} calls a second, {arguments.seconds:g} s")
    spent = {}
    for name in ("bare", "watched"):
        line = [sys.executable, "-m", "bench.dashboard", "--seconds", str(arguments.seconds), "--child", name, *ports]
        told = json.loads(subprocess.run(line, check=True, capture_output=True, text=True).stdout)
        print(
            f"{name:8} {told['cpu']:6.1%} of one core, {told['rss'] / MIB:6.1f} MiB (peak {told['peak'] / MIB:.1f}), "
            f"{told['boards']:.2f} boards/s (longest gap {told['longest']:.2f} s), {told['looks']:.1f} looks/s, "
            f"{told['sent'] / 1024:.0f} KiB/s to a page, {told['online']} online"
        )
        spent[name] = told
    own = spent["watched"]["cpu"] - spent["bare"]["cpu"]
    print(f"the dashboard by itself: {own:.1%} of one core; load of the machine {os.getloadavg()[0]:.1f}")
    missed = list(over(spent["watched"]))
    for line in missed:
        print(f"OVER THE LIMIT: {line}")
    sys.exit(1 if missed else 0)


def over(told):
    """What is not as it must be, in words."""
    if told["boards"] < LEAST_BOARDS:
        yield f"{told['boards']:.2f} boards/s; a board each second is the promise, and no share of a core counts without it"
    if told["cpu"] > MOST_CORE:
        yield f"{told['cpu']:.1%} of one core, more than {MOST_CORE:.0%}"
    if told["peak"] > MOST_MEMORY:
        yield f"{told['peak'] / MIB:.1f} MiB, more than {MOST_MEMORY / MIB:.0f}"
    if told["online"] < SERVICES:
        yield f"only {told['online']} of {SERVICES} services are seen online"


if __name__ == "__main__":
    main()
