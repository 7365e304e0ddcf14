"""Workers of one service, real processes that answer in turn: `python workers.py LISTENING_FD CALLS open|closed` is one.

It has a breaker `payments` that has seen so many calls, a limiter that has refused as many, and shows both on its page.
"""

import contextlib
import socket
import subprocess
import sys

from starlette.applications import Starlette
from starlette.routing import Mount

from resilience import CircuitBreaker, RateLimiter, RejectedError, telemetry
from resilience.dashboard import dashboard
from resilience.dashboard.web._server import server_for


@contextlib.contextmanager
def workers(*told):
    """Real processes that answer in turn behind one address."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening, contextlib.ExitStack() as stack:
        for calls, state in told:
            line = [sys.executable, __file__, str(listening.fileno()), str(calls), state]
            process = stack.enter_context(
                subprocess.Popen(line, stdout=subprocess.PIPE, text=True, pass_fds=[listening.fileno()])
            )
            stack.callback(process.kill)
            assert process.stdout.readline() == "ready\n"
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/resilience"


def main(descriptor, calls, state):
    """Serve until the process is ended."""
    telemetry.enable()
    breaker = CircuitBreaker("payments")
    limiter = RateLimiter(1, per=3600.0, name="payments rate")
    for _ in range(calls):
        breaker.call(int, "7")
    for _ in range(calls + 1):
        with contextlib.suppress(RejectedError):
            limiter.call(int, "7")
    if state == "open":
        breaker.open(600)
    app = Starlette(routes=[Mount("/resilience", dashboard(refresh=0.2))])
    listening = socket.socket(fileno=descriptor)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    server_for(app, "127.0.0.1", 0).run(sockets=[listening])


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
