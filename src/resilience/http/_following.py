"""What was made from the process's settings follows them when they are reloaded.

Rules: `_followers` holds its members weakly; `_subscribe` is called once, under `_lock`.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Protocol
from weakref import WeakSet

if TYPE_CHECKING:
    from resilience.config import Settings


class Follower(Protocol):
    """Something that lives by the process's settings."""

    def follow(self, settings: Settings) -> None:
        """Change in place: what is open, counted or stored stays."""
        ...


_lock = Lock()
_followers: WeakSet[Follower] = WeakSet()
_is_subscribed = False


def follow_reloads(follower: Follower) -> None:
    """Let it hear of every reload, for as long as it lives."""
    global _is_subscribed
    from resilience.config import subscribe

    with _lock:
        _followers.add(follower)
        if not _is_subscribed:
            subscribe(_reloaded)
            _is_subscribed = True


def _reloaded(changes: object) -> None:
    from resilience.config import settings

    with _lock:
        living = list(_followers)
    for follower in living:
        follower.follow(settings())
