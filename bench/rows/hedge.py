"""Hedge: the price of a call that needs no second attempt, against a bare task or thread: no peer here has one."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from ..row import BARE, OURS, Row, echo, identity


def ours(body):
    import resilience

    return resilience.Hedge(2)(body)


def learned(body):
    import resilience

    return resilience.Hedge(resilience.Quantile(0.95, ceiling=2))(body)


def task(body):
    async def in_a_task(number):
        done, _ = await asyncio.wait([asyncio.ensure_future(body(number))], timeout=2)
        return done.pop().result()

    return in_a_task


def thread(body):
    pool = ThreadPoolExecutor(1)

    def in_a_thread(number):
        return pool.submit(body, number).result(2)

    return in_a_thread


ROWS = [
    Row(
        title="hedge, async, not needed",
        cases={
            BARE: lambda: echo,
            OURS: lambda: ours(echo),
            "with a quantile": lambda: learned(echo),
            "asyncio.wait": lambda: task(echo),
        },
        limits={"asyncio.wait": 2},
        is_async=True,
    ),
    Row(
        title="hedge, in a thread, not needed",
        cases={BARE: lambda: identity, OURS: lambda: ours(identity), "a pool's future": lambda: thread(identity)},
        limits={"a pool's future": 3},
    ),
]
