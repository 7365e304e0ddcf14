"""Bodies that are sent again are the same bodies, and answers that are replaced are closed before the wait."""

from __future__ import annotations

import hashlib
import io

import pytest
from tests.origins import Origin, answer, close_before_headers, die_mid_body, echo, unavailable

DATA = bytes(range(256)) * 600
IN_MEMORY = {
    "bytes": lambda: {"content": DATA},
    "list": lambda: {"content": [DATA[:1000], DATA[1000:]]},
    "form": lambda: {"data": {"a": "x" * 1000}},
    "json": lambda: {"json": {"a": "x" * 1000}},
    "multipart": lambda: {"data": {"a": "1"}, "files": {"f": ("name", io.BytesIO(DATA))}},
}


def sent_bodies(origin):
    """What the origin saw of each request's body."""
    return [(request.body_size, request.body_sha256) for request in origin.requests]


@pytest.mark.parametrize("content", IN_MEMORY.values(), ids=IN_MEMORY)
def test_row_04_every_attempt_sends_the_same_body(users, skipping, content, world):
    """Two faults and an answer: three bodies, alike to the last byte."""
    options = content()
    if world.is_async and isinstance(options.get("content"), list):
        pytest.skip("an async client sends no list")

    def story(client):
        response = yield client.put(origin.url, **options)
        assert response.status_code == 200

    with Origin(close_before_headers, unavailable(), then=echo()) as origin:
        users.run(story, clock=skipping)
    assert len(set(sent_bodies(origin))) == 1
    assert (origin.count(), origin.requests[0].body_size >= 1000) == (3, True)


@pytest.mark.worlds("sync", reason="an async client sends no plain file")
def test_row_04_a_file_is_sent_from_where_it_stood(users, skipping, tmp_path):
    """Each attempt sends what followed the place that the caller had read to."""
    (tmp_path / "data").write_bytes(b"head" + DATA)

    def story(client):
        with (tmp_path / "data").open("rb") as file:
            file.seek(4)
            # httpx counts the length of the whole file, which is its own matter: leave the length out
            response = yield client.put(origin.url, content=file, headers={"Transfer-Encoding": "chunked"})
        assert response.json()["sha256"] == hashlib.sha256(DATA).hexdigest()

    with Origin(close_before_headers, unavailable(), then=echo()) as origin:
        users.run(story, clock=skipping)
    assert sent_bodies(origin) == [(len(DATA), hashlib.sha256(DATA).hexdigest())] * 3


@pytest.mark.parametrize("fault", [close_before_headers, answer(503, "busy")], ids=["error", "answer"])
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}], ids=["put", "put with key"])
def test_row_04_a_one_shot_body_is_sent_once_and_its_outcome_is_told(users, skipping, fault, headers):
    """What is gone cannot be sent again: the caller sees the first outcome, no `StreamConsumed` and no empty body."""

    def generate():
        yield DATA

    async def agenerate():
        yield DATA

    def story(client):
        body = agenerate() if users.world.is_async else generate()
        try:
            response = yield client.put(origin.url, content=body, headers=headers)
        except users.package.RemoteProtocolError:
            return
        assert (response.status_code, response.text) == (503, "busy")

    with Origin(fault, then=echo()) as origin:
        users.run(story, clock=skipping)
    assert sent_bodies(origin) == [(len(DATA), hashlib.sha256(DATA).hexdigest())]
    assert skipping.slept == []


@pytest.mark.parametrize("is_streamed", [False, True], ids=["read", "streamed"])
def test_row_05_the_only_connection_is_free_while_it_waits(users, skipping, is_streamed):
    """With a pool of one connection, the answer that is replaced gives it back before the sleep, not after."""
    busy = []

    def story(client):
        pool = client._transport.inner._pool
        skipping.on_sleep = lambda: busy.append([c for c in pool.connections if not (c.is_idle() or c.is_closed())])
        for _ in range(20):
            request = client.build_request("GET", origin.url)
            response = yield client.send(request, stream=is_streamed)
            assert response.status_code == 503
            yield users.close(response)

    limits = users.package.Limits(max_connections=1)
    with Origin(then=unavailable(body=b"x" * 100_000)) as origin:
        users.run(story, clock=skipping, limits=limits, breaker=None, budget=None)
    assert origin.count() == 60
    assert busy == [[]] * 40


@pytest.mark.worlds("sync", reason="a thousand answers once are enough")
def test_row_05_a_thousand_bad_answers_starve_no_pool(users, skipping):
    """One connection, a thousand 503s with a body: each request gets through."""

    def story(client):
        for _ in range(334):
            response = yield client.get(origin.url)
            assert response.status_code == 503

    with Origin(then=unavailable(body=b"x" * 10_000)) as origin:
        limits = users.package.Limits(max_connections=1)
        users.run(story, clock=skipping, limits=limits, breaker=None, budget=None)
    assert origin.count() == 1002


def test_closing_troubles_of_a_replaced_answer_are_nobodys(users, skipping):
    """A body that cannot be closed does not turn an answer into an error."""
    package = users.package

    class Stubborn(package.SyncByteStream, package.AsyncByteStream):
        closed = 0

        def __iter__(self):
            yield b"x"

        async def __aiter__(self):
            yield b"x"

        def close(self):
            Stubborn.closed += 1
            raise package.CloseError("no")

        async def aclose(self):
            self.close()

    answers = iter([package.Response(503, stream=Stubborn()), package.Response(200, text="ok")])
    transport = users.transport(users.mock(lambda request: next(answers)), clock=skipping)

    def story(client):
        response = yield client.get("http://origin/")
        assert (response.text, Stubborn.closed) == ("ok", 1)

    users.run(story, users.plain(transport))


def test_row_06_a_transport_alone_cannot_retry_what_dies_after_it(users, skipping):
    """The transport has given the answer away when its body dies: the reader sees that, and the breaker counts it."""

    def story(client):
        with pytest.raises(users.package.RemoteProtocolError):
            yield client.get(origin.url)
        (state,) = transport.snapshot().origins
        assert (state.breaker.failures, state.attempts) == (1, 1)

    with Origin(die_mid_body()) as origin:
        transport = users.transport(clock=skipping)
        users.run(story, users.plain(transport))
    assert origin.count() == 1


def test_row_01_a_retry_outside_does_not_repeat_what_ours_gave_up_on(users, skipping):
    """Three layers of three attempts on a dead origin are three requests, whether it refuses or answers 503."""
    from resilience import Retry

    def outer(function):
        return Retry(attempts=3, on=Exception, clock=skipping)(function)

    def story(client):
        def fetch():
            response = yield client.get(f"{origin.url}/{kind}")
            response.raise_for_status()

        for kind, error in (("reset", users.package.TransportError), ("busy", users.package.HTTPStatusError)):
            with pytest.raises(error):
                yield outer(outer(users.world.function(fetch)))()
            assert origin.count(f"/{kind}") == 3

    with Origin().at("/reset", then=close_before_headers).at("/busy", then=answer(503)) as origin:
        users.run(story, clock=skipping, breaker=None)
