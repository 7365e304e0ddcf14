"""Rate limiter and bulkhead of a service: shared by its functions, with numbers of code and settings."""

import asyncio
import inspect

import pytest

import resilience as r
from resilience.config import SettingsError, configure, reload


def limiter_of(guard):
    """The limiter, the layer after the breaker."""
    return next(part for part in guard.parts() if part.kind == "rate-limiter")


def bulkhead_of(guard):
    """The bulkhead."""
    return next(part for part in guard.parts() if part.kind == "bulkhead")


def rate(limiter):
    """Its numbers."""
    return limiter.limit, limiter.per, limiter.burst


def room(bulkhead):
    """Its numbers."""
    return bulkhead.max_concurrent, bulkhead.max_queue, bulkhead.wait


def kinds(guard):
    """The kinds of the layers, outermost first."""
    return [part.kind for part in guard.parts()]


def test_functions_of_one_name_share_a_rate(world, clock):
    """What one function takes, the other has not; a function that nothing limits takes none, other names have their own."""
    shared = {"rate_limit": 2}
    first, second = (r.Pipeline(r.resilient("rated", **shared), clock=clock)(world.function(int_of)) for _ in "ab")
    free = r.Pipeline(r.resilient("rated"), clock=clock)(world.function(int_of))
    other = r.Pipeline(r.resilient("orders", **shared), clock=clock)(world.function(int_of))
    configure(rate_limit={"burst_size": 2})
    assert world.run(first) == world.run(second) == 7
    for call in (first, second):
        with pytest.raises(r.RateLimitedError) as caught:
            world.run(call)
    assert caught.value.policy.startswith("rated.rate-limiter")
    assert caught.value.retry_after == pytest.approx(0.5)
    assert world.run(free) == world.run(other) == 7


def int_of():
    return 7


def test_functions_of_one_name_share_slots(world):
    """A call of one function holds the slot that the other finds taken; it comes back however the call ends."""
    inner = r.resilient("pay", bulkhead=1)(lambda: 7)

    def body():
        with pytest.raises(r.BulkheadFullError):
            inner()
        raise ConnectionError("down")

    outer = r.resilient("pay", bulkhead=True)(world.function(body))
    with pytest.raises(ConnectionError):
        world.run(outer)
    assert inner() == 7


def test_refusals_do_not_open_the_circuit(clock):
    """The limiter lies inside the breaker and the retry; its refusals are failures for neither."""
    guard = r.resilient("pay", rate_limit=1, on=r.FAILURES)
    configure(rate_limit={"burst_size": 1})
    call = r.Pipeline(guard, clock=clock)(int_of)
    assert call() == 7
    for _ in range(10):
        with pytest.raises(r.RateLimitedError):
            call()
    breaker = next(part for part in guard.parts() if part.kind == "circuit-breaker")
    assert breaker.state == "closed"
    assert limiter_of(guard).snapshot().rejected == 10


def test_numbers_of_the_settings(names):
    """`True` takes the settings' numbers; what a number in code leaves open, the settings fill in."""
    assert rate(limiter_of(r.resilient("plain", rate_limit=True))) == (10, 1, 20)
    assert room(bulkhead_of(r.resilient("plain", bulkhead=True))) == (10, 0, 0)
    names(RATE_LIMIT_REQUESTS_PER_SECOND="2.5", RATE_LIMIT_BURST_SIZE=3, RESILIENCE__SHOP__BULKHEAD__MAX_QUEUE=4)
    reload()
    assert rate(limiter_of(r.resilient("pay", rate_limit=True))) == (1, 0.4, 3)
    assert rate(limiter_of(r.resilient("orders", rate_limit=7))) == (7, 1, 3)
    assert rate(limiter_of(r.resilient("slow", rate_limit=0.5))) == (1, 2, 3)
    assert room(bulkhead_of(r.resilient("shop", bulkhead=6))) == (6, 4, 0)
    own = r.RateLimiter(5, per=60)
    assert limiter_of(r.resilient("own", rate_limit=own)) is own
    assert rate(own) == (5, 60, 5)


def test_environment_naming_the_service_beats_code(names):
    """Number by number; where it stops naming them, the code's own are back."""
    limiter, bulkhead = r.RateLimiter(5, per=60), r.Bulkhead(3, max_queue=2)
    guard = r.resilient("pay", rate_limit=limiter, bulkhead=bulkhead)
    set_names = {
        "RESILIENCE__PAY__RATE_LIMIT__REQUESTS_PER_SECOND": 9,
        "RESILIENCE__PAY__BULKHEAD__MAX_CONCURRENT": 8,
        "RESILIENCE__PAY__BULKHEAD__MAX_WAIT_MS": 1500,
    }
    names(**set_names)
    reload()
    assert kinds(guard) == ["circuit-breaker", "rate-limiter", "bulkhead"]
    assert (rate(limiter), room(bulkhead)) == ((9, 1, 5), (8, 2, 1.5))
    names(**dict.fromkeys(set_names))
    reload()
    assert (rate(limiter), room(bulkhead)) == ((5, 60, 5), (3, 2, None))


def test_code_beats_the_rest(names, tmp_path):
    """Arguments go before global names, and before a file that names the service."""
    (tmp_path / "a.toml").write_text(
        "[services.pay]\nrate_limit = {requests_per_second = 3, burst_size = 4}\nbulkhead = {max_concurrent = 2}\n"
    )
    names(RATE_LIMIT_REQUESTS_PER_SECOND=6)
    configure(file=tmp_path / "a.toml")
    guard = r.resilient("pay", rate_limit=7, bulkhead=5)
    assert (rate(limiter_of(guard)), room(bulkhead_of(guard))) == ((7, 1, 4), (5, 0, 0))
    assert kinds(r.resilient("pay")) == kinds(guard)


@pytest.mark.parametrize(
    ("layer", "first", "second", "words"),
    [
        ("rate_limit", 10, 20, "=20: the functions of 'pay' share one rate limiter, and another says rate_limit=10; "),
        ("bulkhead", 10, 3, "=3: the functions of 'pay' share one bulkhead, and another says bulkhead=10; "),
        ("rate_limit", r.RateLimiter(5, name="mine"), 5, "=5: the functions of 'pay' share one rate limiter, "),
        ("rate_limit", 5, r.RateLimiter(5), "=<RateLimiter 'rate-limiter"),
        ("bulkhead", r.Bulkhead(5), r.Bulkhead(5), "; say the same everywhere, or True where another says it"),
    ],
)
def test_two_numbers_for_one_layer(layer, first, second, words):
    """Two functions that say different numbers for what they share are refused, with both; nothing changes."""
    guard = r.resilient("pay", **{layer: first})
    with pytest.raises(ValueError, match=f"^{layer}=.*another says {layer}=") as caught:
        r.resilient("pay", **{layer: second})
    assert words in str(caught.value)
    for said in (first, True):
        assert r.resilient("pay", **{layer: said}).parts() == guard.parts()
    assert r.resilient("orders", **{layer: second}).parts()[1] is not guard.parts()[1]


def test_a_refused_function_says_nothing(names):
    """Numbers of a function that was refused for something else bind nobody."""
    names(RATE_LIMIT_BURST_SIZE="many")
    with pytest.raises(SettingsError, match="RATE_LIMIT_BURST_SIZE"):
        r.resilient("pay", rate_limit=10)
    names(RATE_LIMIT_BURST_SIZE=5)
    reload()
    assert rate(limiter_of(r.resilient("pay", rate_limit=20))) == (20, 1, 5)


def test_what_a_later_function_says_holds_for_all(names):
    """Numbers reach the functions that were guarded before; so does a limiter of the code."""
    names(RESILIENCE__ORDERS__RATE_LIMIT__BURST_SIZE=3)
    early = r.resilient("pay", rate_limit=True)
    made = limiter_of(early)
    assert limiter_of(r.resilient("pay", rate_limit=4)) is made
    assert rate(made) == (4, 1, 20)
    early, call = r.resilient("orders"), []
    function = early(lambda: call.append(1))
    own = r.RateLimiter(1)
    r.resilient("orders", rate_limit=own)
    assert limiter_of(early) is own
    function()
    assert (own.snapshot().admitted, own.burst) == (1, 3)


def test_a_burst_that_the_code_s_cost_needs(names):
    """A burst for the service that lets a limiter's fixed cost never pass is refused, by its name."""
    names(RESILIENCE__PAY__RATE_LIMIT__BURST_SIZE=2)
    with pytest.raises(SettingsError, match=r"RATE_LIMIT__BURST_SIZE: burst=2: must be at least cost=5"):
        r.resilient("pay", rate_limit=r.RateLimiter(10, cost=5))


def test_reload_reaches_what_functions_hold(world, clock, names):
    """Functions that were guarded before meet new numbers; what was used and who runs stays."""
    guard = r.resilient("pay", rate_limit=True, bulkhead=True)
    call = r.Pipeline(guard, clock=clock)(world.function(int_of))
    limiter, bulkhead = limiter_of(guard), bulkhead_of(guard)
    for _ in range(3):
        world.run(call)
    held = [bulkhead.acquire() for _ in range(2)]
    names(RATE_LIMIT_BURST_SIZE=4, RESILIENCE__PAY__BULKHEAD__MAX_CONCURRENT=2)
    reload()
    assert guard.parts()[1:] == (limiter, bulkhead)
    with pytest.raises(r.BulkheadFullError):
        world.run(call)
    held.pop().release()
    with pytest.raises(r.RateLimitedError):
        world.run(call)
    names(RATE_LIMIT_REQUESTS_PER_SECOND=1000)
    reload()
    clock.advance(0.1)
    assert world.run(call) == 7
    assert bulkhead.snapshot().active == 1


def test_shared_layers_come_and_go(world, names):
    """A name of the service limits functions that were decorated before; what it counted is there when it comes back."""
    guard = r.resilient("pay")
    call = guard(world.function(int_of))
    names(RESILIENCE__PAY__RATE_LIMIT__REQUESTS_PER_SECOND="0.001", RATE_LIMIT_BURST_SIZE=1)
    reload()
    limiter = limiter_of(guard)
    world.run(call)
    with pytest.raises(r.RateLimitedError):
        world.run(call)
    names(RESILIENCE__PAY__RATE_LIMIT__REQUESTS_PER_SECOND=None)
    reload()
    assert kinds(guard) == ["circuit-breaker"]
    assert world.run(call) == 7
    names(RESILIENCE__PAY__RATE_LIMIT__REQUESTS_PER_SECOND="0.002")
    reload()
    assert limiter_of(guard) is limiter
    with pytest.raises(r.RateLimitedError):
        world.run(call)


def test_a_total_bounds_the_wait(clock):
    """Where a call may wait for its turn, the total lies around that wait, also without retry."""
    limiter = r.RateLimiter(1, per=60, burst=1, wait=None)
    guard = r.resilient("pay", rate_limit=limiter, timeout=(10, 2))
    assert kinds(guard) == ["timeout", "circuit-breaker", "rate-limiter", "timeout"]
    call = r.Pipeline(guard, clock=clock)(int_of)
    assert call() == 7
    with pytest.raises(r.RateLimitedError):
        call()
    inside = ["circuit-breaker", "rate-limiter", "timeout"]
    assert kinds(r.resilient("orders", rate_limit=5, timeout=(10, 2))) == inside
    assert kinds(r.resilient("shop", rate_limit=r.RateLimiter(1), timeout=(10, 2))) == inside
    assert kinds(r.resilient("plain", bulkhead=3, timeout=(10, 2)))[0] == "circuit-breaker"
    assert kinds(r.resilient("queue", bulkhead=r.Bulkhead(3, max_queue=3), timeout=(10, 2)))[0] == "timeout"
    assert kinds(r.resilient("no-wait", bulkhead=r.Bulkhead(3, max_queue=3, wait=0), timeout=9))[0] == "circuit-breaker"


def test_generators_hold_shared_layers(names):
    """Generators are guarded by limiter and bulkhead too, those that were decorated before by layers that come later."""

    @r.resilient("pay")
    def rows():
        received = yield 1
        yield received

    names(RESILIENCE__PAY__BULKHEAD__MAX_CONCURRENT=1, RESILIENCE__PAY__RETRY__MAX_ATTEMPTS=2)
    reload()
    assert inspect.isgeneratorfunction(rows)
    stream = rows()
    assert (next(stream), stream.send(5)) == (1, 5)
    with pytest.raises(r.BulkheadFullError):
        next(rows())
    stream.close()
    assert list(rows()) == [1, None]


def test_async_generators_hold_shared_layers(names):
    """The same for async generators."""

    @r.resilient("pay", bulkhead=1)
    async def rows():
        yield 1
        yield 2

    async def main():
        assert [row async for row in rows()] == [1, 2]
        stream = rows()
        await anext(stream)
        with pytest.raises(r.BulkheadFullError):
            await anext(rows())
        await stream.aclose()
        assert [row async for row in rows()] == [1, 2]

    assert inspect.isasyncgenfunction(rows)
    asyncio.run(main())
