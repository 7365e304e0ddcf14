"""What the tests of the hedge share: functions whose attempts take a given time and end in a given way."""

import asyncio
import time

import resilience


class Closable:
    """Remembers that it was closed."""

    def __init__(self, name=""):
        self.name, self.closed = name, 0

    def close(self):
        self.closed += 1


def script(world, clock, **attempts):
    """A function of this world: `first=(seconds, outcome)`, `second=...`, `third=...`; an exception is raised."""
    order = ("first", "second", "third")
    begun = []

    def body():
        number = resilience.current().attempt
        begun.append((number, clock.now()))
        seconds, outcome = attempts[order[number - 1]]
        if seconds:
            yield world.sleep(clock, seconds)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    function = world.function(body)
    function.begun = begun
    return function


def call(world, hedge, function, *args):
    """One call in a loop of its own."""
    return world.run(world.method(hedge), function, *args)


def settle(world, hedge):
    """In a session: until no attempt runs."""
    for _ in range(2000):
        if not hedge.snapshot().running:
            return
        yield real_sleep(world, 0.001)
    raise AssertionError(f"attempts still run: {hedge.snapshot()}")


def real_sleep(world, seconds):
    if world.name == "sync":
        return time.sleep(seconds)
    if world.name == "asyncio":
        return asyncio.sleep(seconds)
    import trio

    return trio.sleep(seconds)


def settle_sync(hedge):
    """Until no thread of it runs."""
    while hedge.snapshot().running:
        time.sleep(0.001)
