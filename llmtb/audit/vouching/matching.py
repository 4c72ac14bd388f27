"""Whether a journal is the one that was signed: its own hashes against its newest checkpoint.

A checkpoint is kept twice: in a folder of its own, and in the journal as `CheckpointSigned`. What
they cover is compared by its Merkle root, and every event with its own hash.
Where the owner went on with a journal that did not match, only what was signed since then counts,
and what came before is not checked with its hashes any more. That he did counts once a checkpoint
covers it: whoever can write the journal alone could record it, too.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from llmtb.audit.vouching.checkpoint_files import newest
from llmtb.events.audit import STREAM, CheckpointSigned, MismatchAccepted
from llmtb.events.chain import GENESIS, Head, Row, follow
from llmtb.events.errors import BrokenChain, JournalError
from llmtb.events.journal import Journal
from llmtb.events.merkle import Frontier
from llmtb.events.note import LONGEST, NoteError, opened, read_vkey, vkey_of
from llmtb.events.record import Recorded

PAGE: Final = 1024  # events read at once

Rows = Callable[[int, int], Sequence[Row]]
"""The events after a position as they are stored, at most so many."""


class Mismatch(Exception):
    """The journal is not the one that was signed. why: in a line. note: what it contradicts."""

    def __init__(self, why: str, note: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.note = note


class Edge(NamedTuple):
    """How far a journal was gone through: its head there, and the peaks of its tree."""

    head: Head = GENESIS
    peaks: tuple[bytes, ...] = ()

    @property
    def root(self) -> bytes:
        """The Merkle root of the events up to here."""
        return Frontier(self.head.seq, self.peaks).root()


class Last(NamedTuple):
    """What of a journal was signed last: the CheckpointSigned that counts.

    accepted: the event up to which the owner took the journal as it was. unsigned: the
    MismatchAccepted that no checkpoint covers yet; 0 for none. contradicted: what was signed last
    before that.
    """

    signed: Recorded | None
    accepted: int = 0
    unsigned: int = 0
    contradicted: str = ""


class _Signed(NamedTuple):
    """A checkpoint that is kept somewhere. name: the size that its file is named by."""

    note: str
    where: str
    name: int


def go_on(rows: Rows, edge: Edge, upto: int, *, content: bool = True) -> Edge:
    """Go on up to an event. content: each event is checked against its hash as well.

    Raises BrokenChain at the first event that does not hold, or is missing.
    """
    head, frontier = edge.head, Frontier(edge.head.seq, edge.peaks)
    while head.seq < upto:
        page = rows(head.seq, min(PAGE, upto - head.seq))
        if not page or page[-1][0] != head.seq + len(page):
            held = head.seq
            for row in page:
                if row[0] != held + 1:
                    break
                held += 1
            raise BrokenChain(held + 1, "it is missing")
        try:
            if content:
                follow(page, head)
            frontier.extend(row[5] for row in page)
        except TypeError as error:
            why = "it is not stored in the form that events have"
            raise BrokenChain(head.seq + 1, why) from error
        head = Head(page[-1][0], page[-1][5])
    return Edge(head, frontier.peaks)


async def match(journal: Journal, key: str, folder: Path, *, accepting: bool = False) -> Edge:
    """Go through a whole journal, beside the loop; it is the one that was signed.

    key: that signed it, as it is handed out. folder: where checkpoints are kept. accepting: the
    owner has just gone on with it, and it is yet to be signed.
    Raises Mismatch, or OSError where the folder cannot be read.
    """
    return await asyncio.to_thread(_match, journal, key, folder, accepting)


async def guard(journal: Journal, key: str, folder: Path) -> Edge | None:
    """Have a journal take nothing more unless it is the one that was signed; see `match`."""
    try:
        return await match(journal, key, folder)
    except Mismatch as mismatch:
        journal.refuse(mismatch.why)
    except OSError as error:
        place = error.filename or folder
        journal.refuse(f"{place}: the checkpoints cannot be read: {error.strerror or error}")
    return None


def _match(journal: Journal, key: str, folder: Path, accepting: bool) -> Edge:
    head = journal.head
    try:
        last = last_signed(journal)
    except JournalError as error:
        raise Mismatch(str(error)) from error
    if last.unsigned and not accepting:
        raise _unsigned(last.unsigned, last.contradicted)
    accepted = last.accepted
    kept = [*_recorded(last.signed), *_kept(folder)]
    signed = sorted(kept, key=lambda each: each.name)
    edge = Edge()
    for each in signed:
        size, root = _opened(each, key)
        if size > head:
            why = (
                f"the journal ends at event {head}, but {each.where} was signed when it had {size}"
            )
            raise Mismatch(why, each.note)
        edge = _through(journal, edge, size, accepted, each.note)
        if edge.root != root:
            one = f"the first {size} events of the journal are not those that {each.where}"
            raise Mismatch(f"{one} was signed for", each.note)
    return _through(journal, edge, head, accepted, signed[-1].note if signed else "")


def _through(journal: Journal, edge: Edge, upto: int, accepted: int, note: str) -> Edge:
    """Go on up to an event. Raises Mismatch with the note that this contradicts."""
    try:
        edge = go_on(journal.rows, edge, min(accepted, upto), content=False)
        return go_on(journal.rows, edge, upto)
    except JournalError as error:
        raise Mismatch(str(error), note) from error


def _opened(signed: _Signed, key: str) -> tuple[int, bytes]:
    """How many events were signed, and their root. Raises Mismatch."""
    note, where, name = signed
    try:
        # Its own name is the key's: the origin may have been set anew since.
        own = vkey_of(note.partition("\n")[0], read_vkey(key).public)
        _, size, root = opened(note, own)
    except ValueError as error:
        why = str(error) if isinstance(error, NoteError) else "this is no checkpoint"
        raise Mismatch(f"{where} cannot be relied on: {why}", note) from error
    if size != name:
        raise Mismatch(f"{where} cannot be relied on: it covers {size} events", note)
    return size, root


def last_signed(journal: Journal) -> Last:
    """What was signed last, and how far the owner took the journal as it was.

    Raises JournalError.
    """
    last = Last(None)
    for recorded in journal.read_stream(STREAM):
        event = recorded.event
        if isinstance(event, CheckpointSigned):
            covered = event.size >= last.unsigned
            last = Last(recorded, last.accepted) if covered else last._replace(signed=recorded)
        elif isinstance(event, MismatchAccepted):
            said = last.signed
            note = said.event.note if said is not None else ""  # type: ignore[attr-defined]
            last = Last(None, recorded.seq - 1, recorded.seq, note or last.contradicted)
    return last


def refuse_accepted(journal: Journal, edge: Edge) -> None:
    """Sign nothing where somebody else than `llmtb checkpoint --accept` says that it was said.

    Raises Mismatch if that is recorded behind the edge, or JournalError.
    """
    for recorded in journal.read(edge.head.seq, topics=(MismatchAccepted.__name__,)):
        raise _unsigned(recorded.seq, "")


def _unsigned(seq: int, note: str) -> Mismatch:
    return Mismatch(
        f"event {seq} says that its owner went on with a journal that did not match, and no"
        " checkpoint was signed with it",
        note,
    )


def _recorded(last: Recorded | None) -> Iterator[_Signed]:
    if last is not None:
        event: CheckpointSigned = last.event  # type: ignore[assignment]
        yield _Signed(event.note, f"the checkpoint in event {last.seq}", event.size)


def _kept(folder: Path) -> Iterator[_Signed]:
    """The newest checkpoint of the folder, if there is one."""
    file = newest(folder)
    if file is not None:
        with file.path.open("rb") as opened_file:
            text = opened_file.read(LONGEST + 1).decode("utf-8", "replace")
        yield _Signed(text, f"the checkpoint {file.path.name}", file.size)
