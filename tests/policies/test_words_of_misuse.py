"""What is said, word for word, when something is used as it cannot be."""

import asyncio

import pytest
from tests.policies.words import Awaited

import resilience
from resilience import Cache, CircuitBreaker, Fallback, Pipeline, Retry, Timeout
from resilience.extending import Policy


def fail():
    raise ConnectionError("down")


def whole_error(kind, act):
    with pytest.raises(kind) as caught:
        act()
    return str(caught.value)


@pytest.mark.parametrize("verb", ["admit", "succeeded", "failed"])
def test_a_verb_that_nobody_awaits_is_refused_with_its_class(verb):
    """Its coroutine would pass for a permit, and a policy that was to refuse calls let all of them through."""

    async def awaits(self, *facts):
        raise resilience.RejectedError("no")

    def yields(self, *facts):
        yield

    mixin = type("Mixin", (), {verb: awaits})
    for bases, body in (
        ((Policy,), {verb: awaits}),
        ((Policy,), {verb: yields}),
        ((Policy,), {verb: staticmethod(awaits)}),
        ((mixin, Policy), {}),
    ):
        assert whole_error(TypeError, lambda bases=bases, body=body: type("Mine", bases, body)) == (
            f"Mine.{verb}: must be a plain function, without async and yield, for nobody awaits or iterates it; what has "
            "to wait belongs into the guarded function (docs/write-a-policy.md)"
        )


def test_what_cannot_be_guarded_says_what_to_do_instead(clock):
    """Generators, coroutine functions in the wrong verb, things that are no functions, methods without self."""

    def rows():
        yield 1

    async def fetch():
        return 1

    retry = Retry(name="words-wrong")
    name = f"{__name__}.test_what_cannot_be_guarded_says_what_to_do_instead.<locals>"
    assert whole_error(TypeError, lambda: retry(rows)).endswith(
        ".rows, whose work happens while it is iterated; guard the function that consumes it, or one that returns a list "
        "(docs/policies/retry.md)"
    )
    assert whole_error(TypeError, lambda: retry(rows)).startswith("words-wrong: a retry cannot guard the generator ")
    assert whole_error(TypeError, lambda: retry.call(fetch)).endswith("; use .acall() for it (docs/policies/retry.md)")
    assert whole_error(TypeError, lambda: retry.acall(int).send(None)).endswith(
        "; use .call() for it (docs/policies/retry.md)"
    )
    assert whole_error(TypeError, lambda: retry.call(rows)).endswith(
        "; use the policy as a decorator for it (docs/policies/retry.md)"
    )
    assert whole_error(TypeError, lambda: retry.call(3)) == (
        "words-wrong: 3 is no function; pass the function, then its arguments (docs/policies/retry.md)"
    )
    per_instance = CircuitBreaker("words-scope", scope="instance")(lambda: 1)
    assert whole_error(TypeError, per_instance) == (
        "words-scope: scope='instance' guards methods, and this call has no self; use scope='function' for a plain "
        "function (docs/policies/circuit-breaker.md)"
    )
    slotted = CircuitBreaker("words-slots", scope="instance")(lambda self: 1)
    assert whole_error(TypeError, lambda: slotted(3)) == (
        "words-slots: scope='instance' needs weak references to 'int'; "
        "add '__weakref__' to its __slots__, or use scope='function' (docs/policies/circuit-breaker.md)"
    )
    assert name


def test_what_a_cache_cannot_key(clock):
    """Unhashable arguments, a self that cannot be held weakly."""
    cached = Cache("words-cache", ttl=9, clock=clock)(len)
    text = (
        "words-cache: an argument cannot be part of a key (unhashable type: 'list'); pass hashable arguments, or say "
        "what identifies the call: Cache(ttl=..., key=lambda rows: tuple(rows)) (docs/policies/cache.md)"
    )
    assert whole_error(TypeError, lambda: cached([1])) == text
    assert whole_error(TypeError, lambda: cached.refresh([1])) == text
    method = Cache("words-self", ttl=9, clock=clock)(lambda self: 1)
    assert whole_error(TypeError, lambda: method(3)) == (
        "words-self: cannot hold 'int' weakly, and a cache must not keep self alive; add '__weakref__' to its "
        "__slots__, or give key= (docs/policies/cache.md)"
    )
    cache = Cache(ttl=9)
    assert whole_error(TypeError, lambda: cache.set([1], 2)) == (
        "key=[1]: must be hashable (unhashable type: 'list'); give a tuple instead of a list, say (docs/policies/cache.md)"
    )
    assert whole_error(KeyError, lambda: cache.mapping["gone"]) == "'gone'"


def test_an_awaitable_where_nobody_awaits():
    """From a plain function, and from a fallback."""

    async def later():
        return 1

    def plain():
        return later()

    said = whole_error(TypeError, lambda: Retry().call(plain))
    assert said == (
        "a plain function returned an awaitable (coroutine): its guard would end before the work begins; declare the "
        "function with `async def`, or give the coroutine function itself, and its arguments, to .acall() "
        "(docs/tutorial.md)"
    )
    assert asyncio.run(Retry().acall(later)) == 1, "what the text advises"
    fallback = Fallback(call=Awaited(), name="words-fallback")
    assert whole_error(TypeError, lambda: fallback(fail)) == (
        f"words-fallback: call={resilience._callable.name_of(Awaited())} is a coroutine function, which nobody awaits "
        f"around the plain function {resilience._callable.name_of(fail)}; give a plain one, or use .acall() "
        "(docs/policies/fallback.md)"
    )


def test_blocks_and_attempts_that_are_used_wrongly():
    """`for attempt in retry` without `with attempt`; a judge of results for a block that has none."""
    attempts = iter(Retry())
    next(attempts)
    assert whole_error(RuntimeError, lambda: next(attempts)) == (
        "an attempt was not used: write `for attempt in retry:` and inside it `with attempt:` (docs/policies/retry.md)"
    )
    judged = Retry(on_result=bool, name="words-block")
    assert whole_error(TypeError, lambda: iter(judged)) == (
        "words-block: on_result= judges what a function returns; a block returns nothing: use .call() "
        "(docs/policies/retry.md)"
    )


def test_live_things_are_not_copied(clock):
    """Neither policies nor budgets."""
    assert whole_error(TypeError, lambda: Retry(name="words-copied").__reduce_ex__(2)) == (
        "words-copied: a policy cannot be pickled or copied, for its state is live and shared; make one in each process, "
        "e.g. with CircuitBreaker.named(), or pass on what dump() gives (docs/policies/retry.md)"
    )
    assert whole_error(TypeError, lambda: resilience.RetryQuota().__reduce_ex__(2)) == (
        "a RetryQuota cannot be pickled or copied, for its state is live and shared; make one in each process "
        "(docs/policies/budget.md)"
    )


def test_pipelines_whose_clocks_disagree(clock):
    """The two are named, with the cure; so is one that is ruled already."""
    other = resilience.testing.FakeClock()
    one, two = Retry(name="words-one", clock=clock), Timeout(1, name="words-two", clock=other)
    assert whole_error(ValueError, lambda: Pipeline(one, two)) == (
        f"clock: words-one on {clock!r} and words-two on {other!r} run on different clocks; "
        "make them without one, and give it to the Pipeline(..., clock=...) (docs/policies/pipeline.md)"
    )
    assert whole_error(ValueError, lambda: Pipeline(one, clock=other)) == (
        f"clock={other!r}: words-one already runs on {clock!r}; give each pipeline policies of its own "
        "(docs/policies/pipeline.md)"
    )
