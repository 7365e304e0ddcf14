"""State per origin: kept apart, shared where asked, bounded, and wired into every transport of a client."""

from __future__ import annotations

import importlib
import pickle
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path

import pytest
from tests.origins import Origin, answer, echo

import resilience
from resilience import CircuitOpenError, Fixed, RetryBudget, events, listen
from resilience.http import Origins


def states(client):
    """The states of all origins' breakers, by port."""
    return {state.origin.rpartition(":")[2]: state.breaker.state for state in client.snapshot().origins}


def test_each_origin_has_a_circuit_of_its_own(users, skipping):
    """One is down and refused at once; the other is asked as before."""

    def story(client):
        for _ in range(2):
            yield client.get(bad.url)
        with pytest.raises(CircuitOpenError):
            yield client.get(bad.url)
        assert (yield client.get(good.url)).status_code == 200
        assert states(client) == {str(bad.port): "open", str(good.port): "closed"}

    with Origin(then=answer(500)) as bad, Origin() as good:
        users.run(story, clock=skipping)


def test_each_origin_has_one_retry_budget(users, skipping):
    """What one origin spends another has still; requests that may not be repeated draw on the same one."""

    def story(client):
        for _ in range(4):
            yield client.get(bad.url)
        counts = {state.origin: (state.attempts, state.budget) for state in client.snapshot().origins}
        (attempts, balance) = counts[f"http://127.0.0.1:{bad.port}"]
        assert (attempts, balance) == (6, pytest.approx(0, abs=0.01))
        yield client.get(other.url)
        assert other.count() == 3

    def budget():
        return RetryBudget(0, min_per_second=0.2, window=10)

    with Origin(then=answer(500)) as bad, Origin(then=answer(500)) as other:
        users.run(story, clock=skipping, breaker=None, budget=budget, backoff=Fixed(0))


def test_row_56_hosts_are_bounded_and_open_ones_are_kept(users, skipping):
    """Two places, both open: two more hosts share a third state, and it is counted."""

    def respond(request):
        return users.package.Response(500)

    def story(client):
        for host in ("a", "b"):
            for _ in range(5):
                yield client.get(f"http://{host}/")
        for host in ("c", "d", "c"):
            yield client.get(f"http://{host}/")
        snapshot = client.snapshot()
        assert [state.origin for state in snapshot.origins] == ["http://a:80", "http://b:80", "_other"]
        assert (snapshot.shared, snapshot.origins[2].requests) == (3, 3)
        skipping.skipped += 60

    options = {"transport": users.mock(respond), "clock": skipping, "max_origins": 2, "attempts": 1}
    users.run(story, **options)


MANY_HOSTS = """
import gc, importlib, sys, tracemalloc
package, layer = map(importlib.import_module, sys.argv[1:])
client = layer.Client(transport=package.MockTransport(lambda request: package.Response(200)), max_origins=100)
held = []
tracemalloc.start()
for number in range(1200):
    client.get(f"http://host{number}.example/")
    if number % 200 == 199:
        gc.collect()
        held.append(sum(line.count for line in tracemalloc.take_snapshot().statistics("filename")))
print(len(client.snapshot().origins), *held)
"""


def test_row_56_a_thousand_hosts_take_no_more_than_a_hundred(package):
    """Each leaves nothing behind, neither a state nor a label: looked at where no other test's threads make anything."""
    layer = {"httpx": "resilience.http", "httpx2": "resilience.http.httpx2"}[package.__name__]
    command = [sys.executable, "-c", MANY_HOSTS, package.__name__, layer]
    found = subprocess.run(command, check=True, capture_output=True, text=True, timeout=100).stdout
    origins, *held = map(int, found.split())
    assert origins == 100
    # Blocks, not bytes: a dictionary that is enlarged is one, what a host leaves behind one each, 200 in each slice. The
    # first two slices warm up: code and caches of theirs.
    assert max(later - earlier for earlier, later in pairwise(held[2:])) < 100


def test_a_sync_and_an_async_client_may_share_their_origins(package, guards, skipping):
    """What the one has learned the other knows: the circuit that threads opened is open for tasks, in every loop."""
    import asyncio

    import trio

    origins = Origins(clock=skipping, attempts=1)

    async def refused():
        async with guards.AsyncClient(origins=origins, trust_env=False) as client:
            with pytest.raises(CircuitOpenError):
                await client.get(origin.url)

    with Origin(then=answer(500)) as origin:
        with guards.Client(origins=origins, trust_env=False) as client:
            for _ in range(5):
                client.get(origin.url)
        asyncio.run(refused())
        trio.run(refused)
    assert origin.count() == 5
    assert [state.requests for state in origins.snapshot().origins] == [7]


@pytest.mark.worlds("sync", reason="an async client belongs to one loop")
def test_threads_share_one_client(users, skipping):
    """Thirty threads, a probe at a time: nobody's permit is lost, and the circuit closes again."""
    options = {"clock": skipping, "attempts": 1, "attempt_timeout": None}
    with Origin(then=answer(500)) as origin, users.client(**options) as client:

        def work():
            for _ in range(10):
                try:
                    client.get(origin.url)
                except CircuitOpenError:
                    skipping.skipped += 5

        threads = [threading.Thread(target=work) for _ in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        origin.play(then=answer(200))
        skipping.skipped += 100
        assert client.get(origin.url).status_code == 200
        assert set(states(client).values()) == {"closed"}


def test_proxies_and_mounts_are_guarded_too(users, skipping):
    """Every transport that the client makes itself, or is given: all with the same state."""

    def story(client):
        response = yield client.get("http://shop.example/a")
        assert response.status_code == 200
        mounted = yield client.get("http://mounted.example/")
        assert mounted.status_code == 204
        assert len(client.snapshot().origins) == 2
        for transport in (client._transport, *client._mounts.values()):
            assert transport is None or type(transport).__name__.endswith("ResilientTransport")

    answers = iter([503, 204])
    mounts = {
        "all://mounted.example": users.mock(lambda request: users.package.Response(next(answers))),
        "all://x": None,
    }
    with Origin(answer(502), then=echo()) as proxy:
        users.run(story, proxy=proxy.url, mounts=mounts, clock=skipping)
    assert [request.path for request in proxy.requests] == ["http://shop.example/a"] * 2


def test_redirects_auth_and_hooks_go_on_working(users, skipping):
    """They are the client's, around our transports; each hop is guarded by itself."""
    seen = []

    def hook(response):
        seen.append(response.status_code)

    async def ahook(response):
        seen.append(response.status_code)

    def story(client):
        response = yield client.get(f"{origin.url}/go", follow_redirects=True, auth=("ann", "pw"))
        assert (response.status_code, response.json()["path"]) == (200, "/there")
        assert len(response.history) == 1

    from tests.origins import redirect

    origin = Origin(then=echo()).at("/go", answer(503), then=redirect("/there"))
    hooks = {"response": [ahook if users.world.is_async else hook]}
    with origin:
        users.run(story, clock=skipping, event_hooks=hooks)
    assert seen == [307, 200]
    assert all(request.header("authorization").startswith("Basic ") for request in origin.requests)


def test_what_happens_can_be_heard(users, skipping):
    """Retries and changes of state are events, with the origin in their label and no URL.

    The fifth failure opens the circuit, so it is not followed by a wait for a refusal.
    """
    heard = []

    def story(client):
        for _ in range(2):
            yield client.get(f"{origin.url}/secret?token=x")

    with Origin(then=answer(500)) as origin, listen(heard.append, events.RetryScheduled, events.BreakerStateChanged):
        users.run(story, clock=skipping)
    assert [type(event).__name__ for event in heard].count("RetryScheduled") == 3
    assert [(event.old, event.new) for event in heard if isinstance(event, events.BreakerStateChanged)] == [
        ("closed", "open")
    ]
    assert all(str(origin.port) in event.policy and "secret" not in repr(event) for event in heard)


def test_each_package_has_its_classes_once(package, guards):
    """Asked for twice, from any thread, they are the same; and pickle finds them by name."""
    found = []
    threads = [threading.Thread(target=lambda: found.append(guards.Client)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {guards.Client}
    assert issubclass(guards.Client, package.Client)
    assert pickle.loads(pickle.dumps(guards.AsyncResilientTransport)) is guards.AsyncResilientTransport
    assert guards.Client.__doc__
    with pytest.raises(AttributeError, match="no attribute 'Klient'"):
        _ = guards.Klient


def test_nothing_is_imported_before_it_is_needed():
    """`resilience.http` alone loads neither package; a missing one is named with the way to get it."""
    source = Path(resilience.__file__).parent.parent
    code = (
        f"import sys; sys.path.insert(0, {str(source)!r})\n"
        "import resilience.http as h, resilience.http.httpx2 as h2\n"
        "assert not {'httpx', 'httpx2', 'asyncio', 'trio'} & set(sys.modules), 'heavy'\n"
        "assert h.parse_retry_after('3') == 3 and h2.Origins is h.Origins\n"
        "sys.modules['httpx2'] = None\n"
        "try: h2.Client\n"
        "except ImportError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "resilience.http.httpx2 needs httpx2: pip install 'resilience-stack[httpx2]' (docs/http.md)\n"


@pytest.mark.parametrize("home", ["resilience.http", "resilience.http.httpx2"])
def test_every_public_name_is_there(home):
    """What `__all__` promises, and the shape that type checkers are shown is the one that is built."""
    module = importlib.import_module(home)
    for name in module.__all__:
        assert getattr(module, name).__doc__, name
    package = importlib.import_module("httpx2" if home.endswith("httpx2") else "httpx")
    assert issubclass(module.AsyncClient, package.AsyncClient)
    assert issubclass(module.ResilientTransport, package.BaseTransport)
    assert issubclass(module.AsyncResilientTransport, package.AsyncBaseTransport)
