"""How many calls are under way, for who lets them all through: the shadow of a limit on calls at once.

Rules: all fields are guarded by `lock`, but for `lost`, to which a finalizer, that must take no lock, only appends.
"""

from __future__ import annotations

from _thread import allocate_lock


class Guest:
    """The permit of a call in a crowd: `over` says that a limit would have kept it out."""

    __slots__ = ("over",)

    def __init__(self, *, over: bool) -> None:
        self.over = over


_WITHIN, _BEYOND = Guest(over=False), Guest(over=True)


class Crowd:
    """Calls now (`running`), the most there were, and how many were `over` a limit.

    Those that a limit would have kept out take no place in it: what counts against the next call is who would be there.
    """

    __slots__ = ("came", "inside", "lock", "lost", "most", "over", "running")

    def __init__(self) -> None:
        self.lock = allocate_lock()
        self.lost: list[Guest] = []
        self.came = self.running = self.inside = self.most = self.over = 0

    def enter(self, limit: int) -> Guest:
        """One more call: its permit, which knows whether there was room."""
        with self.lock:
            while self.lost:
                self._leave_locked(self.lost.pop())
            over = self.inside >= limit
            self.came += 1
            self.over += over
            self.inside += not over
            self.running += 1
            self.most = max(self.most, self.running)
        return _BEYOND if over else _WITHIN

    def leave(self, guest: Guest) -> None:
        """One less."""
        with self.lock:
            self._leave_locked(guest)

    def _leave_locked(self, guest: Guest) -> None:
        self.running -= 1
        self.inside -= not guest.over

    def forget_holders(self) -> None:
        """In a forked child: nobody is under way."""
        self.lock = allocate_lock()
        self.lost.clear()
        self.running = self.inside = 0

    def explain(self, words: str, option: str) -> str:
        """What a limit would have refused, and which would have refused nothing."""
        with self.lock:
            came, over, most = self.came, self.over, self.most
        said = f"shadow: {words} would have refused {over} of {came} calls"
        return f"{said}; at most {most} ran at once, so {option}={most} would have refused none" if came else said
