"""How long a call may wait for its turn, as options say it."""

from __future__ import annotations

from typing import Any

from .. import _options


def patience_of(wait: Any) -> float | None:
    """Seconds that a call may wait: 0 not at all, `None` to the deadline."""
    return None if wait is None else _options.seconds("wait", wait, zero=True, infinite=True)
