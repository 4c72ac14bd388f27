"""How a verb reaches the running program: a socket in the data folder that only its owner opens.

One request a connection: a line of JSON `{"do": …, …}`. Lines `{"note": …}`, how far it is, and
`{"piece": …}`, of a text that is being written, may follow; the last is `{"done": …}` or
`{"failed": "one line", "status": 2}`. Every line is bounded.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

log = logging.getLogger(__name__)

SOCKET: Final = "control.sock"
LONGEST: Final = 4 * 1024 * 1024  # bytes of one line
_ROOM: Final = 16  # requests at one time


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
        self._path = folder / SOCKET
        self._serve = serve
        self._room = asyncio.Semaphore(_ROOM)

    async def run(self) -> None:
        """Serve until this is cancelled; the socket of a program that crashed is replaced."""
        self._path.unlink(missing_ok=True)
        mask = os.umask(0o177)
        try:
            server = await asyncio.start_unix_server(self._take, self._path, limit=LONGEST)
        finally:
            os.umask(mask)
        try:
            async with server:
                await server.serve_forever()
        finally:
            self._path.unlink(missing_ok=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def send(line: dict[str, Any]) -> None:
            writer.write(msgspec.json.encode(line) + b"\n")

        def note(text: str, *, piece: bool = False) -> None:
            send({"piece" if piece else "note": text})

        try:
            async with self._room:
                send(await self._answer(await reader.readline(), note))
                await writer.drain()
        except (ConnectionError, ValueError) as trouble:
            log.info("a control request was lost: %s", trouble)
        finally:
            writer.close()

    async def _answer(self, line: bytes, note: Note) -> dict[str, Any]:
        try:
            request = msgspec.json.decode(line, type=dict[str, Any])
        except msgspec.MsgspecError as error:
            return {"failed": f"not a request: {error}", "status": 2}
        try:
            return {"done": await self._serve(request, note)}
        except Unable as unable:
            return {"failed": str(unable), "status": unable.status}
        except Exception:  # one request that fails must not end the program
            log.exception("the control request %r failed", request.get("do"))
            return {"failed": "the program could not do it; its log says why", "status": 1}


async def ask(folder: Path, request: dict[str, Any], note: Note) -> Any:
    """Have the running program do something; what it returns.

    Raises FileNotFoundError or ConnectionError when none runs, and Unable when it says no.
    """
    reader, writer = await asyncio.open_unix_connection(folder / SOCKET, limit=LONGEST)
    try:
        writer.write(msgspec.json.encode(request) + b"\n")
        await writer.drain()
        while line := await reader.readline():
            said = msgspec.json.decode(line, type=dict[str, Any])
            if "note" in said or "piece" in said:
                note(said.get("note") or said.get("piece", ""), piece="piece" in said)
            elif "done" in said:
                return said["done"]
            else:
                raise Unable(said["status"], said["failed"])
    finally:
        writer.close()
    raise Unable(1, "the running program ended before it was done; ask again")
