"""Reads documents without trusting them: each in a process of its own, bounded and timed."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import msgspec

from llmtb.inference.children import environment
from llmtb.inference.errors import DocumentError
from llmtb.inference.knowledge.documents import confined
from llmtb.inference.knowledge.documents.document import Document
from llmtb.inference.knowledge.documents.limits import MIB, USUAL, Limits

_LONGEST_NAME = 80


def read_document(path: Path, limits: Limits = USUAL) -> Document:
    """Reads a file; waits until it is read, `limits.seconds` at most.

    Raises DocumentError with one line: the file's name, what is wrong, what to do.
    """
    with _opened(path, limits) as file:
        child = subprocess.Popen(  # noqa: S603 - our own module, and no shell
            _command(path, limits),
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )
        with child:
            try:
                answer, _ = child.communicate(timeout=limits.seconds)
            except subprocess.TimeoutExpired:
                raise _late(path, limits) from None
            finally:
                child.kill()  # nobody waits for it any more
    return _result(path, answer, child.returncode, limits)


async def read(path: Path, limits: Limits = USUAL) -> Document:
    """Reads a file while the event loop goes on; cancelled, it ends the process that reads.

    Raises DocumentError as `read_document` does.
    """
    with await asyncio.to_thread(_opened, path, limits) as file:
        child = await asyncio.create_subprocess_exec(
            *_command(path, limits),
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )
        try:
            async with asyncio.timeout(limits.seconds):
                answer, _ = await child.communicate()
        except TimeoutError:
            raise _late(path, limits) from None
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
    return await asyncio.to_thread(_result, path, answer, child.returncode, limits)


async def read_documents(
    paths: Iterable[Path], limits: Limits = USUAL, *, at_once: int = 2
) -> list[Document | DocumentError]:
    """Reads files, `at_once` at a time; in their order, each one or what is wrong with it."""
    places = asyncio.Semaphore(at_once)

    async def one(path: Path) -> Document | DocumentError:
        async with places:
            try:
                return await read(path, limits)
            except DocumentError as error:
                return error

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(path)) for path in paths]
    return [task.result() for task in tasks]


def _opened(path: Path, limits: Limits) -> BinaryIO:
    """The file, opened once: the child reads this very one, and needs no path."""
    try:
        # A pipe by that name would wait for its writer.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "no such name"
        raise _error(path, f"cannot be opened ({reason}); check its name and rights") from None
    file = os.fdopen(handle, "rb", closefd=True) if _regular(handle) else None
    if file is None:
        os.close(handle)
        raise _error(path, "is no file; give one")
    if os.fstat(handle).st_size > limits.size:
        file.close()
        most = f"{limits.size / MIB:,.0f} MiB"
        raise _error(path, f"is larger than {most}; split it into parts")
    return file


def _regular(handle: int) -> bool:
    return stat.S_ISREG(os.fstat(handle).st_mode)


def _command(path: Path, limits: Limits) -> list[str]:
    module = confined.__name__
    return [sys.executable, "-P", "-m", module, path.name, msgspec.json.encode(limits).decode()]


def _environment() -> dict[str, str]:
    root = str(Path(confined.__file__).parents[4])
    return environment() | {"PYTHONPATH": root}


def _result(path: Path, answer: bytes, status: int | None, limits: Limits) -> Document:
    try:
        result = msgspec.msgpack.decode(answer, type=confined.Outcome)
    except msgspec.DecodeError:
        raise _error(path, _ended(status, limits)) from None
    if result.document is None:
        raise _error(path, result.wrong)
    return result.document


def _ended(status: int | None, limits: Limits) -> str:
    """What is said of a document whose reader ended without an answer."""
    if status in {-signal.SIGXCPU, -signal.SIGKILL}:
        return f"takes more than {limits.cpu_seconds} s to read; split it or save it again"
    if status == confined.OUT_OF_MEMORY:
        return confined.too_much_memory(limits)
    return "breaks its reader; save it again in another format"


def _late(path: Path, limits: Limits) -> DocumentError:
    return _error(path, f"takes more than {limits.seconds:g} s to read; split it or save it again")


def _error(path: Path, wrong: str) -> DocumentError:
    name = "".join(sign if sign.isprintable() else "?" for sign in path.name)
    if len(name) > _LONGEST_NAME:
        name = f"{name[: _LONGEST_NAME // 2]}…{name[-_LONGEST_NAME // 2 :]}"
    return DocumentError(f"{name or path}: {wrong}")
