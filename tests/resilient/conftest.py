"""Each test starts as a fresh process would: no names of ours set, no settings read, no named instances."""

import pytest
from tests.fresh_process import fresh_process

__all__ = ["fresh_process"]


@pytest.fixture
def names(monkeypatch):
    """Sets variables: `names(RETRY_MAX_ATTEMPTS=5)`; `None` takes one away."""

    def change(**values):
        for name, value in values.items():
            if value is None:
                monkeypatch.delenv(name)
            else:
                monkeypatch.setenv(name, str(value))

    return change
