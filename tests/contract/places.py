"""The stores the contract is held against, and what its tests write into them.

To hold a new store against it, add a place to PLACES.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from llmtb.events.chain import Row, chained
from llmtb.events.codec import CODEC, Codec
from llmtb.events.event import Event
from llmtb.events.floor import BreakExtended
from llmtb.events.journal import Change
from llmtb.events.stores.memory import MemoryStore
from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.events.stores.store import Applied, Store
from llmtb.vault.keys import Vault
from tests.vault.vaults import vault_in

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Place(ABC):
    """Somewhere a store keeps its rows."""

    @abstractmethod
    def open(self) -> Store:
        """Open the store, with whatever was committed into it before."""

    codec: Codec = CODEC
    """What journals over the store are read and written with."""


class Memory(Place):
    """The same object each time."""

    def __init__(self, folder: Path) -> None:
        self._store = MemoryStore()

    def open(self) -> Store:
        return self._store


class SQLite(Place):
    """A file in a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "journal.db"

    def open(self) -> Store:
        return SQLiteStore(self._path)


class Sealed(SQLite):
    """The same, with the keys of people's words beside it, as they are opened each time."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._folder = folder
        self._vault: Vault | None = None

    def open(self) -> Store:
        if self._vault is not None:
            self._vault.close()
        self._vault = vault_in(self._folder)
        self.codec = CODEC.with_keys(self._vault)
        return super().open()


PLACES: dict[str, Callable[[Path], Place]] = {
    "memory": Memory,
    "sqlite": SQLite,
    "sealed": Sealed,
}


def extended(agent: str = "a1") -> BreakExtended:
    """Return some event, with words about somebody in it."""
    shift, reason = "2026-11-21/day", f"the child of {agent} is ill"
    return BreakExtended(at=NOON, by="s1", agent=agent, shift=shift, due=NOON, reason=reason)


def change(stream: str, version: int, event: Event | None = None) -> Change:
    """Return a change, of some event unless one is given."""
    return Change(stream, version, event or extended())


def write(store: Store, *events: tuple[str, int], topic: str = "Seen") -> list[Row]:
    """Write events (stream, version) through the contract; return their rows."""
    with store.transaction() as transaction:
        rows = chained(transaction.head(), [(*event, topic, b"state") for event in events])
        transaction.insert(rows, [Applied(f"write {rows[0][0]}", rows[0][0], rows[-1][0])])
    return rows
