"""Certificates for origins that speak TLS, good and bad."""

from __future__ import annotations

import datetime as dt
import ssl
from functools import cache

import trustme


@cache
def authority() -> trustme.CA:
    """The authority that the clients of the tests trust (if they ask for `trusting()`)."""
    return trustme.CA()


def trusting() -> ssl.SSLContext:
    """A client's context that trusts our authority and nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority().configure_trust(context)
    return context


def _serving(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def valid() -> ssl.SSLContext:
    """A certificate as it should be."""
    return _serving(authority().issue_cert("127.0.0.1", "localhost"))


def untrusted() -> ssl.SSLContext:
    """Signed by an authority that nobody knows, as a self-signed one is."""
    return _serving(trustme.CA().issue_cert("127.0.0.1", "localhost"))


def wrong_host() -> ssl.SSLContext:
    """Good, but for another host."""
    return _serving(authority().issue_cert("elsewhere.example"))


def expired() -> ssl.SSLContext:
    """Good until yesterday."""
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    before = yesterday - dt.timedelta(days=30)
    return _serving(authority().issue_cert("127.0.0.1", "localhost", not_before=before, not_after=yesterday))
