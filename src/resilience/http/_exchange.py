"""One request on its way through its attempts: every decision, and no input or output.

Rules: an exchange belongs to one call, or to one attempt of a call that is hedged. The trampolines (`_attempt.py`) do
what it says, in either world.
"""

from __future__ import annotations

from itertools import count
from math import inf
from typing import TYPE_CHECKING, Any

from resilience._deadline import remaining
from resilience._history import give_up
from resilience.http._body import Body
from resilience.http._extent import Extent, extent_of
from resilience.http._journal import log_failure, log_request, log_response
from resilience.http._judgement import is_ours
from resilience.http._lateness import deadline_error, lateness
from resilience.http._repeating import Repeating, is_hedgeable, repeating_of
from resilience.http._server_limit import adopt_rate_limit
from resilience.http._settlement import Settlement
from resilience.http._timeouts import ClosingTimeouts

if TYPE_CHECKING:
    from collections.abc import Callable

    from resilience.http._plan import Plan
    from resilience.http._state import OriginState
    from resilience.http._transport import GuardedTransport

READ_WHOLE = "resilience.read_whole"
"""Set by our clients in a request's extensions when the body is read before the response is given back."""
READ_AT_MOST = "resilience.read_at_most"
"""Set in a request's extensions by who wants the body read within the attempt, but no more of it than so many raw bytes."""
TOLD = "resilience"
"""In a response's extensions: how many attempts there were, and the seconds from the last one's begin to its headers."""


class Exchange:
    """One request, the state of its origin, and the plan that it runs under."""

    __slots__ = (
        "_attempts",
        "_begun",
        "_body",
        "_closings",
        "_elapsed",
        "_is_read",
        "_left",
        "_numbers",
        "_pieces",
        "_settlement",
        "_transport",
        "is_hedged",
        "plan",
        "repeating",
        "request",
        "state",
    )

    def __init__(self, request: Any, state: OriginState, plan: Plan, transport: GuardedTransport) -> None:
        self.request = request
        self.state = state
        self.plan = plan
        self._transport = transport
        self._closings = transport.closings
        self._body = Body(request.stream)
        self.repeating = repeating_of(
            request.method, request.headers, is_replayable=self._body.is_replayable, idempotent=plan.idempotent
        )
        self.is_hedged = plan.hedge is not None and is_hedgeable(
            request.method, request.headers, is_in_memory=self._body.is_in_memory, idempotent=plan.idempotent
        )
        self._numbers = count()
        self._attempts = 0
        self._elapsed = 0.0
        self._left = inf
        self._pieces: list[bytes] = []
        self._is_read = False

    def chain(self, *, is_async: bool) -> Callable[..., Any]:
        """The program of this request."""
        return self.state.chain(self.plan, self.repeating, is_hedged=self.is_hedged, is_async=is_async)

    @property
    def inner(self) -> Any:
        """The transport that does the work.

        Raises:
            RuntimeError: as httpx's own, after a close: a connection that is opened now nobody would close.
        """
        if self._is_left:
            raise RuntimeError(
                f"{self.state.name}: the client was closed while this call waited to send its request; "
                "close it when its calls are done (docs/http.md)"
            )
        return self._transport.inner

    @property
    def _is_left(self) -> bool:
        """Was the transport closed since this request came by?"""
        return self._transport.closings != self._closings

    # Before an attempt

    def leg(self) -> Exchange:
        """An exchange of its own for one attempt of several that are under way at once."""
        request = self.request
        twin = self._transport.kit.package.Request(
            request.method,
            request.url,
            headers=request.headers,
            stream=request.stream,
            extensions=dict(request.extensions),
        )
        leg = Exchange(twin, self.state, self.plan, self._transport)
        leg._attempts = next(self._numbers)
        leg._closings = self._closings  # of the call, which may have waited since
        return leg

    def begin(self) -> None:
        """Leave of the breaker, the body at its beginning, the deadline as timeouts of the socket.

        Raises:
            CircuitOpenError: the breaker refuses.
        """
        if self._attempts:
            self._body.rewind()
        self._attempts += 1
        self._pieces = []
        self._is_read = False
        self._settlement = Settlement(self.state.breaker if self.plan.guarded else None)
        self._begun = self.state.now()
        self.state.attempts += 1
        if self.plan.log_requests:
            log_request(self.request, self._attempts)
        extensions = self.request.extensions
        extensions["timeout"] = ClosingTimeouts(extensions.get("timeout") or {}, remaining)

    # While the answer comes

    def reads_whole(self, response: Any) -> bool:
        """Is the body a part of the attempt, because the client will read it before anybody sees the response?"""
        extensions = self.request.extensions
        self._elapsed = self.state.now() - self._begun
        self._left = extensions.get(READ_AT_MOST, inf)
        is_wanted = extensions.get(READ_WHOLE) or READ_AT_MOST in extensions
        self._is_read = bool(is_wanted) and not response.is_closed and self._extent_of(response) is Extent.BODY
        return self._is_read

    def take(self, piece: bytes) -> bool:
        """Keep a piece of the body; false once no more is wanted.

        Raises:
            CallTimeoutError: a body that drips has used up the caller's time.
        """
        self._pieces.append(piece)
        self._left -= len(piece)
        self.check_deadline()
        return self._left > 0

    def fill(self, response: Any) -> None:
        """Give the response its body, to be read again by the client."""
        response.stream = self._transport.kit.package.ByteStream(b"".join(self._pieces))
        self._pieces = []

    def check_deadline(self) -> None:
        """Raise if the caller's deadline (or the attempt's, while it is under way) has passed."""
        if remaining() <= 0:
            raise deadline_error(self.state.name)

    # After an attempt

    def failed(self, error: BaseException) -> Exception | None:
        """The attempt raised; what to raise in its place, if anything."""
        if self.plan.log_responses:
            log_failure(self.request, error, self.state.now() - self._begun, self._attempts)
        if not isinstance(error, Exception):
            self._settlement.release()
            return None
        late = lateness(error, self.state.name, self.plan, self.state.now() - self._begun)
        if self._is_left:
            give_up(error)
            self._settlement.release()
        elif late is None and (is_ours(error) or self._body.raised(error)):
            self._settlement.release()
        else:
            self._settlement.failed(late or error)
        return late

    def answered(self, response: Any) -> Any:
        """The response, whose body goes on deciding for the breaker unless its headers (or the body itself) have."""
        if self.state.limiter is not None:
            adopt_rate_limit(self.state.limiter, response, longest=self.plan.longest_pause)
        response.extensions[TOLD] = {"attempts": self._attempts, "response_time": self._elapsed}
        if self.plan.log_responses:
            log_response(self.request, response, self._elapsed, self._attempts)
        settlement = self._settlement
        verdict = self.state.verdict_of(response, self.plan)
        if verdict is None:
            settlement.release()
        elif verdict:
            settlement.failed_by_answer(verdict)
        elif self._is_read or response.is_closed or self._extent_of(response) is Extent.HEADERS:
            settlement.succeeded()
        if not (self._is_read or response.is_closed):  # also one that is judged already is read within the deadline
            response.stream = self._transport.guarded_stream(response.stream, self)
        return response

    def _extent_of(self, response: Any) -> Extent:
        return extent_of(self.request.method, response.status_code, response.headers, self.plan.verdict)

    # While the body is read

    def body_ended(self) -> None:
        """The body came to its end, or was closed before: the origin did its part."""
        self._settlement.succeeded()

    def body_failed(self, error: BaseException) -> Exception | None:
        """The body broke off; what to raise in its place, if anything."""
        if not isinstance(error, Exception):
            self._settlement.release()
            return None
        late = lateness(error, self.state.name, self.plan, None)
        self._settlement.failed(late or error)
        return None if late is None else self._transport.kit.flavoured(late, self.request)

    # At the end

    def done(self, response: Any) -> Any:
        """The response for the caller; one that the retry gave up on is marked, so that no retry outside repeats it."""
        if self.repeating is Repeating.ANY and response.status_code in self.plan.retry_statuses:
            give_up(response)
        return response
