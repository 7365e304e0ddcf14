"""The sections of the settings: every variable, its default, range and meaning; all else is derived from here.

Limits are wide enough for every real use and narrow enough to catch a slip of the unit: no duration beyond a year.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ._grammar import Codes, Jitter, Json, Level, Milliseconds, Number, Switch, Whole

_YEAR = 31_536_000_000
_MANY = 1_000_000
_HUGE = 1_000_000_000

# Ranges that several settings share.
Lasting = Annotated[Milliseconds, Field(ge=1, le=_YEAR)]
Waiting = Annotated[Milliseconds, Field(ge=0, le=_YEAR)]
Percent = Annotated[Number, Field(gt=0, le=100)]


class Section(BaseModel):
    """The base of all sections: frozen, compared by value."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class RetrySettings(Section):
    """How often, and how far apart, a failed call is tried again."""

    max_attempts: Whole = Field(default=3, ge=1, le=_MANY, description="Calls in all, the first one included.")
    initial_delay_ms: Waiting = Field(default=100, description="The wait after the first attempt, before jitter.")
    max_delay_ms: Lasting = Field(default=10_000, description="No wait is longer, whatever the attempt.")
    backoff_multiplier: Number = Field(default=2.0, ge=1, le=1000, description="How much longer each wait is.")
    jitter: Jitter = Field(default="full", description="How waits are spread over time.")
    status_codes: Codes = Field(default=(408, 429, 500, 502, 503, 504), description="HTTP answers tried again.")


class RateLimitSettings(Section):
    """How fast calls may follow each other."""

    requests_per_second: Number = Field(default=10.0, gt=0, le=_HUGE, description="Calls let through each second.")
    burst_size: Whole = Field(default=20, ge=1, le=_HUGE, description="Calls that may come at once after a quiet time.")


class TimeoutSettings(Section):
    """How long things may take, in milliseconds."""

    http_request: Lasting = Field(default=10_000, description="One attempt.")
    total: Waiting = Field(default=0, description="The call with all its attempts and waits; 0 is no limit.")
    shell_command: Lasting = Field(default=30_000, description="A command that is run in a shell.")
    health_check: Lasting = Field(default=5_000, description="One look at a service's health.")


class CacheSettings(Section):
    """How long answers are kept, and how many."""

    ttl_ms: Lasting = Field(default=30_000, description="How long an answer counts as fresh.")
    max_size: Whole = Field(default=1000, ge=1, le=_HUGE, description="Entries kept; the least recently used go.")
    cleanup_interval_ms: Lasting = Field(default=60_000, description="How often expired entries are swept out.")


class CircuitBreakerSettings(Section):
    """When a service counts as down, and when it is tried again."""

    failure_threshold: Whole = Field(default=5, ge=1, le=_MANY, description="Failures in a row that open the circuit.")
    reset_timeout_ms: Lasting = Field(default=30_000, description="How long an open circuit waits before a probe.")
    half_open_max_calls: Whole = Field(
        default=1, ge=1, le=_MANY, description="Probes at once; as many successes close."
    )


class ThresholdSettings(Section):
    """From where on a measurement is called bad."""

    cpu_percent: Percent = Field(default=80.0, description="Load of the processors.")
    memory_percent: Percent = Field(default=85.0, description="Memory in use.")
    disk_percent: Percent = Field(default=90.0, description="Disk in use.")
    response_time_ms: Lasting = Field(default=1000, description="A slower answer counts as degraded.")
    error_rate: Number = Field(default=0.05, ge=0, le=1, description="The share of calls that fail.")


class MiniappSettings(Section):
    """How long a watched service's answers are kept."""

    status_ttl_ms: Lasting = Field(default=10_000, description="How long a status counts as fresh.")
    health_ttl_ms: Lasting = Field(default=30_000, description="How long a health report counts as fresh.")


class LoggingSettings(Section):
    """What the logger `resilience`, and only that one, tells."""

    level: Level = Field(default="info", description="The logger's level: a name that `logging` knows, or a number.")
    requests: Switch = Field(default=False, description="Log each HTTP request.")
    responses: Switch = Field(default=False, description="Log each HTTP answer.")


class BulkheadSettings(Section):
    """How many calls of one service run at once. Only a service has it: there are no global names."""

    max_concurrent: Whole = Field(default=10, ge=1, le=_MANY, description="Calls that run at once.")
    max_queue: Whole = Field(default=0, ge=0, le=_MANY, description="Calls that may wait for their turn.")
    max_wait_ms: Waiting = Field(default=0, description="How long one waits at most; 0 refuses at once.")


class FallbackSettings(Section):
    """What one service gives when it cannot answer. Only a service has it: there are no global names."""

    value: Json = Field(default=None, description="The answer that stands in, as JSON.")


SECTIONS: dict[str, type[Section]] = {
    "retry": RetrySettings,
    "rate_limit": RateLimitSettings,
    "timeout": TimeoutSettings,
    "cache": CacheSettings,
    "circuit_breaker": CircuitBreakerSettings,
    "threshold": ThresholdSettings,
    "miniapp": MiniappSettings,
    "logging": LoggingSettings,
}
SERVICE_SECTIONS: dict[str, type[Section]] = {**SECTIONS, "bulkhead": BulkheadSettings, "fallback": FallbackSettings}
