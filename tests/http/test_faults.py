"""What errors mean, made by real servers and real clients of both packages in three worlds."""

from __future__ import annotations

import asyncio
import gc
import ssl

import pytest
import trio
from tests.origins import (
    Origin,
    answer,
    black_hole,
    certificates,
    closed_port,
    die_mid_body,
    garbage,
    hang_before_headers,
    reset_before_headers,
)

from resilience.errors import CallTimeoutError, CircuitOpenError
from resilience.http._faults import Fault, Faults, is_tls_refusal


def get(package, url, **options):
    """A plain request of a plain client."""
    with package.Client(trust_env=False, timeout=0.3, **options) as client:
        return client.get(url)


async def aget(package, url, **options):
    """The same, asynchronously."""
    async with package.AsyncClient(trust_env=False, timeout=0.3, **options) as client:
        return await client.get(url)


@pytest.fixture(params=["sync", "asyncio", "trio"])
def error_of(request, package):
    """A function that makes a request and gives the error it ended with."""

    def attempt(url, **options):
        with pytest.raises(Exception) as caught:
            if request.param == "sync":
                get(package, url, **options)
            elif request.param == "asyncio":
                asyncio.run(aget(package, url, **options))
            else:
                trio.run(lambda: aget(package, url, **options))
        return caught.value

    return attempt


def test_nothing_was_sent_where_no_connection_came_about(package, error_of):
    """Refused, swallowed, unknown host, a proxy that is down or says no: every method may be repeated."""
    faults = Faults(package)
    assert faults.of(error_of(f"http://127.0.0.1:{closed_port()}")) is Fault.UNSENT
    assert faults.of(error_of("http://no-such-host.invalid")) is Fault.UNSENT
    assert faults.of(error_of("https://a.invalid", proxy=f"http://127.0.0.1:{closed_port()}")) is Fault.UNSENT
    with black_hole() as url:
        assert faults.of(error_of(url)) is Fault.UNSENT
    with Origin(then=answer(502)) as proxy:
        assert faults.of(error_of("https://a.invalid", proxy=proxy.url)) is Fault.UNSENT


@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
def test_a_handshake_that_broke_off_is_no_refusal(package, error_of):
    """The connection died while TLS was spoken: like a refused connection, and worth another try."""
    with Origin(resets=1) as origin:
        error = error_of(origin.url.replace("http:", "https:"))
    assert (Faults(package).of(error), is_tls_refusal(error)) == (Fault.UNSENT, False)
    del error
    gc.collect()  # Python itself does not close what it wraps when the reset was there first: not in a later test


@pytest.mark.parametrize("step", [reset_before_headers, hang_before_headers, garbage, die_mid_body()])
def test_row_03_once_it_was_sent_nobody_knows(package, error_of, step):
    """Reset, silence, garbage, half a body: the request may have been acted upon."""
    with Origin(then=step) as origin:
        assert Faults(package).of(error_of(origin.url)) is Fault.SENT


@pytest.mark.parametrize("kind", ["untrusted", "expired", "wrong_host"])
def test_a_certificate_that_fails_will_fail_again(package, error_of, kind):
    """However deep the reason lies: trio and anyio put one error more between."""
    with Origin(tls=getattr(certificates, kind)()) as origin:
        error = error_of(origin.url, verify=certificates.trusting())
    assert (Faults(package).of(error), is_tls_refusal(error)) == (Fault.HOPELESS, True)


def test_urls_and_requests_that_cannot_be_sent_are_hopeless(package, error_of):
    """Another scheme, no host, a header that breaks the protocol, a proxy that wants a password."""
    faults = Faults(package)
    for url in ("ftp://example.org/", "/path"):
        error = error_of(url)
        assert (faults.of(error), faults.is_own(error)) == (Fault.HOPELESS, True)
    with Origin(then=answer(407)) as proxy:
        error = error_of(proxy.url, headers={"x": "a\nb"})
        assert (faults.of(error), faults.is_own(error)) == (Fault.HOPELESS, True)
        assert faults.of(error_of("https://a.invalid", proxy=proxy.url)) is Fault.HOPELESS


def test_a_full_pool_is_our_own_doing(package):
    """No connection free: nothing was sent, and the origin is not to blame."""
    faults, error = Faults(package), package.PoolTimeout("no connection")
    assert (faults.of(error), faults.is_own(error), faults.is_timeout(error)) == (Fault.UNSENT, True, True)
    assert not faults.is_own(package.ConnectTimeout("late"))


def test_our_refusals_and_other_peoples_errors_are_foreign(package):
    """Although `CallTimeoutError` is an `OSError`, by way of `TimeoutError`; one that httpx let through is not."""
    faults = Faults(package)
    for error in (CircuitOpenError("open"), CallTimeoutError("late"), ValueError("a bug"), package.InvalidURL("what")):
        assert faults.of(error) is Fault.FOREIGN
    assert faults.of(ConnectionResetError("raw")) is Fault.SENT
    assert faults.of(ssl.SSLCertVerificationError("raw")) is Fault.HOPELESS


def test_a_chain_that_bites_its_tail_ends():
    """Causes may form a ring; looking for TLS along it must not hang."""
    first, second = ValueError(1), ValueError(2)
    first.__cause__, second.__cause__ = second, first
    assert not is_tls_refusal(first)
