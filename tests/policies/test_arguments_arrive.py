"""Arguments by place and by name reach the function, the key and the cost, on every way that a call may go."""

import asyncio

import pytest

from resilience import Cache, Fallback, Fixed, Hedge, Pipeline, RateLimiter, Retry

EXPECTED = ((1,), {"two": 2})


def echo(*args, **kwargs):
    return args, kwargs


async def aecho(*args, **kwargs):
    return args, kwargs


def later(function, is_async):
    """The function, which fails at its first call."""
    calls = []

    def body(*args, **kwargs):
        calls.append(1)
        if len(calls) == 1:
            raise ConnectionError
        return args, kwargs

    async def abody(*args, **kwargs):
        return body(*args, **kwargs)

    return abody if is_async else body


@pytest.mark.parametrize(
    "make",
    [
        lambda clock: Cache(ttl=9, clock=clock),
        lambda clock: Cache(ttl=9, key=lambda *args, **kwargs: (args, tuple(kwargs)), clock=clock),
        lambda clock: Hedge(9, clock=clock),
        lambda clock: Pipeline(Hedge(9), Cache(ttl=9), Retry(), clock=clock),
    ],
    ids=["cache", "key", "hedge", "pipeline"],
)
def test_at_the_first_attempt(make, clock):
    """Sync and async, led, answered and hedged."""
    policy = make(clock)
    for _ in range(2):
        assert policy(echo)(1, two=2) == EXPECTED
        assert asyncio.run(policy(aecho)(1, two=2)) == EXPECTED


@pytest.mark.parametrize("make", [lambda: Retry(backoff=Fixed(0)), lambda: Hedge(9)], ids=["retry", "hedge"])
def test_at_the_second_attempt(make):
    """As at the first."""
    assert make().call(later(echo, False), 1, two=2) == EXPECTED
    assert asyncio.run(make().acall(later(aecho, True), 1, two=2)) == EXPECTED


def test_keys_and_costs(clock):
    """What a limiter asks of each call."""
    asked = []

    def key(*args, **kwargs):
        asked.append(("key", args, kwargs))
        return "a"

    def cost(*args, **kwargs):
        asked.append(("cost", args, kwargs))
        return 2

    limiter = RateLimiter(5, key=key, cost=cost, clock=clock)
    assert limiter.call(echo, 1, two=2) == EXPECTED
    assert asked == [("key", *EXPECTED), ("cost", *EXPECTED)]
    assert limiter.peek("a").remaining == 3
    fixed = RateLimiter(4, cost=2, clock=clock)
    assert [fixed.call(int), fixed.call(int), fixed.peek().remaining] == [0, 0, 0]


def test_a_key_of_ones_own_by_name(clock):
    """Also for `invalidate`, and on a function in a class body."""
    cache = Cache(ttl=9, key=lambda *, number: number, clock=clock)
    calls = []

    @cache
    def rows(*, number):
        calls.append(number)
        return number

    assert [rows(number=1), rows(number=1), rows(number=2)] == [1, 1, 2]
    assert (rows.invalidate(number=1), rows.invalidate(number=1)) == (True, False)
    assert calls == [1, 2]

    class Client:
        @Cache(ttl=9, clock=clock)
        def rows(self, *, number):
            return number

    assert vars(Client)["rows"](Client(), number=3) == 3


def test_a_pipeline_keys_a_cache_by_the_functions_own_signature(clock):
    """By place or by name, it is one entry."""
    calls = []

    def rows(number, two=2):
        calls.append(number)
        return number

    cached = Pipeline(Retry(), Cache(ttl=9), clock=clock)(rows)
    assert [cached(1), cached(number=1), cached(1, 2), cached(two=2, number=1)] == [1] * 4
    assert calls == [1]


def test_signatures_that_forbid_a_place_or_a_name(clock):
    """A hit is refused what a call would be."""
    named = Cache(ttl=9, clock=clock)(lambda *, a, b: (a, b))
    assert named(a=1, b=2) == (1, 2)
    with pytest.raises(TypeError, match="positional"):
        named(1, 2)
    placed = Cache(ttl=9, clock=clock)(lambda a, /, *, b: (a, b))
    assert placed(1, b=2) == (1, 2)
    with pytest.raises(TypeError):
        placed(a=1, b=2)
    with pytest.raises(TypeError):
        placed(1, 2)


def test_builtins_without_a_signature(clock):
    """All that they are given is the key."""
    cached = Cache(ttl=9, clock=clock)(max)
    assert [cached(-3, 2), cached(-3, 1), cached(-3, 2, key=abs), cached(-3, 2)] == [2, 1, -3, 2]
    assert cached.cache.snapshot().hits == 1


def test_sets_of_tuples_are_typed_all_the_way_down(clock):
    """And a class that happens to be named like another is keyed as what it is."""
    calls = []
    cached = Cache(ttl=9, clock=clock)(calls.append)

    class Decimal(int):
        pass

    for key in (frozenset({(1,)}), frozenset({(True,)}), frozenset({(1,)}), Decimal(3), 3, Decimal(3)):
        cached(key)
    assert len(calls) == 4


def test_a_wrong_call_names_the_function(clock):
    """Its own name, or "call" where it has none."""

    class Nameless:
        def __call__(self, number):
            return number

    with pytest.raises(TypeError, match=r"^call\(\) missing 1 required positional argument: 'number'"):
        Cache(ttl=9, clock=clock)(Nameless())()

    def rows(number):
        return number

    with pytest.raises(TypeError, match=r"^(?!key).*rows\(\) missing 1 required positional argument: 'number'"):
        Cache(ttl=9, clock=clock)(rows)()


@pytest.mark.parametrize(
    "make",
    [
        Retry,
        lambda: Cache(ttl=9),
        lambda: Pipeline(Retry()),
        lambda: Pipeline(Cache(ttl=9)),
        lambda: Hedge(9),
        lambda: Fallback(3),
    ],
    ids=["retry", "cache", "pipeline", "pipeline with a cache", "hedge", "fallback"],
)
def test_an_awaitable_of_a_plain_function_never_passes_for_its_value(make):
    """Whatever is around it; also when it is loaded anew."""
    guarded = make()(lambda: aecho())
    with pytest.raises(TypeError, match="a plain function returned an awaitable"):
        guarded()
    if hasattr(guarded, "refresh"):
        with pytest.raises(TypeError, match="a plain function returned an awaitable"):
            guarded.refresh()


def test_an_awaitable_of_a_later_attempt_does_not_pass_either():
    """After a failure, and after a bad result; it is closed."""
    for first in (ConnectionError("down"), "bad"):
        given = [aecho(), first]

        def body(given=given):
            outcome = given.pop()
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        with pytest.raises(TypeError, match="a plain function returned an awaitable"):
            Retry(backoff=Fixed(0), on_result=lambda value: value == "bad").call(body)
