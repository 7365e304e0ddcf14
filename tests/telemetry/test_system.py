"""System metrics: the machine as psutil sees it, read when asked and not more often."""

import json
import os
import sys
import threading
import time
from types import SimpleNamespace
from typing import NamedTuple

import psutil
import pytest
from tests.section_fields import documented, fields

import resilience as r
from resilience.telemetry import _machine, _processes, system


def busy(seconds):
    """Use a processor for so long, by this process's own count."""
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def test_figures_are_those_of_the_machine():
    """Memory, disk and this process as psutil tells them itself."""
    seen = system.System(disks=["/"]).snapshot()
    assert seen.memory.total == psutil.virtual_memory().total
    assert seen.cpu.count == psutil.cpu_count()
    (disk,) = seen.disks
    assert (disk.path, disk.total) == ("/", psutil.disk_usage("/").total)
    assert seen.process.pid == os.getpid()
    assert seen.process.memory > 1_000_000
    assert abs(seen.at - time.time()) < 60


def test_processors_and_processes_are_told_by_what_they_did_between_two_looks():
    """None at the first look; then a busy process is seen to be busy, and stands in the list."""
    machine = system.System(ttl=0, top=1000)
    first = machine.snapshot()
    assert first.process.cpu_percent is None
    busy(0.3)
    second = machine.snapshot()
    assert second.process.cpu_percent > 1
    assert 0 < second.cpu.percent <= 100
    assert len(second.cpu.cores) == second.cpu.count
    assert os.getpid() in [use.pid for use in second.top]
    shares = [use.cpu_percent or 0 for use in second.top]
    assert shares == sorted(shares, reverse=True)


def test_looks_that_follow_each_other_at_once_share_the_processors_figure():
    """A figure made of a few ticks would be noise: the one before is given again."""
    ticks = SimpleNamespace(value=0.0)

    def cpu_times(percpu):
        times = SimpleNamespace(user=ticks.value, idle=ticks.value)
        return [type("Times", (list,), vars(times))([times.user, times.idle])] * 2

    processors = _machine.Processors(SimpleNamespace(cpu_times=cpu_times))
    assert processors.look().percent is None
    ticks.value += 1
    assert processors.look().percent == 50
    ticks.value += 0.001
    assert processors.look() == processors.look()


def test_an_answer_is_given_again_for_a_while(clock):
    """Within `ttl` nothing is read."""
    machine = system.System(ttl=2, clock=clock)
    first = machine.snapshot()
    clock.advance(1.9)
    assert machine.snapshot() is first
    clock.advance(0.1)
    assert machine.snapshot() is not first


def test_waiting_for_a_disk_is_not_work_and_guests_count_once():
    """As Linux tells it: a guest's time is in that of the user already."""

    class Times(NamedTuple):
        user: float = 10
        nice: float = 1
        system: float = 4
        idle: float = 80
        iowait: float = 5
        guest: float = 2
        guest_nice: float = 1

    assert _machine._busy_and_all(Times()) == (15, 100)


def test_the_share_of_a_process_is_of_the_time_between_two_looks():
    """Half a processor for two seconds is a second."""
    spent = SimpleNamespace(user=7.0, system=0.0)
    told = {"pid": 7, "name": "seven", "create_time": 1.0, "cpu_times": spent, "num_threads": 1}
    info = {**told, "memory_info": SimpleNamespace(rss=700)}
    processes = _processes.Processes(SimpleNamespace(process_iter=lambda asked: [SimpleNamespace(info=info)]))
    processes.look(0.0, 5, 7)
    spent.user, spent.system = 7.75, 0.25
    (seen,), own = processes.look(2.0, 5, 7)
    assert seen == own
    assert (seen.cpu_percent, seen.memory) == (50.0, 700)


def test_top_zero_leaves_other_processes_alone(monkeypatch):
    """Only this process is looked at."""
    monkeypatch.setattr(psutil, "process_iter", lambda *_: pytest.fail("looked at all processes"))
    seen = system.System(top=0).snapshot()
    assert seen.top == ()
    assert seen.process.pid == os.getpid()


def test_a_path_that_is_not_there_is_left_out(tmp_path):
    """The others are told all the same."""
    seen = system.System(disks=[str(tmp_path / "gone"), str(tmp_path)]).snapshot()
    assert [disk.path for disk in seen.disks] == [str(tmp_path)]


def test_the_section_is_plain_json_with_the_thresholds():
    """It is there while it is on, and only then."""
    with system.enable_system(top=2, ttl=0) as machine:
        r.snapshot()
        busy(0.2)
        told = r.snapshot()["sections"]["system"]
        assert system.enable_system(top=2, ttl=0) is machine
        with pytest.raises(ValueError, match="top=3"):
            system.enable_system(top=3)
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert fields(told) == documented("system")
    assert told["thresholds"] == {"cpu_percent": 80.0, "memory_percent": 85.0, "disk_percent": 90.0}
    assert "system" not in r.snapshot()["sections"]
    machine.close()


@pytest.mark.parametrize(
    ("options", "error", "named"),
    [
        ({"disks": "/"}, TypeError, "disks='/'"),
        ({"disks": [""]}, ValueError, r"disks=\[''\]"),
        ({"disks": ["/"] * 33}, ValueError, "at most 32"),
        ({"top": -1}, ValueError, "top=-1"),
        ({"top": True}, TypeError, "top=True"),
        ({"ttl": float("nan")}, ValueError, "ttl=nan"),
    ],
)
def test_row_54_bad_options_are_refused(options, error, named):
    """The message names the option and the value."""
    with pytest.raises(error, match=named):
        system.System(**options)


def test_row_58_only_names_of_processes_are_told_no_command_lines():
    """A password given as an argument is not found in the snapshot."""
    with system.enable_system(top=5000, ttl=0):
        import subprocess

        with subprocess.Popen([sys.executable, "-c", "input()", "canary-7f3a"], stdin=subprocess.PIPE) as child:
            text = json.dumps(r.snapshot())
            assert f'"pid": {child.pid}' in text
            child.communicate(b"\n")
    assert "canary-7f3a" not in text


def test_without_psutil_the_error_says_what_to_install(monkeypatch):
    """The extra is named."""
    monkeypatch.setitem(sys.modules, "psutil", None)
    with pytest.raises(ImportError, match=r"resilience-stack\[system\]"):
        system.System()


def test_many_threads_read_one_machine():
    """Nobody fails, and the figures stay in range."""
    machine, seen = system.System(ttl=0), []
    threads = [threading.Thread(target=lambda: seen.append(machine.snapshot())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(seen) == 8
    assert all(one.cpu.percent is None or 0 <= one.cpu.percent <= 100 for one in seen)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_row_60_a_forked_child_reads_for_itself():
    """Though the parent held both locks, and of its own process."""
    machine = system.System()
    machine.snapshot()
    with machine._lock, system._lock:
        child = os.fork()
        if child == 0:
            mine = machine.snapshot().process.pid == os.getpid()
            with system.enable_system():
                os._exit(0 if mine else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
