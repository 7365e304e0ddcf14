"""The texts of refused options, whole; phrases that many share stand here once.

A case is an expression that is refused, and what it says: the class of the error, the option with its value, what is
allowed. The reader was woken at three in the morning, so each text has to do without the source.
"""

import re

import pytest

PHRASES = {
    "<seconds>": "seconds above 0 and finite (a number, or a timedelta), e.g. {option}=2.5",
    "<seconds from 0>": "seconds at least 0 and finite (a number, or a timedelta), e.g. {option}=2.5",
    "<patience>": "seconds at least 0 (a number, or a timedelta), e.g. {option}=2.5",
    "<count>": "a whole number of at least 1, e.g. {option}=3",
    "<count from 0>": "a whole number of at least 0, e.g. {option}=3",
    "<share>": "a share above 0 to 1, e.g. {option}=0.5",
    "<share from 0>": "a share from 0 to 1, e.g. {option}=0.5",
    "<jitter>": "one of 'none', 'full', 'equal'",
    "<errors>": "an exception class, a tuple of them, or a function of the error, e.g. {option}=(ConnectionError, OSError)",
    "<classes>": "an exception class, a tuple of them, or a function of the error, e.g. {option}=ConnectionError",
    "<awaits>": "a plain function: nobody would await a coroutine function here",
    "<backoff>": "Exponential(), Fixed(1), a list of seconds, or a function of the attempt number, e.g. {option}=[0.1, 1]",
    "<budget>": "a RetryBudget, RetryQuota or RetryThrottle (or another with their verbs), e.g. RetryBudget()",
    "<codes>": "names of gRPC status codes, e.g. codes=('UNAVAILABLE',)",
    "<fault>": "an Exception, a subclass, or a function that gives one",
    "<one answer>": "give exactly one of a value, factory= (a function without arguments) and call= (a function of the "
    "error), e.g. Fallback(factory=list)",
    "<not Exception>": "subclasses of Exception: KeyboardInterrupt always passes through at once",
    "<no policy>": "is no policy; give instances, e.g. Retry() or Timeout(2)",
    "<trip>": "Consecutive(5) or FailureRate(0.5); slowness goes to slow=",
    "<value>": "a value; a function goes to factory= or call=, and @fallback needs parentheses",
    "<bare>": "; behind an @, write the policy with parentheses",
}


class Awaited:
    """A function that must be awaited, with a `repr` of its own."""

    async def __call__(self, *args):
        return None

    def __repr__(self):
        return "awaited"


class Gives:
    """A function of whatever it is called with that always gives this."""

    def __init__(self, value):
        self.value = value

    def __call__(self, *args):
        return self.value

    def __iter__(self):
        return iter([self.value])

    def __repr__(self):
        return f"gives({self.value!r})"


class Listed(Gives):
    """An iterable that is no function."""

    __call__ = None


awaited = Awaited()


def whole(text):
    """The text of a case with its phrases written out."""
    option = text.partition(": ")[2].partition("=")[0]
    for phrase, words in PHRASES.items():
        text = text.replace(phrase, words.replace("{option}", option))
    return text


def check(refused, text):
    """This expression is refused in these words, and then names a page; which one, tests/test_error_pages.py holds."""
    with pytest.raises((ValueError, TypeError)) as caught:
        refused()
    said, _ = re.fullmatch(r"(.*) \((docs/[\w/-]+\.md)\)", str(caught.value), re.DOTALL).groups()
    assert f"{type(caught.value).__name__}: {said}" == whole(text)
