"""Histories to check: a made-up day with words under key, and exports and journals of it."""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import msgspec

from llmtb.audit.giving.tree import Tree
from llmtb.events.chain import GENESIS, Row, chained
from llmtb.events.chat import QuestionAsked, SessionStarted
from llmtb.events.codec import CODEC
from llmtb.events.event import Event
from llmtb.events.exported import (
    CHECKPOINT,
    EVENTS,
    MANIFEST,
    ORIGIN,
    SCHEMA,
    SIGNED,
    Ends,
    Manifest,
    Places,
    Selection,
    line_of,
)
from llmtb.events.floor import PolicyChanged
from llmtb.events.merkle import Frontier
from llmtb.events.note import Checkpoint, signed, text_of
from llmtb.events.personal import Kind
from llmtb.events.published import instant
from llmtb.events.record import Change
from llmtb.events.sealing import Box, commitment
from llmtb.events.stores.database import create, lay_out
from llmtb.events.stores.memory import MemoryStore
from llmtb.simulate import simulate
from llmtb.testing.day import Day
from llmtb.vault.signer import Signer

LATE = datetime(2026, 11, 21, 23, tzinfo=UTC)
OURS = Signer("llmtb", b"\x01" * 32)
ANOTHER = Signer("llmtb", b"\x02" * 32)


class Drawer:
    """Keys that hide nothing: enough to have boxes, salt and commitments."""

    def __init__(self) -> None:
        self._boxes = 0

    def seal(self, owner: str, kind: Kind, at: datetime, place: bytes, words: bytes) -> Box:
        self._boxes += 1
        salted = sha256(b"%d" % self._boxes).digest()[:16] + words
        return Box(self._boxes, bytes(12), salted[::-1], commitment(salted))

    def open(self, box: Box, place: bytes) -> bytes | None:
        return box.ciphertext[::-1]

    def settle(self) -> None: ...

    def wrap(self, state: bytes, place: bytes) -> bytes:
        return state

    def unwrap(self, state: bytes, place: bytes) -> bytes | None:
        return state


OPENING = CODEC.with_keys(Drawer())


class History(NamedTuple):
    """Rows from the first, and the commands they came from: id, first, last."""

    rows: tuple[Row, ...]
    commands: tuple[tuple[str, int, int], ...]

    def root(self, size: int) -> bytes:
        """The Merkle root over the first rows."""
        tree = Frontier()
        tree.extend(row[5] for row in self.rows[:size])
        return tree.root()


def recorded(events: Iterable[tuple[str, Event]]) -> History:
    """The history of events in their streams, sealed; every third is a command's, with the next."""
    versions: dict[str, int] = {}
    changes = []
    for stream, event in events:
        versions[stream] = versions.get(stream, 0) + 1
        changes.append(Change(stream, versions[stream], event))
    stored = CODEC.with_keys(Drawer()).encode_all(changes)  # always with the same salt
    places = [(each.stream, each.version, *kept) for each, kept in zip(changes, stored)]
    rows = chained(GENESIS, places)
    firsts = range(1, len(rows), 3)
    return History(tuple(rows), tuple((f"press-{seq}", seq, seq + 1) for seq in firsts))


@cache
def day(length: int = 40) -> History:
    """The first events of a day of ten agents, and what two customers asked."""
    return recorded(events_of_a_day()[:length])


@cache
def events_of_a_day() -> list[tuple[str, Event]]:
    store = MemoryStore()
    simulate(Day(1, agents=10, crashes=0).lines(), store, lambda _: None)
    events = [(r.stream, r.event) for r in CODEC.recorded(store.rows(0, 10_000))]
    for number in range(3):
        chat = f"{4711 + number % 2}"
        asked = QuestionAsked(
            at=LATE,
            by=chat,
            chat=chat,
            question=f"q{number}",
            text="Where is it? ¿Qué?",
            language=None,
            audience="customer",
        )
        begun = SessionStarted(at=LATE, by=chat, chat=chat, audience="customer", idle_minutes=9)
        events[3 + 2 * number : 3 + 2 * number] = [(f"chat/{chat}", begun), (f"chat/{chat}", asked)]
    return events


class Export(NamedTuple):
    """The four files of an export, in memory."""

    lines: tuple[bytes, ...]
    manifest: bytes
    checkpoint: bytes
    signed: bytes

    def into(self, folder: Path) -> Path:
        """Write it into a folder, over what is there."""
        folder.mkdir(exist_ok=True)
        for name, data in (
            (EVENTS, b"".join(self.lines)),
            (MANIFEST, self.manifest),
            (CHECKPOINT, self.checkpoint),
            (SIGNED, self.signed),
        ):
            path = folder / name
            if not path.exists() or path.read_bytes() != data:
                path.write_bytes(data)
        return folder


def export(
    history: History,
    first: int = 1,
    last: int | None = None,
    *,
    stream: str | None = None,
    opened: bool = True,
    signer: Signer = OURS,
) -> Export:
    """An export of a stretch of a history, or of a stream in it."""
    rows = history.rows[: last or len(history.rows)]
    chosen = [row for row in rows if row[0] >= first and stream in (None, row[1])]
    commands = {command[1]: command for command in history.commands}
    ends = {
        row[0]
        for row, after in zip(chosen, [*chosen[1:], None])
        if stream is not None and (after is None or after[0] != row[0] + 1)
    }
    whole = Tree(len(rows), lambda first, end: [row[5] for row in rows[first:end]])
    lines, tree = [], Frontier()
    above = 0
    for row in chosen:
        event, boxes = (OPENING if opened else CODEC).as_stored(row)
        begins = row[0] > 1 and above != row[0] - 1
        previous = history.rows[row[0] - 2][5] if begins else None
        proof = whole.proof(row[0] - 1) if row[0] in ends else None
        places = Places(commands.get(row[0]), previous, proof)
        line, mark = line_of(row, event, boxes if opened else (), places)
        lines.append(line)
        tree.add_leaf(mark)
        above = row[0]
    manifest = _manifest(history, chosen, rows, signer, first, stream, opened)
    written = msgspec.json.format(msgspec.json.encode(manifest)) + b"\n"
    tree.add(written)
    size = len(rows)
    return Export(
        tuple(lines),
        written,
        note(Checkpoint("llmtb", size, history.root(size)), signer),
        note(Checkpoint("llmtb" + ORIGIN, tree.size, tree.root()), signer),
    )


def note(checkpoint: Checkpoint, signer: Signer = OURS) -> bytes:
    """A signed checkpoint."""
    text = text_of(checkpoint)
    return signed(text, signer.name, signer.hash, signer.sign(text.encode())).encode()


def _manifest(
    history: History,
    chosen: Sequence[Row],
    rows: Sequence[Row],
    signer: Signer,
    first: int,
    stream: str | None,
    opened: bool,
) -> Manifest:
    types: dict[str, int] = {}
    policy: tuple[int, PolicyChanged] | None = None
    for row in chosen:
        types[row[3]] = types.get(row[3], 0) + 1
    for row in rows:
        event = CODEC.as_stored(row)[0]
        if isinstance(event, PolicyChanged):
            policy = row[0], event
    whole = first > 1 and stream is None
    before = Frontier()
    before.extend(row[5] for row in history.rows[: first - 1])
    return Manifest(
        software="llmtb 0",
        schema=SCHEMA,
        made_at=instant(LATE),
        by="owner",
        shown="opened" if opened else "sealed",
        selection=Selection(first=first, stream=stream),
        events=len(chosen),
        first=_ends(chosen[0]),
        last=_ends(chosen[-1]),
        size=len(rows),
        previous=history.rows[first - 2][5].hex() if whole else None,
        peaks=[peak.hex() for peak in before.peaks] if whole else [],
        types=types,
        policy=None if policy is None else policy[1].policy,
        policy_seq=None if policy is None else policy[0],
        models=[],
        forgotten=[],
        origin="llmtb",
        key=signer.key,
    )


def _ends(row: Row) -> Ends:
    return Ends(seq=row[0], at=instant(CODEC.as_stored(row)[0].at), hash=row[5].hex())


def journal(history: History, path: Path) -> Path:
    """A journal's file with a history in it, written out whole."""
    create(path)
    lay_out(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("BEGIN")
        database.executemany("INSERT INTO stored_events VALUES (?, ?, ?, ?, ?, ?)", history.rows)
        database.executemany("INSERT INTO commands VALUES (?, ?, ?)", history.commands)
        database.execute("COMMIT")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path
