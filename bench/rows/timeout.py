"""Timeout: a call that ends in time."""

import asyncio

from ..row import BARE, OURS, Row, echo, identity


def ours(body):
    import resilience

    return resilience.Timeout(2)(body)


def native(body):
    async def within(number):
        async with asyncio.timeout(2):
            return await body(number)

    return within


def hyx(body):
    from hyx.timeout import timeout

    return timeout(2)(body)


def pyresilience(body):
    from pyresilience import TimeoutConfig, resilient

    return resilient(timeout=TimeoutConfig(seconds=2))(body)


async def waiting(number):
    """As a call that goes over a network does."""
    await asyncio.sleep(0)
    return number


ASYNC = {OURS: ours, "asyncio.timeout": native, "hyx": hyx, "pyresilience": pyresilience}

ROWS = [
    Row(
        title="timeout, async",
        cases={BARE: lambda: echo} | {name: lambda guard=guard: guard(echo) for name, guard in ASYNC.items()},
        limits={"asyncio.timeout": 1.3},
        is_async=True,
    ),
    Row(
        title="timeout, async, waiting",
        cases={BARE: lambda: waiting} | {name: lambda guard=guard: guard(waiting) for name, guard in ASYNC.items()},
        limits={"asyncio.timeout": 1.5},
        is_async=True,
    ),
    Row(title="timeout, cooperative", cases={BARE: lambda: identity, OURS: lambda: ours(identity)}),
]
