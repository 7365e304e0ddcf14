"""A clock for tests with real sockets: they take real time, and nobody sleeps."""

from __future__ import annotations

import time

from resilience._world import SYSTEM_CLOCK


class SkippingClock:
    """Real time, but for sleeps: they are noted and skipped. A fake clock would not wait for real sockets.

    `on_sleep` is called in place of each sleep, so that a test may change the world meanwhile.
    """

    def __init__(self):
        self.skipped = 0.0
        self.slept = []
        self.on_sleep = lambda: None

    def now(self):
        return time.monotonic() + self.skipped

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.skipped += seconds
        self.on_sleep()

    async def asleep(self, seconds):
        self.sleep(seconds)
        await SYSTEM_CLOCK.asleep(0)

    def call_at(self, when, callback):
        return SYSTEM_CLOCK.call_at(when - self.skipped, callback)
