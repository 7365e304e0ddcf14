"""pytest fixtures: `resilience_clock`, `resilience_events`, `resilience_disabled`, `resilience_no_waiting`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .testing import FakeClock, Recorder, disabled, no_waiting


@pytest.fixture
def resilience_clock() -> FakeClock:
    """A `FakeClock` that jumps by itself."""
    return FakeClock()


@pytest.fixture
def resilience_events() -> Iterator[Recorder]:
    """Records every event of the process during the test."""
    with Recorder() as recorder:
        yield recorder


@pytest.fixture
def resilience_disabled() -> Iterator[None]:
    """No policy has a say during the test."""
    with disabled():
        yield


@pytest.fixture
def resilience_no_waiting() -> Iterator[None]:
    """No retry on the real clock sleeps during the test."""
    with no_waiting():
        yield
