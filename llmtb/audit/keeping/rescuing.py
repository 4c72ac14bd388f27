"""Rescues what can be read of a damaged journal, and says where the damage is and what is lost.

The file is never written to. Of an event that is rescued every byte is what was written: its hash
says so; see `llmtb.audit.keeping.linking` for the one exception, which is marked.
"""

import fcntl
import os
import re
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path

import msgspec

from llmtb.audit.giving.records import instant_of
from llmtb.audit.keeping import carving
from llmtb.audit.keeping.journals import EVERY, NewJournal, Tell, proven, storage
from llmtb.audit.keeping.linking import ELSEWHERE, Candidates, Linked, OtherHistory, Refuted
from llmtb.audit.keeping.other_sources import JOURNAL, take_in
from llmtb.audit.keeping.pages import Pages
from llmtb.audit.keeping.whole import half, refuse_used
from llmtb.control import INPUT, Unable
from llmtb.events.chain import GENESIS, Head, Row
from llmtb.events.codec import CODEC
from llmtb.events.errors import DamagedDatabase, JournalInUse, UnreadableEvent
from llmtb.events.exported import Places, ended, line_of
from llmtb.events.stores.database import address

RESCUED = "rescued.jsonl"
COMPLAINTS = 1000  # of SQLite about the file, at most
PAGE = re.compile(r"[Pp]age (\d+)")


class Gap(msgspec.Struct, frozen=True):
    """Events that are lost, from the first to the last; when the ones around them happened."""

    first: int
    last: int
    after: datetime | None
    before: datetime | None


class Rescue(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in a journal.

    events: how many there are from the first on, without a gap: the new journal. head: the hash of
    the last of them, in hex; ended: when it happened. commands: whose ids are in the new journal.
    later: events behind a gap. unproven: those of them whose words nothing bears out.
    elsewhere: events that only the other files told. gaps: what is lost.
    pages: which are damaged; missing: the first and last page that are cut off.
    """

    events: int
    head: str
    ended: datetime | None
    commands: int
    later: int
    unproven: list[int]
    elsewhere: int
    gaps: list[Gap]
    pages: list[int]
    missing: tuple[int, int] | None


def rescue(file: Path, target: Path, others: Sequence[Path], tell: Tell) -> Rescue:
    """Write what can be read of a journal into the new folder `target`.

    others: exports, backups or journals of the same history, which may fill gaps.
    Raises Unable, JournalError, OSError; then there is no new folder.
    """
    refuse_used(target)
    _refuse_in_use(file)
    with half(target.parent, "rescue") as making, storage(making.folder):
        scratch = making.folder / "scratch"
        scratch.mkdir(mode=0o700)
        damaged = _complaints(file, scratch, tell)
        with Candidates(scratch / "candidates.db") as candidates:
            missing = _gather(file, others, candidates, tell)
            try:
                outcome = _Writing(making.folder, damaged, missing).write(candidates, tell)
            except OtherHistory as parted:
                names = ", ".join(map(str, others))
                line = f"{names}: tells another history than {file}, from event {parted.seq} on"
                raise Unable(INPUT, f"{line}; leave it out") from parted
        if not outcome.events and not outcome.later:
            raise DamagedDatabase(file, "not one event can be read in it")
        shutil.rmtree(scratch)
        if proven(making.folder / JOURNAL, tell).head.hash.hex() != outcome.head:
            raise DamagedDatabase(making.folder / JOURNAL, "was not written as it was rescued")
        making.become(target)
    return outcome


def _gather(file: Path, others: Sequence[Path], candidates: Candidates, tell: Tell) -> range:
    """Take in whatever may be an event or a command; returns the pages that are cut off."""
    with Pages(file, partial(tell, "reading pages")) as pages:
        candidates.add(carving.events(pages))
        candidates.add_commands(carving.commands(pages))
        missing = pages.missing()
    for other in others:
        tell(f"reading {other.name}", 0, 0)
        take_in(other, candidates)
    return missing


class _Writing:
    """Writes what was found into a folder, and takes down what was not."""

    def __init__(self, folder: Path, damaged: set[int], missing: range) -> None:
        self._folder = folder
        self._damaged = damaged
        self._missing = missing
        self._last = GENESIS
        self._seen: tuple[int, datetime | None] = (0, None)  # the last event that was found
        self._ended: datetime | None = None
        self._gaps: list[Gap] = []
        self._unproven: list[int] = []
        self._later = self._elsewhere = 0

    def write(self, candidates: Candidates, tell: Tell) -> Rescue:
        """The new journal, and the lines of what lies behind a gap. Raises OtherHistory."""
        with NewJournal(self._folder / JOURNAL) as journal:
            found = self._found(candidates, tell)
            behind: list[Linked] = []
            journal.add(self._joining(found, behind))
            if behind:
                self._write_lines(chain(behind, found))
            commands = journal.add_commands(candidates.commands(), self._last.seq)
            journal.finish()
        missing = self._missing
        return Rescue(
            events=self._last.seq,
            head=self._last.hash.hex(),
            ended=self._ended,
            commands=commands,
            later=self._later,
            unproven=self._unproven,
            elsewhere=self._elsewhere,
            gaps=self._gaps,
            pages=sorted(self._damaged),
            missing=(missing[0], missing[-1]) if missing else None,
        )

    def _found(self, candidates: Candidates, tell: Tell) -> Iterator[Linked]:
        """The events that were found, each seen to be on the right side of a gap."""
        for each in candidates.linked():
            if isinstance(each, Refuted):
                self._damaged |= {each.page} - {0}
                continue
            seq, at = each.row[0], _at(each.row)
            before, when = self._seen
            if seq > before + 1:
                self._gaps.append(Gap(before + 1, seq - 1, when, at))
            self._seen = seq, at
            self._elsewhere += each.doubt == ELSEWHERE
            if seq % EVERY == 0:
                tell("linking events", seq, 0)
            yield each

    def _joining(self, found: Iterator[Linked], behind: list[Linked]) -> Iterator[Row]:
        """The rows up to the first gap; the event behind it is put into `behind`."""
        for each in found:
            if not each.joins:
                behind.append(each)
                return
            self._last = Head(each.row[0], each.row[5])
            self._ended = self._seen[1]
            yield each.row

    def _write_lines(self, found: Iterable[Linked]) -> None:
        path = self._folder / RESCUED
        above = b""
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as lines:
            for each in found:
                self._later += 1
                if each.previous is None:
                    self._unproven.append(each.row[0])
                previous = None if each.previous == above else each.previous
                lines.write(_line(each.row, previous))
                above = each.row[5]


def _line(row: Row, previous: bytes | None) -> bytes:
    """An event as a line of an export; one that this program cannot read has its bytes alone."""
    try:
        event, boxes = CODEC.as_stored(row)
    except UnreadableEvent:
        seq, stream, version, topic, state, mark = row
        bare = {"seq": seq, "stream": stream, "version": version, "type": topic, "state": state}
        behind = {} if previous is None else {"previous": previous.hex()}
        return ended(bare | behind | {"hash": mark.hex()})[0]
    return line_of(row, event, boxes, Places(previous=previous))[0]


def _at(row: Row) -> datetime | None:
    try:
        return instant_of(row[4])
    except msgspec.MsgspecError:
        return None


def _complaints(file: Path, scratch: Path, tell: Tell) -> set[int]:
    """The pages of which SQLite says that they are damaged; it is shown a copy."""
    tell("looking for damage", 0, 0)
    copy = scratch / JOURNAL
    for ending in ("", "-wal"):
        source = file.with_name(file.name + ending)
        if source.is_file():
            shutil.copyfile(source, copy.with_name(copy.name + ending))
    lines: list[str] = []
    # What is no text any more can stand in the very words in which SQLite complains.
    ailing = (sqlite3.Error, UnicodeDecodeError)
    with suppress(*ailing), closing(sqlite3.connect(address(copy, "rw"), uri=True)) as opened:
        found = opened.execute(f"PRAGMA integrity_check({COMPLAINTS})")
        lines += (line for (text,) in found for line in str(text).splitlines())
    for path in scratch.iterdir():
        path.unlink()
    told = (PAGE.search(line) for line in lines if "never used" not in line)
    return {int(match[1]) for match in told if match is not None}


def _refuse_in_use(file: Path) -> None:
    """Raises JournalInUse where a program writes it, Unable where there is no such file."""
    if not file.is_file():
        raise Unable(INPUT, f"{file}: there is no such file")
    lock = file.with_name(f"{file.name}.lock")
    if not lock.is_file():
        return
    with lock.open("rb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            raise JournalInUse(file, held.read(20).decode("ascii", "replace").strip()) from None
