"""How a verb reaches the running program: a socket in the data folder that only its owner opens.

One request a connection: a line of JSON `{"do": …, …}`. Lines `{"note": …}`, how far it is, and
`{"piece": …}`, of a text that is being written, may follow; the last is `{"done": …}` or
`{"failed": "one line", "status": 2}`. Every line is bounded. Whoever hangs up wants it no more.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

log = logging.getLogger(__name__)

SOCKET: Final = "control.sock"
LONGEST: Final = 4 * 1024 * 1024  # bytes of a request
LONGEST_REPLY: Final = 64 * 1024 * 1024
FAULT, INPUT, DATABASE, STORAGE = 1, 2, 3, 4  # exit statuses, see llmtb.verbs.exits
_ROOM: Final = 16  # requests at one time
_PATIENCE: Final = 10.0  # seconds that a request's line, and the reading of its reply, may take
_ADDRESS: Final = 100  # bytes of a socket's address that every system takes
_TOO_LONG: Final = f"a request is at most {LONGEST >> 20} MiB; ask for less at once"
_ENDED: Final = "the running program ended before it was done; ask again"


class Note(Protocol):
    """Takes a line about how far the work is, or a piece of a text that is being written."""

    def __call__(self, text: str, *, piece: bool = False) -> None: ...


Serve = Callable[[dict[str, Any], Note], Awaitable[Any]]
"""Does what a request says, and returns what JSON can hold. Raises Unable."""


class Unable(Exception):
    """A request cannot be done: one line for the person, and the exit status of the verb."""

    def __init__(self, status: int, line: str) -> None:
        super().__init__(line)
        self.status = status


class Control:
    """The socket of a running program."""

    def __init__(self, folder: Path, serve: Serve) -> None:
        self._folder = folder
        self._serve = serve
        self._room = asyncio.Semaphore(_ROOM)
        self._open: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve until this is cancelled; the socket of a program that crashed is replaced.

        Where there can be no socket, it says so and waits: the program itself goes on.
        """
        try:
            listening = _bound(self._folder)
        except OSError as error:
            log.warning("verbs cannot reach this program: %s: %s", SOCKET, error.strerror or error)
            await asyncio.get_running_loop().create_future()
            return
        server = None
        try:
            server = await asyncio.start_unix_server(self._take, sock=listening, limit=LONGEST)
            await asyncio.get_running_loop().create_future()
        finally:
            (self._folder / SOCKET).unlink(missing_ok=True)
            if server is not None:
                server.close()
            for task in self._open:
                task.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._carry_out(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _carry_out(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                line = await _line(reader)
            async with self._room:
                await self._answer(line, reader, writer)
            async with asyncio.timeout(_PATIENCE):
                await writer.drain()
        except (ConnectionError, TimeoutError) as trouble:
            log.info("a control request was lost: %s", trouble or "nobody reads or writes")
            writer.transport.abort()
        finally:
            writer.close()

    async def _answer(
        self, line: bytes | None, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        def send(line: dict[str, Any]) -> None:
            written = msgspec.json.encode(line) + b"\n"
            if len(written) > LONGEST_REPLY:
                written = msgspec.json.encode(_failed(INPUT, "too much to tell; ask for less"))
                written += b"\n"
            writer.write(written)

        def note(text: str, *, piece: bool = False) -> None:
            if not writer.is_closing():
                send({"piece" if piece else "note": text})

        doing = asyncio.ensure_future(self._do(line, note))
        gone = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait((doing, gone), return_when=asyncio.FIRST_COMPLETED)
            if not doing.done():
                raise ConnectionAbortedError("who asked has hung up")
            send(doing.result())
        finally:
            for each in (doing, gone):
                each.cancel()
            await asyncio.gather(doing, gone, return_exceptions=True)

    async def _do(self, line: bytes | None, note: Note) -> dict[str, Any]:
        if line is None:
            return _failed(INPUT, _TOO_LONG)
        try:
            request = msgspec.json.decode(line, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            return _failed(INPUT, f"not a request: {error}")
        try:
            return {"done": await self._serve(request, note)}
        except Unable as unable:
            return _failed(unable.status, str(unable))
        except Exception:  # one request that fails must not end the program
            log.exception("the control request %.40r failed", request.get("do"))
            return _failed(FAULT, "the program could not do it; its log says why")


async def ask(folder: Path, request: dict[str, Any], note: Note) -> Any:
    """Have the running program do something; what it returns.

    Raises FileNotFoundError or ConnectionRefusedError when none runs, and Unable when it says no
    or ends before it is done.
    """
    form = msgspec.json.encode(request) + b"\n"
    if len(form) > LONGEST:
        raise Unable(INPUT, _TOO_LONG)
    with _address(folder) as address:
        reader, writer = await asyncio.open_unix_connection(address, limit=LONGEST_REPLY)
    try:
        return await _asked(reader, writer, form, note)
    except ConnectionError as error:
        raise Unable(FAULT, _ENDED) from error
    except (ValueError, KeyError, TypeError) as error:
        raise Unable(FAULT, "what answers on the socket is not this program") from error
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def _asked(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, form: bytes, note: Note
) -> Any:
    writer.write(form)
    await writer.drain()
    while line := await reader.readline():
        if not line.endswith(b"\n"):
            break
        said = msgspec.json.decode(line, type=dict[str, Any])
        if "done" in said:
            return said["done"]
        if "failed" in said:
            raise Unable(said["status"], said["failed"])
        note(said.get("note") or said.get("piece", ""), piece="piece" in said)
    raise Unable(FAULT, _ENDED)


def _failed(status: int, line: str) -> dict[str, Any]:
    return {"failed": line, "status": status}


async def _line(reader: asyncio.StreamReader) -> bytes | None:
    """The request; None where it is too long. Raises ConnectionError where there is none."""
    try:
        line = await reader.readline()
    except ValueError:
        return None
    if not line.endswith(b"\n"):
        raise ConnectionAbortedError("it had no end")
    return line


def _bound(folder: Path) -> socket.socket:
    """A socket in the folder; nobody can call before it listens, and then its owner alone."""
    path = folder / SOCKET
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    try:
        with _address(folder) as address:
            listening.bind(address)
        path.chmod(0o600)
    except OSError:
        listening.close()
        raise
    return listening


@contextmanager
def _address(folder: Path) -> Iterator[str]:
    """The socket's address; through an open folder where the path itself is too long for one."""
    path = folder / SOCKET
    if len(os.fsencode(path)) <= _ADDRESS:
        yield str(path)
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/{SOCKET}"
    finally:
        os.close(handle)
