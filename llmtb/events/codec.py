"""Events to bytes and back, for ever.

An event is stored as the MessagePack array of its fields, under its topic. Bytes written by any
earlier version stay readable: appended fields take their defaults, and a type that changed in any
other way gets a new topic (`BreakStarted.2`) and an `Upcaster` for the old one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from typing import Any, NamedTuple

import msgspec

from llmtb.events.access import ACCESS_EVENTS
from llmtb.events.audit import AUDIT_EVENTS
from llmtb.events.chain import Row
from llmtb.events.chat import CHAT_EVENTS
from llmtb.events.desk import DESK_EVENTS
from llmtb.events.errors import NewerEvent, UnreadableEvent, UnwritableEvent
from llmtb.events.event import Event
from llmtb.events.floor import FLOOR_EVENTS
from llmtb.events.knowledge import KNOWLEDGE_EVENTS
from llmtb.events.personal import plan_of
from llmtb.events.record import Change, Recorded
from llmtb.events.sealing import MARKS, Keys, Place, Sealed, is_sealed, opened, parts_of, seal

Reader = Callable[[bytes], Event]
UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
"""What decoding raises for bytes that are none of ours, however deep they are nested."""


class Upcaster(NamedTuple):
    """How an event of a superseded type is read today.

    type: the struct its bytes decode to, as it was when they were written.
    events: the events that say the same today; usually one, but it may be several or none.
    """

    type: type[Event]
    events: Callable[[Any], Sequence[Event]]


class Codec:
    """Encodes the given event types, and decodes them and everything they supersede.

    versions: for types that were changed incompatibly, which version they are now (2, 3, …); the
    topic of version 1 is the bare name of the class.
    upcasters: by the topics of the superseded versions. What one returns may be superseded too.
    keys: seal and open what events say about people (`llmtb.events.sealing`). Without them nothing
    is sealed, and of what was sealed before, blanks are read.
    """

    def __init__(
        self,
        types: Iterable[type[Event]],
        *,
        versions: Mapping[type[Event], int] | None = None,
        upcasters: Mapping[str, Upcaster] | None = None,
        keys: Keys | None = None,
    ) -> None:
        self.keys = keys
        versions = versions or {}
        self._topics = {type_: _topic(type_, versions.get(type_, 1)) for type_ in types}
        self._versions = {type_.__name__: versions.get(type_, 1) for type_ in self._topics}
        self._encode = msgspec.msgpack.Encoder().encode
        self.readers: Mapping[str, Reader] = {
            topic: msgspec.msgpack.Decoder(type_).decode for type_, topic in self._topics.items()
        }
        """By topic, the decoders of the current types: what `decode` does for most events."""
        self._writers = {
            type_: (topic, self.readers[topic], plan_of(type_))
            for type_, topic in self._topics.items()
        }
        self._superseded = {
            topic: (msgspec.msgpack.Decoder(upcaster.type).decode, upcaster)
            for topic, upcaster in (upcasters or {}).items()
        }
        self._upcasters = {up.type: up for up in (upcasters or {}).values()}
        clash = self.readers.keys() & self._superseded.keys()
        if clash or len(self.readers) != len(self._topics):
            raise ValueError(f"a topic stands for two types: {', '.join(sorted(clash)) or 'names'}")

    @property
    def types(self) -> Mapping[str, type[Event]]:
        """By topic, every type that can be read: the current and the superseded ones."""
        current = {topic: type_ for type_, topic in self._topics.items()}
        return current | {topic: up.type for topic, (_, up) in self._superseded.items()}

    def with_keys(self, keys: Keys | None) -> "Codec":
        """The same codec with other keys, or none."""
        codec = copy(self)
        codec.keys = keys
        return codec

    def encode(self, event: Event) -> tuple[str, bytes]:
        """Return the topic and the bytes of an event, nothing sealed; raises as `encode_all`."""
        [stored] = self.with_keys(None).encode_all([Change("", 1, event)])
        return stored

    def encode_all(self, changes: Iterable[Change]) -> list[tuple[str, bytes]]:
        """Return the topic and the bytes of each event, its personal words sealed.

        Raises UnwritableEvent for a type that is not among the codec's, and for bytes that could
        not be decoded again: what enters the journal stays there, so a wrong value stops here.
        """
        writers, encode, keys = self._writers, self._encode, self.keys
        stored = []
        for change in changes:
            event = change.event
            try:
                topic, read, plan = writers[type(event)]
                state = encode(event)
                read(state)
                if keys is not None and plan is not None:
                    place = Place(change.stream, change.version, topic)
                    state = seal(event, plan, place, keys) or state
            except (
                msgspec.MsgspecError,
                LookupError,
                TypeError,
                ValueError,
                OverflowError,
            ) as error:
                published = type(event) in writers
                why = _one_line(error) if published else "its type is not published"
                raise UnwritableEvent(type(event).__name__, why) from error
            stored.append((topic, state))
        return stored

    def decode(self, topic: str, state: bytes, seq: int = 0) -> Sequence[Event]:
        """Return the event that the bytes hold: one, unless an upcaster says otherwise.

        Sealed words stay blank: `recorded` opens them. seq: where it is stored, for the error.
        Raises UnreadableEvent, or NewerEvent when a newer version of the program wrote it.
        """
        return self._decode((seq, "", 0, topic, state, b""), opens=False)

    def _decode(self, row: Row, *, opens: bool = True) -> Sequence[Event]:
        seq, stream, version, topic, state, _ = row
        try:
            if (read := self.readers.get(topic) or self._superseded.get(topic, (None,))[0]) is None:
                raise self._unknown(seq, topic)
            if not is_sealed(state):
                event = read(state)
            else:
                sealed = parts_of(state)
                event = read(sealed.event)
                plan = plan_of(type(event))
                if opens and plan is not None:
                    boxes = self._open(sealed, Place(stream, version, topic))
                    event = opened(event, plan, stream, boxes)
            return (event,) if topic in self.readers else self._upcast(event)
        except UNREADABLE as error:
            raise UnreadableEvent(seq, topic, _one_line(error)) from error

    def _open(self, sealed: Sealed, place: Place) -> list[bytes | None]:
        if self.keys is None:
            return [None] * len(sealed.boxes)
        return [self.keys.open(box, place.of(index)) for index, box in enumerate(sealed.boxes)]

    def unsealed(self, row: Row) -> list[bytes | None]:
        """The salt and words of each box of a stored row; none if nothing in it is sealed.

        Raises UnreadableEvent.
        """
        seq, stream, version, topic, state, _ = row
        if not is_sealed(state):
            return []
        try:
            return self._open(parts_of(state), Place(stream, version, topic))
        except UNREADABLE as error:
            raise UnreadableEvent(seq, topic, _one_line(error)) from error

    def as_stored(self, row: Row) -> tuple[Event, list[bytes | None]]:
        """The event of a row as it was written, and the salt and words of each of its boxes.

        No upcaster has a part in it. Words that are not opened are blank. Raises UnreadableEvent.
        """
        seq, stream, _, topic, state, _ = row
        try:
            read = self.readers.get(topic) or self._superseded.get(topic, (None,))[0]
            if read is None:
                raise self._unknown(seq, topic)
            if not is_sealed(state):
                return read(state), []
            boxes = self.unsealed(row)
            event = read(parts_of(state).event)
            plan = plan_of(type(event)) if any(boxes) else None
            return event if plan is None else opened(event, plan, stream, boxes), boxes
        except UNREADABLE as error:
            raise UnreadableEvent(seq, topic, _one_line(error)) from error

    def _unknown(self, seq: int, topic: str) -> UnreadableEvent:
        name, _, version = topic.partition(".")
        if version.isdecimal() and int(version) > self._versions.get(name, int(version)):
            why = f"version {version} of {name} is newer than this program"
            return NewerEvent(seq, topic, why)
        return UnreadableEvent(seq, topic, "this program knows no such type of event")

    def recorded(self, rows: Sequence[Row]) -> list[Recorded]:
        """Decode stored rows; raises as `decode` does."""
        readers = self.readers
        found: list[Recorded] = []
        for row in rows:
            seq, stream, version, topic, state, mark = row
            try:
                if state[0] not in MARKS:
                    found.append(Recorded(seq, stream, version, readers[topic](state), mark))
                    continue
            except (LookupError, *UNREADABLE):  # it is superseded or damaged
                pass
            found += [Recorded(seq, stream, version, each, mark) for each in self._decode(row)]
        return found

    def _upcast(self, event: Event) -> Sequence[Event]:
        upcaster = self._upcasters.get(type(event))
        if upcaster is None:
            return (event,)
        return [new for newer in upcaster.events(event) for new in self._upcast(newer)]


def _topic(type_: type[Event], version: int) -> str:
    return type_.__name__ if version == 1 else f"{type_.__name__}.{version}"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


PUBLISHED: tuple[type[Event], ...] = (
    *FLOOR_EVENTS,
    *DESK_EVENTS,
    *CHAT_EVENTS,
    *KNOWLEDGE_EVENTS,
    *ACCESS_EVENTS,
    *AUDIT_EVENTS,
)
"""Every event type there is today."""

CODEC = Codec(PUBLISHED)
"""Reads and writes the published language."""
