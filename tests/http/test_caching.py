"""RFC 9111 caching is hishel's: its transport goes around ours, and the two do not get in each other's way."""

from __future__ import annotations

import importlib
import uuid

import hishel
import pytest
from tests.origins import Origin, answer, die_mid_body, unavailable

from resilience import CircuitBreaker, Consecutive, Fixed

FRESH = {"cache-control": "max-age=60"}


class Memory(hishel.AsyncBaseStorage):
    """An asynchronous storage without a database, whose driver is not a part of the tests."""

    def __init__(self):
        super().__init__()
        self.entries = {}

    async def create_entry(self, request, response, key, *, ttl=None, tti=None):
        entry = hishel.Entry(uuid.uuid4(), request, response)
        entry.response = hishel.Response(
            response.status_code, response.headers, self.saving(entry, key, response.stream)
        )
        return entry

    async def saving(self, entry, key, stream):
        pieces = []
        async for piece in stream:
            pieces.append(piece)
            yield piece
        self.entries.setdefault(key, []).append((entry, pieces))

    async def get_entries(self, key):
        return [self.served(entry, pieces) for entry, pieces in self.entries.get(key, ())]

    def served(self, entry, pieces):
        async def stream():
            for piece in pieces:
                yield piece

        response = hishel.Response(entry.response.status_code, entry.response.headers, stream())
        return hishel.Entry(entry.id, entry.request, response)

    async def update_headers(self, id, headers):
        pass

    async def remove_entry(self, id):
        self.entries = {key: [kept for kept in found if kept[0].id != id] for key, found in self.entries.items()}


def uncookied(users, inner):
    """The recipe of the documentation: an answer that sets a cookie is one person's, and is never stored."""
    base = users.package.AsyncBaseTransport if users.world.is_async else users.package.BaseTransport

    class Uncookied(base):
        def handle_request(self, request):
            return self.marked(inner.handle_request(request))

        async def handle_async_request(self, request):
            return self.marked(await inner.handle_async_request(request))

        def marked(self, response):
            if "set-cookie" in response.headers:
                response.headers["cache-control"] = "no-store"
            return response

        def close(self):
            inner.close()

        async def aclose(self):
            await inner.aclose()

    return Uncookied()


@pytest.fixture
def cached(users, tmp_path):
    """A function: the package's own client with hishel's cache around our transport."""
    module = importlib.import_module(f"hishel.{users.package.__name__}")

    def make(*, shared=True, **options):
        rfc = hishel.CacheOptions(shared=shared)
        guarded = uncookied(users, users.transport(**options))
        if users.world.is_async:
            return users.plain(module.AsyncCacheTransport(guarded, storage=Memory(), rfc=rfc))
        storage = hishel.SqliteStorage(database_path=tmp_path / "cache.db")
        return users.plain(module.CacheTransport(guarded, storage=storage, rfc=rfc))

    return make


def test_a_fresh_answer_is_not_asked_for_again(users, cached, skipping):
    """The first request is retried beneath the cache; the next two never reach us."""

    def story(client):
        for _ in range(3):
            assert (yield client.get(origin.url)).text == "one"

    with Origin(unavailable("0"), answer(200, "one", FRESH), then=answer(200, "two")) as origin:
        users.run(story, cached(clock=skipping, backoff=Fixed(0)))
    assert origin.count() == 2


def test_a_stored_answer_is_served_while_the_circuit_is_open(users, cached, skipping):
    """The cache stands outside: what it has it serves; what it has not is refused."""

    def story(client):
        assert (yield client.get(f"{origin.url}/kept")).text == "kept"
        yield client.get(f"{origin.url}/down")
        with pytest.raises(users.guards.CircuitOpenError):
            yield client.get(f"{origin.url}/other")
        assert (yield client.get(f"{origin.url}/kept")).text == "kept"

    origin = Origin().at("/kept", then=answer(200, "kept", FRESH)).at("/down", then=answer(500))
    with origin:
        users.run(story, cached(clock=skipping, attempts=1, breaker=CircuitBreaker("own", trip=Consecutive(1))))
    assert origin.count() == 2


def test_row_35_failures_and_halves_are_not_stored(users, cached, skipping):
    """Neither a 503 nor a body that broke off is served to anybody."""

    def story(client):
        assert (yield client.get(origin.url)).status_code == 503
        with pytest.raises(users.package.RemoteProtocolError):
            yield client.get(origin.url)
        assert (yield client.get(origin.url)).text == "whole"

    steps = [answer(503, "down"), die_mid_body(headers=FRESH), answer(200, "whole", FRESH)]
    with Origin(*steps) as origin:
        users.run(story, cached(clock=skipping, attempts=1))


@pytest.mark.parametrize(
    ("headers", "seen"),
    [
        ({"cache-control": "max-age=60"}, 2),
        ({"cache-control": "private, max-age=60"}, 2),
        ({"cache-control": "no-store"}, 2),
        ({"cache-control": "public, max-age=60"}, 1),
        ({"cache-control": "public, max-age=60", "vary": "Authorization"}, 2),
    ],
    ids=["plain", "private", "no-store", "public", "vary"],
)
def test_row_40_one_users_answer_is_not_anothers(users, cached, skipping, headers, seen):
    """A shared cache gives an answer to a request with `Authorization` only to its like, unless it is public."""

    def story(client):
        for user in ("ann", "bob"):
            response = yield client.get(origin.url, headers={"Authorization": user})
            assert response.status_code == 200

    with Origin(then=answer(200, "x", headers)) as origin:
        users.run(story, cached(clock=skipping))
    assert origin.count() == seen


def test_row_40_answers_vary_as_they_say(users, cached, skipping):
    """What was asked for in German is not served in English."""

    def story(client):
        for language in ("de", "en", "de"):
            yield client.get(origin.url, headers={"Accept-Language": language})

    with Origin(then=answer(200, "x", {**FRESH, "vary": "accept-language"})) as origin:
        users.run(story, cached(clock=skipping))
    assert origin.count() == 2


def test_row_40_cookies_are_never_replayed(users, cached, skipping):
    """An answer that sets a cookie is not stored, however public it says it is."""

    def story(client):
        for _ in range(2):
            response = yield client.get(origin.url)
            assert response.headers["set-cookie"] == "session=1"

    headers = {"cache-control": "public, max-age=60", "set-cookie": "session=1"}
    with Origin(then=answer(200, "x", headers)) as origin:
        users.run(story, cached(clock=skipping))
    assert origin.count() == 2
