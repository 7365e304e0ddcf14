"""What the HTTP tests share: both packages, under one name."""

from __future__ import annotations

import httpx
import httpx2
import pytest


@pytest.fixture(params=[httpx, httpx2], ids=["httpx", "httpx2"])
def package(request):
    """The package under the layer: every test that takes it runs for httpx and for httpx2."""
    return request.param
