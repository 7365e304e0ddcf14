"""Whose line a warning points at."""

import pytest

import resilience
from resilience import CircuitBreaker, Pipeline, Retry, Timeout


@pytest.mark.parametrize(
    "wrap", [lambda timeout: timeout, lambda timeout: Pipeline(Retry(), CircuitBreaker(), timeout)]
)
def test_the_warning_of_a_late_call_names_the_line_that_called(clock, wrap):
    """However many policies, and whichever way of calling, lie between."""

    def late():
        clock.advance(3)

    for call in (wrap(Timeout(2, clock=clock))(late), lambda: wrap(Timeout(2, clock=clock)).call(late)):
        with pytest.warns(resilience.ResilienceWarning) as caught:
            call()
        assert [warning.filename for warning in caught] == [__file__]
