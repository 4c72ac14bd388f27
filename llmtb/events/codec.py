"""Events to bytes and back, for ever.

An event is stored as the MessagePack array of its fields, under its topic. Bytes written by any
earlier version stay readable: appended fields take their defaults, and a type that changed in any
other way gets a new topic (`BreakStarted.2`) and an `Upcaster` for the old one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from llmtb.events.access import ACCESS_EVENTS
from llmtb.events.chain import Row
from llmtb.events.chat import CHAT_EVENTS
from llmtb.events.desk import DESK_EVENTS
from llmtb.events.errors import NewerEvent, UnreadableEvent, UnwritableEvent
from llmtb.events.event import Event
from llmtb.events.floor import FLOOR_EVENTS
from llmtb.events.knowledge import KNOWLEDGE_EVENTS
from llmtb.events.record import Recorded

Reader = Callable[[bytes], Event]


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
    """

    def __init__(
        self,
        types: Iterable[type[Event]],
        *,
        versions: Mapping[type[Event], int] | None = None,
        upcasters: Mapping[str, Upcaster] | None = None,
    ) -> None:
        versions = versions or {}
        self._topics = {type_: _topic(type_, versions.get(type_, 1)) for type_ in types}
        self._versions = {type_.__name__: versions.get(type_, 1) for type_ in self._topics}
        self._encode = msgspec.msgpack.Encoder().encode
        self.readers: Mapping[str, Reader] = {
            topic: msgspec.msgpack.Decoder(type_).decode for type_, topic in self._topics.items()
        }
        """By topic, the decoders of the current types: what `decode` does for most events."""
        self._writers = {
            type_: (topic, self.readers[topic]) for type_, topic in self._topics.items()
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

    def encode(self, event: Event) -> tuple[str, bytes]:
        """Return the topic and the bytes of an event; raises as `encode_all` does."""
        [stored] = self.encode_all([event])
        return stored

    def encode_all(self, events: Iterable[Event]) -> list[tuple[str, bytes]]:
        """Return the topic and the bytes of each event.

        Raises UnwritableEvent for a type that is not among the codec's, and for bytes that could
        not be decoded again: what enters the journal stays there, so a wrong value stops here.
        """
        writers, encode = self._writers, self._encode
        stored = []
        for event in events:
            try:
                topic, read = writers[type(event)]
                state = encode(event)
                read(state)
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

        seq: where it is stored, for the error.
        Raises UnreadableEvent, or NewerEvent when a newer version of the program wrote it.
        """
        try:
            if (read := self.readers.get(topic)) is not None:
                return (read(state),)
            if (superseded := self._superseded.get(topic)) is not None:
                return self._upcast(superseded[0](state))
        except msgspec.MsgspecError as error:
            raise UnreadableEvent(seq, topic, _one_line(error)) from error
        name, _, version = topic.partition(".")
        if version.isdecimal() and int(version) > self._versions.get(name, int(version)):
            why = f"version {version} of {name} is newer than this program"
            raise NewerEvent(seq, topic, why)
        raise UnreadableEvent(seq, topic, "this program knows no such type of event")

    def recorded(self, rows: Sequence[Row]) -> list[Recorded]:
        """Decode stored rows; raises as `decode` does."""
        readers = self.readers
        try:
            return [
                Recorded(seq, stream, version, readers[topic](state), mark)
                for seq, stream, version, topic, state, mark in rows
            ]
        except (KeyError, msgspec.MsgspecError):  # one is not of a current type, or damaged
            return [
                Recorded(seq, stream, version, event, mark)
                for seq, stream, version, topic, state, mark in rows
                for event in self.decode(topic, state, seq)
            ]

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
)
"""Every event type there is today."""

CODEC = Codec(PUBLISHED)
"""Reads and writes the published language."""
