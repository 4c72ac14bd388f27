"""A journal in memory on a virtual clock, signed by a key of the tests."""

import random
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from llmtb.actors.centre import AddAgent
from llmtb.app import House
from llmtb.audit.vouching.checkpoints import Checkpoints, Signing
from llmtb.audit.vouching.matching import Edge
from llmtb.events.journal import Journal
from llmtb.events.stores.memory import MemoryStore
from llmtb.runtime import virtual
from llmtb.vault.signer import Signer

NIGHT = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)  # midnight in Tehran, of the 21st
SIGNER = Signer("llmtb", bytes(range(32)))


class Desk:
    """A house, its journal, and the checkpoints that are made of it in a folder."""

    def __init__(self, journal: Journal, folder: Path) -> None:
        self.folder = folder
        self.journal = journal
        self.house = House(journal, virtual.clock(), random.Random(1))
        self.checkpoints = self.fresh()
        self._hired = 0

    def fresh(self, edge: Edge | None = None) -> Checkpoints:
        """As after a new start."""
        return Checkpoints(self.house, Signing(SIGNER, self.folder, "llmtb", edge))

    async def hire(self, count: int = 1) -> None:
        """Have something happen."""
        for _ in range(count):
            self._hired += 1
            await self.house.floor(AddAgent(agent=f"a{self._hired}", name="Agent"))


def play(folder: Path, story: Callable[[Desk], Coroutine[Any, Any, None]]) -> None:
    """A story at a desk."""

    async def main() -> None:
        journal = await Journal.open(MemoryStore())
        desk = Desk(journal, folder)
        await story(desk)
        await desk.house.stop()
        await journal.close()

    virtual.run(main(), NIGHT)
