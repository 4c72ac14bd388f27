"""The socket of the running program: who may call, what is bounded, and what a death looks like."""

import asyncio
import os
import socket
import stat
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb import control
from llmtb.control import SOCKET, Control, Note, Unable, ask

simple = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


async def echo(request: dict[str, Any], note: Note) -> Any:
    match request.get("do"):
        case "refuse":
            raise Unable(6, "no model is there")
        case "fail":
            raise RuntimeError("secret words of a document")
        case "write":
            note("writing")
            for piece in ("سلا", "م\n", ""):
                note(piece, piece=True)
        case "much":
            return "x" * 5_000_000
        case "too_much":
            return "x" * control.LONGEST_REPLY
    return request


@asynccontextmanager
async def running(folder: Path, serve: control.Serve = echo) -> AsyncIterator[None]:
    os.makedirs(folder, mode=0o700, exist_ok=True)
    task = asyncio.create_task(Control(folder, serve).run())
    for _ in range(3):
        await asyncio.sleep(0)  # until it listens
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert SOCKET not in os.listdir(folder)


def told(folder: Path, request: dict[str, Any], serve: control.Serve = echo) -> Any:
    async def story() -> Any:
        async with running(folder, serve):
            return await ask(folder, request, silent)

    return asyncio.run(story())


def silent(text: str, *, piece: bool = False) -> None:
    pass


@given(request=st.dictionaries(st.text(max_size=8), simple, max_size=5))
def test_what_is_asked_arrives_and_what_comes_of_it_returns(
    request: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert told(tmp_path_factory.mktemp("run"), request) == request


def test_notes_and_pieces_come_in_order(tmp_path: Path) -> None:
    heard: list[tuple[str, bool]] = []

    def hear(text: str, *, piece: bool = False) -> None:
        heard.append((text, piece))

    async def story() -> None:
        async with running(tmp_path):
            await ask(tmp_path, {"do": "write"}, hear)

    asyncio.run(story())
    assert heard == [("writing", False), ("سلا", True), ("م\n", True), ("", True)]


def test_only_the_owner_can_call(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path / "data"):
            assert stat.S_IMODE((tmp_path / "data" / SOCKET).stat().st_mode) == 0o600

    asyncio.run(story())


def test_a_refusal_is_a_line_and_a_status(tmp_path: Path) -> None:
    with pytest.raises(Unable, match="no model is there") as refused:
        told(tmp_path, {"do": "refuse"})
    assert refused.value.status == 6


def test_a_failure_says_nothing_of_what_failed(tmp_path: Path) -> None:
    with pytest.raises(Unable, match="its log says why") as refused:
        told(tmp_path, {"do": "fail"})
    assert refused.value.status == 1
    assert "secret" not in str(refused.value)


def test_replies_may_be_large_and_are_bounded(tmp_path: Path) -> None:
    assert len(told(tmp_path, {"do": "much"})) == 5_000_000
    with pytest.raises(Unable, match="too much") as refused:
        told(tmp_path, {"do": "too_much"})
    assert refused.value.status == 2


def test_requests_are_bounded_on_both_ends(tmp_path: Path) -> None:
    with pytest.raises(Unable, match="at most 4 MiB"):
        told(tmp_path, {"do": "x" * control.LONGEST})

    async def story() -> bytes:
        async with running(tmp_path):
            reader, writer = await asyncio.open_unix_connection(tmp_path / SOCKET)
            writer.write(b"x" * (control.LONGEST + 1))
            line = await reader.readline()
            writer.close()
            return line

    assert b"at most 4 MiB" in asyncio.run(story())


@pytest.mark.parametrize("line", [b"nonsense\n", b"[1]\n", b"\xff\n", b"{}" * 3 + b"\n"])
def test_what_is_no_request_is_refused(line: bytes, tmp_path: Path) -> None:
    async def story() -> dict[str, Any]:
        async with running(tmp_path):
            reader, writer = await asyncio.open_unix_connection(tmp_path / SOCKET)
            writer.write(line)
            answer = msgspec.json.decode(await reader.readline(), type=dict[str, Any])
            writer.close()
            assert await ask(tmp_path, {"do": "on"}, silent) == {"do": "on"}
            return answer

    assert asyncio.run(story())["status"] == 2


def test_where_no_program_runs_it_can_be_told_apart(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        asyncio.run(ask(tmp_path, {}, silent))
    with socket.socket(socket.AF_UNIX) as crashed:
        crashed.bind(str(tmp_path / SOCKET))
    with pytest.raises(ConnectionRefusedError):
        asyncio.run(ask(tmp_path, {}, silent))
    assert told(tmp_path, {"do": "on"}) == {"do": "on"}, "a stale socket is replaced"


def test_a_folder_with_a_long_path_has_a_socket_too(tmp_path: Path) -> None:
    assert told(tmp_path / ("deep" * 20) / ("er" * 60), {"do": "on"}) == {"do": "on"}


@pytest.mark.parametrize("said", [b"", b'{"note": "half', b'{"note": "one"}\n'])
def test_a_program_that_dies_in_the_middle_is_said_in_a_line(said: bytes, tmp_path: Path) -> None:
    async def dying(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(said)
        writer.transport.abort() if not said else writer.close()

    async def story() -> None:
        async with await asyncio.start_unix_server(dying, tmp_path / SOCKET):
            with pytest.raises(Unable, match="ended before it was done") as told:
                await ask(tmp_path, {"do": "on"}, silent)
            assert told.value.status == 1

    asyncio.run(story())


@pytest.mark.parametrize("said", [b"HTTP/1.1 200 OK\n", b'{"failed": 1}\n', b"[]\n"])
def test_a_stranger_on_the_socket_is_said_in_a_line(said: bytes, tmp_path: Path) -> None:
    async def strange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(said)
        await writer.drain()
        writer.close()

    async def story() -> None:
        async with await asyncio.start_unix_server(strange, tmp_path / SOCKET):
            with pytest.raises(Unable, match="not this program"):
                await ask(tmp_path, {"do": "on"}, silent)

    asyncio.run(story())


def test_what_nobody_waits_for_any_more_is_given_up(tmp_path: Path) -> None:
    async def story() -> None:
        begun, ended = asyncio.Event(), asyncio.Event()

        async def long(request: dict[str, Any], note: Note) -> Any:
            begun.set()
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                ended.set()

        async with running(tmp_path, long):
            asking = asyncio.create_task(ask(tmp_path, {"do": "on"}, silent))
            await begun.wait()
            asking.cancel()
            async with asyncio.timeout(30):
                await ended.wait()

    asyncio.run(story())


def test_an_end_of_the_program_ends_what_is_under_way(tmp_path: Path) -> None:
    async def story() -> None:
        begun = asyncio.Event()

        async def long(request: dict[str, Any], note: Note) -> Any:
            begun.set()
            await asyncio.get_running_loop().create_future()

        async with running(tmp_path, long):
            asking = asyncio.create_task(ask(tmp_path, {"do": "on"}, silent))
            await begun.wait()
        with pytest.raises(Unable, match="ended before it was done"):
            await asking

    asyncio.run(story())


def test_those_who_call_and_say_nothing_keep_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "_PATIENCE", 0.2)

    async def story() -> None:
        async with running(tmp_path):
            calls = [await asyncio.open_unix_connection(tmp_path / SOCKET) for _ in range(40)]
            assert await ask(tmp_path, {"do": "on"}, silent) == {"do": "on"}
            for reader, writer in calls:
                with suppress(ConnectionError):
                    assert await reader.read() == b""
                writer.close()

    asyncio.run(story())


def test_many_at_once_each_get_their_own(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path):
            wanted: list[Coroutine[Any, Any, Any]] = [
                ask(tmp_path, {"do": "on", "number": number}, silent) for number in range(60)
            ]
            got = await asyncio.gather(*wanted)
            assert [each["number"] for each in got] == list(range(60))

    asyncio.run(story())


def test_where_there_can_be_no_socket_the_program_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        task = asyncio.create_task(Control(tmp_path / "gone", echo).run())
        await asyncio.sleep(0.05)
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(story())
    assert "verbs cannot reach this program" in caplog.text
