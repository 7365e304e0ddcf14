"""What retries of ours and of the peers do: a probe a row, each asked of every library."""

import asyncio

TITLE = "Retry"


def resilience(attempts=3):
    import resilience as r

    return r.Retry(attempts=attempts, backoff=r.Fixed(0))


def tenacity(attempts=3):
    from tenacity import retry, stop_after_attempt

    return retry(stop=stop_after_attempt(attempts))


def with_reraise():
    from tenacity import retry, stop_after_attempt

    return retry(stop=stop_after_attempt(3), reraise=True)


def with_retry():
    """Without `reraise=True` an inner retry that gave up raises `RetryError`, which an outer one can be told to leave."""
    from tenacity import RetryError, retry, retry_if_not_exception_type, stop_after_attempt

    return retry(stop=stop_after_attempt(3), retry=retry_if_not_exception_type((RetryError, TypeError)))


def stamina(attempts=3, on=Exception):
    from stamina import retry

    return retry(on=on, attempts=attempts, wait_initial=0, wait_jitter=0, wait_max=0)


def stamina_wants_names():
    """It refuses to guess which errors are worth another call, and a `TypeError` is none of those that were named."""
    from stamina import retry

    try:
        retry(attempts=3)
    except TypeError:
        return programming_errors_are_not_repeated(lambda: stamina(on=ConnectionError))
    return False


def pyresilience(attempts=3):
    from pyresilience import RetryConfig, resilient

    return resilient(retry=RetryConfig(max_attempts=attempts, delay=0.0, jitter=False))


def with_ignore_on():
    from pyresilience import RetryConfig, resilient

    return resilient(retry=RetryConfig(max_attempts=3, delay=0.0, jitter=False, ignore_on=[TypeError]))


LIBRARIES = {"resilience": resilience, "tenacity": tenacity, "stamina": stamina, "pyresilience": pyresilience}


def calls_until_it_gives_up(guard, error):
    """How often a function is called that always raises this."""
    calls = []

    def body():
        calls.append(1)
        raise error

    try:
        guard(body)()
    except BaseException:  # whatever comes out, the calls are what is counted
        pass
    return len(calls)


def one_for_plain_and_async(library):
    """The same decorator guards `def` and `async def`."""
    guard, calls = library(), []

    async def body():
        calls.append(1)
        if len(calls) < 2:
            raise ConnectionError
        return "ok"

    return calls_until_it_gives_up(guard, ConnectionError()) == 3 and asyncio.run(guard(body)()) == "ok"


def works_under_trio(library):
    """A retried coroutine function runs under trio."""
    import trio

    calls = []

    async def body():
        calls.append(1)
        if len(calls) < 2:
            raise ConnectionError
        return "ok"

    return trio.run(library()(body)) == "ok"


def layers_do_not_multiply(library):
    """Two nested retries of three attempts each call three times, not nine."""
    calls = []

    def body():
        calls.append(1)
        raise ConnectionError

    try:
        library()(library()(body))()
    except Exception:  # whatever comes out, the calls are what is counted
        pass
    return len(calls) == 3


def programming_errors_are_not_repeated(library):
    """A `TypeError` is raised at once."""
    return calls_until_it_gives_up(library(), TypeError("wrong")) == 1


def ctrl_c_is_not_repeated(library):
    """`KeyboardInterrupt` passes at once."""
    return calls_until_it_gives_up(library(), KeyboardInterrupt()) == 1


def the_real_error_comes_out(library):
    """What the last attempt raised is what the caller gets, not a wrapper."""
    error = ConnectionError("down")

    def body():
        raise error

    try:
        library()(body)()
    except Exception as caught:
        return caught is error
    return False


ROWS = (
    one_for_plain_and_async,
    works_under_trio,
    layers_do_not_multiply,
    programming_errors_are_not_repeated,
    ctrl_c_is_not_repeated,
    the_real_error_comes_out,
)
NOTES = {
    ("the_real_error_comes_out", "tenacity"): (
        "with `reraise=True`",
        lambda: the_real_error_comes_out(with_reraise),
    ),
    ("layers_do_not_multiply", "tenacity"): ("with `retry=`", lambda: layers_do_not_multiply(with_retry)),
    ("programming_errors_are_not_repeated", "tenacity"): (
        "with `retry=`",
        lambda: programming_errors_are_not_repeated(with_retry),
    ),
    ("programming_errors_are_not_repeated", "pyresilience"): (
        "with `ignore_on=`",
        lambda: programming_errors_are_not_repeated(with_ignore_on),
    ),
    ("programming_errors_are_not_repeated", "stamina"): ("you always name the errors", stamina_wants_names),
}
