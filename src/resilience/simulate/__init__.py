"""Rehearse an outage: the same policy objects on virtual time, against a scripted dependency, deterministic by seed."""

from resilience.simulate._claim import Claim
from resilience.simulate._dependency import Dependency, DependencyError, Outage
from resilience.simulate._file import ScenarioError, read_scenario
from resilience.simulate._latency import Constant, Latency, LogNormal
from resilience.simulate._plot import plot
from resilience.simulate._report import Recovery, Report, Second
from resilience.simulate._run import simulate
from resilience.simulate._scenario import Scenario
from resilience.simulate._text import as_text

__all__ = [
    "Claim",
    "Constant",
    "Dependency",
    "DependencyError",
    "Latency",
    "LogNormal",
    "Outage",
    "Recovery",
    "Report",
    "Scenario",
    "ScenarioError",
    "Second",
    "as_text",
    "plot",
    "read_scenario",
    "simulate",
]
