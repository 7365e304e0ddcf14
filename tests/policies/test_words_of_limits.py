"""Row 54, in whole texts: what refused options say (limits)."""

import pytest
from tests.policies.words import Gives, awaited, check

from resilience import (
    AIMD,
    AdaptiveLimit,
    Bulkhead,
    FixedWindow,
    Gradient2,
    RateLimiter,
    SlidingWindow,
    Throttle,
    Vegas,
)

REFUSED = [
    (lambda: RateLimiter(0), "ValueError: limit=0: must be <count>"),
    (lambda: RateLimiter(1.5), "TypeError: limit=1.5: must be <count>, not float"),
    (lambda: RateLimiter(1, per=0), "ValueError: per=0: must be <seconds>"),
    (lambda: RateLimiter(1, burst=0), "ValueError: burst=0: must be <count>"),
    (lambda: RateLimiter(1, wait=-1), "ValueError: wait=-1: must be <patience>"),
    (lambda: RateLimiter(1, cost=0), "ValueError: cost=0: must be <count>"),
    (lambda: RateLimiter(3, cost=4), "ValueError: cost=4: must be at most burst=3, else it could never pass"),
    (lambda: RateLimiter(3, cost=awaited), "TypeError: cost=awaited: must be <awaits>"),
    (
        lambda: RateLimiter(3, cost=Gives(4)).call(int),
        "ValueError: cost=4: must be at most burst=3, else it could never pass",
    ),
    (lambda: RateLimiter(3, key=3), "TypeError: key=3: must be a function, not int"),
    (lambda: RateLimiter(3, max_keys=0), "ValueError: max_keys=0: must be <count>"),
    (lambda: RateLimiter(3, shadow=1), "TypeError: shadow=1: must be True or False, not int"),
    (lambda: RateLimiter(3).try_acquire(4), "ValueError: cost=4: must be at most burst=3, else it could never pass"),
    (lambda: RateLimiter(3).reserve(0), "ValueError: cost=0: must be <count>"),
    (lambda: RateLimiter(3).pause(-1), "ValueError: seconds=-1: must be <seconds from 0>"),
    (lambda: RateLimiter(3).learn(remaining=-1, reset=1), "ValueError: remaining=-1: must be <count from 0>"),
    (lambda: RateLimiter(3).learn(remaining=1, reset=-1), "ValueError: reset=-1: must be <seconds from 0>"),
    (lambda: RateLimiter(3).retune(limit=0), "ValueError: limit=0: must be <count>"),
    (lambda: RateLimiter(3).retune(per=0), "ValueError: per=0: must be <seconds>"),
    (lambda: RateLimiter(3).retune(burst=0), "ValueError: burst=0: must be <count>"),
    (
        lambda: RateLimiter(3, cost=2).retune(burst=1),
        "ValueError: burst=1: must be at least cost=2, else it could never pass",
    ),
    (lambda: RateLimiter(3).retune(wait=-1), "ValueError: wait=-1: must be <patience>"),
    (lambda: SlidingWindow(0), "ValueError: limit=0: must be <count>"),
    (lambda: SlidingWindow(3, cost=4), "ValueError: cost=4: must be at most limit=3, else it could never pass"),
    (lambda: FixedWindow(3, per=0), "ValueError: per=0: must be <seconds>"),
    (lambda: FixedWindow(3, wait=-1), "ValueError: wait=-1: must be <patience>"),
    (lambda: Bulkhead(0), "ValueError: max_concurrent=0: must be <count>"),
    (lambda: Bulkhead(1, max_queue=-1), "ValueError: max_queue=-1: must be <count from 0>"),
    (lambda: Bulkhead(1, wait=-1), "ValueError: wait=-1: must be <patience>"),
    (lambda: Bulkhead(1, shadow=1), "TypeError: shadow=1: must be True or False, not int"),
    (lambda: Bulkhead(1).retune(max_concurrent=0), "ValueError: max_concurrent=0: must be <count>"),
    (lambda: Bulkhead(1).retune(max_queue=-1), "ValueError: max_queue=-1: must be <count from 0>"),
    (lambda: Bulkhead(1).retune(wait=-1), "ValueError: wait=-1: must be <patience>"),
    (lambda: AdaptiveLimit("vegas"), "TypeError: algorithm='vegas': must be Gradient2(), Vegas() or AIMD()"),
    (lambda: AdaptiveLimit(initial=0), "ValueError: initial=0: must be <count>"),
    (lambda: AdaptiveLimit(minimum=0), "ValueError: minimum=0: must be <count>"),
    (lambda: AdaptiveLimit(maximum=0), "ValueError: maximum=0: must be <count>"),
    (lambda: AdaptiveLimit(minimum=3, maximum=2), "ValueError: maximum=2: must be at least minimum=3"),
    (lambda: AdaptiveLimit(max_queue=-1), "ValueError: max_queue=-1: must be <count from 0>"),
    (lambda: AdaptiveLimit(wait=-1), "ValueError: wait=-1: must be <patience>"),
    (lambda: AdaptiveLimit(on=3), "TypeError: on=3: must be <errors>"),
    (lambda: AdaptiveLimit(shadow=1), "TypeError: shadow=1: must be True or False, not int"),
    (lambda: AIMD(backoff=1), "ValueError: backoff=1: must be below 1, else the limit would never fall"),
    (lambda: AIMD(backoff=0), "ValueError: backoff=0: must be <share>"),
    (lambda: AIMD(longer_than=0), "ValueError: longer_than=0: must be <seconds>"),
    (lambda: Gradient2(tolerance=0.5), "ValueError: tolerance=0.5: must be a finite number of at least 1"),
    (lambda: Gradient2(queue_size=0), "ValueError: queue_size=0: must be <count>"),
    (lambda: Gradient2(probe=0), "ValueError: probe=0: must be <seconds>"),
    (lambda: Vegas(probe=0), "ValueError: probe=0: must be <seconds>"),
    (lambda: Throttle(multiplier=0.5), "ValueError: multiplier=0.5: must be a finite number of at least 1"),
    (lambda: Throttle(window=0), "ValueError: window=0: must be <seconds>"),
    (lambda: Throttle(min_requests=-1), "ValueError: min_requests=-1: must be <count from 0>"),
    (lambda: Throttle(on=3), "TypeError: on=3: must be <errors>"),
    (lambda: Throttle(shadow=1), "TypeError: shadow=1: must be True or False, not int"),
]


@pytest.mark.parametrize(("refused", "text"), REFUSED, ids=[text for _, text in REFUSED])
def test_row_54_refused_options_in_whole_texts(refused, text):
    """The option, its value, what is allowed: word for word."""
    check(refused, text)
