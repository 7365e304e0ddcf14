"""How values and names from outside are shown: secrets masked, control characters escaped, never long."""

from __future__ import annotations

import re

_LONGEST = 60
_MASK = "***"
_WORDS = (
    r"pass(?:word|wd|phrase)?|pwd|secret|token|(?:api|access|private)[_-]?key|auth(?:orization)?|sig(?:nature)?|cred"
)
_NAME = re.compile(rf"(?:^|[_.])(?:{_WORDS}|key|credential)s?(?:$|[_.])", re.IGNORECASE)
# What gives a secret away inside a value, and what stays of it.
_SECRETS = (
    (re.compile(r"\b(bearer|basic)\s+\S+", re.IGNORECASE), rf"\1 {_MASK}"),
    (re.compile(r"//[^/\s]*@"), f"//{_MASK}@"),  # to the last `@`: a password may hold one
    (re.compile(rf"({_WORDS})([\"']?\s*[=:]\s*)(?:\"[^\"]*\"|'[^']*'|\S+)", re.IGNORECASE), rf"\1\2{_MASK}"),
    (re.compile(r"\b(?:sk|pk|rk|gh[pos]|github_pat|glpat|xox[abprs]|AKIA|ASIA|AIza|eyJ|hvs)[-_.]?[\w.-]{8,}"), _MASK),
    (re.compile(r"(?=[\w+/=-]*[0-9])(?=[\w+/=-]*[A-Za-z])[\w+/=-]{20,}"), _MASK),
)


def shown(value: object, name: str = "") -> str:
    """A value as a message may show it: quoted as Python does, so that blanks and line breaks are seen.

    A value whose name, or whose looks, say that it is a secret is masked.

    >>> shown("5s"), shown("redis://bob:hunter2@cache"), shown("x", "DATABASE_PASSWORD")
    ("'5s'", "'redis://***@cache'", '***')
    """
    if _NAME.search(name):
        return _MASK
    if not isinstance(value, str):
        return shortened(masked(_plain(value)))
    return repr(shortened(masked(value)))


def _plain(value: object) -> str:
    try:
        return repr(value)
    except ValueError:  # an int beyond the interpreter's limit of digits
        return "a number of thousands of digits"


def masked(text: str) -> str:
    """A text without the secrets that its looks give away."""
    for pattern, rest in _SECRETS:
        text = pattern.sub(rest, text)
    return text


def shortened(text: str) -> str:
    """A text of at most 60 characters."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def printable(text: str) -> str:
    r"""A name with control characters, line breaks and direction marks escaped, for logs and terminals.

    >>> printable("pay\nments")
    'pay\\nments'
    """
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def line(text: str, longest: int = 200) -> str:
    """What somebody else says, made fit to be shown: one printable line, without terminal codes, and with an end."""
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in text[: 4 * longest]).split())
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"
