"""Spans: one for each call, and below it one for each attempt of its outermost retry or hedge, linked to the one before.

Rules: what is known of a call under way is its `_Call`, found by a context variable, so that it crosses threads, tasks and
hedges with the context; its `attempt` is that of a retry, which makes one after the other, while attempts of a hedge know
their own spans. The span of a call, or of the attempt, is the current one while the function runs. Attributes hold no
arguments, results or texts of errors.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.context import attach, detach

from .._deadline import NO_SCOPE, SCOPE, current_scope
from .._listeners import report
from .._masking import printable
from .._watch import Ended, Seat
from ..events import Event, RetryScheduled
from ._outcomes import outcome_of
from ._series import OUTCOMES
from ._tally import kind_of, plain, told

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

_MAKERS = ("retry", "hedge")
_CALL: ContextVar[_Call | None] = ContextVar("resilience_call", default=None)


class _Call:
    """A call under way: its span, the retry or hedge that makes its attempts, the span of the retry's present one."""

    __slots__ = ("attempt", "before", "maker", "outer", "policy", "span", "tracer")

    def __init__(self, tracer: Tracer, seat: Seat, outer: _Call | None) -> None:
        policy = self.policy = seat.policy
        self.tracer = tracer
        self.outer = outer
        self.maker = next((part.name for part in policy.parts() if part.kind in _MAKERS), None)
        label = printable(policy.name)
        attributes = {"resilience.policy.name": label, "resilience.strategy": policy.kind}
        self.span = tracer.start_span(f"resilience {label}", attributes=attributes)
        self.attempt: Span | None = None
        self.before: trace.SpanContext | None = None

    def started(self, number: int) -> Span:
        """Start the span of an attempt and make it the current one."""
        attributes: dict[str, Any] = {"resilience.attempt": number}
        if number > 1:
            attributes["http.request.resend_count"] = number - 1
        links = [] if self.before is None else [trace.Link(self.before)]
        context = trace.set_span_in_context(self.span)
        span = self.tracer.start_span("resilience attempt", context, attributes=attributes, links=links)
        self.before = span.get_span_context()
        attach(trace.set_span_in_context(span))
        return span

    def end_attempt(self, outcome: str, error: str | None) -> None:
        """End the span of the attempt, if one is under way."""
        span, self.attempt = self.attempt, None
        if span is not None:
            _end(span, outcome, error)

    def ending(self, error: BaseException | None) -> tuple[str, str | None]:
        """How something that ended like this is told: the outcome, and the class of the error."""
        return ("success", None) if error is None else (OUTCOMES[outcome_of(self.policy, error)], kind_of(error))


class Spans:
    """Follows calls, and hears events."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def begun(self, seat: Seat) -> Ended:
        """Start the span of a call; gives what ends it. Nothing that fails here reaches the call."""
        try:
            return self._begun(seat)
        except Exception as error:
            report(error, self, seat)
            return _nothing

    def _begun(self, seat: Seat) -> Ended:
        call = _Call(self._tracer, seat, _CALL.get())
        inside = trace.set_span_in_context(call.span)
        token = _CALL.set(call)
        # A scope that bounds nothing, for a retry takes a short way past its tracers where there is none.
        scope = SCOPE.set(current_scope() or NO_SCOPE)
        context = attach(inside)

        def ended(error: BaseException | None) -> None:
            try:
                try:
                    outcome, kind = call.ending(error)
                    call.end_attempt(outcome, kind)
                    _end(call.span, outcome, kind)
                finally:
                    detach(context)
                    SCOPE.reset(scope)
                    _CALL.reset(token)
            except Exception as trouble:
                report(trouble, self, seat)

        return ended

    def attempted(self, retry: str, attempt: int) -> None:
        """An attempt begins: the first, or the wait is over. In one that is under way it is somebody else's."""
        call = _of(retry)
        if call is not None and call.attempt is None and call.span.is_recording():
            try:
                call.attempt = call.started(attempt)
            except Exception as error:
                report(error, self, call)

    def raced(self, hedge: str, attempt: int) -> Ended:
        """An attempt beside others begins, in a context of its own."""
        call = _of(hedge)
        if call is None or not call.span.is_recording():
            return _nothing
        try:
            span = call.started(attempt)
        except Exception as error:
            report(error, self, call)
            return _nothing

        def ended(error: BaseException | None) -> None:
            try:
                _end(span, *call.ending(error))
            except Exception as trouble:
                report(trouble, self, call)

        return ended

    def heard(self, event: Event) -> None:
        """An event of the span that is current; an attempt that failed ends before it, for the wait belongs to the call."""
        fields = {name: value for name, value in told(event, event.at).items() if value is not None}
        if isinstance(event, RetryScheduled):
            call = _of(event.policy)
            if call is not None:
                call.end_attempt("failure", None if event.error is None else kind_of(event.error))
                attach(trace.set_span_in_context(call.span))  # in the wait
        span = trace.get_current_span()
        if span.is_recording():
            span.add_event(fields.pop("event"), _attributes(event.policy, fields))


def _of(maker: str) -> _Call | None:
    """The call under way whose attempts this retry or hedge makes."""
    call = _CALL.get()
    while call is not None and call.maker != maker:
        call = call.outer
    return call


def _attributes(policy: str, fields: dict[str, Any]) -> dict[str, Any]:
    named = {
        ("error.type" if name == "error" else f"resilience.{name}"): fields[name] for name in fields if name != "at"
    }
    return {"resilience.policy.name": plain(policy) or "", **named}


def _end(span: Span, outcome: str, error: str | None) -> None:
    span.set_attribute("resilience.outcome", outcome)
    if error is not None:
        span.set_attribute("error.type", error)
    if outcome in {"failure", "refused"}:
        span.set_status(trace.StatusCode.ERROR)
    span.end()


def _nothing(error: BaseException | None) -> None:
    """No spans were started."""
