"""The windows against reference models that keep every unit."""

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from resilience import FixedWindow, SlidingWindow
from resilience.testing import FakeClock

LIMIT, PER = 5, 8.0


class WindowModel(RuleBasedStateMachine):
    """What both have: turns in order, each at the first moment with room. `first_room` is the model's own."""

    kind = None

    def __init__(self):
        super().__init__()
        self.clock = FakeClock(start=1000)
        self.limiter = self.kind(LIMIT, per=PER, clock=self.clock)
        self.units = []  # the moment and the number of all that was ever taken
        self.waiting = []  # reservations that may still be cancelled, with their places in `units`

    def first_room(self, now, cost):
        raise NotImplementedError

    def enter(self, cost):
        moment = self.first_room(self.clock.now(), cost)
        self.units.append((moment, cost))
        return moment

    @rule(cost=st.integers(1, LIMIT))
    def take(self, cost):
        allowed = self.first_room(self.clock.now(), cost) <= self.clock.now()
        assert self.limiter.try_acquire(cost) == allowed
        if allowed:
            self.enter(cost)

    @rule(cost=st.integers(1, LIMIT))
    def reserve(self, cost):
        moment = self.enter(cost)
        reservation = self.limiter.reserve(cost)
        assert reservation.seconds == pytest.approx(moment - self.clock.now())
        self.waiting.append([reservation, len(self.units) - 1])

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def cancel(self, data):
        chosen = data.draw(st.integers(0, len(self.waiting) - 1))
        reservation, place = self.waiting.pop(chosen)
        pending = self.units[place][0] > self.clock.now()
        assert reservation.cancel() == pending
        if not pending:
            return
        behind = [cost for _, cost in self.units[place + 1 :]]
        del self.units[place:]
        for entry in self.waiting:
            entry[1] -= entry[1] > place
        for cost in behind:
            self.enter(cost)

    @rule(seconds=st.sampled_from([0.5, 1.0, 3.0, 7.5, 8.0, 30.0]))
    def wait(self, seconds):
        self.clock.advance(seconds)

    @invariant()
    def same_answers(self):
        now = self.clock.now()
        seen = self.limiter.peek()
        assert seen.retry_after == pytest.approx(self.first_room(now, 1) - now)
        assert seen.allowed == (seen.retry_after == 0)
        for reservation, place in self.waiting:
            assert reservation.seconds == pytest.approx(max(0.0, self.units[place][0] - now))


class SlidingModel(WindowModel):
    """No span of time has more than the limit: tried moment by moment."""

    kind = SlidingWindow

    def first_room(self, now, cost):
        earliest = max([now, *(moment for moment, _ in self.units[-1:])])
        moments = [earliest, *(moment + PER for moment, _ in self.units if moment + PER > earliest)]
        return next(
            moment
            for moment in moments
            if sum(units for taken, units in self.units if taken > moment - PER) + cost <= LIMIT
        )


class FixedModel(WindowModel):
    """Windows are found anew from all that was ever taken."""

    kind = FixedWindow

    def first_room(self, now, cost):
        begin, used = -1e9, 0
        for moment, units in self.units:
            begin, used = (moment, units) if moment >= begin + PER else (begin, used + units)
        if now >= begin + PER:
            return now
        return max(now, begin) if used + cost <= LIMIT else begin + PER


TestSlidingModel = SlidingModel.TestCase
TestFixedModel = FixedModel.TestCase
TestSlidingModel.settings = TestFixedModel.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
