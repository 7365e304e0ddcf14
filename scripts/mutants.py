"""Run mutmut with tests that are collected once: a mutant then costs a fork and its tests, not a pytest of its own.

    python scripts/mutants.py run [NAMES...]
    python scripts/mutants.py run --again     what has no verdict yet, and what survived the last time
    python scripts/mutants.py run --quick     what lives for 15 s of work has survived, whatever slower tests would say

All else (what is mutated, which tests run which functions, where results are kept) is mutmut's own business.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from time import monotonic, process_time
from typing import Any

from mutmut import __main__ as mutmut
from mutmut.configuration import config
from mutmut.mutation.data import SourceFileMutationData
from mutmut.runners.harness import PytestRunner
from mutmut.state import state
from mutmut.utils.file_utils import change_cwd, walk_mutatable_files
from mutmut.workers.isolation import ForkRunner

_NO_TESTS = 33
_PATIENCE = 15.0
QUICK = "MUTANTS_QUICK"
_LONG = 5.0
"""Seconds after which a test that fails is not tried again: it hung."""


class Collected(PytestRunner):
    """Runs the tests of a mutant, in the fork that mutmut has made for it, out of one collection."""

    def __init__(self) -> None:
        super().__init__()
        self._items: dict[str, Any] = {}

    def collect(self) -> None:
        """Collect every test, and let hypothesis neither shrink nor remember what it finds: one failure is enough."""
        from _pytest.config import _prepareconfig
        from _pytest.main import Session

        own = config()
        arguments = [
            "--rootdir=.",
            "--capture=no",
            "--tb=no",
            *own.pytest_add_cli_args_test_selection,
            *own.pytest_add_cli_args,
        ]
        with change_cwd("mutants"):
            settings = _prepareconfig(arguments)
            settings._do_configure()
            _quick_properties()
            session = Session.from_config(settings)
            settings.hook.pytest_sessionstart(session=session)
            settings.hook.pytest_collection(session=session)
        self._items = {item.nodeid: item for item in session.items}
        self._leave_out(self._control())

    def run_stats(self, *, tests: Iterable[str]) -> int:
        """Look which tests run which functions. One that fails with nothing changed judges no mutant."""
        failed = _Failed()
        self._pytest_add_cli_args = [*self._pytest_add_cli_args, "--maxfail=20"]
        execute = self.execute_pytest

        def listening(params: list[str], plugins: list[Any]) -> int:
            return execute([one for one in params if one != "-x"], plugins=[*plugins, failed])

        self.execute_pytest = listening  # type: ignore[method-assign] # for this one run
        code = super().run_stats(tests=tests)
        del self.execute_pytest
        self._leave_out(failed.tests)
        return 0 if code == 1 and len(failed.tests) < 20 else code

    def _control(self) -> set[str]:
        """What fails in a fork in which nothing is changed; the tests in the order in which a mutant meets them."""
        reading, writing = os.pipe()
        if os.fork() == 0:
            _silence()
            items = sorted(self._items.values(), key=lambda item: state().duration_by_test[item.nodeid])
            pairs = zip(items, [*items[1:], None], strict=True)
            failed = [item.nodeid for item, following in pairs if not _passes(item, following)]
            with os.fdopen(writing, "w") as told:
                told.write("\n".join(failed))
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as told:
            names = set(told.read().split("\n")) - {""}
        os.wait()
        return names

    def _leave_out(self, failed: set[str]) -> None:
        for judged in state().tests_by_mangled_function_name.values():
            judged -= failed
        if failed:
            print("fail with nothing changed, and judge nothing:", *sorted(failed), sep="\n    ")

    def run_tests(self, *, mutant_name: str | None, tests: Iterable[str]) -> int:
        if mutant_name is None:
            return super().run_tests(mutant_name=None, tests=tests)
        _silence()
        items = [self._items[test] for test in tests if test in self._items]
        begun = process_time()
        for item, following in zip(items, [*items[1:], None], strict=True):
            if not _passes(item, following):
                return 1
            if QUICK in os.environ and process_time() - begun > _PATIENCE:
                break
        return 0


def _silence() -> None:
    os.chdir("mutants")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _passes(item: Any, following: Any) -> bool:
    """Does this test pass? One that fails is run once more: on a busy machine some fail now and then."""
    for _ in range(2):
        begun = monotonic()
        item.session.testsfailed = 0
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if not item.session.testsfailed:
            return True
        if monotonic() - begun > _LONG:
            break
    return False


class _Failed:
    """Notes which tests fail."""

    def __init__(self) -> None:
        self.tests: set[str] = set()

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.tests.add(report.nodeid)


def _quick_properties() -> None:
    from hypothesis import Phase, settings

    phases = (Phase.explicit, Phase.generate)
    settings.register_profile(
        "mutants", settings.get_profile("house"), phases=phases, database=None, derandomize=True, max_examples=20
    )
    settings.load_profile("mutants")


class Runner(ForkRunner):
    """mutmut's own runner, with the collection before the first mutant."""

    test_runner: Collected

    def startup(self) -> None:
        self.test_runner.collect()
        super().startup()

    def run_clean_tests(self, tests: Iterable[str]) -> int:
        """The run that looked which tests run which functions was clean, or nothing would begin."""
        return 0


def _copy_the_rest() -> None:
    """Copy what is not mutated; mutmut itself would put the originals over its mutants, and make all of them anew."""
    for path in config().also_copy:
        if path.is_dir():
            shutil.copytree(path, "mutants" / path, dirs_exist_ok=True, copy_function=_copy_unless_mutated)
        elif path.exists():
            shutil.copy2(path, "mutants" / path)


def _copy_unless_mutated(source: str, target: str) -> None:
    if not Path(f"{target}.meta").exists():
        shutil.copy2(source, target)


def _forget_survivors() -> None:
    for path in walk_mutatable_files():
        data = SourceFileMutationData(path=path)
        data.load()
        data.exit_code_by_key = {
            name: None if code in (0, _NO_TESTS) else code for name, code in data.exit_code_by_key.items()
        }
        if data.exit_code_by_key:
            data.save()


def _seldom(show: Any) -> Any:
    """The line of figures once a second: to add it up takes longer than many a mutant."""
    last = 0.0

    def shown(data: Any, force_output: bool = False) -> None:
        nonlocal last
        if force_output or monotonic() - last > 1:
            last = monotonic()
            show(data, force_output)

    return shown


def _runner(max_workers: int = 1) -> Runner:
    return Runner(max_workers, Collected(), config().debug)


if __name__ == "__main__":
    mutmut.print_stats = _seldom(mutmut.print_stats)
    mutmut.get_mutant_runner, mutmut.copy_also_copy_files = _runner, _copy_the_rest
    if "--quick" in sys.argv:
        sys.argv.remove("--quick")
        os.environ[QUICK] = "1"
    if "--again" in sys.argv:
        sys.argv.remove("--again")
        _forget_survivors()
    mutmut.cli()
