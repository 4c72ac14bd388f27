"""What a server may do to us: refuse, hang, lie, break; each is a line, and the rest goes on."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.inference.errors import EndpointError
from llmtb.inference.generation.batched import BatchedGenerator
from llmtb.inference.generation.endpoint import Endpoint, EndpointSettings
from llmtb.inference.generation.prompt import Priority
from llmtb.inference.generation.stream import LONGEST, Lines, complaint_of, piece_of
from tests.inference.models import installed
from tests.inference.openai_server import Fault, OpenAIServer
from tests.inference.providers import asked

KEY = "sk-of-tests"
FAST = EndpointSettings(first=5.0, between=1.5, pause=0.01)
FRANCE = asked("What is the capital of France?")
STORY = asked("Write a long story about the sea.", max_new=300)


class Ground(NamedTuple):
    """A loop with a server that all tests of this file share."""

    runner: asyncio.Runner
    server: OpenAIServer


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    with asyncio.Runner() as runner:
        generator = runner.run(BatchedGenerator.open(installed("smollm2-135m-instruct")))
        server = OpenAIServer(generator)
        runner.run(server.__aenter__())
        yield Ground(runner, server)
        runner.run(server.__aexit__())
        runner.run(generator.close(drain=False))


def using(
    ground: Ground,
    test: Callable[[Endpoint, OpenAIServer], Awaitable[None]],
    settings: EndpointSettings = FAST,
) -> None:
    async def run() -> None:
        ground.server.forget()
        endpoint = Endpoint(ground.server.url, name="small", key=KEY, settings=settings)
        try:
            async with asyncio.timeout(60):
                await test(endpoint, ground.server)
        finally:
            await endpoint.close(drain=False)

    ground.runner.run(run())


async def text(endpoint: Endpoint) -> str:
    return (await endpoint.submit(FRANCE, priority=Priority.AGENT).result()).text


def test_it_asks_as_the_protocol_says(ground: Ground) -> None:
    async def test(endpoint: Endpoint, server: OpenAIServer) -> None:
        assert "Paris" in await text(endpoint)
        (heard,) = server.heard
        assert heard.path == "/v1/chat/completions"
        assert heard.headers["authorization"] == f"Bearer {KEY}"
        assert heard.body == {
            "model": "small",
            "messages": [{"role": turn.role, "content": turn.text} for turn in FRANCE.turns],
            "max_tokens": 16,
            "temperature": 0.0,
            "stream": True,
        }

    using(ground, test)


@pytest.mark.parametrize(
    "fault",
    [Fault(slices=1), Fault(slices=7), Fault(plain=True), Fault(after=2, send=b": wait\n\n\n")],
    ids=["byte by byte", "in slices", "whole", "with comments"],
)
def test_the_text_is_the_same_however_it_comes(ground: Ground, fault: Fault) -> None:
    async def test(endpoint: Endpoint, server: OpenAIServer) -> None:
        plain = await text(endpoint)
        server.faults = [fault]
        assert await text(endpoint) == plain

    using(ground, test)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(ground: Ground, status: int) -> None:
    async def test(endpoint: Endpoint, server: OpenAIServer) -> None:
        server.faults = [Fault(status), Fault(status, headers="retry-after: 0\r\n")]
        assert "Paris" in await text(endpoint)
        assert len(server.heard) == 3

    using(ground, test)


def test_it_gives_up_after_some_tries(ground: Ground) -> None:
    async def test(endpoint: Endpoint, server: OpenAIServer) -> None:
        server.faults = [Fault(503, body=b'{"error": {"message": "too many\\nof us"}}')] * 3
        with pytest.raises(EndpointError) as failed:
            await text(endpoint)
        assert str(failed.value) == f"{server.url}: HTTP 503: too many of us; tried 3 times"
        assert len(server.heard) == 3
        assert endpoint.statistics().failed == 1
        assert "Paris" in await text(endpoint)

    using(ground, test)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(401, body=b'{"detail": "no such key"}'), "HTTP 401: no such key; check the key"),
        (Fault(404, body=b"<h1>Not here</h1>"), "HTTP 404: <h1>Not here</h1>; check URL and model"),
        (Fault(400, body=b"\xff\xfe"), "HTTP 400: ��"),
        (Fault(302, headers="location: http://127.0.0.1:9/v1\r\n"), "HTTP 302: "),
        (Fault(413, body=b"x" * (LONGEST + 1)), f"sent an answer of more than {LONGEST} bytes"),
        (Fault(after=2, drop=True), "ended the answer in the middle of the text"),
        (Fault(after=2, hang=True), "the next piece did not come within 1.5 s"),
        (Fault(after=2, send=b"data: {not json\n\n", hang=True), "sent what is no piece"),
        (Fault(after=2, send=b"data: [1, 2]\n\n", hang=True), "sent what is no piece"),
        (Fault(after=2, send=b'data: {"choices": 7}\n\n', hang=True), "sent what is no piece"),
        (Fault(after=2, send=b"data: \xff\n\n", hang=True), "sent what is no piece"),
        (Fault(after=2, send=b"data: " + b"x" * LONGEST, hang=True), "sent a line of more than"),
        (
            Fault(after=2, send=b'data: {"error": {"message": "out of memory"}}\n\n', hang=True),
            "broke off: out of memory",
        ),
        (Fault(after=2, send=b"data: [DONE]\n\n", drop=True), "in the middle of the text"),
    ],
)
def test_a_fault_is_a_line_is_not_tried_again_and_the_rest_goes_on(
    ground: Ground, fault: Fault, said: str
) -> None:
    async def test(endpoint: Endpoint, server: OpenAIServer) -> None:
        server.faults = [fault]
        with pytest.raises(EndpointError) as failed:
            await text(endpoint)
        assert str(failed.value).startswith(f"{server.url}: ")
        assert said in str(failed.value)
        assert "\n" not in str(failed.value)
        assert len(server.heard) == 1
        assert "Paris" in await text(endpoint)

    using(ground, test)


def test_a_server_that_never_begins_is_given_up(ground: Ground) -> None:
    async def test(endpoint: Endpoint, server: OpenAIServer) -> None:
        server.faults = [Fault(after=0, hang=True)]
        with pytest.raises(EndpointError, match=r"the first piece did not come within 0\.2 s"):
            await text(endpoint)

    using(ground, test, EndpointSettings(connect=0.1, first=0.2))


def test_a_text_that_ends_before_it_begins_is_tried_again(ground: Ground) -> None:
    async def test(endpoint: Endpoint, server: OpenAIServer) -> None:
        server.faults = [Fault(after=0, send=b"data: [DONE]\n\n", drop=True)]
        assert "Paris" in await text(endpoint)
        assert len(server.heard) == 2

    using(ground, test)


def test_a_server_that_is_not_there_is_an_error_in_a_line() -> None:
    async def run() -> None:
        gone = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        port = gone.sockets[0].getsockname()[1]
        gone.close()
        await gone.wait_closed()
        endpoint = Endpoint(f"http://127.0.0.1:{port}/v1/", name="small", settings=FAST)
        with pytest.raises(EndpointError) as failed:
            await text(endpoint)
        assert str(failed.value) == (
            f"http://127.0.0.1:{port}/v1: cannot be reached: ConnectError; tried 3 times"
        )
        await endpoint.close()

    asyncio.run(run())


@pytest.mark.parametrize("way", ["cancel", "deadline", "close", "stop text"])
def test_what_nobody_waits_for_closes_its_connection(ground: Ground, way: str) -> None:
    async def test(endpoint: Endpoint, server: OpenAIServer) -> None:
        prompt = asked(STORY.turns[-1].text, max_new=300, stop=("a", "e") * (way == "stop text"))
        deadline = 0.5 if way == "deadline" else None
        draft = endpoint.submit(prompt, priority=Priority.CALL, deadline=deadline)
        if way in {"cancel", "close"}:
            async for _ in draft:
                break
        if way == "cancel":
            draft.cancel()
        elif way == "close":
            await endpoint.close(drain=False)
        elif way == "stop text":
            assert (await draft.result()).ended == "stop"
        await server.left.wait()
        assert endpoint.statistics().running == 0

    using(ground, test)


def test_requests_at_once_are_bounded_with_one_more_for_calls(ground: Ground) -> None:
    async def test(endpoint: Endpoint, server: OpenAIServer) -> None:
        prompt = asked(STORY.turns[-1].text, max_new=24)
        drafts = [endpoint.submit(prompt, priority=Priority.CUSTOMER) for _ in range(6)]
        drafts.append(endpoint.submit(prompt, priority=Priority.CALL))
        assert all([(await draft.result()).tokens for draft in drafts])
        assert 2 <= server.busiest <= 3

    using(ground, test, EndpointSettings(at_once=2))


def test_the_key_is_in_no_message_and_no_log(
    ground: Ground, caplog: pytest.LogCaptureFixture
) -> None:
    async def test(endpoint: Endpoint, server: OpenAIServer) -> None:
        server.faults = [Fault(401, body=f"the key {KEY} is wrong".encode())]
        with pytest.raises(EndpointError) as failed:
            await text(endpoint)
        assert "the key … is wrong" in str(failed.value)
        assert "Paris" in await text(endpoint)
        seen = [str(failed.value), repr(failed.value), repr(endpoint), str(endpoint.statistics())]
        assert not any(KEY in each for each in seen)

    with caplog.at_level(logging.DEBUG):
        using(ground, test)
    assert KEY not in caplog.text


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "ключ", "x" * 5000])
def test_a_key_that_cannot_be_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(EndpointError) as refused:
        Endpoint("http://127.0.0.1:1/v1", name="small", key=key)
    assert not key or key not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://127.0.0.1/v1",
        "http:///v1",
        "http://localhost:secret@127.0.0.1/v1",
        "http://localhost:port/v1",
    ],
)
def test_a_url_that_cannot_be_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(EndpointError, match="URL") as refused:
        Endpoint(url, name="small")
    assert "secret" not in str(refused.value)


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=8))
def test_lines_are_the_same_however_they_are_cut(data: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    lines = Lines()
    pieces = [data[start:end] for start, end in pairwise(places)]
    taken = [line for piece in pieces for line in lines.take(piece)]
    assert taken == [line.removesuffix(b"\r") for line in data.split(b"\n")[:-1]]


@given(st.binary(max_size=100))
def test_whatever_a_server_sends_is_a_piece_nothing_or_an_error(data: bytes) -> None:
    with suppress(EndpointError):
        piece_of(b"data: " + data)
    assert "\n" not in complaint_of(data)
    assert len(complaint_of(data)) <= 200


NAMES = st.sampled_from(["choices", "delta", "content", "error", "usage", "message"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_no_json_breaks_the_reader(value: object) -> None:
    line = b"data:" + json.dumps(value).encode()
    with suppress(EndpointError):
        piece_of(line)
