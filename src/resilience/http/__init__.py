"""The HTTP layer."""

from resilience.http._retry_after import parse_retry_after

__all__ = ["parse_retry_after"]
