"""Which package, httpx or httpx2, something belongs to: found by its classes.

A class's `__module__` is no answer: SDKs set it to their own name on what they hand on (openai turns
`httpx2.BaseTransport` into `openai.BaseTransport`), for the whole process.
"""

from __future__ import annotations

import sys

PACKAGES = ("httpx", "httpx2")


def package_of(thing: object, *bases: str) -> str | None:
    """The loaded package of which `thing` is an instance of one of these classes."""
    for name in PACKAGES:
        module = sys.modules.get(name)
        # A package that another thread is just importing may lack the class: nothing is an instance of `()`.
        if module is not None and isinstance(thing, tuple(getattr(module, base, ()) for base in bases)):
            return name
    return None


def is_packaged(kind: type) -> bool:
    """Was this very class, and not only a base of it, made by one of the packages?"""
    if kind.__module__.partition(".")[0] in PACKAGES:
        return True
    return any(getattr(sys.modules.get(name), kind.__name__, None) is kind for name in PACKAGES)
