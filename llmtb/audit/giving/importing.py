"""Takes an export of a whole journal in again: the very same rows, hashes and command ids.

Everything is checked on the way into a file beside the journal's place, which gets its name at the
end. So whatever ends it in the middle, there is no journal, and it can be begun again.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import msgspec

from llmtb.control import INPUT, Unable
from llmtb.events.chain import GENESIS, Row, seal
from llmtb.events.codec import UNREADABLE
from llmtb.events.errors import StorageFailed
from llmtb.events.exported import (
    CHECKPOINT,
    END,
    EVENTS,
    LONGEST_LINE,
    MANIFEST,
    ORIGIN,
    SIGNED,
    TAIL,
    Line,
    Manifest,
    base64,
)
from llmtb.events.merkle import Frontier, leaf
from llmtb.events.note import LONGEST, Checkpoint, NoteError, opened
from llmtb.events.sealing import is_sealed
from llmtb.events.stores.database import Ownership, address, create, is_journal, lay_out
from llmtb.events.stores.sqlite import INSERT_COMMAND, INSERT_EVENT, SQLiteStore

LONGEST_MANIFEST: Final = 16 * 1024 * 1024  # bytes
_TOGETHER: Final = 2000  # events
Progress = Callable[[int, int], None]
"""Called with the events that were taken in, and how many there are."""


class Imported(NamedTuple):
    """What was taken in. hash: the last event's. sealed: events with words that need keys.

    key: whose signature the export has.
    """

    events: int
    commands: int
    hash: bytes
    sealed: int
    key: str


def take_in(export: Path, journal: Path, key: str | None, progress: Progress) -> Imported:
    """Make a journal of an export, where there is none yet, or an empty one.

    key: that must have signed it; None: the one it names. Raises Unable where it is damaged, not
    whole, or there are events already; a JournalError, or OSError.
    """
    reading = _Reading(export, key)
    journal.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with Ownership(journal):
        _refuse_used(journal)
        part = journal.with_name(f".{journal.name}.part")
        _remove(part)
        try:
            _fill(part, reading, progress)
            _remove(journal)  # it is empty; and its log must not be read as the new one's
            part.rename(journal)
            _settle(journal.parent)
        finally:
            _remove(part)
    return reading.imported()


def _refuse_used(journal: Path) -> None:
    """Raises Unable where there are events; BadDatabase where it is another file."""
    if not journal.exists() or not is_journal(journal):
        return
    with closing(SQLiteStore(journal, read_only=True)) as store:
        events = store.head().seq
    if events:
        line = f"{journal} has {events} events; an export is taken in where there is none"
        raise Unable(INPUT, line)


def _fill(part: Path, reading: "_Reading", progress: Progress) -> None:
    """Put everything into a new file, and have it on the disk."""
    create(part)
    try:
        lay_out(part)
        with closing(sqlite3.connect(address(part, "rw"), uri=True, isolation_level=None)) as into:
            into.execute("PRAGMA journal_mode = OFF")  # nobody misses a half
            into.execute("PRAGMA synchronous = OFF")
            into.execute("BEGIN")
            for rows, commands in reading.batches():
                into.executemany(INSERT_EVENT, rows)
                into.executemany(INSERT_COMMAND, commands)
                progress(rows[-1][0], reading.manifest.events)
            into.execute("COMMIT")
            into.execute("PRAGMA journal_mode = WAL")
    except sqlite3.IntegrityError as error:
        raise Unable(INPUT, f"{reading.export}: two of its events or commands are one") from error
    except sqlite3.Error as error:
        raise StorageFailed(f"{part}: {error}") from error
    handle = os.open(part, os.O_RDWR | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class _Reading:
    """An export that is gone through once, and whether everything in it holds."""

    def __init__(self, export: Path, key: str | None) -> None:
        self.export = export
        text = self._read(MANIFEST, LONGEST_MANIFEST)
        try:
            self.manifest = msgspec.json.decode(text, type=Manifest)
        except UNREADABLE as error:
            raise self._bad(f"{MANIFEST} is none of an export: {error}") from error
        self._text = text
        self._key = key or self.manifest.key
        self._refuse_partial()
        self._signed = self._note(SIGNED, self.manifest.origin + ORIGIN)
        self._whole = self._note(CHECKPOINT, self.manifest.origin)
        self._head = GENESIS
        self._versions: dict[str, int] = {}
        self._lines = Frontier()
        self._journal = Frontier()
        self._commands = self._ends = self._sealed = 0

    def imported(self) -> Imported:
        """What was read."""
        return Imported(self._head.seq, self._commands, self._head.hash, self._sealed, self._key)

    def batches(self) -> Iterator[tuple[list[Row], list[tuple[str, int, int]]]]:
        """The rows, and the commands that led to them; each after it was found to hold.

        At the end, all of them together are. Raises Unable.
        """
        rows: list[Row] = []
        commands: list[tuple[str, int, int]] = []
        with (self.export / EVENTS).open("rb") as file:
            for number, text in _numbered(file):
                try:
                    row, command = self._taken(text)
                except UNREADABLE as error:
                    raise self._bad(f"line {number} of {EVENTS}: {error}") from error
                rows.append(row)
                if command is not None:
                    commands.append(command)
                if len(rows) == _TOGETHER:
                    yield rows, commands
                    rows, commands = [], []
        if rows:
            yield rows, commands
        self._conclude()

    def _taken(self, text: bytes) -> tuple[Row, tuple[str, int, int] | None]:
        """The row of a line. Raises ValueError, or msgspec.MsgspecError."""
        body, end = text[:-TAIL], text[-TAIL:]
        if not end.startswith(END) or not text.endswith(b'"}\n'):
            raise ValueError("it is no whole line of an export")
        mark = leaf(body)
        if end[len(END) : -3] != mark.hex().encode():
            raise ValueError("it was changed: its leaf is not its own")
        line = _READ(body + b"}")
        if line.state is None or line.hash is None:
            raise ValueError("it has no stored bytes")
        state, topic = base64(line.state), line.topic or line.type
        seq, stream = self._head.seq + 1, line.stream
        version = self._versions.get(stream, 0) + 1
        if (line.seq, line.version) != (seq, version):
            raise ValueError(
                f"event {line.seq}, version {line.version} of {stream}, stands where event {seq},"
                f" version {version}, belongs"
            )
        hashed = seal(self._head.hash, seq, stream, version, topic, state)
        if hashed.hex() != line.hash:
            raise ValueError("its hash is not that of what it holds and of the events before it")
        self._versions[stream] = version
        self._head = self._head._replace(seq=seq, hash=hashed)
        self._lines.add_leaf(mark)
        self._journal.add(hashed)
        self._sealed += is_sealed(state)
        return (seq, stream, version, topic, state, hashed), self._command(line)

    def _command(self, line: Line) -> tuple[str, int, int] | None:
        if line.command is None:
            return None
        name, first, last = line.command
        if first != line.seq or last < first:
            raise ValueError("its command began at another event")
        self._commands += 1
        self._ends = max(self._ends, last)
        return name, first, last

    def _conclude(self) -> None:
        """Whether all lines together are those that were signed. Raises Unable."""
        manifest, last = self.manifest, self.manifest.last
        if self._head.seq != manifest.events or (last and last.hash != self._head.hash.hex()):
            raise self._bad(f"{manifest.events} events were exported, {self._head.seq} are there")
        self._lines.add(self._text)
        if self._signed[1:] != (self._lines.size, self._lines.root()):
            raise self._bad(f"it is not what was signed in {SIGNED}")
        if self._whole[1:] != (self._journal.size, self._journal.root()):
            raise self._bad(f"its events are not those that were signed in {CHECKPOINT}")
        if self._ends > self._head.seq:
            raise self._bad(
                f"it ends within a command: export again, up to event {self._ends} at least"
            )

    def _refuse_partial(self) -> None:
        manifest, chosen = self.manifest, self.manifest.selection
        if manifest.shown == "pseudonyms":
            raise self._bad("ids were replaced in it, so no journal can be made of it")
        if chosen.stream is not None or chosen.person is not None:
            raise self._bad("it holds one stream or person alone; only all events make a journal")
        if manifest.first is None or manifest.first.seq != 1:
            raise self._bad("it does not begin with event 1; only all events make a journal")

    def _note(self, name: str, origin: str) -> Checkpoint:
        text = self._read(name, LONGEST * 4).decode("utf-8", "replace")
        try:
            checkpoint = opened(text, self._key)
        except NoteError as error:
            raise self._bad(f"{name}: {error}") from error
        if checkpoint.origin != origin:
            raise self._bad(f"{name} is of {checkpoint.origin}, not of {origin}")
        return checkpoint

    def _read(self, name: str, most: int) -> bytes:
        try:
            with (self.export / name).open("rb") as file:
                return file.read(most)
        except OSError as error:
            raise self._bad(
                f"{name} cannot be read ({error.strerror}); is it an export?"
            ) from error

    def _bad(self, why: str) -> Unable:
        return Unable(INPUT, f"{self.export}: {' '.join(why.split())}")


def _numbered(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines of a file, with their numbers from 1; one beyond all bounds comes in parts."""
    number = 0
    while text := file.readline(LONGEST_LINE):
        number += 1
        yield number, text


def _remove(database: Path) -> None:
    """Take a database away, and what lies beside it, if it is there."""
    for suffix in ("-wal", "-shm", "-journal", ""):
        with suppress(FileNotFoundError):
            database.with_name(database.name + suffix).unlink()


def _settle(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


_READ: Final = msgspec.json.Decoder(Line).decode
