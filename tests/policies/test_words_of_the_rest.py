"""Row 54, in whole texts: what refused options say (breaker, cache, timeout, fallback, chaos, pipeline)."""

import json

import pytest
from tests.policies.words import Gives, awaited, check, whole

from resilience import (
    Cache,
    Chaos,
    CircuitBreaker,
    Consecutive,
    Failure,
    FailureRate,
    Fallback,
    Pipeline,
    ResilienceWarning,
    Retry,
    SlowCalls,
    Timeout,
)


class NeedsMore(Exception):
    """A class of errors that needs an argument."""

    def __init__(self, needed):
        super().__init__(needed)


DUMP = {"format": 1, "state": "open", "isolated": False, "open_for": 1.0, "failed_recoveries": 0, "stamp": 0.0}


def chaos_on(**options):
    with pytest.warns(ResilienceWarning):
        return Chaos(rate=1.0, enabled=True, **options)


REFUSED = [
    (lambda: CircuitBreaker(3), "TypeError: name=3: must be a str or None, not int"),
    (
        lambda: CircuitBreaker(trip=5),
        "TypeError: trip=5: must be <trip>",
    ),
    (
        lambda: CircuitBreaker(trip=SlowCalls(1)),
        "TypeError: trip=SlowCalls(1, rate=0.5, window=30, min_calls=10): must be <trip>",
    ),
    (lambda: CircuitBreaker(slow=2.0), "TypeError: slow=2.0: must be SlowCalls(seconds) or None"),
    (lambda: CircuitBreaker(reset_timeout=0), "ValueError: reset_timeout=0: must be <seconds>"),
    (lambda: CircuitBreaker(half_open_max_calls=0), "ValueError: half_open_max_calls=0: must be <count>"),
    (lambda: CircuitBreaker(lease=0), "ValueError: lease=0: must be <seconds>"),
    (lambda: CircuitBreaker(ramp=0), "ValueError: ramp=0: must be <seconds>"),
    (lambda: CircuitBreaker(on=3), "TypeError: on=3: must be <errors>"),
    (lambda: CircuitBreaker(ignore=3), "TypeError: ignore=3: must be <errors>"),
    (lambda: CircuitBreaker(on_result=3), "TypeError: on_result=3: must be a function, not int"),
    (
        lambda: CircuitBreaker(initial_state="half-open"),
        "ValueError: initial_state='half-open': must be one of 'closed', 'open', 'isolated', 'disabled', 'metrics-only'",
    ),
    (lambda: CircuitBreaker(scope="thread"), "ValueError: scope='thread': must be one of 'function', 'instance'"),
    (lambda: CircuitBreaker(shadow=1), "TypeError: shadow=1: must be True or False, not int"),
    (lambda: CircuitBreaker().open(-1), "ValueError: seconds=-1: must be <seconds>"),
    (lambda: CircuitBreaker().retune(failures=0), "ValueError: failures=0: must be <count>"),
    (
        lambda: CircuitBreaker(trip=FailureRate(0.5)).retune(failures=3),
        "ValueError: failures=3: must be left out: this breaker trips on FailureRate(0.5, window=30, min_calls=10)",
    ),
    (lambda: CircuitBreaker().retune(reset_timeout=0), "ValueError: reset_timeout=0: must be <seconds>"),
    (lambda: CircuitBreaker().retune(half_open_max_calls=0), "ValueError: half_open_max_calls=0: must be <count>"),
    (lambda: Consecutive(0), "ValueError: failures=0: must be <count>"),
    (lambda: FailureRate(0), "ValueError: rate=0: must be <share>"),
    (
        lambda: FailureRate(0.5, window=3, calls=3),
        "ValueError: calls=3: must be left out when window= is given: a window is of time or of calls",
    ),
    (lambda: FailureRate(0.5, window=0), "ValueError: window=0: must be <seconds>"),
    (lambda: FailureRate(0.5, calls=0), "ValueError: calls=0: must be <count>"),
    (lambda: FailureRate(0.5, min_calls=0), "ValueError: min_calls=0: must be <count>"),
    (
        lambda: FailureRate(0.5, calls=5, min_calls=6),
        "ValueError: min_calls=6: must be at most calls=5, else it could never trip",
    ),
    (lambda: SlowCalls(0), "ValueError: longer_than=0: must be <seconds>"),
    (lambda: SlowCalls(1, rate=2), "ValueError: rate=2: must be <share>"),
    (lambda: SlowCalls(1, window=0), "ValueError: window=0: must be <seconds>"),
    (lambda: SlowCalls(1, min_calls=0), "ValueError: min_calls=0: must be <count>"),
    (lambda: Failure(open_for=0), "ValueError: open_for=0: must be <seconds>"),
    (lambda: Cache(ttl=0), "ValueError: ttl=0: must be <seconds>"),
    (lambda: Cache(ttl=1, max_size=0), "ValueError: max_size=0: must be <count>"),
    (lambda: Cache(ttl=1, key=3), "TypeError: key=3: must be a function, not int"),
    (lambda: Cache(ttl=1, stale=-1), "ValueError: stale=-1: must be <seconds from 0>"),
    (lambda: Cache(ttl=1, stale_if_error=-1), "ValueError: stale_if_error=-1: must be <seconds from 0>"),
    (lambda: Cache(ttl=1, negative_ttl=-1), "ValueError: negative_ttl=-1: must be <seconds from 0>"),
    (lambda: Cache(ttl=1, jitter=2), "ValueError: jitter=2: must be <share from 0>"),
    (lambda: Cache(ttl=1, copy=3), "TypeError: copy=3: must be a function, not int"),
    (lambda: Cache(ttl=1, cleanup_interval=0), "ValueError: cleanup_interval=0: must be <seconds>"),
    (lambda: Cache(3, ttl=1), "TypeError: name=3: must be a str or None, not int"),
    (lambda: Cache(ttl=1).set("a", 1, ttl=0), "ValueError: ttl=0: must be <seconds>"),
    (
        lambda: Cache(ttl=1).set(float("nan"), 1),
        "ValueError: key=nan: must equal itself; a NaN would never be found again",
    ),
    (lambda: Cache(ttl=1).retune(ttl=0), "ValueError: ttl=0: must be <seconds>"),
    (lambda: Cache(ttl=1).retune(max_size=0), "ValueError: max_size=0: must be <count>"),
    (lambda: Cache(ttl=1).retune(cleanup_interval=0), "ValueError: cleanup_interval=0: must be <seconds>"),
    (lambda: Timeout(0), "ValueError: seconds=0: must be <seconds>"),
    (lambda: Timeout(int), "TypeError: seconds=<class 'int'>: must be <seconds>, not type<bare>"),
    (lambda: Timeout(1, thread=-1), "ValueError: thread=-1: must be <count>"),
    (lambda: Timeout(1, thread=2.5), "TypeError: thread=2.5: must be <count>, not float"),
    (lambda: Fallback(), "TypeError: Fallback: got nothing; <one answer>"),
    (lambda: Fallback(1, factory=list), "TypeError: Fallback: got value and factory; <one answer>"),
    (
        lambda: Fallback(check),
        f"TypeError: value={check!r}: must be <value>",
    ),
    (lambda: Fallback(factory=list, call=str), "TypeError: Fallback: got factory and call; <one answer>"),
    (lambda: Fallback(factory=None), "TypeError: factory=None: must be a function, not NoneType"),
    (lambda: Fallback(call=3), "TypeError: call=3: must be a function of the error"),
    (lambda: Fallback(factory=3), "TypeError: factory=3: must be a function, not int"),
    (lambda: Fallback(factory=awaited), "TypeError: factory=awaited: must be <awaits>"),
    (lambda: Fallback(1, on=3), "TypeError: on=3: must be <errors>"),
    (lambda: Fallback(1, on_result=3), "TypeError: on_result=3: must be a function, not int"),
    (
        lambda: Chaos(rate=0.5),
        "TypeError: nothing to inject; give error=, latency= or result=, e.g. error=ConnectionError",
    ),
    (
        lambda: Chaos(error=OSError, result=1, rate=0.5),
        "TypeError: error=, result=: a call ends one way; make two Chaos policies, each with its rate",
    ),
    (lambda: Chaos(error=3, rate=0.5), "TypeError: error=3: must be <fault>"),
    (lambda: Chaos(error=KeyboardInterrupt, rate=0.5), "TypeError: error=<class 'KeyboardInterrupt'>: must be <fault>"),
    (lambda: Chaos(error=KeyboardInterrupt(), rate=0.5), "TypeError: error=KeyboardInterrupt(): must be <fault>"),
    (
        lambda: Chaos(error=NeedsMore, rate=0.5),
        f"TypeError: error={NeedsMore!r}: must be a class that needs no arguments; give an instance, or a function",
    ),
    (lambda: Chaos(error=awaited, rate=0.5), "TypeError: error=awaited: must be <awaits>"),
    (lambda: Chaos(latency=0, rate=0.5), "ValueError: latency=0: must be <seconds>"),
    (lambda: Chaos(latency=awaited, rate=0.5), "TypeError: latency=awaited: must be <awaits>"),
    (lambda: Chaos(result=awaited, rate=0.5), "TypeError: result=awaited: must be <awaits>"),
    (lambda: Chaos(error=OSError, rate=0.5, enabled=awaited), "TypeError: enabled=awaited: must be <awaits>"),
    (lambda: Chaos(error=OSError, rate=2), "ValueError: rate=2: must be <share from 0>"),
    (lambda: Chaos(error=OSError, rate=0.5, seed=-1), "ValueError: seed=-1: must be <count from 0>"),
    (
        lambda: Chaos(error=OSError, rate=0.5, enabled=1),
        "TypeError: enabled=1: must be True, False, or a function that is asked at each call",
    ),
    (
        lambda: Chaos(error=OSError, rate=0.5, enabled=None),
        "TypeError: enabled=None: must be True, False, or a function that is asked at each call",
    ),
    (
        lambda: chaos_on(error=Gives(3)).call(int),
        "TypeError: error=gives(3): must be a function that gives an Exception, not 3",
    ),
    (
        lambda: chaos_on(latency=Gives(-1)).call(int),
        "ValueError: latency=-1: must be <seconds from 0>",
    ),
    (lambda: Pipeline(), "ValueError: policies=(): a pipeline needs at least one policy, e.g. Pipeline(Retry())"),
    (lambda: Pipeline(3), "TypeError: policies: 3 <no policy>"),
    (
        lambda: Pipeline(Retry),
        "TypeError: policies: <class 'resilience.policies.retry.Retry'> <no policy>",
    ),
]


@pytest.mark.parametrize(("refused", "text"), REFUSED, ids=[text.partition(" at 0x")[0] for _, text in REFUSED])
def test_row_54_refused_options_in_whole_texts(refused, text):
    """The option, its value, what is allowed: word for word."""
    check(refused, text)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"format": 2}, "format=2 is not 1, the one that this version reads"),
        ({"stamp": "now"}, "stamp='now': must be a finite number of at least 0, not str"),
        ({"open_for": -1}, "open_for=-1: must be <seconds from 0>"),
        ({"failed_recoveries": -1}, "failed_recoveries=-1: must be <count from 0>"),
        ({"isolated": 1}, "isolated=1: must be True or False, not int"),
        ({"state": "ajar"}, "'ajar' is not a valid State"),
        ({"state": "half-open"}, "state='half-open' is never dumped"),
        ({"state": "isolated"}, "state='isolated' is never dumped"),
    ],
    ids=str,
)
def test_a_dump_that_is_none_says_what_is_wrong_with_it(wrong, why):
    """The whole of it, and the one part that is no good."""
    state = {**DUMP, **wrong}
    said = whole(f"ValueError: {why}").removeprefix("ValueError: ")
    check(
        lambda: CircuitBreaker().load(state),
        f"ValueError: state={state!r}: must be what CircuitBreaker.dump() gave; {said}",
    )


@pytest.mark.parametrize("state", [None, json.dumps(DUMP)], ids=["none", "text"])
def test_what_a_store_gives_is_no_dump_yet(state):
    """Nothing was kept, or it is still the text that was kept."""
    advice = "what CircuitBreaker.dump() gave: a dict, e.g. json.loads() of its text"
    check(lambda: CircuitBreaker().load(state), f"ValueError: state={state!r}: must be {advice}")


@pytest.mark.parametrize("part", DUMP)
def test_a_dump_without_one_of_its_parts_names_it(part):
    """Whichever is missing."""
    state = {name: value for name, value in DUMP.items() if name != part}
    text = f"ValueError: state={state!r}: must be what CircuitBreaker.dump() gave; it lacks {part!r}"
    check(lambda: CircuitBreaker().load(state), text)
