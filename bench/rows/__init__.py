"""The rows of the table, by task."""

from . import breaker, cache, hedge, limits, retry, telemetry, timeout, together

ROWS = [
    *retry.ROWS,
    *breaker.ROWS,
    *cache.ROWS,
    *timeout.ROWS,
    *together.ROWS,
    *limits.ROWS,
    *hedge.ROWS,
    *telemetry.ROWS,
]
