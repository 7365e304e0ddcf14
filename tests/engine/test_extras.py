"""What needs an extra that is not installed says which."""

import sys

import pytest

from resilience import telemetry
from resilience.dashboard import web
from resilience.dashboard.web._server import server_for
from resilience.simulate._plot import plot
from resilience.telemetry import otel, prometheus, system

ASKED = {
    "prometheus_client": (prometheus.register, "register()", "prometheus", "telemetry/prometheus"),
    "opentelemetry.trace": (otel.enable_otel, "enable_otel()", "otel", "telemetry/opentelemetry"),
    "structlog": (lambda: telemetry.enable_logging(structlog=True), "structlog=True", "structlog", "telemetry/logging"),
    "psutil": (system.enable_system, "resilience.telemetry.system", "system", "telemetry/system"),
    "matplotlib.figure": (lambda: plot({}, "x.svg"), "a picture", "plots", "simulate"),
    "starlette": (web.dashboard, "the web page", "web", "dashboard"),
    "uvicorn": (lambda: server_for(None, "127.0.0.1", 0), "the web page", "web", "dashboard"),
}


@pytest.mark.parametrize("module", ASKED)
def test_what_is_missing_is_named_with_its_extra(monkeypatch, module):
    """And with its page."""
    ask, what, extra, page = ASKED[module]
    monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed
    with pytest.raises(ModuleNotFoundError) as caught:
        ask()
    package = module.partition(".")[0]
    assert str(caught.value) == f"{what} needs {package}: pip install 'resilience-stack[{extra}]' (docs/{page}.md)"
    assert caught.value.name
