"""Has a request done: by the program that runs over this data, else in this very process."""

import asyncio
import os
import random
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.status import Status
from rich.text import Text

from llmtb import control
from llmtb.app import House
from llmtb.audit.alone import ALONE, alone, opened
from llmtb.audit.service import REQUESTS, Auditing
from llmtb.control import Note, Unable
from llmtb.data import JOURNAL_FILE
from llmtb.events.errors import JournalInUse
from llmtb.events.journal import Journal
from llmtb.events.stores.memory import MemoryStore
from llmtb.library.answers import Answers
from llmtb.library.estimate import Estimate
from llmtb.library.requests import AnyRequest
from llmtb.library.service import Service, rules_of
from llmtb.runtime.clock import WallClock
from llmtb.settings import Settings
from llmtb.verbs.exits import Failed
from llmtb.verbs.place import failures, folder_of, settings_of

_READS: Final = ("ask_once", "judge", "list_documents", "tell_figures")
_PATIENCE: Final = 5.0  # seconds for another verb to end, or for the program to open its socket
_PAUSE: Final = 0.2


def done(
    settings_file: Path | None,
    data: Path | None,
    request: AnyRequest | dict[str, Any],
    *,
    piece: Callable[[str], None] | None = None,
) -> Any:
    """What comes of a request; how far it is is shown on a terminal. Raises Failed.

    piece: takes the pieces of a text that is being written.
    """
    settings = settings_of(settings_file)
    folder = folder_of(settings, data)
    with failures(), ExitStack() as stack:
        status = None
        if sys.stderr.isatty():
            status = stack.enter_context(Console(stderr=True).status("…"))
        try:
            return asyncio.run(_done(settings, folder, request, _noting(status, piece)))
        except Unable as unable:
            raise Failed(unable.status, str(unable)) from unable


def _noting(status: Status | None, tell: Callable[[str], None] | None) -> Note:
    def note(text: str, *, piece: bool = False) -> None:
        if piece and tell is not None:
            if status is not None:
                status.stop()
            tell(text)
        elif not piece and status is not None:
            status.update(Text(text))  # a file's name is no markup

    return note


async def _done(
    settings: Settings, folder: Path, request: AnyRequest | dict[str, Any], note: Note
) -> Any:
    form: dict[str, Any] = msgspec.to_builtins(request)
    loop = asyncio.get_running_loop()
    last = loop.time() + _PATIENCE
    while True:
        try:
            return await control.ask(folder, form, note)
        except (FileNotFoundError, ConnectionRefusedError):
            pass
        try:
            return await _here(settings, folder, form, note)
        except JournalInUse:
            if loop.time() >= last:
                raise
            note("another program is at the data; waiting for it")
        await asyncio.sleep(_PAUSE)


async def _here(settings: Settings, folder: Path, form: dict[str, Any], note: Note) -> Any:
    """Nothing runs over this data: open it, do it, close it."""
    async with AsyncExitStack() as stack:
        given = folder, settings, os.environ, WallClock()
        if form["do"] in ALONE:
            return await alone(*given, form, note)
        if form["do"] in _READS and not (folder / JOURNAL_FILE).exists():
            house = await _empty(stack)
        else:
            archive = await stack.enter_async_context(opened(*given))
            if form["do"] in REQUESTS:
                return await Auditing(archive).do(form, note)
            house = archive.house
        journal = house.journal

        async def open_answers(note: Note) -> Answers:
            note("loading the models")
            rules = rules_of(journal)
            writes = bool(form.get("draft")) or rules.generate
            answers = await Answers.open(settings.models, folder, writes=writes)
            stack.push_async_callback(answers.close)
            estimate = Estimate(asyncio.get_running_loop().time)
            await answers.show(
                service.library(), rules, lambda done, of: note(estimate.line(done, of))
            )
            return answers

        service = Service(house, journal, folder, open_answers)
        return await service.do(form, note)


async def _empty(stack: AsyncExitStack) -> House:
    """A house of nobody, for whom nothing is recorded: one that nothing remains of."""
    journal = await Journal.open(MemoryStore())
    stack.push_async_callback(journal.close)
    house = House(journal, WallClock(), random.Random(0))  # noqa: S311 - spreads retries
    stack.push_async_callback(house.stop)
    return house
