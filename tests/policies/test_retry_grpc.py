"""`Retry.grpc()`: gRFC A6, and grpcio's own client against a real server."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from resilience import Retry, RetryThrottle
from resilience.testing import no_waiting

grpc = pytest.importorskip("grpc", reason="no wheels for free-threaded builds")


class Status:
    def __init__(self, name):
        self.name = name


class RpcError(Exception):
    """The shape of grpcio's own."""

    def __init__(self, name, *metadata):
        super().__init__(name)
        self._code, self._metadata = Status(name), metadata

    def code(self):
        return self._code

    def trailing_metadata(self):
        return self._metadata


def failing(clock, *failures, chance=1.0, **options):
    """The waits of a call that fails in these ways, one after the other, then succeeds."""
    policy = Retry.grpc(clock=clock, random=lambda: chance, **options)
    left = list(failures)

    def body():
        if left:
            raise left.pop(0)
        return "ok"

    try:
        policy.call(body)
    except RpcError:
        left.append("raised")
    return clock.slept, left


def unavailable(*metadata):
    return RpcError("UNAVAILABLE", *metadata)


def pushed(milliseconds):
    return unavailable(("server", "one"), ("grpc-retry-pushback-ms", milliseconds))


@pytest.mark.parametrize(("chance", "factor"), [(0.0, 0.8), (0.5, 1.0), (1.0, 1.2)])
def test_a_jitter_of_a_fifth(clock, chance, factor):
    """+-20 % of a delay that doubles to its maximum."""
    waits, _ = failing(clock, *[unavailable()] * 4, chance=chance, max_backoff=0.4)
    assert waits == pytest.approx([factor * delay for delay in (0.1, 0.2, 0.4, 0.4)])


def test_the_servers_pushback_is_obeyed_to_the_letter(clock):
    """And then the delays begin anew."""
    waits, _ = failing(clock, unavailable(("a", "b")), unavailable(), pushed("90000"), unavailable(), chance=0.5)
    assert waits == pytest.approx([0.1, 0.2, 90.0, 0.1])


@pytest.mark.parametrize("value", ["-1", "soon", "", b"\xff"])
def test_a_pushback_that_wants_no_retry(clock, value):
    """Negative or unreadable: the error, at once."""
    waits, left = failing(clock, pushed(value))
    assert (waits, left) == ([], ["raised"])


def test_a_pushback_in_bytes(clock):
    """As the metadata of some servers has it."""
    assert failing(clock, pushed(b"250"))[0] == [0.25]


def test_only_named_codes_are_retried(clock):
    """UNAVAILABLE, unless `codes` says otherwise; and what is no error of gRPC as everywhere else."""
    assert failing(clock, RpcError("INTERNAL")) == ([], ["raised"])
    assert len(failing(clock, RpcError("ABORTED"), ConnectionError(), codes=["ABORTED"])[0]) == 2
    odd = ConnectionError()
    odd.code = 503
    assert len(failing(clock, odd)[0]) == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"codes": "UNAVAILABLE"}, "codes='UNAVAILABLE'"),
        ({"codes": ["GONE"]}, "codes='GONE'"),
        ({"codes": []}, "codes="),
        ({"initial_backoff": 0}, "initial_backoff=0"),
        ({"max_backoff": -1}, "max_backoff=-1"),
        ({"backoff_multiplier": 0.5}, "backoff_multiplier=0.5"),
    ],
    ids=repr,
)
def test_row_54_bad_options_name_themselves(options, message):
    """In gRPC's own words."""
    with pytest.raises((ValueError, TypeError), match=message.replace("[", r"\[")):
        Retry.grpc(**options)


class Servicer(grpc.GenericRpcHandler):
    """One method that plays a script of statuses."""

    def __init__(self, *script):
        self.script, self.calls = list(script), 0

    def service(self, details):
        return grpc.unary_unary_rpc_method_handler(self.answer)

    def answer(self, request, context):
        self.calls += 1
        if self.script:
            status, metadata = self.script.pop(0)
            context.set_trailing_metadata(metadata)
            context.abort(status, "not now")
        return request.upper()


def test_a_real_client_of_grpcio():
    """UNAVAILABLE is repeated after the pushback, PERMISSION_DENIED is not; the throttle hears both sides."""
    push = (("grpc-retry-pushback-ms", "5"),)
    servicer = Servicer(
        (grpc.StatusCode.UNAVAILABLE, push), (grpc.StatusCode.UNAVAILABLE, ()), (grpc.StatusCode.PERMISSION_DENIED, ())
    )
    server = grpc.server(ThreadPoolExecutor(2), handlers=[servicer])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    throttle = RetryThrottle()
    policy = Retry.grpc(budget=throttle, codes=["UNAVAILABLE"])
    try:
        options = [("grpc.enable_retries", 0), ("grpc.enable_http_proxy", 0)]
        with grpc.insecure_channel(f"127.0.0.1:{port}", options) as channel, no_waiting():
            shout = channel.unary_unary("/tests.Echo/Shout")
            with pytest.raises(grpc.RpcError) as caught:
                policy.call(shout, b"hello", timeout=30)
            assert (caught.value.code(), servicer.calls) == (grpc.StatusCode.PERMISSION_DENIED, 3)
            assert policy.call(shout, b"hello", timeout=30) == b"HELLO"
    finally:
        server.stop(None).wait(30)
    assert throttle.snapshot().tokens == pytest.approx(8.1)
