"""What a service says about itself, made fit to be shown: one line, and not a long one."""

from __future__ import annotations


def line(text: str, longest: int = 200) -> str:
    """Printable, without line breaks, terminal codes or marks of text direction, and with an end."""
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in text[: 4 * longest]).split())
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"
