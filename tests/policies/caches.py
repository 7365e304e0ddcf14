"""A body that counts and a plain cache, for the tests of the cache."""

from resilience import Cache


class Counter:
    """Counts the calls of a body, and gives their number."""

    def __init__(self):
        self.calls = 0

    def __call__(self, *args, **kwargs):
        self.calls += 1
        return self.calls


def plain(clock, **options):
    return Cache(**{"ttl": 10, "jitter": 0, "clock": clock, **options})
