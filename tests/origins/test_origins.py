"""The servers of the tests do what their names say, for both httpx packages alike."""

from __future__ import annotations

import gzip
import hashlib
import ssl
import time

import httpx
import httpx2
import pytest
from tests.origins import (
    Origin,
    answer,
    big,
    black_hole,
    certificates,
    close_before_headers,
    closed_port,
    die_mid_body,
    die_mid_chunk,
    drip,
    drip_headers,
    echo,
    event_stream,
    garbage,
    gzip_bomb,
    hang_before_headers,
    hang_mid_body,
    json_answer,
    redirect,
    reset_after_headers,
    reset_before_headers,
    unavailable,
    upgrade,
)

PACKAGES = pytest.mark.parametrize("package", [httpx, httpx2], ids=["httpx", "httpx2"])


def client_of(package, **options):
    """A client that trusts only what it is told to and waits a quarter of a second."""
    options.setdefault("timeout", 0.25)
    options.setdefault("trust_env", False)
    return package.Client(**options)


def test_a_script_is_played_in_order_and_requests_are_counted():
    """Steps come one a request, then the default; each request is kept with its headers and its body's hash."""
    with Origin(answer(201), json_answer({"a": 1}), then=answer(204)) as origin, client_of(httpx) as client:
        first = client.post(f"{origin.url}/x?q=1", content=b"body", headers={"X-Test": "yes"})
        second, third = client.get(f"{origin.url}/y"), client.get(f"{origin.url}/y")
        assert [first.status_code, second.status_code, third.status_code] == [201, 200, 204]
        assert second.json() == {"a": 1}
        seen = origin.requests[0]
        assert (seen.method, seen.path, seen.header("x-test"), seen.body) == ("POST", "/x?q=1", "yes", b"body")
        assert seen.body_sha256 == hashlib.sha256(b"body").hexdigest()
        assert (origin.count(), origin.count("/y"), origin.connections) == (3, 2, 1)
        assert seen.at <= origin.requests[1].at <= time.monotonic()


def test_paths_have_scripts_of_their_own():
    """A path's steps beat the general script; what follows them is the path's own `then`, with or without a query."""
    origin = Origin(then=answer(404)).at("/a", answer(500), then=answer(200)).at("/b", answer(503))
    with origin, client_of(httpx) as client:
        assert [client.get(f"{origin.url}/a").status_code for _ in range(3)] == [500, 200, 200]
        assert [client.get(f"{origin.url}/b?x").status_code for _ in range(2)] == [503, 404]
        origin.play(answer(418))
        assert client.get(f"{origin.url}/c").status_code == 418


@pytest.mark.parametrize("content", [b"", b"x" * 200_000, [b"a" * 70_000, b"b"]], ids=["empty", "long", "chunked"])
def test_an_echo_tells_the_hash_of_every_body(content):
    """Bodies with a length and chunked ones are read whole."""
    data = content if isinstance(content, bytes) else b"".join(content)
    with Origin(then=echo()) as origin, client_of(httpx) as client:
        told = client.put(origin.url, content=content).json()
        assert told == {"method": "PUT", "path": "/", "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


@PACKAGES
@pytest.mark.parametrize(
    ("step", "error"),
    [
        (reset_before_headers, "ReadError"),
        (close_before_headers, "RemoteProtocolError"),
        (reset_after_headers, "ReadError"),
        (die_mid_body(), "RemoteProtocolError"),
        (die_mid_chunk, "RemoteProtocolError"),
        (garbage, "RemoteProtocolError"),
        (hang_before_headers, "ReadTimeout"),
        (hang_mid_body(), "ReadTimeout"),
    ],
    ids=["reset", "close", "reset after headers", "short body", "short chunk", "garbage", "hang", "hang in body"],
)
def test_each_fault_arrives_as_the_error_that_it_is(package, step, error):
    """What a fault is called by the client; the next request on a new connection is fine."""
    with Origin(step) as origin, client_of(package) as client:
        with pytest.raises(getattr(package, error)):
            client.get(origin.url)
        assert client.get(origin.url).text == "ok"
        assert origin.count() == 2


@PACKAGES
def test_connections_are_refused_swallowed_or_reset_at_once(package):
    """A closed port refuses, a black hole lets one wait, a reset before the first byte is an error of its own."""
    with client_of(package) as client:
        with pytest.raises(package.ConnectError):
            client.get(f"http://127.0.0.1:{closed_port()}")
        with black_hole() as url, pytest.raises(package.ConnectTimeout):
            client.get(url)
        with Origin(resets=1) as origin:
            # A fast reset already meets the end of `connect`.
            with pytest.raises((package.ConnectError, package.ReadError, package.WriteError)):
                client.get(origin.url)
            assert (origin.count(), client.get(origin.url).text) == (0, "ok")


def test_an_origin_goes_down_and_comes_back_on_its_port():
    """While it refuses, even kept connections are gone."""
    with Origin() as origin, client_of(httpx) as client:
        assert client.get(origin.url).text == "ok"
        origin.refuse()
        for _ in range(2):
            with pytest.raises(httpx.TransportError):
                client.get(origin.url)
        origin.listen()
        assert client.get(origin.url).text == "ok"


@pytest.mark.parametrize("value", [None, "1", "-5", "NaN", "9999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_retry_after_is_sent_as_it_is_spelled(value):
    """The header arrives letter for letter, or not at all."""
    with Origin(unavailable(value), unavailable(value, 429)) as origin, client_of(httpx) as client:
        for status in (503, 429):
            response = client.get(origin.url)
            assert (response.status_code, response.headers.get("retry-after")) == (status, value)


def test_a_drip_takes_its_time_and_is_whole():
    """Bytes come one by one, in the body or already in the headers."""
    with Origin(drip(5, every=0.02), drip_headers(every=0.002)) as origin, client_of(httpx) as client:
        begun = time.monotonic()
        assert client.get(origin.url).text == "xxxxx"
        assert time.monotonic() - begun >= 0.1
        assert client.get(origin.url).status_code == 200


@PACKAGES
@pytest.mark.parametrize(
    ("context", "code"),
    [("untrusted", "unable to get local issuer"), ("expired", "expired"), ("wrong_host", "not valid for")],
)
def test_bad_certificates_fail_to_verify(package, context, code):
    """Each is refused for its own reason; a good one works."""
    client = client_of(package, verify=certificates.trusting(), timeout=5)
    with Origin(tls=getattr(certificates, context)()) as bad, Origin(tls=certificates.valid()) as good, client:
        with pytest.raises(package.ConnectError, match=code) as caught:
            client.get(bad.url)
        assert client.get(good.url).text == "ok"
    found, chain = caught.value, []
    while found is not None:
        chain.append(found)
        found = found.__cause__ or found.__context__
    assert any(isinstance(link, ssl.SSLCertVerificationError) for link in chain)


def test_bodies_may_be_big_or_bombs():
    """A long body is whole; a small gzip grows to what was asked."""
    with Origin(big(1_000_000), gzip_bomb(3_000_000)) as origin, client_of(httpx, timeout=5) as client:
        assert len(client.get(origin.url).content) == 1_000_000
        with client.stream("GET", origin.url) as response:
            packed = b"".join(response.iter_raw())
    assert len(packed) < 10_000
    assert len(gzip.decompress(packed)) == 3_000_000


def test_redirects_and_events_and_upgrades():
    """A redirect leads on, an event stream ends or stays, and an upgraded connection speaks back."""
    origin = Origin(then=echo()).at("/go", redirect("/there")).at("/events", event_stream(["one", "two"], every=0.01))
    origin.at("/stay", event_stream(["one"], stay=True)).at("/up", upgrade())
    with origin, client_of(httpx) as client:
        assert client.get(f"{origin.url}/go", follow_redirects=True).json()["path"] == "/there"
        assert client.get(f"{origin.url}/events").text == "data: one\n\ndata: two\n\n"
        with client.stream("GET", f"{origin.url}/stay") as response:
            assert next(response.iter_text()) == "data: one\n\n"
        with client.stream("GET", f"{origin.url}/up", headers={"upgrade": "echo", "connection": "upgrade"}) as response:
            assert response.status_code == 101
            network = response.extensions["network_stream"]
            network.write(b"hello")
            assert network.read(100, timeout=1) == b"hello"


def test_an_origin_ends_at_once_whatever_its_clients_do():
    """Hanging requests do not hold its end up; nothing stays open."""
    with Origin(then=hang_before_headers) as origin, client_of(httpx, timeout=0.05) as client:
        for _ in range(3):
            with pytest.raises(httpx.ReadTimeout):
                client.get(origin.url)
        begun = time.monotonic()
    assert time.monotonic() - begun < 2
    assert origin.open_connections == 0
