"""For tests: a small HTTP server that speaks OpenAI's chat completions on a real socket.

It has a generator of the house behind it, and faults on demand. No part of the product.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple, Self

from llmtb.inference.errors import InferenceError
from llmtb.inference.generation.draft import Draft, Generator
from llmtb.inference.generation.prompt import Priority, Prompt, Turn


class Fault(NamedTuple):
    """What goes wrong with one request.

    status: refused so, with these headers and this body. after: pieces that come before the rest
    happens. send: bytes that come then. hang: nothing more comes. drop: the connection breaks.
    plain: the answer comes whole, as JSON. slices: bytes of each write, 0 for whole events.
    """

    status: int = 200
    headers: str = ""
    body: bytes = b""
    after: int = 1_000_000
    send: bytes = b""
    hang: bool = False
    drop: bool = False
    plain: bool = False
    slices: int = 0


class Heard(NamedTuple):
    """A request, as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, object]


class OpenAIServer:
    """Answers `POST /v1/chat/completions`; `faults` are for the next requests, in order."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self.faults: list[Fault] = []
        self.heard: list[Heard] = []
        self.busy = 0
        self.busiest = 0
        self.left = asyncio.Event()  # a client has gone before its answer was whole
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def forget(self) -> None:
        """Begin anew: no faults, nothing heard."""
        self.faults, self.heard = [], []
        self.busiest = self.busy
        self.left = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.split("\r\n")
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in lines if line)
            }
            body = json.loads(await reader.readexactly(int(headers["content-length"])))
            self.heard.append(Heard(first.split()[1], headers, body))
            fault = self.faults.pop(0) if self.faults else Fault()
            self.busy += 1
            self.busiest = max(self.busy, self.busiest)
            try:
                await self._answer(body, fault, reader, writer)
            finally:
                self.busy -= 1
        except (OSError, asyncio.IncompleteReadError):
            self.left.set()
        finally:
            writer.close()

    async def _answer(
        self,
        body: dict[str, object],
        fault: Fault,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        if fault.status != 200:
            writer.write(_head(fault.status, "application/json", fault.headers) + fault.body)
            await writer.drain()
            return
        try:
            draft = self._generator.submit(_prompt(body), priority=Priority.CUSTOMER)
        except InferenceError as error:
            said = json.dumps({"error": {"message": str(error)}}).encode()
            writer.write(_head(400, "application/json", "") + said)
            return
        async with _watched(draft, reader) as gone, draft:
            await self._write(draft, fault, writer)
            if gone.is_set():
                self.left.set()

    async def _write(self, draft: Draft, fault: Fault, writer: asyncio.StreamWriter) -> None:
        if fault.plain:
            whole = await draft.result()
            message = {"choices": [{"message": {"content": whole.text}, "finish_reason": "stop"}]}
            writer.write(_head(200, "application/json", "") + json.dumps(message).encode())
            return
        writer.write(_head(200, "text/event-stream; charset=utf-8", ""))
        sent = 0
        pieces = aiter(draft)
        while sent < fault.after and (piece := await anext(pieces, None)) is not None:
            await _send(writer, _event({"content": piece}, None), fault.slices)
            sent += 1
        if fault.after <= sent:
            writer.write(fault.send)
            await writer.drain()
            if fault.hang:
                await asyncio.Event().wait()
            if fault.drop:
                return
            async for piece in pieces:
                await _send(writer, _event({"content": piece}, None), fault.slices)
        try:
            whole = await draft.result()
        except InferenceError:
            self.left.set()
            return
        reason = "length" if whole.ended == "length" else "stop"
        await _send(writer, _event({}, reason), fault.slices)
        await _send(writer, b": be patient\n\ndata: [DONE]\n\n", fault.slices)


@asynccontextmanager
async def _watched(draft: Draft, reader: asyncio.StreamReader) -> AsyncIterator[asyncio.Event]:
    """Give the draft up, and the task that waits, when the client goes away."""
    gone = asyncio.Event()
    owner = asyncio.current_task()

    async def watch() -> None:
        await reader.read(1)
        gone.set()
        draft.cancel()
        if owner is not None:
            owner.cancel()

    watcher = asyncio.create_task(watch())
    try:
        yield gone
    except asyncio.CancelledError:
        if not gone.is_set():
            raise
        raise ConnectionResetError from None
    finally:
        watcher.cancel()


async def _send(writer: asyncio.StreamWriter, data: bytes, slices: int) -> None:
    for start in range(0, len(data), slices or len(data)):
        writer.write(data[start : start + (slices or len(data))])
        await writer.drain()
        if slices:
            await asyncio.sleep(0)


def _event(delta: dict[str, str], reason: str | None) -> bytes:
    chunk = {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
    return b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\r\n\r\n"


def _head(status: int, kind: str, more: str) -> bytes:
    lines = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\nconnection: close\r\n{more}\r\n"
    return lines.encode()


def _prompt(body: dict[str, object]) -> Prompt:
    messages, most = body["messages"], body["max_tokens"]
    assert isinstance(messages, list)
    assert isinstance(most, int)
    return Prompt(tuple(Turn(each["role"], each["content"]) for each in messages), most)
