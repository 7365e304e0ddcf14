"""Never run: mypy and pyright read it. `resilient` keeps signatures, and a fallback adds its own type."""

from typing import assert_type

import resilience as r
from resilience.config import Change, Settings, get_config, reload


@r.resilient("rates", on=ConnectionError, cache=30, timeout=(10, 2))
def rates(day: int) -> list[int]:
    """A plain function."""
    return [day]


@r.resilient("rates", fallback=r.Fallback(factory=dict[str, int]))
async def arates(day: int) -> list[int]:
    """A coroutine function with a fallback of another type."""
    return [day]


@r.resilient("rates", fallback=None)
def optional(day: int) -> int:
    """A value as a fallback."""
    return day


async def check() -> None:
    """Every line is an assertion for the type checkers."""
    assert_type(rates(1), list[int])
    assert_type(await arates(1), list[int] | dict[str, int])
    assert_type(optional(1), int | None)
    assert_type(r.resilient("rates").call(max, 1, 2), int)

    settings = Settings(file="settings.toml", environment={}, retry={"max_attempts": 5})
    assert_type(settings.retry.max_attempts, int)
    assert_type(settings.retry.status_codes, tuple[int, ...])
    assert_type(settings.service("rates").timeout.total, int)
    assert_type(reload(), tuple[Change, ...])
    get_config("retry.max_attempts", 4)
