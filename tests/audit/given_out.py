"""Folders of data with anything that may be recorded in them, and exports made of them."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from hypothesis import strategies as st

from llmtb.audit.giving.exporting import Order, export
from llmtb.audit.giving.records import Records
from llmtb.audit.giving.selecting import Wanted, choose
from llmtb.data import JOURNAL_FILE, open_vault
from llmtb.events.audit import AUDIT_EVENTS, Shown
from llmtb.events.audit import STREAM as AUDIT
from llmtb.events.codec import CODEC, PUBLISHED
from llmtb.events.errors import UnwritableEvent
from llmtb.events.event import Event
from llmtb.events.exported import Manifest
from llmtb.events.journal import Change, Journal, Part
from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.runtime import virtual
from llmtb.settings import Audit
from llmtb.simulate import play
from llmtb.testing.day import Day
from llmtb.vault.keys import Vault
from llmtb.vault.signer import Signer
from replay.__main__ import main as replay
from tests.events.strategies import events

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
OURS = Signer("llmtb", b"\x01" * 32)
PEOPLE, CHATS = ("sara", "nima", "né a"), ("4711", "77:1")


class Said(NamedTuple):
    """A command and the events, in their streams, that it led to."""

    command: str | None
    events: list[tuple[str, Event]]


def readable(event: Event) -> bool:
    try:
        CODEC.encode(event)
    except UnwritableEvent:
        return False
    return True


STREAMS = st.sampled_from(
    [*(f"agent/{each}" for each in PEOPLE), *(f"chat/{each}" for each in CHATS), "desk/floor"]
)
HAPPENED = st.tuples(STREAMS, st.sampled_from(PUBLISHED).flatmap(events).filter(readable)).map(
    lambda each: (AUDIT, each[1]) if type(each[1]) in AUDIT_EVENTS else each
)
SAID = st.lists(
    st.lists(HAPPENED, min_size=1, max_size=3),
    min_size=1,
    max_size=12,
).map(lambda many: [Said(f"press-{n}" if n % 3 else None, each) for n, each in enumerate(many)])
"""Anything that may be recorded, by commands with an id and without."""


@contextmanager
def vault_of(folder: Path, *, read_only: bool = False) -> Iterator[Vault]:
    vault = open_vault(folder, Audit(), {}, read_only=read_only)
    try:
        yield vault
    finally:
        vault.close()


def keep(folder: Path, said: Sequence[Said]) -> None:
    """Record it in the folder's journal, sealed."""
    with vault_of(folder) as vault:
        asyncio.run(_keep(folder, said, vault))


async def _keep(folder: Path, said: Sequence[Said], vault: Vault) -> None:
    journal = await Journal.open(SQLiteStore(folder / JOURNAL_FILE), codec=CODEC.with_keys(vault))
    versions: dict[str, int] = {}
    try:
        for command, happened in said:
            changes = []
            for stream, event in happened:
                if stream not in versions:
                    versions[stream] = sum(1 for _ in journal.read_stream(stream))
                versions[stream] += 1
                changes.append(Change(stream, versions[stream], event))
            await journal.append([Part(changes, command)])
    finally:
        await journal.close()


@contextmanager
def kept(said: Sequence[Said]) -> Iterator[Path]:
    """A folder of data with this in its journal, for a time; what is made may lie beside it."""
    with TemporaryDirectory() as place:
        folder = Path(place) / "data"
        folder.mkdir()
        keep(folder, said)
        yield folder


@cache
def _day() -> TemporaryDirectory[str]:
    place = TemporaryDirectory()
    folder = Path(place.name)
    steps = list(Day(1, agents=10, crashes=1, calls=1).steps())
    with vault_of(folder) as vault:
        playing = play(
            iter(steps),
            SQLiteStore(folder / JOURNAL_FILE),
            lambda _: None,
            steps[0].at,
            CODEC.with_keys(vault),
        )
        virtual.run(playing, steps[0].at)
    return place


def day(place: Path) -> Path:
    """A folder of data with a made-up day in its journal."""
    return Path(shutil.copytree(_day().name, place / "data"))


def give(
    folder: Path,
    out: Path,
    shown: Shown = "opened",
    meanwhile: Callable[[], None] = lambda: None,
    **wanted: Any,
) -> Manifest:
    """Export it, with a key that tests know; something happens while its lines are written."""
    with Records(folder / JOURNAL_FILE) as records, vault_of(folder, read_only=True) as vault:
        want = Wanted(**wanted)
        order = Order(want, shown, CODEC.with_keys(vault), "owner", NOON, "llmtb", b"k" * 32)
        return export(records, order, choose(records, want), out, OURS, lambda *_: meanwhile())


def holds(export: Path, key: str = OURS.key) -> bool:
    """Whether the auditors' tool finds nothing wrong with it."""
    return replay(["verify", str(export), "--key", key]) == 0


def tables(folder: Path) -> tuple[list[Any], list[Any]]:
    """Every row, and every command."""
    with closing(sqlite3.connect(folder / JOURNAL_FILE)) as database:
        return (
            database.execute("SELECT * FROM stored_events ORDER BY seq").fetchall(),
            database.execute("SELECT * FROM commands ORDER BY command").fetchall(),
        )


def everything(export: Path) -> bytes:
    """All bytes of a folder."""
    return b"".join(path.read_bytes() for path in sorted(export.iterdir()))
