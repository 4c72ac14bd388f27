"""Sealed words: what an event says about a person, encrypted apart from everything else it says.

A sealed event is stored as the MessagePack extension 80 around an array of two:

    the event with blanks in place of its personal words, as any event is stored
    its boxes: one for each person and sort of words, in the order in which they first come

A box is [key, nonce, ciphertext, commitment]. In the ciphertext (AES-256-GCM, bound to stream,
version, topic and the box's place) are 16 bytes of salt and the MessagePack array of the words;
the commitment is the SHA-256 of `llmtb words 1`, a line feed, and those same bytes. So the chain
covers the words, whoever is shown them with their salt can check them without any key, and when
their key is destroyed nothing that is left tells them.
"""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

import msgspec

from llmtb.events.event import Event
from llmtb.events.personal import Kind, Leaf, Owner, Plan, divide, unite

EXTENSION = 80
MARKS = frozenset((0xC7, 0xC8, 0xC9))  # how MessagePack begins an extension; events begin with 9x
SALT = 16  # bytes


class Box(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The words of one person and sort in one event. key: the id of the key, in the key store."""

    key: int
    nonce: bytes
    ciphertext: bytes
    commitment: bytes


class Sealed(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A stored event whose words are sealed: the event with blanks, and its boxes."""

    event: bytes
    boxes: list[Box]


class Keys(Protocol):
    """Seals words and opens them; see `llmtb.vault`. Use `seal` from one thread only."""

    def seal(self, owner: str, kind: Kind, at: datetime, place: bytes, words: bytes) -> Box:
        """Seal somebody's words of an instant; `place` is what the box is bound to."""
        ...

    def open(self, box: Box, place: bytes) -> bytes | None:
        """The salt and the words of a box; None if its key is gone, or is not at hand.

        Raises ValueError for a box that is not the one that was sealed for this place.
        """
        ...

    def settle(self) -> None:
        """Make every key that was used so far durable; called before an event is committed.

        Raises StorageFailed.
        """
        ...

    def wrap(self, state: bytes, place: bytes) -> bytes:
        """The bytes of a snapshot, bound to a place, sealed until somebody is forgotten."""
        ...

    def unwrap(self, state: bytes, place: bytes) -> bytes | None:
        """The bytes of a snapshot that was wrapped for this place.

        None if somebody was forgotten since, or it is not the one.
        """
        ...


class Place(NamedTuple):
    """Where an event stands: what its boxes are bound to."""

    stream: str
    version: int
    topic: str

    def of(self, box: int) -> bytes:
        """What the box with this index (from 0) is bound to."""
        return f"{self.stream}\n{self.version}\n{self.topic}\n{box}".encode()


def commitment(salted: bytes) -> bytes:
    """What binds a box to its salt and words without telling them; 32 bytes."""
    return sha256(b"llmtb words 1\n" + salted).digest()


def is_sealed(state: bytes) -> bool:
    """Whether stored bytes are those of a sealed event."""
    return state[0] in MARKS if state else False


def seal(event: Event, plan: Plan, place: Place, keys: Keys) -> bytes | None:
    """The stored bytes of an event with its words sealed; None if it holds none at the moment."""
    words: dict[Owner, list[Any]] = {}

    def take(owner: Owner, value: Any) -> None:
        words.setdefault(owner, []).append(value)

    blanked = divide(event, plan, place.stream, take)
    if not words:
        return None
    boxes = [
        keys.seal(owner, kind, event.at, place.of(index), _ENCODE(said))
        for index, ((owner, kind), said) in enumerate(words.items())
    ]
    inner = Sealed(_ENCODE(blanked), boxes)
    return _ENCODE(msgspec.msgpack.Ext(EXTENSION, _ENCODE(inner)))


def parts_of(state: bytes) -> Sealed:
    """The event with blanks, and the boxes. Raises msgspec.MsgspecError for other bytes."""
    extension = _EXTENSION.decode(state)
    if extension.code != EXTENSION:
        raise msgspec.ValidationError(f"extension {extension.code} is no sealed event")
    return _SEALED.decode(extension.data)


def opened(event: Event, plan: Plan, stream: str, boxes: list[bytes | None]) -> Event:
    """The event with its words back; blanks stay where a box could not be opened.

    boxes: the salt and words of each, or None. Raises msgspec.MsgspecError where they are not the
    words of this event.
    """
    held: dict[Owner, list[msgspec.Raw] | None] = {}
    left = boxes[::-1]

    def give(owner: Owner, leaf: Leaf) -> Any:
        if owner not in held:
            if not left:
                raise msgspec.ValidationError("a box of its words is missing")
            salted = left.pop()
            held[owner] = None if salted is None else _WORDS.decode(salted[SALT:])[::-1]
        words = held[owner]
        if words is None:
            return leaf.mark.blank
        if not words:
            raise msgspec.ValidationError("a box holds too few words")
        return leaf.read(words.pop())

    whole = unite(event, plan, stream, give)
    if left or any(held.values()):
        raise msgspec.ValidationError("there are more words in its boxes than it has room for")
    return whole  # type: ignore[no-any-return]


_ENCODE: Callable[[Any], bytes] = msgspec.msgpack.Encoder().encode
_EXTENSION = msgspec.msgpack.Decoder(msgspec.msgpack.Ext)
_SEALED = msgspec.msgpack.Decoder(Sealed)
_WORDS = msgspec.msgpack.Decoder(list[msgspec.Raw])
