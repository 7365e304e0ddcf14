"""A dependency with a capacity, and callers who give up, in virtual time: what adaptive policies are tried on."""

import heapq
import random

from resilience import RejectedError


class Virtual:
    """A clock that is set."""

    def __init__(self):
        self.time = 0.0

    def now(self):
        return self.time

    def sleep(self, seconds):
        raise AssertionError("nobody sleeps here")

    asleep = call_at = sleep  # the three that a clock must have, and nobody uses here


class Result:
    """Of each call that was offered: when, how it ended, what it took; and the limit over time."""

    def __init__(self):
        self.offered, self.served, self.refused, self.late, self.limits, self.reached = [], [], [], [], [], []

    def share(self, begin, end):
        """Calls that were served, of those offered in that time."""
        offered = sum(begin <= at < end for at in self.offered)
        return sum(begin <= at < end for at in self.served) / offered

    def load(self, begin, end):
        """Calls that reached the dependency in that time, a second."""
        return sum(begin <= at < end for at in self.reached) / (end - begin)


def run(policy, clock, *, rate, capacity, until, latency=lambda time: 0.01, give_up=0.5, jitter=0.0, seed=1):
    """Poisson callers before a dependency that works in order, also for those who gave up.

    `capacity(time)` is in calls a second; each call takes `latency(time)` besides, varied by `jitter`.
    """
    chance, events, result, number = random.Random(seed), [], Result(), 0
    busy_until = 0.0
    heapq.heappush(events, (chance.expovariate(rate(0.0)), 0, "arrive", None, None))
    while events:
        time, _, what, permit, begun = heapq.heappop(events)
        if time > until:
            break
        clock.time, number = time, number + 1
        if what == "arrive":
            heapq.heappush(events, (time + chance.expovariate(rate(time)), number, "arrive", None, None))
            result.offered.append(time)
            try:
                permit = policy.admit((), {})
            except RejectedError:
                result.refused.append(time)
                continue
            result.reached.append(time)
            # The pace is that of when its turn comes.
            start = max(busy_until, time)
            busy_until = start + chance.uniform(1 - jitter, 1 + jitter) / capacity(start)
            ends = busy_until + latency(time) * chance.uniform(1 - jitter, 1 + jitter)
            outcome = ("done", ends) if ends - time <= give_up else ("gave up", time + give_up)
            heapq.heappush(events, (outcome[1], number, outcome[0], permit, time))
        elif what == "done":
            policy.succeeded(permit, None)
            result.served.append(begun)
        else:
            policy.failed(permit, TimeoutError(), 1)
            result.late.append(begun)
        result.limits.append((time, getattr(policy, "limit", 0)))
    return result
