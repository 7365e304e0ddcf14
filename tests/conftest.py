"""The worlds a behaviour test runs in, and the clock it waits with.

A behaviour is tested once and runs three times: called directly, under asyncio, under trio. In a body `yield` means
"await": the direct world hands the yielded value straight back, the others await it first. What the awaited call
raises is raised at the `yield`, so `pytest.raises` goes around it in every world.

    def test_opens_after_two_failures(world, clock):
        '''Two failures in a row open the circuit; the next call is refused.'''
        breaker = resilience.CircuitBreaker(trip=resilience.Consecutive(2), clock=clock)
        guarded = breaker(world.function(fail))

        def story():
            for _ in range(2):
                with pytest.raises(ConnectionError):
                    yield guarded()
            with pytest.raises(resilience.CircuitOpenError):
                yield guarded()
            yield world.sleep(clock, 40)
            assert breaker.state == "half-open"

        world.session(story)

One call needs no session: `world.run(guarded, 1)`, or `world.call(policy, body, 1)` for `.call` and `.acall`.
A world in which a line has no meaning is left out by name:

    @pytest.mark.worlds("asyncio", "trio", reason="a direct call cannot be cancelled")
"""

import asyncio
import functools
import inspect
import threading

import pytest

NAMES = ("sync", "asyncio", "trio")


class World:
    """One way to run code: `name` is "sync", "asyncio" or "trio"."""

    def __init__(self, name):
        self.name = name
        self.is_async = name != "sync"

    def __repr__(self):
        return f"World({self.name!r})"

    def function(self, body):
        """`body` as a function of this world: itself, or an `async def` twin. In a generator body `yield` awaits."""
        if inspect.isgeneratorfunction(body):
            return self._steps(body)
        if not self.is_async:
            return body

        @functools.wraps(body)
        async def twin(*args, **kwargs):
            return body(*args, **kwargs)

        return _without_wrapped(twin)

    def run(self, function, *args, **kwargs):
        """Calls a function of this world from outside: directly, or in a loop that is made for this call."""
        if not self.is_async:
            return function(*args, **kwargs)

        async def main():
            return await function(*args, **kwargs)

        if self.name == "asyncio":
            return asyncio.run(main())
        import trio

        return trio.run(main)

    def call(self, policy, body, *args, **kwargs):
        """`policy.call(body, ...)` or, in a loop, `await policy.acall(twin of body, ...)`."""
        return self.run(self.method(policy), self.function(body), *args, **kwargs)

    def method(self, policy):
        """The `call` or `acall` of a policy, for use inside a session: `yield world.method(policy)(body, 1)`."""
        return policy.acall if self.is_async else policy.call

    def session(self, story, *args):
        """Runs a story (a generator function whose `yield` awaits, or a plain function) in one loop."""
        return self.run(self.function(story), *args)

    def sleep(self, clock, seconds):
        """Sleeps on `clock`; inside a body: `yield world.sleep(clock, 3)`."""
        return clock.asleep(seconds) if self.is_async else clock.sleep(seconds)

    def together(self, *bodies):
        """Runs bodies at once, in threads or tasks, and gives their values; what one raised stands in its place."""
        outcomes = [None] * len(bodies)
        functions = [self.function(body) for body in bodies]
        if not self.is_async:
            return _in_threads(functions, outcomes)
        return (_in_tasks if self.name == "asyncio" else _in_nursery)(functions, outcomes)

    def cancelled(self, body):
        """Starts `body` in a task, lets it run until it waits, cancels it; True if the cancellation came out.

        What the body raises of its own is raised. Only for the worlds with tasks.
        """
        function = self.function(body)
        return _cancelled_asyncio(function) if self.name == "asyncio" else _cancelled_trio(function)

    def _steps(self, body):
        if not self.is_async:

            @functools.wraps(body)
            def direct(*args, **kwargs):
                steps = body(*args, **kwargs)
                value = None
                while True:
                    try:
                        value = steps.send(value)
                    except StopIteration as end:
                        return end.value

            return _without_wrapped(direct)

        @functools.wraps(body)
        async def awaited(*args, **kwargs):
            steps = body(*args, **kwargs)
            resume = functools.partial(steps.send, None)
            while True:
                try:
                    step = resume()
                except StopIteration as end:
                    return end.value
                try:
                    value = await step if inspect.isawaitable(step) else step
                except BaseException as error:
                    resume = functools.partial(steps.throw, error)
                else:
                    resume = functools.partial(steps.send, value)

        return _without_wrapped(awaited)


def _without_wrapped(function):
    # Left in place, `__wrapped__` would make tools see a generator or a plain function where an async one stands.
    del function.__wrapped__
    return function


def _in_threads(functions, outcomes):
    def one(index, function):
        try:
            outcomes[index] = function()
        except BaseException as error:
            outcomes[index] = error

    threads = [threading.Thread(target=one, args=pair, daemon=True) for pair in enumerate(functions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "a thread did not end within 60 s"
    return outcomes


async def _in_tasks(functions, outcomes):
    outcomes[:] = await asyncio.gather(*(function() for function in functions), return_exceptions=True)
    return outcomes


async def _in_nursery(functions, outcomes):
    import trio

    async def one(index, function):
        try:
            outcomes[index] = await function()
        except Exception as error:
            outcomes[index] = error

    async with trio.open_nursery() as nursery:
        for index, function in enumerate(functions):
            nursery.start_soon(one, index, function)
    return outcomes


async def _cancelled_asyncio(function):
    task = asyncio.ensure_future(function())
    for _ in range(20):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    if task.cancelled():
        return True
    task.result()  # raises what the body itself raised
    return False


async def _cancelled_trio(function):
    import trio
    import trio.testing

    outcome = None

    async def watched():
        nonlocal outcome
        try:
            await function()
        except (trio.Cancelled, Exception) as error:
            outcome = error
            if isinstance(error, trio.Cancelled):
                raise

    with trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(watched)
            await trio.testing.wait_all_tasks_blocked()
            scope.cancel()
    if isinstance(outcome, Exception):
        raise outcome
    return outcome is not None


def pytest_generate_tests(metafunc):
    """Runs a test that takes `world` in each world its marker does not leave out."""
    if "world" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("worlds")
    names = marker.args if marker else NAMES
    if marker and not (marker.kwargs.get("reason") and set(names) < set(NAMES)):
        message = f'{metafunc.definition.nodeid}: @pytest.mark.worlds takes some of {NAMES} and reason="..."'
        raise pytest.UsageError(message)
    metafunc.parametrize("world", [World(name) for name in names], ids=names)


def pytest_collection_modifyitems(items):
    """Refuses a test whose id holds an address: xdist's workers would collect different tests."""
    unstable = [item.nodeid for item in items if " at 0x" in item.nodeid]
    if unstable:
        raise pytest.UsageError("give these parameters ids without addresses:\n" + "\n".join(unstable))


@pytest.fixture
def clock():
    """A clock that stands still until somebody sleeps on it or advances it."""
    from resilience.testing import FakeClock

    return FakeClock()
