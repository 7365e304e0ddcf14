"""What a forked child resets, done here in the parent: what a child itself runs, nothing counts."""

import gc
import sys
import threading
from weakref import WeakSet

from resilience import Cache, CircuitBreaker, RetryBudget, Timeout, _budget, _flight, _names, _threads


def test_a_child_has_locks_of_its_own(monkeypatch):
    """Locks that were held in the parent are free: labels, named instances, and all that registered to be told."""
    heard = []
    monkeypatch.setattr(_names, "_LIVE", {})
    monkeypatch.setattr(_names, "_RESETS", [lambda: heard.append("told")])
    breaker = CircuitBreaker("in a child")
    with _names._lock, breaker.circuit.locked():
        _names._reset_all()
        assert CircuitBreaker("in a child").name == "in a child#2"
        assert breaker.call(abs, -3) == 3
    assert heard == ["told"]


def test_policies_forget_the_threads_of_the_parent(clock):
    """No lock is held, nobody is left behind in a pool, no flight is under way, and what was counted stays."""
    timeout = Timeout(5, thread=1, clock=clock)
    timeout.abandoned(1)
    timeout.reset_after_fork()
    assert timeout.snapshot().abandoned == 0
    cache = Cache(ttl=5, clock=clock)
    cache.set("a", 1)
    cache._flights["b"] = None
    with cache.store.lock:
        cache.reset_after_fork()
        thread = threading.Thread(target=cache.set, args=("b", 2))
        thread.start()
        thread.join(30)
    assert (cache.get("a"), cache.get("b"), cache._flights) == (1, 2, {})


def test_budgets_forget_their_locks(monkeypatch):
    """A budget is no policy, and is told apart."""
    budget = RetryBudget()
    monkeypatch.setattr(_budget, "_BUDGETS", WeakSet([budget]))
    with budget._lock:
        _budget._reset_after_fork()
        assert budget.balance() > 0


def test_pools_begin_empty(monkeypatch):
    """Threads of the parent do not exist in the child: nobody is busy there."""
    pool = _threads.Threads(1, name="parent's")
    monkeypatch.setattr(_threads, "_ENDINGS", WeakSet([pool]))
    pool.busy = 1
    _threads._reset_after_fork()
    assert pool.busy == 0


def test_waits_of_the_parent_hold_up_no_child():
    """Another thread of the parent may just look who waits for whom."""
    with _flight._waits:
        _flight._renew_lock()
        assert _flight.Flight().board() is not None


def test_labels_go_with_their_policies(monkeypatch):
    """One that goes leaves those of the same name theirs; one whose label is gone already goes in peace."""
    monkeypatch.setattr(_names, "_LIVE", {})
    first, second = CircuitBreaker("shared"), CircuitBreaker("shared")
    del first
    gc.collect()
    assert (list(_names.live_policies()), second.name) == ([second], "shared#2")
    _names._LIVE.clear()
    raised = []
    monkeypatch.setattr(sys, "unraisablehook", raised.append)
    del second
    gc.collect()
    assert raised == []


def test_a_policy_that_is_just_going_is_not_listed(monkeypatch):
    """Its reference is dead, its label not yet dropped."""
    monkeypatch.setattr(_names, "_LIVE", {"going": {1: lambda: None}})
    assert list(_names.live_policies()) == []
