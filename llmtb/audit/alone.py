"""Does what needs that nothing else uses the data: they are opened for it, and once more after it.

The second opening destroys what was recorded to be destroyed, see `llmtb.audit.privacy.erasing`.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from llmtb.app import House
from llmtb.audit.archive import Archive
from llmtb.audit.service import Auditing
from llmtb.audit.vouching.checkpoints import Checkpoints
from llmtb.control import FAULT, Note, Unable
from llmtb.data import open_journal
from llmtb.runtime.clock import Clock
from llmtb.settings import Settings

ALONE: Final = frozenset({"accept", "forget"})
"""The requests that are done like this."""

Work = Callable[[], Awaitable[Any]]


async def alone(
    folder: Path,
    settings: Settings,
    environment: Mapping[str, str],
    clock: Clock,
    form: dict[str, Any],
    note: Note,
) -> Any:
    """Do what a request says, and everything that follows from it.

    Raises Unable, and what opening the data raises.
    """
    async with opened(folder, settings, environment, clock) as archive:
        done = await Auditing(archive).do(form, note)
    note("destroying the keys, and what was made from the words")
    async with opened(folder, settings, environment, clock):
        return done


@asynccontextmanager
async def opened(
    folder: Path, settings: Settings, environment: Mapping[str, str], clock: Clock
) -> AsyncIterator[Archive]:
    """The data, with actors but without anything that would tell or show people something.

    Raises JournalError, or OSError.
    """
    held = await open_journal(folder, settings.audit, environment)
    journal, vault, signing = held
    # It is only where the data are merely read that these are not there.
    assert vault is not None and signing is not None  # noqa: S101, PT018
    try:
        house = House(journal, clock, random.Random(0))  # noqa: S311 - spreads retries
        try:
            checkpoints = Checkpoints(house, signing)
            yield Archive(house, journal, vault, folder, settings, checkpoints)
        finally:
            await house.stop()
    finally:
        await held.close()


class Apart:
    """Work that waits until a program that runs has closed everything."""

    def __init__(self) -> None:
        self._wanted = asyncio.Event()
        self._works: list[tuple[Work, asyncio.Future[Any]]] = []

    async def wanted(self) -> None:
        """Wait until there is work."""
        await self._wanted.wait()

    async def do(self, work: Work) -> Any:
        """Have everything closed, this done, and everything opened again; what comes of it."""
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._works.append((work, done))
        self._wanted.set()
        return await asyncio.shield(done)

    async def work(self) -> None:
        """Do what waits; everything is closed now."""
        self._wanted.clear()
        works, self._works = self._works, []
        for work, done in works:
            try:
                done.set_result(await work())
            except Exception as error:  # noqa: BLE001 - whoever asked gets it
                done.set_exception(error)
                done.exception()  # nobody need be left to hear it

    def close(self) -> None:
        """Nothing is done any more."""
        for _, done in self._works:
            done.set_exception(Unable(FAULT, "the program ended before it was done; ask again"))
        self._works = []
