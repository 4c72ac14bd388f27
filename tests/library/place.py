"""A house, its journal and its library in a folder, as a program that runs has them."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from llmtb.app import House
from llmtb.control import Note
from llmtb.events.journal import Journal
from llmtb.events.stores.memory import MemoryStore
from llmtb.events.stores.store import Store
from llmtb.inference.errors import ModelError
from llmtb.library.answers import Answers
from llmtb.library.service import Service
from llmtb.runtime.clock import WallClock
from llmtb.settings import Models
from tests.inference.models import FOLDER

SETTINGS = Models(folder=str(FOLDER), workers=1)


def silent(text: str, *, piece: bool = False) -> None:
    """Takes notes and keeps none."""


async def no_answers(note: Note) -> Answers:
    raise ModelError("no encoder is installed: run `llmtb models add`")


class Place:
    """All of it; `journal` and `store` are there to be looked at."""

    def __init__(self, journal: Journal, store: Store, folder: Path) -> None:
        self.journal = journal
        self.store = store
        self.folder = folder
        self.house = House(journal, WallClock(), random.Random(0))
        self.service = Service(self.house, journal, folder, no_answers)

    async def do(self, do: str, **fields: Any) -> Any:
        """Have a request done. Raises Unable."""
        return await self.service.do({"do": do, **fields}, silent)

    async def add(self, *paths: Path, **fields: Any) -> list[dict[str, Any]]:
        """Add documents; what became of each file."""
        outcome = await self.do("add_documents", paths=list(map(str, paths)), **fields)
        files: list[dict[str, Any]] = outcome["files"]
        return files

    def events(self) -> list[str]:
        """The types of all events so far."""
        return [type(each.event).__name__ for each in self.journal.read()]


@asynccontextmanager
async def opened(folder: Path, store: Store | None = None) -> AsyncIterator[Place]:
    """A place without models."""
    store = store or MemoryStore()
    journal = await Journal.open(store)
    place = Place(journal, store, folder)
    try:
        yield place
    finally:
        await place.house.stop()
        await journal.close()


def table(path: Path, *rows: str, header: str = "question,answer") -> Path:
    """A table of questions and answers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join((header, *rows)) + "\n", "utf-8")
    return path
