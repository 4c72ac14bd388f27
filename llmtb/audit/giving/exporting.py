"""Writes an export (`llmtb.events.exported`): in one pass, in memory that does not grow."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple, Protocol

import msgspec

from llmtb import __version__
from llmtb.audit.giving.pseudonyms import Pseudonyms
from llmtb.audit.giving.records import Records
from llmtb.audit.giving.selecting import Chosen, Wanted
from llmtb.audit.giving.tree import Tree
from llmtb.audit.keeping.whole import half, refuse_used
from llmtb.control import FAULT, Unable
from llmtb.events.audit import STREAM as AUDIT
from llmtb.events.audit import PersonForgotten, Shown, WordsExpired
from llmtb.events.chain import Row
from llmtb.events.chat import AnswerGiven, DraftWritten
from llmtb.events.codec import CODEC, Codec
from llmtb.events.event import Event
from llmtb.events.exported import (
    CHECKPOINT,
    EVENTS,
    MANIFEST,
    NOWHERE,
    ORIGIN,
    SCHEMA,
    SIGNED,
    Ends,
    Manifest,
    Places,
    line_of,
)
from llmtb.events.floor import PolicyChanged
from llmtb.events.merkle import Frontier
from llmtb.events.note import Checkpoint, signed, text_of
from llmtb.events.published import instant

_BUFFER: Final = 1024 * 1024  # bytes
_DESTROYS: Final = frozenset({PersonForgotten.__name__, WordsExpired.__name__})
Progress = Callable[[int, int], None]
"""Called with the events that were gone through, and how many there are."""


class Signer(Protocol):
    """Signs checkpoints; see `llmtb.vault.signer.Signer`."""

    name: str
    key: str
    hash: bytes

    def sign(self, text: bytes) -> bytes: ...


class Order(NamedTuple):
    """What is to be exported, and how.

    codec: opens the words that are to be read. by, made_at: who asks, and when. origin: whose
    journal it is. secret: 32 bytes; pseudonyms are made from them.
    """

    wanted: Wanted
    shown: Shown
    codec: Codec
    by: str
    made_at: datetime
    origin: str
    secret: bytes


def export(
    records: Records,
    order: Order,
    chosen: Chosen,
    folder: Path,
    signer: Signer,
    progress: Progress,
) -> Manifest:
    """Write what was chosen into a new folder; returns what is in it.

    Raises Unable for a folder that cannot be it, or where words were destroyed meanwhile that may
    stand in it; a JournalError, or OSError.
    """
    refuse_used(folder)
    with half(folder.parent, "export") as made:
        with _own_file(made.folder / EVENTS) as file:
            writing = _Writing(records, order, chosen, file)
            writing.write(progress)
        manifest = writing.manifest(signer)
        text = msgspec.json.format(msgspec.json.encode(manifest)) + b"\n"
        writing.lines.add(text)
        notes = {
            SIGNED: _note(signer, order.origin + ORIGIN, writing.lines.size, writing.lines.root())
        }
        if order.shown != "pseudonyms":
            notes[CHECKPOINT] = _note(signer, order.origin, manifest.size, writing.root())
        for name, data in {MANIFEST: text, **notes}.items():
            with _own_file(made.folder / name) as file:
                file.write(data)
        if order.shown == "opened" and _destroyed_since(records):
            line = "words were destroyed while it was written, so it was not kept; export again"
            raise Unable(FAULT, line)
        made.become(folder)
    return manifest


def _destroyed_since(records: Records) -> bool:
    """Whether anybody was forgotten, or words expired, since the records were opened."""
    return any(row[0] > records.head.seq and row[3] in _DESTROYS for row in records.stream(AUDIT))


class _Writing:
    """The lines of one export, and what is learnt from them on the way."""

    def __init__(self, records: Records, order: Order, chosen: Chosen, file: BinaryIO) -> None:
        self.lines = Frontier()
        self._records = records
        self._order = order
        self._chosen = chosen
        self._file = file
        self._veiled = order.shown == "pseudonyms"
        self._types: Counter[type[Event]] = Counter()
        self._models: set[str] = set()
        self._policy: tuple[int, PolicyChanged] | None = None
        self._first: tuple[Row, Event] | None = None
        self._last: tuple[Row, Event] | None = None
        self._tree: Tree | None = None
        self._journal = Frontier()
        if self._veiled:
            return
        if chosen.chooses is not None:
            self._tree = Tree(chosen.last, records.hashes)
        else:
            for page in _spans(0, chosen.first - 1):
                self._journal.extend(records.hashes(*page))
        self._peaks = self._journal.peaks

    def root(self) -> bytes:
        """The root of the journal's tree up to the end of what was gone through."""
        return self._journal.root() if self._tree is None else self._tree.root()

    def write(self, progress: Progress) -> None:
        """Write all lines."""
        first, last, chooses = self._chosen
        line: Callable[..., tuple[bytes, bytes]] = line_of
        if self._veiled:
            pseudonyms = Pseudonyms(self._order.secret)
            line = lambda row, event, *_: pseudonyms.line(row, event)  # noqa: E731 - the slow way
        sealed = self._order.shown != "opened"
        codec = CODEC.with_keys(None) if sealed else self._order.codec
        placed = _Placed(self._records, self._chosen, self._tree)
        for page in self._records.pages(first, last):
            written, marks = [], []
            for row, places in placed.among(page):
                event, boxes = codec.as_stored(row)
                text, mark = line(row, event, () if sealed else boxes, places)
                written.append(text)
                marks.append(mark)
                self._learn(row, event)
            self.lines.extend_leaves(marks)
            if chooses is None and not self._veiled:
                self._journal.extend([row[5] for row in page])
            self._file.writelines(written)
            progress(page[-1][0] - first + 1, last - first + 1)

    def _learn(self, row: Row, event: Event) -> None:
        kind = type(event)
        self._types[kind] += 1
        if self._first is None:
            self._first = (row, event)
        self._last = (row, event)
        if kind is AnswerGiven or kind is DraftWritten:
            if event.model is not None:  # type: ignore[attr-defined]
                self._models.add(event.model)  # type: ignore[attr-defined]
        elif kind is PolicyChanged:
            self._policy = (row[0], event)  # type: ignore[assignment]

    def manifest(self, signer: Signer) -> Manifest:
        """What was written."""
        order, chosen, veiled = self._order, self._chosen, self._veiled
        whole = chosen.chooses is None and chosen.first > 1 and not veiled
        seq, policy = self._policy_in_force()
        names = Pseudonyms(order.secret).of if veiled else str
        streams = Pseudonyms(order.secret).stream if veiled else str
        selection = order.wanted.told()
        return Manifest(
            software=f"llmtb {__version__}",
            schema=SCHEMA,
            made_at=instant(order.made_at),
            by=names(order.by),
            shown=order.shown,
            selection=msgspec.structs.replace(
                selection,
                stream=None if selection.stream is None else streams(selection.stream),
                person=None if selection.person is None else names(selection.person),
            ),
            events=self.lines.size,
            first=self._end(self._first),
            last=self._end(self._last),
            size=chosen.last,
            previous=self._records.hash_of(chosen.first - 1).hex() if whole else None,
            peaks=[peak.hex() for peak in self._peaks] if whole else [],
            types={
                kind.__name__: self._types[kind]
                for kind in sorted(self._types, key=lambda kind: kind.__name__)
            },
            policy=policy,
            policy_seq=seq,
            models=sorted(self._models),
            forgotten=sorted(map(names, self._forgotten())),
            origin=order.origin,
            key=signer.key,
        )

    def _end(self, end: tuple[Row, Event] | None) -> Ends | None:
        if end is None:
            return None
        row, event = end
        mark = None if self._veiled else row[5].hex()
        return Ends(seq=row[0], at=instant(event.at), hash=mark)

    def _policy_in_force(self) -> tuple[int | None, dict[str, Any] | None]:
        if self._policy is None:
            row = self._records.last_of("PolicyChanged", self._chosen.last)
            if row is None:
                return None, None
            event = CODEC.as_stored(row)[0]
            assert isinstance(event, PolicyChanged)  # noqa: S101 - its topic says so
            self._policy = (row[0], event)
        seq, changed = self._policy
        return seq, changed.policy

    def _forgotten(self) -> set[str]:
        events = (CODEC.as_stored(row)[0] for row in self._records.stream(AUDIT))
        return {event.person for event in events if isinstance(event, PersonForgotten)}


class _Placed:
    """Finds the rows that are chosen, and what a line says beside each of them."""

    def __init__(self, records: Records, chosen: Chosen, tree: Tree | None) -> None:
        self._chosen = chosen
        self._tree = tree
        self._commands = records.commands(chosen.first, chosen.last)
        self._next = next(self._commands, None)
        self._before = records.hash_of(chosen.first - 1)
        self._above = 0  # the event on the line above
        self._held: tuple[Row, Places] | None = None

    def among(self, page: Sequence[Row]) -> Iterator[tuple[Row, Places]]:
        """The chosen rows of a page; where some are left out, the last one comes with the next."""
        first, last, chooses = self._chosen
        if chooses is None:
            for row in page:
                command = self._command(row[0])
                if row[0] == first and first > 1:
                    yield row, Places(command, self._before)
                else:
                    yield row, NOWHERE if command is None else Places(command)
            return
        for row in page:
            if chooses(row):
                yield from self._release(row[0])
                begins = self._above != row[0] - 1 and row[0] > 1
                self._held = row, Places(self._command(row[0]), self._before if begins else None)
                self._above = row[0]
            self._before = row[5]
        if page[-1][0] == last:
            yield from self._release(0)

    def _release(self, following: int) -> Iterator[tuple[Row, Places]]:
        """The row that is held back, now that the one on the next line is known."""
        if self._held is not None:
            row, places = self._held
            if following != row[0] + 1 and self._tree is not None:
                places = places._replace(proof=self._tree.proof(row[0] - 1))
            self._held = None
            yield row, places

    def _command(self, seq: int) -> tuple[str, int, int] | None:
        """The command whose first event this is."""
        while self._next is not None and self._next[0] < seq:
            self._next = next(self._commands, None)
        if self._next is None or self._next[0] != seq:
            return None
        first, last, command = self._next
        return command, first, last


def _spans(first: int, end: int, most: int = 10_000) -> Iterator[tuple[int, int]]:
    for begin in range(first, end, most):
        yield begin, min(begin + most, end)


def _note(signer: Signer, origin: str, size: int, root: bytes) -> bytes:
    text = text_of(Checkpoint(origin, size, root))
    return signed(text, signer.name, signer.hash, signer.sign(text.encode())).encode()


def _own_file(path: Path) -> BinaryIO:
    """A new file that only its owner can read."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    return open(handle, "wb", buffering=_BUFFER)
