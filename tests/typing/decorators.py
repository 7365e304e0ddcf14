"""Never run: mypy and pyright read it. Guarded functions keep their exact signatures, sync and async."""

from typing import Any, assert_type

import resilience as r


@r.retry(attempts=3)
def plain(number: int, *, unit: str = "s") -> str:
    """A plain function."""
    return f"{number}{unit}"


@r.circuit_breaker("typed")
async def waits(number: int) -> list[int]:
    """A coroutine function."""
    return [number]


class Service:
    """Methods, with and without an instance."""

    @r.retry(attempts=3)
    def method(self, number: int) -> str:
        """An ordinary method."""
        return str(number)

    @r.timeout(2)
    async def amethod(self, number: int) -> str:
        """An async method."""
        return str(number)


def function(number: int) -> str:
    """What `.call` is given."""
    return str(number)


async def afunction(number: int) -> str:
    """What `.acall` is given."""
    return str(number)


async def check() -> None:
    """Every line is an assertion for the type checkers."""
    assert_type(plain(1, unit="ms"), str)
    assert_type(await waits(1), list[int])
    assert_type(Service().method(1), str)
    assert_type(await Service().amethod(1), str)

    breaker = r.CircuitBreaker()
    assert_type(breaker.call(function, 1), str)
    assert_type(await breaker.acall(afunction, 1), str)
    pipeline = r.Pipeline(r.Retry(attempts=2), breaker, r.Timeout(2))
    assert_type(pipeline.call(function, 1), str)
    assert_type(await pipeline.acall(afunction, 1), str)
    assert_type(pipeline(function)(1), str)
    assert_type(r.Fallback(7).call(function, 1), str | int)
    assert_type(r.fallback(7)(function)(1), str | int)
    assert_type(await r.fallback(None)(afunction)(1), str | None)
    assert_type(r.fallback(factory=list[int])(function)(1), str | list[int])
    assert_type(r.Hedge(r.Quantile(0.95)).call(function, 1), str)
    assert_type(await r.Hedge(0.2).acall(afunction, 1), str)
    for limit in (r.RateLimiter(9), r.SlidingWindow(9), r.FixedWindow(9)):
        assert_type(limit.call(function, 1), str)
    assert_type(r.Bulkhead(9).call(function, 1), str)
    assert_type(r.AdaptiveLimit(r.Vegas()).call(function, 1), str)
    assert_type(await r.Throttle().acall(afunction, 1), str)
    assert_type(r.Retry.aws().call(function, 1), str)
    assert_type(await r.Retry.grpc().acall(afunction, 1), str)
    assert_type(r.Chaos(error=OSError, rate=0.5).call(function, 1), str)
    cached = r.Cache(ttl=30)(function)
    assert_type(cached(1), str)

    plain("1")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - a str is no int
    plain(1, units="s")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue] - there is no such parameter
    breaker.call(function, "1")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - a str is no int
    value: Any = await waits("1")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - a str is no int
    assert value
