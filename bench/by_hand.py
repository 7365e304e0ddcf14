"""Retry and circuit breaker as one would write them by hand, in one function: the measure for what composing costs.

It keeps the state that ours keeps: attempts, the start of the call for the elapsed time, consecutive failures, the
epoch of the admission, so that late results do not count, and probes one at a time. The lock is taken on the failing
path only. It has no options, events, names, history, snapshots or shared use between loops.
"""

from __future__ import annotations

import asyncio
import time
from random import random
from threading import Lock
from time import monotonic

ATTEMPTS = 3
FAILURES = 5
RESET = 30.0
MAX_ELAPSED = 3600.0


class Circuit:
    """The breaker's state; the guarded function reads and writes it directly."""

    __slots__ = ("due", "epoch", "failures", "lock", "probing")

    def __init__(self):
        self.failures, self.epoch, self.due, self.probing, self.lock = 0, 0, None, False, Lock()

    def admit_rarely(self):
        """The open circuit's answer: refused, or a probe."""
        with self.lock:
            if self.due is None:
                return self.epoch
            if self.probing or monotonic() < self.due:
                raise ConnectionRefusedError("circuit open")
            self.probing = True
            self.epoch += 1
            return self.epoch

    def failed(self, epoch):
        """A failure counts in the epoch that admitted it."""
        with self.lock:
            if epoch != self.epoch:
                return
            self.failures += 1
            if self.probing or self.failures >= FAILURES:
                self.probing, self.due, self.epoch = False, monotonic() + RESET, self.epoch + 1

    def healed(self, epoch):
        """The first success after failures."""
        with self.lock:
            if epoch == self.epoch:
                self.failures, self.due, self.probing = 0, None, False


def pause_after(error, attempt, start):
    """Seconds until the next attempt, or None when there is none."""
    if attempt >= ATTEMPTS or isinstance(error, (TypeError, AttributeError, ConnectionRefusedError)):
        return None
    delay = random() * min(10.0, 0.1 * 2 ** (attempt - 1))
    return None if monotonic() - start + delay > MAX_ELAPSED else delay


def guard(function):
    """Guards a plain function."""
    circuit = Circuit()

    def guarded(*args, **kwargs):
        start = monotonic()
        attempt = 1
        while True:
            epoch = circuit.epoch if circuit.due is None else circuit.admit_rarely()
            try:
                value = function(*args, **kwargs)
            except Exception as error:
                circuit.failed(epoch)
                delay = pause_after(error, attempt, start)
                if delay is None:
                    raise
            else:
                if circuit.failures and epoch == circuit.epoch:
                    circuit.healed(epoch)
                return value
            time.sleep(delay)
            attempt += 1

    return guarded


def aguard(function):
    """Guards a coroutine function."""
    circuit = Circuit()

    async def guarded(*args, **kwargs):
        start = monotonic()
        attempt = 1
        while True:
            epoch = circuit.epoch if circuit.due is None else circuit.admit_rarely()
            try:
                value = await function(*args, **kwargs)
            except Exception as error:
                circuit.failed(epoch)
                delay = pause_after(error, attempt, start)
                if delay is None:
                    raise
            else:
                if circuit.failures and epoch == circuit.epoch:
                    circuit.healed(epoch)
                return value
            await asyncio.sleep(delay)
            attempt += 1

    return guarded
