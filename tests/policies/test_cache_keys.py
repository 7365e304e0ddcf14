"""Cache: what makes two calls one: the key of a function and its arguments."""

import gc
import math
import weakref

import pytest
from tests.policies.caches import Counter, plain

LOOK_ALIKES = [
    1, True, 1.0, "1", b"1", (1,), (True,), (1.0,), ("1",), frozenset({1}), frozenset({True}), frozenset({"1"}),
    0, False, 0.0, -0.0, "", b"", (), frozenset(), None, "None", (None,), ((1,),), ((True,),), (frozenset({1}),),
    (frozenset({1.0}),), 1 + 0j, 0j, complex(-0.0, 0), (0.0,), (-0.0,), ("a/b", "c"), ("a", "b/c"), ("a", "b", "c"),
    "a", b"a", ("a",), int, "int", (int,), 2**70, float(2**70), "1.0",
]  # fmt: skip


def test_row_32_forty_look_alikes_have_an_entry_each(clock):
    """Arguments that are equal, or look it, but differ in type or content."""
    count = Counter()
    cached = plain(clock)(lambda key: count())
    values = [cached(key) for key in LOOK_ALIKES]
    assert values == list(range(1, len(LOOK_ALIKES) + 1))
    assert [cached(key) for key in LOOK_ALIKES] == values


def test_row_32_nan_never_hits(world, clock):
    """A NaN equals nothing, not even itself; also inside a tuple."""
    count = Counter()
    cached = plain(clock)(world.function(lambda key: count()))

    def story():
        for key in (math.nan, math.nan, (1, math.nan), (1, math.nan), complex(math.nan, 1)):
            yield cached(key)
        assert not cached.invalidate(math.nan)
        yield cached.refresh(math.nan)

    world.session(story)
    assert count.calls == 6


def test_arguments_are_bound_to_the_signature(clock):
    """Positional, by keyword, by default: one entry."""
    count = Counter()

    @plain(clock)
    def f(a, b=1, *rest, c=2, **more):
        return count()

    assert {f(5, b=1), f(b=1, a=5), f(5), f(5, 1), f(5, c=2)} == {1}
    assert f(5, 1, 2) != f(5)
    assert f(5, x=1, y=2) == f(5, y=2, x=1)
    assert f(5, x=1) != f(5, x=True)
    with pytest.raises(TypeError, match=r"f\(\) missing 1 required positional argument: 'a'"):
        f()


def test_odd_signatures(clock):
    """Positional-only, keyword-only, and parameters named like our own."""
    count = Counter()

    @plain(clock)
    def only(a, /, b, *, c):
        return count()

    @plain(clock)
    def odd(token, plain, typed, identity, defaults, sorted, tuple):
        return count()

    @plain(clock)
    def positional(a, b=2, /):
        return count()

    @plain(clock)
    def both(a, /, *, b=1):
        return count()

    assert only(1, 2, c=3) == only(1, b=2, c=3)
    assert odd(1, 2, 3, 4, 5, 6, 7) == odd(1, 2, 3, 4, 5, 6, tuple=7)
    assert positional(1) == positional(1, 2)
    assert both(1) == both(1, b=1)
    assert both(1) != both(1, b=2)


def test_callables_without_a_signature(clock):
    """A builtin that has none is keyed by what it is called with."""
    cache = plain(clock)
    cached = cache(max)
    assert cached(1, 2) == cached(1, 2) == 2
    assert cache.snapshot().hits == 1


def test_functions_do_not_share_entries(clock):
    """Two functions under one cache are apart, also with a user's key."""
    for options in ({}, {"key": lambda *args: "same"}):
        cache = plain(clock, **options)
        assert cache(lambda n: "one")(1) == "one"
        assert cache(lambda n: "two")(1) == "two"


def test_key_function(world, clock):
    """`key=` says what identifies a call; what it raises goes to the caller."""
    count = Counter()
    cached = plain(clock, key=lambda rows: tuple(rows))(world.function(lambda rows: count()))

    def story():
        assert (yield cached([1, 2])) == (yield cached([1, 2]))
        with pytest.raises(TypeError):
            yield cached(3)

    world.session(story)
    with pytest.raises(KeyError):
        plain(clock, key=lambda n: {}[n]).call(lambda n: n, 1)


def test_row_33_unhashable_arguments_are_told_what_to_do(world, clock):
    """A `TypeError` that shows `key=`, at the call and at `refresh`."""
    cached = plain(clock)(world.function(lambda rows: rows))

    def story():
        with pytest.raises(TypeError, match="key=lambda"):
            yield cached([1])
        with pytest.raises(TypeError, match="key=lambda"):
            yield cached.refresh([1])
        with pytest.raises(TypeError, match="unhashable"):
            yield cached(([1],))

    world.session(story)


def test_row_33_self_is_held_weakly(clock):
    """Methods: an entry for each instance, none kept alive, and no mix-up when an id is used again."""
    count = Counter()

    class Client:
        def __eq__(self, other):
            return True

        __hash__ = None

        @plain(clock)
        def rows(self, n):
            return count()

        @classmethod
        @plain(clock)
        def made(cls, n):
            return cls, n

        @staticmethod
        @plain(clock)
        def fixed(n):
            return n

    one, two = Client(), Client()
    assert one.rows(1) == one.rows(1) == 1
    assert two.rows(1) == 2
    reference = weakref.ref(one)
    del one
    gc.collect()
    assert reference() is None
    for _ in range(20):
        fresh = Client()
        assert fresh.rows(1) == count.calls
        del fresh
    assert Client.made(1) == (Client, 1)
    assert Client.fixed(7) == two.fixed(7) == 7


def test_self_that_cannot_be_held_weakly(clock):
    """An error that says how to mend it."""

    class Slotted:
        __slots__ = ()

        @plain(clock)
        def rows(self):
            return 1

    with pytest.raises(TypeError, match="__weakref__"):
        Slotted().rows()


def test_a_key_that_is_hashable_only_now_and_then(clock):
    """What the look-up said is told, when the key alone has nothing against it."""

    class Moody:
        looks = 0

        def __hash__(self):
            Moody.looks += 1
            if Moody.looks == 1:
                raise TypeError("not in the mood")
            return 1

    cached = plain(clock)(lambda value: value)
    with pytest.raises(TypeError, match=r"cannot be part of a key \(not in the mood\)"):
        cached(Moody())
