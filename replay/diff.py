"""`diff`: what two exports or journals do not have in common, event by event."""

import argparse
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec

from llmtb.events.published import publish
from llmtb.events.record import Recorded
from replay.exits import BROKEN, DONE, judged
from replay.reading.source import Source, open_source

SHOWN = 20  # events that are printed; all are counted


class Entry(NamedTuple):
    """An event of one side. key: its place, by which the two are laid beside each other.

    mark: what is the same on both sides when the event is.
    """

    key: tuple[int, str, int]
    mark: bytes
    text: str


class Difference(msgspec.Struct, kw_only=True):
    """What came of it. prefix: how many events are the same from the beginning of both.

    parted: where the first difference is. only_a, only_b, changed: how many; shown: the first ones.
    """

    same: int = 0
    prefix: int = 0
    parted: str | None = None
    only_a: int = 0
    only_b: int = 0
    changed: int = 0
    shown: list[str] = []


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("a", type=Path, metavar="A", help="an export, or a journal")
    parser.add_argument("b", type=Path, metavar="B", help="another one")
    parser.add_argument(
        "--meaning", action="store_true", help="compare what events say, not where they stand"
    )
    parser.add_argument("--json", action="store_true", help="say the outcome as JSON")


def run(options: argparse.Namespace) -> int:
    """Compare the two; 0 where they are the same."""
    with open_source(options.a) as a, open_source(options.b) as b:
        found = by_meaning(a, b) if options.meaning else compare(_placed(a), _placed(b))
    told = [msgspec.json.encode(found).decode()] if options.json else _lines(found)
    text = "".join(f"{line}\n" for line in told)
    return judged(text, DONE if found.parted is None else BROKEN)


def compare(a: Iterator[Entry], b: Iterator[Entry]) -> Difference:
    """Lay two sides beside each other, each in order of its keys."""
    found = Difference()
    one, other = next(a, None), next(b, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one.key < other.key):
            assert one is not None  # noqa: S101 - one of them is left
            found.only_a += 1
            _part(found, f"only in A: {one.text}")
            one = next(a, None)
        elif one is None or other.key < one.key:
            found.only_b += 1
            _part(found, f"only in B: {other.text}")
            other = next(b, None)
        else:
            if one.mark == other.mark:
                found.same += 1
                found.prefix += found.parted is None
            else:
                found.changed += 1
                _part(found, f"another in B: {one.text} / {other.text}")
            one, other = next(a, None), next(b, None)
    return found


def by_meaning(a: Source, b: Source) -> Difference:
    """Compare what events say, stream by stream, wherever in the whole they stand."""
    with closing(Shelf()) as one, closing(Shelf()) as other:
        one.fill(a)
        other.fill(b)
        return compare(one.entries(), other.entries())


class Shelf:
    """The events of one side in order of stream and version; it lies on the disk."""

    def __init__(self) -> None:
        self._database = connect()

    def fill(self, source: Source) -> None:
        """Take all events of a source in."""
        rows = ((each.stream, each.version, said(each)) for each in source.events())
        # An event may be read as several newer ones, and a damaged source may repeat itself.
        self._database.executemany(
            """INSERT INTO events VALUES (?, ?, ?)
            ON CONFLICT DO UPDATE SET said = said || x'0a' || excluded.said""",
            rows,
        )
        self._database.commit()

    def entries(self) -> Iterator[Entry]:
        """All of them, in order."""
        found = self._database.execute("SELECT * FROM events ORDER BY stream, version")
        for stream, version, text in found:
            yield Entry((0, stream, version), text, f"{stream} {version}: {text.decode()}")

    def close(self) -> None:
        """Let the disk's space go."""
        self._database.close()


def connect() -> sqlite3.Connection:
    """A table for one side, in SQLite's own temporary file."""
    database = sqlite3.connect("")
    database.execute(
        "CREATE TABLE events (stream TEXT, version INTEGER, said BLOB,"
        " PRIMARY KEY (stream, version)) WITHOUT ROWID"
    )
    return database


def said(recorded: Recorded) -> bytes:
    """What an event says, wherever it stands."""
    form = publish(recorded)
    return _ENCODE({name: each for name, each in form.items() if name not in PLACES})


def _placed(source: Source) -> Iterator[Entry]:
    """The events of a source where they stand, known by their hashes."""
    for seq, stream, version, topic, _, mark in source.rows():
        yield Entry((seq, "", 0), mark, f"event {seq}, {topic} of {stream} {version}")


def _part(found: Difference, text: str) -> None:
    if found.parted is None:
        found.parted = text
    if len(found.shown) < SHOWN:
        found.shown.append(text)


def _lines(found: Difference) -> list[str]:
    if found.parted is None:
        return [f"the same {found.same} events"]
    counts = (
        f"the same: {found.same} ({found.prefix} of them before the first difference);"
        f" only in A: {found.only_a}; only in B: {found.only_b}; another: {found.changed}"
    )
    left = found.only_a + found.only_b + found.changed - len(found.shown)
    return [counts, *found.shown, *([f"and {left} more"] if left else [])]


PLACES = frozenset(("seq", "stream", "version"))
_ENCODE = msgspec.json.Encoder().encode
