"""One thing that the doctor found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Gravity(StrEnum):
    """How bad a finding is, the worst first."""

    PROBLEM = "problem"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the doctor found.

    Attributes:
        gravity: a problem stops something, a warning will surprise somebody, a note is for information.
        subject: what it is about: a variable, a package, `settings`.
        message: what to know, and what to do.
    """

    gravity: Gravity
    subject: str
    message: str
