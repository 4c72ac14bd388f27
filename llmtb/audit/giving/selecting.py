"""Which events an export is about: a stretch of the journal; in it all, a stream, or a person."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Final, NamedTuple

import msgspec

from llmtb.audit.giving.records import Records, instant_of
from llmtb.control import INPUT, Unable
from llmtb.events.access import STREAM as ACCESS
from llmtb.events.access import CustomerListed, InvitationAccepted
from llmtb.events.chain import Row
from llmtb.events.codec import CODEC
from llmtb.events.errors import UnreadableEvent
from llmtb.events.event import Event
from llmtb.events.exported import Selection
from llmtb.events.published import instant

_PERSON: Final = ("agent", "person", "of", "by")
_CHAT: Final = ("chat", "account", "by")

Chooses = Callable[[Row], bool]
"""Whether an event is one of those that are asked for."""


class Wanted(NamedTuple):
    """What is asked for: from and up to a position or an instant; a stream; a person's id."""

    first: int | None = None
    last: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    stream: str | None = None
    person: str | None = None

    def told(self) -> Selection:
        """As the manifest says it."""
        return Selection(
            first=self.first,
            last=self.last,
            since=None if self.since is None else instant(self.since),
            until=None if self.until is None else instant(self.until),
            stream=self.stream,
            person=self.person,
        )


class Chosen(NamedTuple):
    """The stretch that is gone through, and what of it; None: everything in it."""

    first: int
    last: int
    chooses: Chooses | None


def choose(records: Records, wanted: Wanted) -> Chosen:
    """What an order comes to in a journal as it is now. Raises Unable where that is nothing."""
    if wanted.stream is not None and wanted.person is not None:
        raise Unable(INPUT, "a stream and a person: ask for one of them")
    first = wanted.first or 1
    last = records.head.seq if wanted.last is None else min(wanted.last, records.head.seq)
    if wanted.since is not None or wanted.until is not None:
        first, last = _within(records, first, last, wanted)
    if last < first:
        raise Unable(INPUT, "there are no events from then up to then")
    return Chosen(first, last, _chooser(records, wanted))


def _within(records: Records, first: int, last: int, wanted: Wanted) -> tuple[int, int]:
    """The stretch that holds every event between two instants, though clocks may go backwards."""
    found = [
        row[0]
        for page in records.pages(first, last)
        for row in _ends(page, wanted.since, wanted.until)
    ]
    return (found[0], found[-1]) if found else (last + 1, last)


def _ends(page: Sequence[Row], since: datetime | None, until: datetime | None) -> list[Row]:
    """The first and the last row of a page that lie between two instants."""
    within = []
    for row in page:
        try:
            at = instant_of(row[4])
        except msgspec.MsgspecError as error:
            raise UnreadableEvent(row[0], row[3], str(error)) from error
        if (since is None or since <= at) and (until is None or at <= until):
            within.append(row)
    return within[:1] + within[-1:]


def _chooser(records: Records, wanted: Wanted) -> Chooses | None:
    if wanted.stream is not None:
        stream = wanted.stream
        if next(records.stream(stream), None) is None:
            raise Unable(INPUT, f"{stream}: there is no such stream; one is like agent/sara")
        return lambda row: row[1] == stream
    if wanted.person is not None:
        return _about(wanted.person, _chats_of(records, wanted.person))
    return None


def _chats_of(records: Records, person: str) -> frozenset[str]:
    """The chats that are, or were, a person's; of a customer, the one of that id.

    Raises Unable where nobody has that id.
    """
    chats = set()
    known = next(records.stream(f"agent/{person}"), None) is not None
    asks = next(records.stream(f"chat/{person}"), None) is not None
    for row in records.stream(ACCESS):
        event = CODEC.as_stored(row)[0]
        if isinstance(event, InvitationAccepted) and event.agent == person:
            chats.add(event.account)
        asks = asks or (isinstance(event, CustomerListed) and event.account == person)
    if not known and not chats:
        if not asks:
            raise Unable(INPUT, f"nobody is known as {person}")
        chats.add(person)
    return frozenset(chats)


def _about(person: str, chats: frozenset[str]) -> Chooses:
    """Whether an event is about somebody: in their streams, names them, or is of their chats."""
    streams = {f"agent/{person}", *(f"chat/{chat}" for chat in chats)}

    def chooses(row: Row) -> bool:
        if row[1] in streams:
            return True
        event = _BLANK.as_stored(row)[0]
        of_person, of_chat, reminds = _naming(type(event))
        return (
            any(getattr(event, name) == person for name in of_person)
            or any(getattr(event, name) in chats for name in of_chat)
            or any(person in getattr(event, name) for name in reminds)
        )

    return chooses


@cache
def _naming(kind: type[Event]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The fields of a type that hold a person's id, a chat's, and many persons'."""
    names = kind.__struct_fields__
    return (
        tuple(name for name in _PERSON if name in names),
        tuple(name for name in _CHAT if name in names),
        tuple(name for name in ("agents",) if name in names),
    )


_BLANK = CODEC.with_keys(None)
