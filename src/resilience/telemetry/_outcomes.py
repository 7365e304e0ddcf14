"""How a call that raised is counted, without asking the user's own functions again."""

from __future__ import annotations

from typing import Any

from .._outcome import FAILURES, Judge, never_begun
from .._policy import Policy
from ..errors import RejectedError
from ._series import CANCELLED, FAILURE, IGNORED, REFUSED


def outcome_of(policy: Policy[Any], error: BaseException) -> int:
    """`failure` if the policies of this chain take it for one, else `ignored`; refusals of ours and cancellations apart.

    Asked are the policies whose `on` and `ignore` name classes; where none does, `FAILURES` decides. A function given as
    `on` is the user's, who may count its calls: it is not called for our sake.
    """
    if not isinstance(error, Exception):
        return CANCELLED
    if isinstance(error, RejectedError) or never_begun(error):
        return REFUSED
    judges = [judge for part in policy.parts() if (judge := getattr(part, "judge", None)) and part.kind != "fallback"]
    asked = [judge for judge in judges if isinstance(judge, Judge) and judge.is_ours]
    failed = any(judge.of_error(error) for judge in asked) if asked else FAILURES(error)
    return FAILURE if failed else IGNORED
