"""A journal with all that makes its file hard to read, and ways of damaging it."""

from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from random import Random
from string import ascii_letters
from tempfile import TemporaryDirectory
from typing import NamedTuple

from llmtb.events.chain import Row, chained
from llmtb.events.chat import QuestionAsked
from llmtb.events.codec import CODEC
from llmtb.events.event import Event
from llmtb.events.floor import WaitJoined
from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.events.stores.store import Applied
from tests.contract.places import NOON

PAGE = 4096
FRAME = PAGE + 24
LENGTHS = (*[20] * 40, 3800, 4000, 4061, 5000, 13_000)


class Built(NamedTuple):
    """A journal that was not closed: its file, its log, and what is in it.

    moved: how many of the events are in the file itself.
    """

    file: bytes
    log: bytes
    rows: list[Row]
    commands: list[Applied]
    moved: int


def event(chance: Random, chat: str) -> Event:
    """Some event; now and then so long a one that it fills several pages."""
    if chance.random() < 0.3:
        return WaitJoined(at=NOON, by=chat, agent=chat, shift="2026-11-21/day")
    text = "".join(chance.choices(ascii_letters, k=chance.choice(LENGTHS)))
    return QuestionAsked(
        at=NOON, by=chat, chat=chat, question=f"q{chance.random()}", text=text,
        language=None, audience="customer",
    )  # fmt: skip


def write(store: SQLiteStore, chance: Random, commits: int) -> Iterator[tuple[list[Row], Applied]]:
    """Commit some events a time, with a snapshot now and then; yields what was written."""
    versions: dict[str, int] = {}
    for row in store.rows(0, 1_000_000):
        versions[row[1]] = row[2]
    for number in range(commits):
        with store.transaction() as transaction:
            head = transaction.head()
            changes = []
            for _ in range(chance.randrange(1, 12)):
                chat = f"c{chance.randrange(9)}"
                stream = f"chat/{chat}"
                versions[stream] = versions.get(stream, 0) + 1
                topic, state = CODEC.encode(event(chance, chat))
                changes.append((stream, versions[stream], topic, state))
            rows = chained(head, changes)
            command = Applied(f"press {head.seq} {number}", rows[0][0], rows[-1][0])
            transaction.insert(rows, [command])
        if number % 9 == 0:
            state = chance.randbytes(chance.randrange(20_000))
            store.save_snapshot(f"chat/{number % 4}", "chat.1", rows[-1][0], state)
        yield rows, command


@cache
def built(commits: int = 60) -> Built:
    """A journal of which a part is in the file, and the rest in a log that was begun again."""
    chance = Random(5)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "journal.db"
        rows: list[Row] = []
        commands: list[Applied] = []
        moved = 0
        with closing(SQLiteStore(path)) as store:
            for part in (commits // 2, commits // 4, commits // 4):
                for written, command in write(store, chance, part):
                    rows += written
                    commands.append(command)
                if part is not commits // 4 or not moved:
                    with store.datastore.transaction(commit=False) as cursor:
                        cursor.execute("ROLLBACK")
                        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
                        cursor.execute("BEGIN")
                    moved = len(rows)
            log = path.with_name("journal.db-wal").read_bytes()
            return Built(path.read_bytes(), log, rows, commands, moved)


def pages_of(row: Row, content: bytes) -> set[int]:
    """The pages (from 0) of a file that hold a part of a row, found by its letters alone."""
    whole = row[4] + row[5]
    found = set()
    for start in range(0, len(whole), 24):
        piece = whole[start : start + 24]
        place = content.find(piece) if len(piece) == 24 else content.find(whole[-24:])
        while place >= 0:
            found |= {place // PAGE, (place + len(piece) - 1) // PAGE}
            place = content.find(piece, place + 1)
    return found
