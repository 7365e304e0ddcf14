"""How a monitor is used in each world."""


def check(world, monitor):
    """Look at all once, in the way of this world."""
    return monitor.acheck() if world.is_async else monitor.check()


def enter(world, monitor):
    """Begin to watch."""
    return monitor.__aenter__() if world.is_async else monitor.__enter__()


def leave(world, monitor):
    """Stop watching."""
    return monitor.__aexit__(None, None, None) if world.is_async else monitor.__exit__(None, None, None)


def wait(world, seconds):
    """Let real time pass."""
    from resilience._world import SYSTEM_CLOCK

    return world.sleep(SYSTEM_CLOCK, seconds)
