"""What a server says of its own rate limit, in any of the ways that servers say it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from resilience._clock import wall_time
from resilience._options import seconds
from resilience._record import Record
from resilience.errors import ResilienceWarning
from resilience.http._retry_after import FOR_EVER, parse_http_date, parse_retry_after

if TYPE_CHECKING:
    from resilience.policies._limits import Limits

_PAUSING = frozenset({429, 503})
# Names of "units left" and "until they are back": the older drafts, everybody's X- headers, OpenAI's and Anthropic's.
_PAIRS = (
    ("ratelimit-remaining", "ratelimit-reset"),
    ("x-ratelimit-remaining", "x-ratelimit-reset"),
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    ("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"),
)
_GO_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_UNITS = (86_400.0, 3600.0, 60.0, 1.0, 0.001)
_EPOCH = 1e9  # more seconds than thirty years are no delay: a moment, since 1970
_EPOCH_MS = 1e11
_LONGEST = 1000
_MOST_DIGITS = 15


class ServerLimit(Record):
    """What an answer said: units `remaining`, seconds until they are back (`reset`), seconds to wait (`retry_after`)."""

    remaining: int | None = None
    reset: float | None = None
    retry_after: float | None = None


def read_rate_limit(response: Any) -> ServerLimit:
    """What the headers of an answer say of the server's rate limit; it never raises, whatever they hold.

    Read are `Retry-After` (of a 429 or 503), `RateLimit` with `RateLimit-Policy` (structured fields, with the extra
    `ratelimit-headers`, else with a warning not at all), `RateLimit-Remaining` and `-Reset`, their `X-` forms, and those of
    LLM vendors (`x-ratelimit-remaining-requests`, `anthropic-ratelimit-requests-remaining`). Where several limits are
    told, the one with the least left counts, and of those the one that takes longest to come back.

    Source: draft-ietf-httpapi-ratelimit-headers-10, and -07 for the older form.

    >>> import httpx
    >>> read_rate_limit(httpx.Response(429, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "30"}))
    ServerLimit(remaining=0, reset=30.0, retry_after=None)
    """
    headers = response.headers
    now = parse_http_date(headers.get("date"))
    told = [*_structured(headers), *_pairs(headers, wall_time() if now is None else now)]
    pauses = response.status_code in _PAUSING
    retry_after = parse_retry_after(headers.get("retry-after"), now) if pauses else None
    if not told:
        return ServerLimit(retry_after=retry_after)
    remaining = min(units for units, _ in told)
    resets = [reset for units, reset in told if units == remaining and reset is not None]
    return ServerLimit(remaining=remaining, reset=max(resets, default=None), retry_after=retry_after)


def adopt_rate_limit(limiter: Limits, response: Any, *, key: Any = None, longest: Any = 3600.0) -> ServerLimit:
    """Make a limiter obey what an answer says of the server's own limit, and tell what that was.

    Args:
        limiter: a `RateLimiter`, `SlidingWindow` or `FixedWindow`. It becomes stricter, never laxer.
        response: an answer of httpx, httpx2 or anything with `.status_code` and `.headers`.
        key: whose limit it is, for a limiter with keys.
        longest: seconds; no answer pauses the limiter for longer (default an hour).

    A `Retry-After`, or nothing left, is a pause; fewer units left than the limiter would let pass count as used.
    `Client(rate_limiter=...)` does it with every answer.

    >>> import httpx
    >>> from resilience import RateLimiter
    >>> limiter = RateLimiter(10)
    >>> adopt_rate_limit(limiter, httpx.Response(429, headers={"Retry-After": "20"})).retry_after
    20.0
    >>> 19 < limiter.peek().retry_after <= 20
    True
    """
    most = seconds("longest", longest)
    said = read_rate_limit(response)
    if said.remaining is not None:
        limiter.learn(remaining=said.remaining, reset=min(said.reset or 0.0, most), key=key)
    if said.retry_after:
        limiter.pause(min(said.retry_after, most), key)
    return said


Told = tuple[int, float | None]


def _structured(headers: Mapping[str, str]) -> Iterator[Told]:
    value = headers.get("ratelimit")
    if not value or len(value) > _LONGEST:
        return
    try:
        from http_sf import parse
    except ImportError:
        warnings.warn(
            "an answer has a RateLimit header, which is not read: pip install 'resilience-stack[ratelimit-headers]' "
            "(docs/http.md)",
            ResilienceWarning,
            stacklevel=2,
        )
        return
    try:
        policies: Any = parse(value.encode("latin-1"), tltype="list")
    except ValueError:
        yield from _older_form(parse, value)
        return
    counted = _units_of(parse, headers.get("ratelimit-policy"))
    for name, parameters in filter(_is_policy, policies):
        # Bytes and connections are no calls: a limit of those says nothing to a limiter of calls.
        if counted.get(name, "requests") == "requests":
            yield from _told(parameters.get("r"), parameters.get("t"))


def _is_policy(item: Any) -> bool:
    """A string with parameters; not a list of some, nor a number."""
    return isinstance(item, tuple) and isinstance(item[0], str)


def _older_form(parse: Any, value: str) -> Iterator[Told]:
    """`limit=100, remaining=50, reset=5`, as the seventh draft has it."""
    try:
        members: Any = parse(value.encode("latin-1"), tltype="dictionary")
    except ValueError:
        return
    said = {name: member[0] if isinstance(member, tuple) else member for name, member in members.items()}
    yield from _told(said.get("remaining"), said.get("reset"))


def _units_of(parse: Any, value: str | None) -> dict[Any, Any]:
    """What each policy counts, by its name."""
    try:
        policies: Any = parse((value or "").encode("latin-1")[:_LONGEST], tltype="list")
    except ValueError:
        return {}
    return {name: parameters.get("qu", "requests") for name, parameters in filter(_is_policy, policies)}


def _told(remaining: Any, reset: Any) -> Iterator[Told]:
    if type(remaining) is int and remaining >= 0:
        yield remaining, float(reset) if type(reset) is int and reset >= 0 else None


def _pairs(headers: Mapping[str, str], now: float) -> Iterator[Told]:
    for left, back in _PAIRS:
        remaining = (headers.get(left) or "").strip()
        if remaining.isascii() and remaining.isdigit() and len(remaining) <= _MOST_DIGITS:
            yield int(remaining), _reset(headers.get(back), now)


def _reset(value: str | None, now: float) -> float | None:
    """Seconds, a moment since 1970 (in milliseconds, too), a duration such as `6m0s`, or a date of RFC 3339."""
    text = (value or "").strip()
    if not text or len(text) > 40:
        return None
    try:
        number = float(text)
    except ValueError:
        return _spelled(text, now)
    if not number >= 0:
        return None
    if number >= _EPOCH:
        number = max(0.0, (number / 1000 if number >= _EPOCH_MS else number) - now)
    return min(number, FOR_EVER)


def _spelled(text: str, now: float) -> float | None:
    duration = _GO_DURATION.fullmatch(text)
    if duration is not None:
        return min(FOR_EVER, sum(float(part or 0) * unit for part, unit in zip(duration.groups(), _UNITS, strict=True)))
    try:
        moment = datetime.fromisoformat(text)
        return max(0.0, moment.timestamp() - now) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
