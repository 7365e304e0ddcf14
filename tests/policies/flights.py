"""Callers that meet at one load, for the tests of single flight."""

import asyncio
import threading
import time

import pytest
import trio

ASYNC = pytest.mark.worlds("asyncio", "trio", reason="a direct call cannot be cancelled")


def run(world, main):
    return asyncio.run(main()) if world.name == "asyncio" else trio.run(main)


def fail():
    raise ConnectionError("down")


def wait_for(condition):
    for _ in range(10_000):
        if condition():
            return
        time.sleep(0.001)
    raise AssertionError("it did not come to pass")


def gather(world, guarded, number, between):
    outcomes = []
    if world.name == "sync":

        def one():
            try:
                outcomes.append(guarded())
            except Exception as error:
                outcomes.append(error)

        threads = [threading.Thread(target=one) for _ in range(number)]
        for thread in threads:
            thread.start()
        between()
        for thread in threads:
            thread.join(30)
        return outcomes

    async def each():
        try:
            outcomes.append(await guarded())
        except Exception as error:
            outcomes.append(error)

    async def main():
        if world.name == "asyncio":
            await asyncio.gather(*[each() for _ in range(number)])
            return
        async with trio.open_nursery() as nursery:
            for _ in range(number):
                nursery.start_soon(each)

    run(world, main)
    return outcomes
