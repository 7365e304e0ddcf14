"""A pytest plugin: with `--covered-floors`, every branch of floors 0 to 3 must have been taken.

pytest-cov prints its verdict for all files together and this gate is for some of them. It looks after pytest-cov has
combined the data and before pytest prints its summary, so a gap shows there as one more error, with the lines.
"""

import gc
import io
import warnings
from pathlib import Path

import coverage
import pytest
from tests.floors import ROOT_FLOOR, floor, modules

PACKAGE = Path(__file__).parent.parent / "src" / "resilience"


def pytest_addoption(parser):
    """Adds the switch."""
    parser.addoption("--covered-floors", action="store_true", help="fail unless floors 0 to 3 are covered to 100 %%")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session):
    """Once all tests have run and their data is combined: keeps the gaps, and fails the session if there are any."""
    result = yield
    wanted = session.config.getoption("covered_floors") and not session.config.getoption("collectonly")
    if wanted and not hasattr(session.config, "workerinput"):
        session.config.coverage_gaps = gaps(lower_floors(PACKAGE))
        session.testsfailed += len(session.config.coverage_gaps)
        collect_databases()
    return result


def collect_databases():
    """Coverage leaves open each file that it combined; from Python 3.13 on, all of them would be told after the summary."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def pytest_terminal_summary(terminalreporter, config):
    """Adds each gap to the errors that pytest counts in its last line."""
    for name, missing in getattr(config, "coverage_gaps", ()):
        report = pytest.TestReport(name, (name, None, name), {}, "failed", missing, "teardown")
        terminalreporter.stats.setdefault("error", []).append(report)


def lower_floors(package):
    """The files of floors 0 to 3, but for those that only gather names."""
    return [str(file) for name, file in modules(package).items() if (floor(name) or 0) <= ROOT_FLOOR]


def gaps(files):
    """`(file, what is missing)` for each file that is not covered whole."""
    data = coverage.Coverage()
    data.load()
    measured = {Path(name).resolve() for name in data.get_data().measured_files()}
    found = []
    for file in files:
        if Path(file).resolve() not in measured:
            found.append((file, "never imported by a test"))
            continue
        table = io.StringIO()
        share = data.report(include=[file], file=table, show_missing=True, skip_covered=False)
        if share < 100:
            row = next(line for line in table.getvalue().splitlines() if ".py" in line)
            cover, *lines = row.split()[5:]
            found.append((file, f"{cover} covered, missing {' '.join(lines)}"))
    return [(str(Path(file).relative_to(PACKAGE.parent.parent)), missing) for file, missing in found]
