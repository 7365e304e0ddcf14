"""Whose is it, httpx's or httpx2's? SDKs rename the packages' classes; nothing may depend on that name."""

from __future__ import annotations

import sys
import types

import pytest

from resilience.http._body import Body
from resilience.http._judgement import fault_of, is_ours
from resilience.http._packages import package_of


@pytest.fixture
def renamed(package, monkeypatch):
    """The package after an SDK set `__module__` of what it hands on to its own name, as openai does."""
    for name in ("BaseTransport", "AsyncBaseTransport", "HTTPError", "ConnectError", "PoolTimeout", "ByteStream"):
        monkeypatch.setattr(getattr(package, name), "__module__", "sdk")
    return package


def test_renamed_errors_are_judged_as_before(renamed):
    """A connection that was refused is still one that sent nothing; a full pool is still our own."""
    assert fault_of(renamed.ConnectError("refused")).name == "UNSENT"
    assert is_ours(renamed.PoolTimeout("full"))


def test_renamed_streams_are_replayed_as_before(renamed):
    """Bytes can be sent again."""
    assert Body(renamed.ByteStream(b"rows")).is_replayable


def test_renamed_transports_are_told_by_their_package(renamed, guards):
    """The message names the package that a user imports."""
    with pytest.raises(TypeError, match=f"must be a {renamed.__name__}.BaseTransport"):
        guards.ResilientTransport(renamed.AsyncHTTPTransport())


def test_a_subclass_of_ones_own_belongs_to_its_base(package):
    """A transport that a user wrote is of the package that it is written for."""

    class Own(package.BaseTransport):
        pass

    assert package_of(Own(), "BaseTransport", "AsyncBaseTransport") == package.__name__
    assert package_of(object(), "BaseTransport") is None


def test_a_package_that_is_just_being_imported(monkeypatch):
    """What it has not defined yet, nothing is an instance of."""
    monkeypatch.setitem(sys.modules, "httpx", types.ModuleType("httpx"))
    assert package_of(ValueError(), "HTTPError") is None
