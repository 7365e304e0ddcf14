"""`Retry.aws()`: the standard mode of the AWS SDKs of 2026, and botocore's own client against a real server."""

import botocore.config
import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker
from tests.origins import Origin
from tests.origins.answers import answer, json_answer

from resilience import Retry, RetryQuota
from resilience._outcome import Outcome
from resilience.policies._aws import THROTTLING, is_retryable, is_throttling, named_delay
from resilience.testing import no_waiting


def error(code, status=400, headers=None):
    response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers or {}}}
    return ClientError(response, "GetItem")


def failing(clock, failure, chance=1.0, attempts=3, **options):
    """The waits of a call that fails in this way."""
    policy = Retry.aws(attempts, clock=clock, random=lambda: chance, **options)

    def body():
        raise failure

    with pytest.raises(type(failure)):
        policy.call(body)
    return clock.slept


def test_the_delays_are_those_of_the_standard(clock):
    """Full jitter on 50 ms doubling, cut at 20 s before the jitter."""
    waits = failing(clock, ConnectionError(), attempts=12, budget=RetryQuota(capacity=10_000))
    assert waits == [0.05 * 2**n for n in range(9)] + [20, 20]


def test_throttling_waits_from_a_second_on(clock):
    """The base of a throttled call is 1 s."""
    assert failing(clock, error("ThrottlingException"), chance=0.5) == [0.5, 1.0]


def test_throttling_waits_twenty_seconds_at_the_most(clock):
    """The cap is that of every other failure."""
    waits = failing(clock, error("SlowDown", 503), attempts=8, budget=RetryQuota(capacity=10_000))
    assert waits == [1, 2, 4, 8, 16, 20, 20]


@pytest.mark.parametrize(
    ("header", "wait"),
    [("20", 0.05), ("3000", 3.0), ("60000", 5.05), ("soon", 0.05), ("-1", 0.05), ("9" * 30, 0.05), ("²", 0.05)],
)
def test_row_7_the_header_is_clamped(clock, header, wait):
    """To what was computed, and 5 s more at the most; what is no number is no header."""
    failure = error("InternalError", 500, {"x-amz-retry-after": header})
    assert failing(clock, failure, attempts=2) == [pytest.approx(wait)]


def test_the_header_of_a_response_object():
    """A result with headers is read as an error with a response is."""

    class Response:
        status_code, headers = 503, {"x-amz-retry-after": "1500"}

    assert named_delay(Outcome(value=Response())) == 1.5
    assert named_delay(Outcome(error=ConnectionError())) is None
    assert named_delay(Outcome(error=ClientError({"Error": {}}, "x"))) is None
    assert not is_throttling(Response())
    Response.status_code = 429
    assert is_throttling(Response())


@pytest.mark.parametrize(
    ("failure", "repeated"),
    [
        (error("SlowDown", 503), True),
        (error("RequestTimeout"), True),
        (error("Unheard", 502), True),
        (error("Unheard", 429), True),
        (error("AccessDenied", 403), False),
        (ClientError({}, "x"), True),
        (ConnectionError(), True),
        (TypeError(), False),
    ],
    ids=repr,
)
def test_what_is_retried(failure, repeated):
    """Throttling, timeouts, 500, 502, 503, 504; what no service of AWS said as everywhere else."""
    assert is_retryable(failure) == repeated


def test_no_quota_means_no_retry(clock):
    """Without tokens the error comes at once."""
    empty = RetryQuota(capacity=14)
    empty.withdraw(None)
    assert failing(clock, ConnectionError(), budget=empty) == []


def test_the_worst_wait_is_told():
    """For who adds up how long a call may take."""
    assert Retry.aws().backoff.worst(2) == 7.0
    assert repr(Retry.aws().backoff).startswith("AWS standard")
    assert Retry.aws().backoff.delay(2, 1.0) == 0.1


def dynamodb(url):
    """A real client that leaves the retries to us."""
    return botocore.session.Session().create_client(
        "dynamodb",
        region_name="eu-central-1",
        endpoint_url=url,
        aws_access_key_id="none",
        aws_secret_access_key="none",
        config=botocore.config.Config(retries={"total_max_attempts": 1}, proxies={}),
    )


def test_a_real_client_of_botocore():
    """Throttled and failing answers are repeated as often as we say; a refusal of rights is not; success pays back."""
    throttled = json_answer({"__type": "ThrottlingException", "message": "slow down"}, 400)
    denied = json_answer({"__type": "AccessDeniedException", "message": "no"}, 400)
    tables = json_answer({"TableNames": ["orders"]})
    quota = RetryQuota()
    policy = Retry.aws(budget=quota)
    with Origin(throttled, answer(500, "{}"), tables, denied) as origin, no_waiting():
        client = dynamodb(origin.url)
        assert policy.call(client.list_tables)["TableNames"] == ["orders"]
        assert quota.balance() == 500 - 5
        with pytest.raises(ClientError, match="AccessDenied"):
            policy.call(client.list_tables)
        assert origin.count() == 4
        client.close()


def test_the_codes_of_throttling_are_botocores_own():
    """Each of them costs what throttling costs, and waits as throttling does, whatever the status."""
    assert frozenset(ThrottledRetryableChecker._THROTTLED_ERROR_CODES) == THROTTLING
    for code in sorted(THROTTLING):
        quota = RetryQuota()
        assert quota.withdraw(error(code, 503)) == 5
        assert is_retryable(error(code))
    assert all(is_retryable(error(code)) for code in TransientRetryableChecker._TRANSIENT_ERROR_CODES)
