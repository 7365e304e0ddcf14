"""Bodies and circuits for the tests of the breaker."""

import pytest

from resilience import CircuitBreaker


def fine(value="fine"):
    return value


def fail():
    raise ConnectionError("down")


def failing(world, breaker, times):
    for _ in range(times):
        with pytest.raises(ConnectionError):
            world.call(breaker, fail)


def opened(clock, **options):
    breaker = CircuitBreaker(clock=clock, random=lambda: 0.0, **options)
    breaker.open()
    return breaker


def clients(breaker):
    """A class whose method is guarded for each instance."""

    class Client:
        @breaker
        def work(self, error=None):
            if error:
                raise error
            return "done"

    return Client
