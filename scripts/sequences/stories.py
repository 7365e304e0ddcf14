"""The stories: for each page of a policy, what it does when all is well, and what when it is not."""

import resilience as r

from .story import Part, Story, Timed

DOWN = ConnectionError("down")
ROWS = "rows"


async def once(stage):
    """One call."""
    await stage.call()


def calls(count, *, apart=0.0):
    """So many calls, one after the other."""

    async def play(stage):
        for number in range(count):
            if number and apart:
                await stage.wait(apart)
            await stage.call()

    return play


def at(*moments):
    """One call at each of these seconds."""

    async def play(stage):
        for moment in moments:
            if moment > stage.clock.now():
                await stage.wait(moment - stage.clock.now())
            await stage.call()

    return play


def crowd(count):
    """So many callers at once."""

    async def play(stage):
        await stage.together(count)

    return play


async def crowd_twice(stage):
    """Two at once, and again."""
    await stage.together(2)
    await stage.together(2)


async def failure_then_crowd(stage):
    """One call alone, then two at once."""
    await stage.call("caller 1")
    await stage.together(2)


def told(kind, play, *answers, chance=5, **options):
    """A story of one policy."""
    return Story((Part(kind, options),), answers, play, chance)


FINE = (0, ROWS)
FAILS = (0, DOWN)


def works(kind, **options):
    """The happy story of most: the callee answers, and the policy does not show."""
    return told(kind, once, FINE, **options)


ROW = (
    Part(r.Fallback, {"value": "none"}),
    Part(r.Retry, {"attempts": 2}),
    Part(r.CircuitBreaker, {"trip": r.Consecutive(2)}),
    Part(r.Timeout, {"seconds": 2}),
)

EDGE = (0, 9, 9.5, 10, 10)
"""Around the end of a window that begins with the first call."""

# By page, then by marker.
STORIES = {
    "retry": {
        "happy": works(r.Retry),
        "unhappy": told(r.Retry, once, FAILS, FAILS, FINE, attempts=3),
    },
    "budget": {
        "happy": told(r.Retry, once, FAILS, FINE, budget=Timed(r.RetryBudget)),
        "unhappy": told(r.Retry, once, FAILS, budget=Timed(r.RetryBudget, ratio=0.2, min_per_second=0)),
    },
    "circuit-breaker": {
        "happy": works(r.CircuitBreaker),
        "unhappy": told(r.CircuitBreaker, at(0, 1, 2, 34, 35), FAILS, FAILS, FINE, FINE, trip=r.Consecutive(2)),
    },
    "cache": {
        "happy": told(r.Cache, calls(2, apart=10), (0.2, ROWS), ttl=30),
        "unhappy": told(
            r.Cache, at(0, 20, 40, 41), (0.2, "old rows"), (0.2, DOWN), (0.2, "new rows"), ttl=15, stale=60
        ),
    },
    "timeout": {
        "happy": told(r.Timeout, once, (0.5, ROWS), seconds=2),
        "unhappy": told(r.Timeout, once, (60, ROWS), seconds=2),
    },
    "rate-limiter": {
        "happy": works(r.RateLimiter, limit=10),
        "unhappy": told(r.RateLimiter, crowd(3), FINE, FINE, limit=1, wait=1.0),
    },
    "bulkhead": {
        "happy": told(r.Bulkhead, once, (0.5, ROWS), max_concurrent=1),
        "unhappy": told(r.Bulkhead, crowd(3), (0.5, ROWS), (0.5, ROWS), max_concurrent=1, max_queue=1),
    },
    "which-limiter": {
        "sliding happy": told(r.SlidingWindow, at(0, 10), FINE, FINE, limit=1, per=10),
        "sliding unhappy": told(r.SlidingWindow, at(*EDGE), *[FINE] * 3, limit=2, per=10),
        "fixed happy": told(r.FixedWindow, at(0, 10), FINE, FINE, limit=1, per=10),
        "fixed unhappy": told(r.FixedWindow, at(*EDGE), *[FINE] * 4, limit=2, per=10),
    },
    "adaptive-limit": {
        "happy": told(r.AdaptiveLimit, crowd_twice, *[(0.1, ROWS)] * 4, algorithm=r.AIMD(), initial=2),
        "unhappy": told(r.AdaptiveLimit, failure_then_crowd, FAILS, (0.1, ROWS), algorithm=r.AIMD(), initial=2),
    },
    "throttle": {
        "happy": works(r.Throttle),
        "unhappy": told(r.Throttle, calls(7), *[FAILS] * 7, chance=2, min_requests=3),
    },
    "fallback": {
        "happy": works(r.Fallback, factory=list),
        "unhappy": told(r.Fallback, once, FAILS, factory=list),
    },
    "hedge": {
        "happy": told(r.Hedge, once, (0.1, ROWS), after=0.2),
        "unhappy": told(r.Hedge, once, (60, ROWS), (0.1, ROWS), after=0.2),
    },
    "chaos": {
        "happy": told(r.Chaos, once, FINE, error=ConnectionError, latency=1, rate=0.5, seed=2, enabled=True),
        "unhappy": told(r.Chaos, once, error=ConnectionError, latency=1, rate=0.5, seed=1, enabled=True),
    },
    "pipeline": {
        "happy": Story(ROW, (FINE,), once, 5),
        "unhappy": Story(ROW, ((60, ROWS), (60, ROWS)), once, 5),
    },
}
