"""Retries as others have standardised them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Self

from .._budget import Budget
from .._chance import Chance
from .._clock import Clock
from .._options import INFINITY
from ._aws import StandardBackoff, is_retryable, named_delay
from ._grpc import backoff, pushback, retryable
from ._quota import RetryQuota
from ._retry_throttle import RetryThrottle


class Standards:
    """The part of `Retry` that makes one by the rules of the AWS SDKs, or of gRPC."""

    __slots__ = ()

    @classmethod
    def aws(
        cls,
        attempts: int = 3,
        *,
        on: Any = is_retryable,
        on_result: Callable[[Any], Any] | None = None,
        budget: Budget | None = None,
        name: str | None = None,
        clock: Clock | None = None,
        random: Chance | None = None,
    ) -> Self:
        """The standard mode of the AWS SDKs of 2026: for calls whose client was told not to retry by itself.

        3 attempts; 50 ms doubling to 20 s with full jitter, from 1 s after throttling; an `x-amz-retry-after` clamped to
        what was computed and 5 s more; a `RetryQuota` of its own unless `budget=` shares one. `on` knows the errors of
        botocore by their shape. With boto3: `Config(retries={"total_max_attempts": 1})`.

        >>> from resilience import Retry
        >>> Retry.aws(name="doctest-s3")
        <Retry 'doctest-s3' attempts=3 backoff=AWS standard (0.05 s, 1 s after throttling, doubling to 20 s, full jitter)>
        """
        make: Any = cls
        made: Self = make(
            attempts,
            on=on,
            on_result=on_result,
            backoff=StandardBackoff(),
            delay_from=named_delay,
            budget=RetryQuota() if budget is None else budget,
            name=name,
            clock=clock,
            random=random,
        )
        return made

    @classmethod
    def grpc(
        cls,
        attempts: int = 5,
        *,
        codes: Iterable[str] = ("UNAVAILABLE",),
        initial_backoff: Any = 0.1,
        max_backoff: Any = 10.0,
        backoff_multiplier: float = 2.0,
        budget: Budget | None = None,
        name: str | None = None,
        clock: Clock | None = None,
        random: Chance | None = None,
    ) -> Self:
        """The retry policy of a gRPC service config: for channels made with `grpc.enable_retries` off.

        +-20 % of jitter; the server's `grpc-retry-pushback-ms` is obeyed to the letter, and then the delays begin anew;
        a negative or unreadable one ends the retries. 5 attempts are gRPC's limit. A `RetryThrottle` of its own unless
        `budget=` shares one, as all calls of one server should.

        >>> from resilience import Retry
        >>> Retry.grpc(codes=("UNAVAILABLE", "RESOURCE_EXHAUSTED")).attempts
        5
        """
        make: Any = cls
        made: Self = make(
            attempts,
            on=retryable(codes),
            backoff=backoff(initial_backoff, max_backoff, backoff_multiplier),
            delay_from=pushback,
            max_server_delay=INFINITY,
            budget=RetryThrottle() if budget is None else budget,
            name=name,
            clock=clock,
            random=random,
        )
        return made
