"""What the tests of events and snapshots share."""

import pytest


def fail():
    raise ConnectionError("down")


def failing(policy, times=1):
    for _ in range(times):
        with pytest.raises(ConnectionError):
            policy.call(fail)


def told(recorder):
    """The recorded events as their class and fields."""
    return [(type(event).__name__, event.as_dict()) for event in recorder.events]
