"""Whose time was over? The caller's deadline, the attempt's limit, or the client's own timeout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience._deadline import remaining
from resilience.errors import DEADLINE_PASSED, CallTimeoutError
from resilience.http._judgement import faults_of

if TYPE_CHECKING:
    from resilience.http._plan import Plan

# A socket's timeout may end a little before the deadline that it was made from.
_SLACK = 0.005


def deadline_error(origin: str) -> CallTimeoutError:
    """The caller's deadline passed: nobody counts that against the origin, and nothing is repeated."""
    return CallTimeoutError(
        f"{origin}: the deadline of this call passed before the answer was there; "
        "allow more time around it, or less before it (docs/http.md)",
        policy=origin,
        reason=DEADLINE_PASSED,
    )


def lateness(error: Exception, origin: str, plan: Plan, elapsed: float | None) -> CallTimeoutError | None:
    """The error to raise in place of a timeout that our deadline or limit brought about; `None` for all others.

    To be asked outside the attempt's own limit: what remains then is the caller's. An attempt that had all its time
    (`elapsed`; `None` once it is over) is the origin's failure, even if the caller's time is over as well: else a hang
    behind two equal limits would never count.
    """
    faults = faults_of(error)
    if not isinstance(error, CallTimeoutError) and (faults is None or not faults.is_timeout(error)):
        return None
    limit = plan.attempt_timeout
    if elapsed is not None and limit is not None and elapsed >= limit - _SLACK:
        return CallTimeoutError(
            f"{origin}: no answer within {limit:g} s; it hangs or is slow, or the limit is too short (docs/http.md)",
            policy=origin,
            seconds=limit,
        )
    if remaining() > _SLACK:
        return None
    if plan.counts_deadline:
        return CallTimeoutError(
            f"{origin}: no answer in the time that was left; allow more time around it, or less before it (docs/http.md)",
            policy=origin,
        )
    return deadline_error(origin)
