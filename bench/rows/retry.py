"""Retry: a call that succeeds at once, and one whose first attempt fails (no waiting between)."""

from ..row import BARE, OURS, Row, aflaky, echo, flaky, identity


def ours(body):
    import resilience

    return resilience.Retry(attempts=3, backoff=resilience.Fixed(0))(body)


def pyresilience(body):
    from pyresilience import RetryConfig, resilient

    return resilient(retry=RetryConfig(max_attempts=3, delay=0, jitter=False))(body)


def tenacity(body):
    from tenacity import retry, stop_after_attempt

    return retry(stop=stop_after_attempt(3))(body)


def stamina(body):
    from stamina import retry
    from stamina.instrumentation import set_on_retry_hooks

    set_on_retry_hooks(())  # where structlog is installed too, it prints each retry: that would time the terminal

    return retry(on=ConnectionError, attempts=3, wait_initial=0, wait_max=0, wait_jitter=0)(body)


def backoff(body):
    from backoff import constant, on_exception

    return on_exception(constant, ConnectionError, max_tries=3, interval=0, jitter=None, logger=None)(body)


def hyx(body):
    from hyx.retry import retry

    return retry(attempts=3, backoff=0)(body)


def bare(body):
    """The call, and once more when it fails."""

    def twice(number):
        try:
            return body(number)
        except ConnectionError:
            return body(number)

    return twice


def abare(body):
    async def twice(number):
        try:
            return await body(number)
        except ConnectionError:
            return await body(number)

    return twice


SYNC = {OURS: ours, "pyresilience": pyresilience, "tenacity": tenacity, "stamina": stamina, "backoff": backoff}
ASYNC = {**SYNC, "hyx": hyx}


def cases(guards, body):
    """One case for each guard, each around a body of its own."""
    return {name: lambda guard=guard: guard(body()) for name, guard in guards.items()}


ROWS = [
    Row(
        title="retry, success",
        cases={BARE: lambda: identity, **cases(SYNC, lambda: identity)},
        limits={"pyresilience": 0.12},
    ),
    Row(
        title="retry, success, async",
        cases={BARE: lambda: echo, **cases(ASYNC, lambda: echo)},
        limits={"hyx": 0.25},
        is_async=True,
    ),
    Row(title="retry, one failure", cases={BARE: lambda: bare(flaky()), **cases(SYNC, flaky)}),
    Row(
        title="retry, one failure, async", cases={BARE: lambda: abare(aflaky()), **cases(ASYNC, aflaky)}, is_async=True
    ),
]
