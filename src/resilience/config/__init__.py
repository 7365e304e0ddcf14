"""Settings from the environment, from files and from code: one name for each, checked when it is first used.

Nothing is read when this is imported. `docs/configuration.md` lists every name.
"""

from ._change import Change
from ._doctor import doctor
from ._finding import Finding, Gravity
from ._process import configure, get_config, reload, settings, subscribe
from ._refusal import SettingsError
from ._sections import (
    BulkheadSettings,
    CacheSettings,
    CircuitBreakerSettings,
    FallbackSettings,
    LoggingSettings,
    MiniappSettings,
    RateLimitSettings,
    RetrySettings,
    ThresholdSettings,
    TimeoutSettings,
)
from ._settings import ServiceSettings, Settings
from ._source import Kind, Source

__all__ = [
    "BulkheadSettings",
    "CacheSettings",
    "Change",
    "CircuitBreakerSettings",
    "FallbackSettings",
    "Finding",
    "Gravity",
    "Kind",
    "LoggingSettings",
    "MiniappSettings",
    "RateLimitSettings",
    "RetrySettings",
    "ServiceSettings",
    "Settings",
    "SettingsError",
    "Source",
    "ThresholdSettings",
    "TimeoutSettings",
    "configure",
    "doctor",
    "get_config",
    "reload",
    "settings",
    "subscribe",
]
