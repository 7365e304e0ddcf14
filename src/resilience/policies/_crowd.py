"""How many calls are under way, for who lets them all through: the shadow of a limit on calls at once.

Rules: all fields are guarded by `lock`, but for `lost`, to which a finalizer, that must take no lock, only appends.
"""

from __future__ import annotations

from _thread import allocate_lock


class Crowd:
    """Calls now (`running`), the most there were, and how many were `over` a limit."""

    __slots__ = ("came", "lock", "lost", "most", "over", "running")

    def __init__(self) -> None:
        self.lock = allocate_lock()
        self.lost: list[None] = []
        self.came = self.running = self.most = self.over = 0

    def enter(self, limit: int) -> bool:
        """One more call; was there no room for it?"""
        with self.lock:
            while self.lost:
                self.lost.pop()
                self.running -= 1
            over = self.running >= limit
            self.came += 1
            self.over += over
            self.running += 1
            self.most = max(self.most, self.running)
        return over

    def leave(self) -> None:
        """One less."""
        with self.lock:
            self.running -= 1

    def forget_holders(self) -> None:
        """In a forked child: nobody is under way."""
        self.lock = allocate_lock()
        self.lost.clear()
        self.running = 0

    def explain(self, words: str, option: str) -> str:
        """What a limit would have refused, and which would have refused nothing."""
        with self.lock:
            came, over, most = self.came, self.over, self.most
        said = f"shadow: {words} would have refused {over} of {came} calls"
        return f"{said}; at most {most} ran at once, so {option}={most} would have refused none" if came else said
