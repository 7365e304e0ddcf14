"""Which page of the documentation an error names: its path in the repository and in the source distribution.

A table of modules, rather than an argument of every check, so that an error and its page cannot part: whoever refuses
a value stands on the stack, and the nearest module that has a page is the one whose user is at fault.
"""

from __future__ import annotations

from sys import _getframe
from types import FrameType

_PACKAGE = "resilience."
PAGES = {
    "_backoff": "policies/retry",
    "_deadline": "policies/timeout",
    "_explain": "tutorial",
    "_fake_clock": "testing",
    "_listeners": "events",
    "_pipeline": "policies/pipeline",
    "_registry": "configuration",
    "_resilient": "configuration",
    "_sections": "telemetry/snapshot",
    "_snapshot": "telemetry/snapshot",
    "_threads": "policies/timeout",
    "alerts": "alerts",
    "cli": "demo",
    "config": "configuration",
    "dashboard": "dashboard",
    "dashboard.terminal": "dashboard-terminal",
    "health": "health",
    "http": "http",
    "integrations": "server",
    "miniapp": "miniapp",
    "policies._aimd": "policies/adaptive-limit",
    "policies._episode": "policies/retry",
    "policies._gradient": "policies/adaptive-limit",
    "policies._grpc": "policies/retry",
    "policies._handset": "policies/cache",
    "policies._learner": "policies/adaptive-limit",
    "policies._manual": "policies/circuit-breaker",
    "policies._quantile": "policies/hedge",
    "policies._quota": "policies/budget",
    "policies._retry_throttle": "policies/budget",
    "policies._retuned": "policies/cache",
    "policies._trip": "policies/circuit-breaker",
    "policies._windowed": "policies/which-limiter",
    "policies.adaptive": "policies/adaptive-limit",
    "policies.breaker": "policies/circuit-breaker",
    "policies.budget": "policies/budget",
    "policies.bulkhead": "policies/bulkhead",
    "policies.cache": "policies/cache",
    "policies.chaos": "policies/chaos",
    "policies.fallback": "policies/fallback",
    "policies.fixed_window": "policies/which-limiter",
    "policies.hedge": "policies/hedge",
    "policies.limiter": "policies/rate-limiter",
    "policies.retry": "policies/retry",
    "policies.sliding_window": "policies/which-limiter",
    "policies.throttle": "policies/throttle",
    "policies.timeout": "policies/timeout",
    "simulate": "simulate",
    "telemetry": "telemetry/index",
    "telemetry._logging": "telemetry/logging",
    "telemetry.otel": "telemetry/opentelemetry",
    "telemetry.prometheus": "telemetry/prometheus",
    "telemetry.system": "telemetry/system",
    "testing": "testing",
}
# Modules that check for others, and the page of who calls them straight away.
SHARED = {
    "_budget": "policies/budget",
    "_options": "tutorial",
    "_outcome": "policies/circuit-breaker",
    "_permit": "policies/circuit-breaker",
    "_policy": "write-a-policy",
    "policies._gcra": "policies/rate-limiter",
    "policies._limits": "policies/rate-limiter",
    "policies._patience": "policies/rate-limiter",
}


def page_of(module: str) -> str | None:
    """The page of a module, or of the nearest package around it that has one."""
    name = module.removeprefix(_PACKAGE) if module.startswith(_PACKAGE) else ""
    while name and name not in PAGES:
        name = name.rpartition(".")[0]
    return PAGES.get(name)


def linked(text: str, page: str | None = None) -> str:
    """The text of an error with its page at the end; without `page`, that of the nearest of our modules that calls.

    A text that ends with a page keeps it: the check that found the mistake knows best.
    """
    if text.endswith(".md)"):
        return text
    return f"{text} (docs/{page or _page_of_the_caller()}.md)"


def see(kind: type) -> str:
    """The page of a class, or of the class it comes from, as the end of a text; of the first page for a user's own."""
    pages = (page_of(base.__module__) for base in kind.__mro__)
    return f" (docs/{next(filter(None, pages), 'tutorial')}.md)"


def _page_of_the_caller() -> str:
    """Outwards from who called `linked`, as far as the frames are ours."""
    frame: FrameType | None = _getframe(2)
    shared = "_options"
    while frame is not None and (module := str(frame.f_globals.get("__name__"))).startswith(_PACKAGE):
        page = page_of(module)
        if page:
            return page
        shared = module.removeprefix(_PACKAGE)
        frame = frame.f_back
    return SHARED.get(shared, SHARED["_options"])
