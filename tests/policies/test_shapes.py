"""How errors and results of AWS and gRPC are told by their shape, odd ones as well."""

import pytest

from resilience import FAILURES, RateLimitedError, Retry
from resilience._outcome import Outcome
from resilience.policies._aws import THROTTLING, StandardBackoff, is_retryable, is_throttling, named_delay
from resilience.policies._episode import STOP
from resilience.policies._grpc import CODES, pushback, retryable


class Having:
    """An object with these attributes."""

    def __init__(self, **attributes):
        self.__dict__.update(attributes)

    def __str__(self):
        return f"having {self.__dict__}"


class Failed(Exception):
    """An error with these attributes."""

    def __init__(self, **attributes):
        super().__init__()
        self.__dict__.update(attributes)


def answered(code=None, status=None, headers=None):
    metadata = {"HTTPStatusCode": status, "HTTPHeaders": headers}
    return {"Error": {"Code": code}, "ResponseMetadata": metadata}


@pytest.mark.parametrize(
    ("response", "throttled", "repeated"),
    [
        (answered("SlowDown"), True, True),
        (answered("RequestTimeout"), False, True),
        (answered("Unheard", 503), False, True),
        (answered("Unheard", 504), False, True),
        (answered("Unheard", 429), True, True),
        (answered("Unheard", 501), False, False),
        (answered("AccessDenied"), False, False),
        (answered(None, 400), False, False),
        ({"Error": "no mapping", "ResponseMetadata": {"HTTPStatusCode": 500}}, False, True),
        ({"Error": {"Code": "Throttling"}, "ResponseMetadata": "no mapping"}, True, True),
        ({"Error": {}, "ResponseMetadata": {}}, False, True),
        ({}, False, True),
        (Having(status_code=429), True, True),
        (Having(status_code=500), False, True),
        (Having(status_code=404), False, False),
        (Having(), False, True),
    ],
    ids=str,
)
def test_what_a_service_of_aws_said(response, throttled, repeated):
    """In botocore's mapping, or in a response with a status."""
    error = Failed(response=response)
    assert (is_throttling(error), is_retryable(error)) == (throttled, repeated)
    assert is_throttling(response) == throttled


def test_what_no_service_of_aws_said():
    """Is judged as everywhere else; our own limiter throttles as well."""
    assert [is_retryable(error) for error in (ConnectionError(), TypeError(), RateLimitedError("x"))] == [
        True,
        False,
        False,
    ]
    assert [is_throttling(cause) for cause in (RateLimitedError("x"), ConnectionError(), None)] == [True, False, False]
    assert all(is_throttling(Failed(response=answered(code))) for code in THROTTLING)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("1500", 1.5),
        (" 1500 ", 1.5),
        (1500, 1.5),
        ("0", 0.0),
        ("9" * 15, 999999999999.999),
        ("9" * 16, None),
        ("1.5", None),
        ("-1", None),
        ("", None),
        (None, None),
        ("\u00b2", None),
    ],
)
def test_the_delay_that_aws_names(value, seconds):
    """Milliseconds, wherever the headers are; what is no whole number is no header."""
    headers = {"x-amz-retry-after": value}
    assert named_delay(Outcome(error=Failed(response=answered("X", 500, headers)))) == seconds
    assert named_delay(Outcome(error=Failed(response=Having(headers=headers)))) == seconds
    assert named_delay(Outcome(value=Having(headers=headers))) == seconds
    assert named_delay(Outcome(value=answered(headers=headers))) == seconds


@pytest.mark.parametrize(
    "value", [None, Having(), Having(headers=3), {}, {"ResponseMetadata": 3}, {"ResponseMetadata": {}}], ids=str
)
def test_where_aws_names_no_delay(value):
    """Nothing is asked of what has no headers."""
    assert named_delay(Outcome(value=value)) is None
    assert named_delay(Outcome(error=Failed(response=value))) is None


def test_the_delays_of_aws():
    """50 ms, or 1 s after throttling, doubling to 20 s; a named one clamped to that and 5 s more."""
    standard = StandardBackoff()
    plain, throttled = standard.begin(), standard.after(standard.begin(), RateLimitedError("x"))
    assert [plain(attempt, 1.0) for attempt in (1, 2, 9, 10, 99)] == [0.05, 0.1, 12.8, 20.0, 20.0]
    assert [throttled(attempt, 0.5) for attempt in (1, 2, 5, 6, 99)] == [0.5, 1.0, 8.0, 10.0, 10.0]
    assert standard.after(plain, ConnectionError()) is plain
    assert [standard.obey(named, throttled, 1, 1.0) for named in (0.5, 3.0, 6.0, 60.0)] == [1.0, 3.0, 6.0, 6.0]
    assert [standard.worst(attempt) for attempt in (1, 2, 6)] == [6.0, 7.0, 25.0]
    assert standard.obeyed(plain, 1) is plain


def status(name):
    return Having(name=name)


@pytest.mark.parametrize(
    ("error", "repeated"),
    [
        (Failed(code=lambda: status("UNAVAILABLE")), True),
        (Failed(code=lambda: status("ABORTED")), True),
        (Failed(code=lambda: status("INTERNAL")), False),
        (Failed(code=lambda: status("GONE")), True),
        (Failed(code=lambda: 3), True),
        (Failed(code=503), True),
        (Failed(), True),
        (TypeError(), False),
    ],
    ids=["named", "named too", "not named", "no code of grpc", "no name", "no function", "no code", "our fault"],
)
def test_which_codes_of_grpc_are_repeated(error, repeated):
    """What is no error of gRPC is judged as everywhere else."""
    assert retryable(("UNAVAILABLE", "ABORTED"))(error) is repeated
    assert FAILURES(error) is (not isinstance(error, TypeError))


def test_each_code_may_be_named():
    """All that gRPC has; and no other."""
    for code in CODES:
        assert retryable([code])(Failed(code=lambda code=code: status(code)))
        assert Retry.grpc(codes=iter([code])).attempts == 5


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("250", 0.25),
        (b"250", 0.25),
        (250, 0.25),
        ("0", 0.0),
        ("9" * 15, 999999999999.999),
        ("9" * 16, STOP),
        ("-1", STOP),
        ("1.5", STOP),
        (" 250", STOP),
        (b"2\xff", STOP),
        ("\u00b2", STOP),
        ("", STOP),
    ],
)
def test_the_pushback(value, seconds):
    """The first that there is, behind whatever else."""
    pairs = [("other", "1"), ("grpc-retry-pushback-ms", value), ("grpc-retry-pushback-ms", "9")]
    assert pushback(Outcome(error=Failed(trailing_metadata=lambda: pairs))) == seconds


@pytest.mark.parametrize(
    "metadata",
    [lambda: None, list, lambda: [("other", "1")], 3, None],
    ids=["none", "empty", "another", "a number", "nothing"],
)
def test_where_there_is_no_pushback(metadata):
    """Then the delays are its own."""
    assert pushback(Outcome(error=Failed(trailing_metadata=metadata))) is None
    assert pushback(Outcome(error=ConnectionError())) is None
    assert pushback(Outcome(value=1)) is None
