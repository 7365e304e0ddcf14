"""The rows of the table, by task."""

from . import breaker, cache, limits, retry, telemetry, timeout, together

ROWS = [*retry.ROWS, *breaker.ROWS, *cache.ROWS, *timeout.ROWS, *together.ROWS, *limits.ROWS, *telemetry.ROWS]
