"""One line of an export by itself: is it what its stored event says, to the last byte?"""

from datetime import datetime
from typing import Any

import msgspec

from llmtb.events.chain import Row
from llmtb.events.codec import CODEC, UNREADABLE
from llmtb.events.errors import UnreadableEvent
from llmtb.events.event import Event
from llmtb.events.exported import END, TAIL, Places, line_of
from llmtb.events.merkle import leaf
from replay.checking.course import Seen
from replay.reading.shown import Shown

NAMED = 5  # differing fields that are told
CHANGED = "it was changed: its leaf does not hold"


class Told(msgspec.Struct, gc=False):
    """What a line says that does not follow from its stored event, and what places it."""

    seq: int
    stream: str
    version: int
    type: str
    at: datetime
    topic: str | None = None
    state: bytes | None = None
    opened: list[bytes | None] | None = None
    command: tuple[str, int, int] | None = None
    previous: str | None = None
    proof: list[bytes] | None = None
    hash: str | None = None


class Lines:
    """Examines lines one by one. told, event, leaf: of the latest; None where it has none.

    replaced: ids were replaced, so that lines have no stored events, and their leaf alone is
    checked.
    """

    def __init__(self, *, replaced: bool = False) -> None:
        self.told: Told | None = None
        self.event: Event | None = None
        self.leaf = b""
        self._replaced = replaced
        self._shown = Shown()
        self._as_stored = CODEC.with_keys(self._shown).as_stored

    def examine(self, number: int, text: bytes) -> Seen:
        """What a line holds, and what is wrong with it by itself."""
        self.told = self.event = None
        if self._replaced:
            return self._without_state(number, text)
        try:
            self.told = told = _READ(text)
            row = _row(told)
            before = None if told.previous is None else hash_of(told.previous)
        except UNREADABLE as error:
            return self._unread(number, text, error)
        try:
            self._shown.show(told.opened or ())
            event, boxes = self._as_stored(row)
            opened = () if told.opened is None else boxes
            again, self.leaf = line_of(row, event, opened, Places(told.command, before, told.proof))
        except UnreadableEvent as error:
            return self._undecoded(number, text, row, error.why)
        except RecursionError:
            return self._undecoded(number, text, row, "it is nested too deep")
        self.event = event
        if again == text:
            return Seen(number, row, row[0], event.at, None, before, told.proof)
        if not self._leaf_holds(text):
            wrong = CHANGED + _differing(text, again)
            return Seen(number, row, None, event.at, wrong, before)
        wrong = "it is not what its stored event says" + _differing(text, again)
        return Seen(number, row, row[0], event.at, wrong, before, told.proof)

    def _unread(self, number: int, text: bytes, error: Exception) -> Seen:
        self._leaf_holds(text)
        if not text.endswith(b"\n"):
            return Seen(number, None, None, None, "it is cut off: it does not end as a line")
        return Seen(number, None, None, None, f"it is no line of an export: {_one_line(error)}")

    def _undecoded(self, number: int, text: bytes, row: Row, why: str) -> Seen:
        if not self._leaf_holds(text):
            return Seen(number, row, None, None, f"{CHANGED}; its state cannot be read")
        return Seen(number, row, row[0], None, f"its state cannot be read: {why}")

    def _without_state(self, number: int, text: bytes) -> Seen:
        try:
            self.told = told = _READ(text)
        except UNREADABLE as error:
            return self._unread(number, text, error)
        row = (told.seq, told.stream, told.version, told.type, b"", b"")
        if not self._leaf_holds(text):
            return Seen(number, row, None, told.at, CHANGED)
        return Seen(number, row, told.seq, told.at)

    def _leaf_holds(self, text: bytes) -> bool:
        """Whether a line ends with its own leaf."""
        self.leaf = leaf(text[:-TAIL])
        return text.endswith(b'%b%b"}\n' % (END, self.leaf.hex().encode()))


def hash_of(written: str) -> bytes:
    """A hash that is written in hex. Raises ValueError."""
    found = bytes.fromhex(written)
    if len(found) != 32:
        raise ValueError("a hash has 32 bytes")
    return found


def _row(told: Told) -> Row:
    """Raises ValueError where there is no stored event."""
    if told.state is None or told.hash is None:
        raise ValueError("it has no stored bytes")
    topic = told.topic or told.type
    return told.seq, told.stream, told.version, topic, told.state, hash_of(told.hash)


def _differing(text: bytes, again: bytes) -> str:
    """The fields in which a line is not what it must be, in words; empty where none is seen."""
    try:
        one, other = msgspec.json.decode(text), msgspec.json.decode(again)
    except UNREADABLE:
        return ""
    names = [name for name in _fields(one, other) if name != "leaf"]
    if not names:
        return ""
    return f" ({', '.join(names[:NAMED])}{', …' if len(names) > NAMED else ''})"


def _fields(one: Any, other: Any) -> list[str]:
    if not isinstance(one, dict) or not isinstance(other, dict):
        return []
    found = []
    for name in one.keys() | other.keys():
        mine, theirs = one.get(name), other.get(name)
        if mine != theirs:
            within = _fields(mine, theirs)
            found += [f"{name}.{each}" for each in within] or [str(name)]
    return sorted(found)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


_READ = msgspec.json.Decoder(Told).decode
