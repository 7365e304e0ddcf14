"""Gates for the tests of the drivers: one that says what it is told, and a queue with slots."""

import collections
import threading

from resilience._gate import Gate, Park
from resilience._policy import Policy
from resilience._ticket import Ticket


class Scripted(Policy):
    """Answers each verb from a list, and records what it was asked."""

    __slots__ = ("admits", "asked", "failures", "successes")
    kind = "scripted"

    def __init__(self, admits=(), successes=(), failures=(), **options):
        super().__init__(**options)
        self.admits, self.successes, self.failures = list(admits), list(successes), list(failures)
        self.asked = []

    def admit(self, args, kwargs):
        self.asked.append(("admit", args, kwargs))
        return self.admits.pop(0) if self.admits else None

    def succeeded(self, permit, value):
        self.asked.append(("succeeded", permit, value))
        return self.successes.pop(0) if self.successes else None

    def failed(self, permit, error, attempt):
        self.asked.append(("failed", permit, type(error), attempt))
        return self.failures.pop(0) if self.failures else None

    def check_generator(self, function):
        pass


class Slots(Policy):
    """A FIFO queue before so many slots: what a bulkhead is, reduced to its tickets."""

    __slots__ = ("free", "lock", "peak", "queue", "size", "timeout")
    kind = "slots"

    def __init__(self, size, timeout=None, **options):
        super().__init__(**options)
        self.size = self.free = size
        self.peak = 0
        self.timeout = timeout
        self.queue = collections.deque()
        self.lock = threading.Lock()

    def admit(self, args, kwargs):
        with self.lock:
            if self.free:
                return self.take_locked()
            ticket = Place(self)
            self.queue.append(ticket)
        return Park(ticket)

    def take_locked(self):
        self.free -= 1
        self.peak = max(self.peak, self.size - self.free)
        return self

    def give_back(self):
        with self.lock:
            if not self.queue:
                self.free += 1
                return
            ticket = self.queue.popleft()
            ticket.granted = True
        ticket.grant()

    def succeeded(self, permit, value):
        self.give_back()

    def failed(self, permit, error, attempt):
        self.give_back()

    def check_generator(self, function):
        pass


class Place(Ticket):
    __slots__ = ("gate", "granted")

    def __init__(self, gate):
        super().__init__(gate.timeout)
        self.gate = gate
        self.granted = False

    def redeem(self):
        with self.gate.lock:
            if self.granted:
                return self.gate
            self.gate.queue.remove(self)
        raise BlockingIOError("no slot in time")

    def forsake(self):
        with self.gate.lock:
            if not self.granted:
                self.gate.queue.remove(self)
                return
        self.gate.give_back()


def sweep(make, check):
    """Drive the coroutine of `make()` by hand and cancel it at every suspension point k=1..N.

    `make()` gives a fresh coroutine of asyncio; `check(k)` runs after each. Gives N.
    """
    import asyncio

    points = 0
    while True:
        points += 1
        if not asyncio.run(_cancelled_at(make, points)):
            check(points)
            return points
        check(points)


async def _cancelled_at(make, point):
    import asyncio

    coroutine = make()
    steps = 0
    try:
        while True:
            steps += 1
            if steps == point:
                try:
                    coroutine.throw(asyncio.CancelledError())
                except asyncio.CancelledError:
                    return True
                except StopIteration:
                    return False
                raise AssertionError("the coroutine swallowed its cancellation")
            waited = coroutine.send(None)
            if waited is not None:
                waited._asyncio_future_blocking = False
                while not waited.done():
                    await asyncio.sleep(0)
    except StopIteration:
        return False
    finally:
        coroutine.close()


class Silent(Gate):
    """Leaves every verb alone."""

    __slots__ = ()
