"""Retry: its options, and what they refuse."""

import pytest

import resilience
from resilience import Exponential, Retry

BAD = [
    {"attempts": 0},
    {"attempts": -1},
    {"attempts": True},
    {"attempts": 2.0},
    {"attempts": "3"},
    {"attempts": None},
    {"on": 3},
    {"on": "ConnectionError"},
    {"on": KeyboardInterrupt},
    {"on": (ConnectionError, 3)},
    {"ignore": 3},
    {"on_result": 3},
    {"backoff": "fast"},
    {"backoff": 3},
    {"backoff": []},
    {"backoff": [-1]},
    {"backoff": iter([1, 2])},
    {"delay_from": 3},
    {"max_server_delay": -1},
    {"max_server_delay": float("nan")},
    {"max_elapsed": 0},
    {"max_elapsed": float("inf")},
    {"max_elapsed": True},
    {"budget": 3},
    {"retry_exhausted": 1},
    {"on_retry": 3},
    {"on_superseded": 3},
    {"name": 3},
    {"name": "two\nlines"},
    {"name": ""},
    {"clock": 3},
    {"random": 3},
]


def described(options):
    """The id of a case: an iterator's repr would hold an address, which differs on every worker."""
    ((option, value),) = options.items()
    return f"{option}={type(value).__name__ if hasattr(value, '__next__') else value!r}"


@pytest.mark.parametrize("options", BAD, ids=described)
def test_row_54_bad_options_name_themselves(options):
    """Each bad option is refused at construction by name, value and what is allowed."""
    (option, value), *_ = options.items()
    with pytest.raises((ValueError, TypeError)) as caught:
        Retry(**options)
    assert option in str(caught.value)
    if not hasattr(value, "__next__"):
        assert repr(value).strip("[]") in str(caught.value)


@pytest.mark.parametrize("option", ["on", "ignore", "on_result", "delay_from", "on_retry", "backoff"])
def test_coroutine_functions_are_refused_as_logic(option):
    """A coroutine function there would be true whatever it answers."""

    async def answer(*args):
        return False

    with pytest.raises(TypeError, match="nobody would await"):
        Retry(**{option: answer})


def test_snapshot_and_repr():
    """What it is, at a glance."""
    retry = Retry(attempts=4, name="rates-retry", budget=resilience.RetryBudget(min_per_second=1))
    assert retry.snapshot().as_dict() == {"name": "rates-retry", "attempts": 4, "max_elapsed": None, "balance": 10.0}
    assert repr(retry) == f"<Retry 'rates-retry' attempts=4 backoff={Exponential()!r}>"
    assert "max_elapsed=5" in repr(Retry(attempts=None, max_elapsed=5))
