"""The recorder keeps to its bounds: labels, memory, one of it, threads and forks."""

import contextlib
import gc
import os
import sys
import threading
import weakref

import pytest

import resilience as r
from resilience import _watch, telemetry
from resilience._world import SYSTEM_CLOCK
from resilience.telemetry import _recorder


def down(*_):
    raise ConnectionError("down")


def ok(*_):
    return "ok"


def outcomes(recorder, label):
    return {name: count for name, count in recorder.calls(label)["outcomes"].items() if count}


@pytest.mark.parametrize("body", [ok, down], ids=["returns", "raises"])
def test_notes_are_folded_before_they_pile_up(world, clock, recorder, body):
    """However many calls nobody asks about, and however they end, the buffer stays below its bound."""
    guarded = r.Retry(attempts=1, name="many", clock=clock)(world.function(body))

    def story():
        most = 0
        for _ in range(5000):
            with contextlib.suppress(ConnectionError):
                yield guarded()
            if recorder._series:
                (series,) = recorder._series.values()
                most = max(most, len(series.times) + len(series.problems))
        return most

    assert 100 < world.session(story) <= _watch.MOST_NOTES
    assert recorder.calls("many")["total"] == 5000


def test_no_call_is_lost_or_counted_twice_in_many_threads(clock, recorder):
    """Eight threads call while two read."""
    policy = r.Retry(name="threads", clock=clock)(ok)
    done = threading.Event()

    def reads():
        while not done.is_set():
            recorder.calls("threads")

    readers = [threading.Thread(target=reads) for _ in range(2)]
    writers = [threading.Thread(target=lambda: [policy() for _ in range(3000)]) for _ in range(8)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in readers + writers:
            thread.start()
        for thread in writers:
            thread.join()
    finally:
        sys.setswitchinterval(before)
        done.set()
    for thread in readers:
        thread.join()
    assert outcomes(recorder, "threads") == {"success": 24_000}


def test_notes_that_pile_up_are_folded_by_who_must_wait(recorder, monkeypatch):
    """While somebody folds, others go on; beyond the bound they wait for it."""
    monkeypatch.setattr(_recorder, "_FULL", 2000)
    policy = r.Retry(name="piled")(ok)
    policy()
    (series,) = recorder._series.values()
    with recorder._lock:
        for _ in range(1499):
            policy()
    assert len(series.times) == 1500
    policy()
    assert not series.times


def test_row_57_labels_are_bounded(clock):
    """However many labels come, the cap holds; those of policies that are gone make room, the others share `_other`."""
    with telemetry.enable(max_policies=10, clock=clock) as recorder:
        kept = [r.Retry(name=f"kept-{number}", attempts=1, clock=clock) for number in range(30)]
        for policy in kept:
            with pytest.raises(ConnectionError):
                policy.call(down)
        assert len(recorder.labels()) <= 11
        assert outcomes(recorder, "_other") == {"failure": 20}
        del kept, policy
        gc.collect()
        for number in range(3000):
            r.CircuitBreaker(f"passing-{number}", trip=r.Consecutive(1), clock=clock).open(5)
            r.Retry(name=f"gone-{number}", clock=clock).call(ok)
        assert len(recorder.labels()) <= 11
        assert sum(sum(outcomes(recorder, one).values()) for one in recorder.all_calls()) == 3030
        changes = [one["events"].get("changes", {}) for one in recorder.all_events().values()]
        assert sum(one.get("open", 0) for one in changes) == 3000


def test_row_57_classes_of_errors_are_bounded(clock, recorder):
    """A program that makes error classes as it goes does not make labels with them."""
    policy = r.Retry(attempts=1, name="classes", clock=clock)

    def fail(kind):
        raise kind

    for number in range(50):
        with pytest.raises(RuntimeError):
            policy.call(fail, type(f"Made{number}", (RuntimeError,), {}))
    errors = recorder.calls("classes")["errors"]
    assert len(errors) == 11
    assert errors["_other"] == 40


def test_enable_twice_is_one_recorder_and_other_options_are_refused():
    """One recorder for the process; who asks for another is told how."""
    first = telemetry.enable(window=30)
    assert telemetry.enable(window=30) is first is telemetry.recorder()
    with pytest.raises(ValueError, match=r"window=60.*telemetry\.disable\(\)"):
        telemetry.enable(window=60)
    telemetry.disable()
    telemetry.disable()
    assert telemetry.enable(window=60) is not first


def test_another_clock_is_another_option(clock):
    """Times by a clock that is not the one asked for would be nonsense; who names none takes what is there."""
    with telemetry.enable() as running:
        assert telemetry.enable(clock=SYSTEM_CLOCK) is running
        with pytest.raises(ValueError, match=r"clock=.*telemetry\.disable\(\)"):
            telemetry.enable(clock=clock)
    telemetry.disable()
    with telemetry.enable(clock=clock) as running:
        assert telemetry.enable() is telemetry.enable(clock=clock) is running


def test_the_last_who_leaves_turns_it_off():
    """A block inside another does not end the outer's recorder, and `disable` ends it for all."""
    with telemetry.enable() as outer:
        with telemetry.enable():
            pass
        assert telemetry.recorder() is outer
    assert telemetry.recorder() is None
    with telemetry.enable():
        telemetry.disable()
        assert telemetry.recorder() is None


def test_who_leaves_late_ends_nobody_elses():
    """Leaving a recorder that was turned off meanwhile leaves the next one alone."""
    with telemetry.enable():
        telemetry.disable()
        second = telemetry.enable(window=30)
    assert telemetry.recorder() is second


@pytest.mark.parametrize(
    "options", [{"window": 0}, {"window": float("nan")}, {"max_policies": 0}, {"recent": True}], ids=str
)
def test_row_54_wrong_options_are_refused(options):
    """By name and value, and nothing is turned on."""
    with pytest.raises((ValueError, TypeError), match=next(iter(options))):
        telemetry.enable(**options)
    assert telemetry.recorder() is None


def test_a_recorder_that_was_turned_off_is_forgotten(clock):
    """A second recorder starts at nothing, though functions were watched by the first."""
    policy = r.Retry(name="again", clock=clock)(ok)
    with telemetry.enable(clock=clock) as first:
        policy()
        assert "labels" in repr(first)
    policy()
    with telemetry.enable(clock=clock) as second:
        policy()
        assert outcomes(second, "again") == {"success": 1}
    assert outcomes(first, "again") == {"success": 1}


def test_recording_keeps_no_policy_and_no_result_alive(clock, recorder):
    """A decorated function goes as soon as nobody holds it, and with it what its calls held."""

    class Result:
        pass

    policy = r.Retry(name="alive", clock=clock)
    guarded = policy(lambda: Result())
    seen = [weakref.ref(guarded()), weakref.ref(policy)]
    gc.disable()
    try:
        del guarded, policy
        assert [one() for one in seen] == [None, None]
    finally:
        gc.enable()


def test_an_error_is_not_kept(clock, recorder):
    """Neither the note of a call nor that of an event holds the error or its traceback."""
    seen = []

    class DownError(ConnectionError):
        """One that can be referred to weakly."""

    def fails():
        error = DownError("down")
        seen.append(weakref.ref(error))
        raise error

    try:
        r.Retry(attempts=2, backoff=r.Fixed(0), clock=clock, name="errors").call(fails)
    except DownError:
        pass
    del fails
    gc.collect()
    assert [one() for one in seen] == [None, None]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_row_60_a_forked_child_begins_anew(clock, recorder):
    """With the parent's lock held at the fork, the child still counts, from nothing."""
    policy = r.Retry(name="forked", clock=clock)(ok)
    policy()
    with recorder._lock:
        child = os.fork()
        if child == 0:
            policy()
            os._exit(recorder.calls("forked")["total"])
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert recorder.calls("forked")["total"] == 1


def test_a_call_that_outlives_its_recorder_is_noted_nowhere(clock):
    """Neither in the old figures nor in those of the recorder that came after; the next call is in the new ones."""

    def body():
        if telemetry.recorder() is old:
            telemetry.disable()
            telemetry.enable(clock=clock)

    guarded = r.Retry(name="outlives", clock=clock)(body)
    old = telemetry.enable(clock=clock)
    guarded()
    new = telemetry.recorder()
    assert old is not new
    assert old.calls("outlives") is None
    assert new.calls("outlives") is None
    guarded()
    assert outcomes(new, "outlives") == {"success": 1}
    assert old.calls("outlives") is None


def test_a_recorder_that_is_over_can_be_read(clock):
    """What was noted before it ended is counted still, and nothing after."""
    guarded = r.Retry(name="read-later", clock=clock)(ok)
    with telemetry.enable(clock=clock) as recorder:
        guarded()
    guarded()
    with telemetry.enable(clock=clock):
        guarded()
    assert outcomes(recorder, "read-later") == {"success": 1}
