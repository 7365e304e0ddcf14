"""What the tests of events, snapshots and edges share."""

import pytest

BEGIN = 1000.0
"""The time at which these tests begin: on a clock that began at 0, a sum would pass for a difference."""


def fail(error=None):
    raise error or ConnectionError("down")


def failing(policy, times=1):
    for _ in range(times):
        with pytest.raises(ConnectionError):
            policy.call(fail)


def failure(policy, kind=ConnectionError):
    """What a policy raises around a function that fails."""
    with pytest.raises(kind) as caught:
        policy.call(fail)
    return caught.value


def told(recorder):
    """The recorded events as their class and fields; their time since the begin."""
    return [(type(event).__name__, {**event.as_dict(), "at": event.at - BEGIN}) for event in recorder.events]
