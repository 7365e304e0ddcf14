"""What rate limiters of ours and of the peers do."""

import asyncio
import time
from importlib.util import find_spec
from pathlib import Path
from unittest import mock

TITLE = "Rate limiter"


class Resilience:
    def __init__(self, **options):
        import resilience as r

        self.limiter = r.RateLimiter(2, per=60)
        self.waiting = r.RateLimiter(20, per=1, burst=1, **options)

    def hit(self, user):
        return self.limiter.try_acquire(key=user)

    def function(self, body):
        return self.waiting(body)


class Limits:
    def __init__(self):
        from limits import parse, storage, strategies

        self.window, self.rate = strategies.MovingWindowRateLimiter(storage.MemoryStorage()), parse("2/minute")

    def hit(self, user):
        return self.window.hit(self.rate, user)


class Pyresilience:
    def __init__(self, **options):
        from pyresilience import RateLimiterConfig, resilient

        self.guard = resilient(rate_limiter=RateLimiterConfig(max_calls=2, period=60))(lambda user: True)
        self.waiting = resilient(rate_limiter=RateLimiterConfig(max_calls=1, period=0.05, **options))

    def hit(self, user):
        try:
            return self.guard(user)
        except Exception:
            return False

    def function(self, body):
        return self.waiting(body)


LIBRARIES = {"resilience": Resilience, "limits": Limits, "pyresilience": Pyresilience}


def a_limit_for_each_key(library):
    """One user's calls do not use up another's."""
    made = library()
    return [made.hit(user) for user in ("a", "a", "a", "b")] == [True, True, False, True]


def a_clock_that_is_set_changes_nothing(library):
    """The wall clock jumps a day ahead: the third call of the minute is refused all the same."""
    made = library()
    made.hit("a"), made.hit("a")
    real = time.time
    with mock.patch("time.time", side_effect=lambda: real() + 86400):
        return not made.hit("a")


def waits_its_turn(library):
    """A call that comes too early can wait, in a task, and is then made."""
    made = library()

    async def body():
        return "ok"

    call = made.function(body)

    async def main():
        return [await call() for _ in range(3)]

    return asyncio.run(main()) == ["ok"] * 3


def shared_over_redis(library):
    """There is a module for it. No server is asked; that it is there is what is told of it."""
    folder = Path(find_spec(library.__name__.lower()).origin).parent
    return any(folder.rglob("*redis*.py"))


ROWS = (a_limit_for_each_key, a_clock_that_is_set_changes_nothing, waits_its_turn, shared_over_redis)
NOTES = {
    ("waits_its_turn", "resilience"): ("with `wait=`", lambda: waits_its_turn(lambda: Resilience(wait=5))),
    ("waits_its_turn", "pyresilience"): ("with `max_wait=`", lambda: waits_its_turn(lambda: Pyresilience(max_wait=5))),
}
