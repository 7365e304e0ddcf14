"""The recorder: the same stack of four while it is off, and on, folding counted in."""

from ..row import BARE, OURS, Row, echo, identity


def stack(body):
    import resilience

    return resilience.Pipeline(
        resilience.Retry(attempts=3),
        resilience.CircuitBreaker(),
        resilience.RateLimiter(10_000_000),
        resilience.Bulkhead(1_000),
    )(body)


def off(body):
    from resilience import telemetry

    telemetry.disable()
    return stack(body)


def on(body):
    from resilience import telemetry

    telemetry.enable()
    return stack(body)


def bare(body):
    from resilience import telemetry

    telemetry.disable()  # whatever the row before left behind
    return body


ROWS = [
    Row(
        title="stack of four, recorder on",
        cases={"off": lambda: off(identity), OURS: lambda: on(identity), BARE: lambda: bare(identity)},
        limits={"off": 2.0},
    ),
    Row(
        title="stack of four, recorder on, async",
        cases={"off": lambda: off(echo), OURS: lambda: on(echo), BARE: lambda: bare(echo)},
        limits={"off": 2.0},
        is_async=True,
    ),
]
