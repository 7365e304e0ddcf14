"""The real SDKs of openai and anthropic with a client of ours: who retries, who is refused, what streams."""

from __future__ import annotations

import anthropic
import httpx
import httpx2
import openai
import pytest
from tests.origins import Origin, answer, close_before_headers, event_stream, json_answer, unavailable

import resilience.http
from resilience import CircuitBreaker, CircuitOpenError
from resilience.http import httpx2 as guards

COMPLETION = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}],
}
MESSAGE = {
    "id": "m",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [{"type": "text", "text": "hi"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 1, "output_tokens": 1},
}
CHUNKS = [
    '{"id":"c","object":"chat.completion.chunk","created":1,"model":"m",'
    f'"choices":[{{"index":0,"delta":{{"content":"{text}"}},"finish_reason":null}}]}}'
    for text in ("h", "i")
]


class OpenAI:
    """What the story needs of the openai SDK."""

    path, reply, unreachable = "/v1/chat/completions", COMPLETION, openai.APIConnectionError
    status_error = openai.InternalServerError

    @staticmethod
    def make(world, url, client, **options):
        kind = openai.AsyncOpenAI if world.is_async else openai.OpenAI
        return kind(api_key="k", base_url=f"{url}/v1", http_client=client, **options)

    @staticmethod
    def ask(sdk, **options):
        return sdk.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}], **options)

    @staticmethod
    def text(reply):
        return reply.choices[0].message.content


class Anthropic:
    """What the story needs of the anthropic SDK."""

    path, reply, unreachable = "/v1/messages", MESSAGE, anthropic.APIConnectionError
    status_error = anthropic.InternalServerError

    @staticmethod
    def make(world, url, client, **options):
        kind = anthropic.AsyncAnthropic if world.is_async else anthropic.Anthropic
        return kind(api_key="k", base_url=url, http_client=client, **options)

    @staticmethod
    def ask(sdk, **options):
        return sdk.messages.create(model="m", max_tokens=5, messages=[{"role": "user", "content": "x"}], **options)

    @staticmethod
    def text(reply):
        return reply.content[0].text


BOTH = pytest.mark.parametrize("sdk", [OpenAI, Anthropic], ids=["openai", "anthropic"])


@pytest.fixture
def talk(world, skipping):
    """Run `story(api)` with an SDK around a guarded client of httpx2."""

    def run(sdk, origin, story, *, max_retries=0, module=guards, **options):
        def steps():
            kind = module.AsyncClient if world.is_async else module.Client
            client = kind(trust_env=False, clock=skipping, **options)
            try:
                yield from story(sdk.make(world, origin.url, client, max_retries=max_retries))
            finally:
                yield client.aclose() if world.is_async else client.close()

        world.session(steps)

    return run


@BOTH
def test_the_recipe_retries_once_and_in_one_place(talk, skipping, sdk):
    """`max_retries=0` and `idempotent=True`: two bad answers, one good, three requests, `Retry-After` obeyed."""

    def story(api):
        assert sdk.text((yield sdk.ask(api))) == "hi"

    with Origin().at(sdk.path, unavailable("2"), unavailable("1"), then=json_answer(sdk.reply)) as origin:
        talk(sdk, origin, story, idempotent=True)
    assert origin.count() == 3
    assert [int(slept) for slept in skipping.slept] == [2, 1]
    assert len({request.body_sha256 for request in origin.requests}) == 1


@BOTH
def test_a_post_of_theirs_is_not_repeated_unasked(talk, sdk):
    """Without the caller's word a completion is a write: one request, and the SDK's own error."""

    def story(api):
        with pytest.raises(sdk.status_error):
            yield sdk.ask(api)

    with Origin(then=answer(500)) as origin:
        talk(sdk, origin, story)
    assert origin.count() == 1


@BOTH
def test_row_01_their_retries_and_ours_multiply(talk, sdk, monkeypatch):
    """Why the recipe says `max_retries=0`: with one retry of theirs, three attempts of ours are six requests."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)

    def story(api):
        with pytest.raises(sdk.status_error):
            yield sdk.ask(api)

    with Origin(then=answer(500, headers={"retry-after-ms": "1"})) as origin:
        talk(sdk, origin, story, idempotent=True, max_retries=1, breaker=None)
    assert origin.count() == 6


def test_an_open_circuit_ends_an_openai_call_at_once(talk):
    """Whatever its own retries: our refusal is no `RequestError`, so it goes straight through as it is."""

    def story(api):
        with pytest.raises(CircuitOpenError) as caught:
            yield OpenAI.ask(api)
        assert isinstance(caught.value, httpx2.HTTPError)

    with Origin() as origin:
        breaker = CircuitBreaker("own", initial_state="open")
        talk(OpenAI, origin, story, max_retries=5, breaker=breaker)
        assert (origin.count(), breaker.snapshot().rejected) == (0, 1)


def test_an_open_circuit_ends_an_anthropic_call_with_the_recipe(talk):
    """It wraps and repeats every error there is: with `max_retries=0` there is one refusal, as the cause of its error."""

    def story(api):
        with pytest.raises(anthropic.APIConnectionError) as caught:
            yield Anthropic.ask(api)
        assert isinstance(caught.value.__cause__, CircuitOpenError)

    with Origin() as origin:
        breaker = CircuitBreaker("own", initial_state="open")
        talk(Anthropic, origin, story, breaker=breaker)
        assert (origin.count(), breaker.snapshot().rejected) == (0, 1)


@BOTH
def test_errors_of_the_network_arrive_as_theirs(talk, sdk):
    """A connection that breaks is the SDK's connection error, after our attempts."""

    def story(api):
        with pytest.raises(sdk.unreachable):
            yield sdk.ask(api)

    with Origin(then=close_before_headers) as origin:
        talk(sdk, origin, story, idempotent=True)
    assert origin.count() == 3


# The generators that the SDK itself leaves behind at "[DONE]"; trio tells of them.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_completion_streams_through(talk, world):
    """Server-sent events arrive as they come, and the stream's circuit is judged at its headers."""

    def story(api):
        stream = yield OpenAI.ask(api, stream=True)
        if world.is_async:
            texts = yield gather(stream)
        else:
            texts = [chunk.choices[0].delta.content for chunk in stream]
        assert texts == ["h", "i"]

    async def gather(stream):
        return [chunk.choices[0].delta.content async for chunk in stream]

    with Origin(then=event_stream([*CHUNKS, "[DONE]"], every=0.01)) as origin:
        talk(OpenAI, origin, story)


def test_openai_takes_a_client_of_httpx_as_well(talk):
    """The older package still serves, while openai accepts it."""

    def story(api):
        assert OpenAI.text((yield OpenAI.ask(api))) == "hi"

    with Origin().at(OpenAI.path, unavailable("0"), then=json_answer(COMPLETION)) as origin:
        talk(OpenAI, origin, story, module=resilience.http, idempotent=True)
    assert origin.count() == 2
    assert issubclass(resilience.http.Client, httpx.Client)
