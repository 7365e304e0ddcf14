"""What the HTTP tests share: both packages under one name, guarded clients in every world, and a clock that skips."""

from __future__ import annotations

import importlib

import httpx
import httpx2
import pytest
from tests.origins.skipping import SkippingClock

import resilience.http


@pytest.fixture(params=[httpx, httpx2], ids=["httpx", "httpx2"])
def package(request):
    """The package under the layer: every test that takes it runs for httpx and for httpx2."""
    return request.param


@pytest.fixture
def guards(package):
    """Our module for that package."""
    if package is httpx:
        return resilience.http
    return importlib.import_module("resilience.http.httpx2")


@pytest.fixture
def skipping():
    """A clock on which nobody waits."""
    return SkippingClock()


class Users:
    """Runs stories with guarded clients in one world; a story's `yield` awaits what its world must await."""

    def __init__(self, world, package, guards):
        self.world, self.package, self.guards = world, package, guards

    def client(self, **options):
        """A guarded client that trusts no environment and waits 5 s at most for a socket."""
        options.setdefault("timeout", 5)
        kind = self.guards.AsyncClient if self.world.is_async else self.guards.Client
        return kind(**{"trust_env": False, **options})

    def plain(self, transport=None, **options):
        """The package's own client."""
        kind = self.package.AsyncClient if self.world.is_async else self.package.Client
        return kind(transport=transport, **{"trust_env": False, "timeout": 5, **options})

    def transport(self, inner=None, **options):
        """A guarded transport."""
        kind = self.guards.AsyncResilientTransport if self.world.is_async else self.guards.ResilientTransport
        return kind(inner, **options)

    def inner(self, **options):
        """A real transport of the package."""
        kind = self.package.AsyncHTTPTransport if self.world.is_async else self.package.HTTPTransport
        return kind(**options)

    def mock(self, handler):
        """A transport without sockets."""
        return self.package.MockTransport(handler)

    def close(self, closable):
        """Close a client or a response: `yield users.close(it)`."""
        return closable.aclose() if self.world.is_async else closable.close()

    def read(self, response):
        """Read a streamed response: `yield users.read(it)`."""
        return response.aread() if self.world.is_async else response.read()

    def pieces(self, response):
        """The raw pieces of a streamed response, in a list: `yield users.pieces(it)`."""
        if not self.world.is_async:
            return list(response.iter_raw())

        async def gather():
            return [piece async for piece in response.aiter_raw()]

        return gather()

    def stream(self, client, method, url, **options):
        """Send a request and leave its body unread: `response = yield users.stream(...)`."""
        return client.send(client.build_request(method, url, **options), stream=True)

    def run(self, story, client=None, **options):
        """Run `story(client)` with a guarded client (of these options), which is closed at the end."""

        def steps():
            user = client or self.client(**options)
            try:
                return (yield from story(user))
            finally:
                yield self.close(user)

        return self.world.session(steps)

    def get(self, url, **options):
        """One GET of a guarded client of these options."""

        def story(client):
            return (yield client.get(url))

        return self.run(story, **options)


@pytest.fixture
def users(world, package, guards):
    """Guarded clients of one package in one world."""
    return Users(world, package, guards)


def failures(client):
    """What the breaker of the only origin counts now."""
    (origin,) = client.snapshot().origins
    return origin.breaker.failures


@pytest.fixture(name="failures")
def failures_fixture():
    """A function: the failures that the breaker of a client's only origin counts now."""
    return failures
