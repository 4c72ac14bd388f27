"""Reading what a chat is made of: its own stream, and its person's words on the desk's.

All of it is read beside the event loop, a page at a time; nothing here knows what is watched.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final, Literal, NamedTuple, Protocol

from llmtb.events.chat import MessageQueued, MessageSent
from llmtb.events.desk import STREAM as DESK_STREAM
from llmtb.events.desk import MessageRelayed
from llmtb.events.record import Recorded

Sender = Literal["customer", "agent"]
PAGE: Final = 256
"""Events of a chat that are told at one time."""
_SOON: Final = 1024  # events of a chat within which a message that was queued is sent


class Reading(Protocol):
    """The part of the journal that is read."""

    def read_stream(self, stream: str, after: int = 0) -> Iterator[Recorded]: ...


class Page(NamedTuple):
    """Events in order, and the version of the chat's stream before the first of them.

    relayed: whose words were passed on meanwhile, in any chat, by the event that says so.
    """

    events: list[Recorded]
    before: int
    relayed: dict[int, Sender]


def stream_of(chat: str) -> str:
    """The stream of a chat's own events."""
    return f"chat/{chat}"


def teller_of(event: MessageRelayed) -> str | None:
    """The chat whose person wrote words that were passed on."""
    _, _, place = event.update.partition(":msg:")
    return place.rpartition(":")[0] or None


def nonce_of(event: MessageRelayed) -> int | None:
    """The number that a page gave its words; None for those of another channel."""
    if not event.update.startswith("web:msg:"):
        return None
    number = event.update.rpartition(":")[2]
    return int(number) if number.isdecimal() else None


def version_at(journal: Reading, stream: str, seq: int) -> int:
    """The version that a stream had when event `seq` was recorded; few reads, however long."""
    low, step = 0, PAGE
    while _is_by(journal, stream, low + step, seq):
        low, step = low + step, step * 2
    while step > PAGE:
        half = step // 2
        if _is_by(journal, stream, low + half, seq):
            low, step = low + half, step - half
        else:
            step = half
    for recorded in journal.read_stream(stream, low):
        if recorded.seq > seq:
            break
        low = recorded.version
    return low


def since(journal: Reading, chat: str, after: int, until: int) -> Iterator[Page]:
    """What was recorded after one event and up to another, page by page."""
    version = version_at(journal, stream_of(chat), after)
    yield from _pages(journal, chat, version, after, until)


def last(journal: Reading, chat: str, until: int) -> Iterator[Page]:
    """The newest page, as of the event `until`."""
    version = max(0, version_at(journal, stream_of(chat), until) - PAGE)
    yield from _pages(journal, chat, version, _seq(journal, chat, version), until)


def before(journal: Reading, chat: str, version: int) -> Page:
    """The page that ends with a version of the chat's stream."""
    first = next(journal.read_stream(stream_of(chat), max(0, version)), None)
    start = max(0, version - PAGE)
    if first is None or version <= 0:
        return Page([], 0, {})
    after = _seq(journal, chat, start)
    return next(_pages(journal, chat, start, after, first.seq - 1), Page([], start, {}))


def event_at(journal: Reading, chat: str, seq: int) -> Recorded | None:
    """Event `seq`, if it is one of the chat's own."""
    stream = stream_of(chat)
    version = version_at(journal, stream, seq)
    found = next(journal.read_stream(stream, max(0, version - 1)), None)
    return found if found is not None and found.seq == seq else None


def remote_of(journal: Reading, chat: str, seq: int) -> int:
    """The number that a message, queued as event `seq`, has at its server; 0: none (yet)."""
    queued = event_at(journal, chat, seq)
    if queued is None or not isinstance(queued.event, MessageQueued):
        return 0
    for recorded in islice(journal.read_stream(stream_of(chat), queued.version), _SOON):
        event = recorded.event
        if isinstance(event, MessageSent) and event.message == queued.event.message:
            return event.remote or 0
    return 0


def _pages(journal: Reading, chat: str, version: int, after: int, until: int) -> Iterator[Page]:
    """Pages of both streams together; `after` bounds the desk's, `version` the chat's own."""
    relayed: dict[int, Sender] = {}
    words = _words(journal, chat, after, until, relayed)
    word = next(words, None)
    page: list[Recorded] = []
    start = version
    for recorded in journal.read_stream(stream_of(chat), version):
        if recorded.seq > until:
            break
        while word is not None and word.seq < recorded.seq:
            page.append(word)
            word = next(words, None)
        page.append(recorded)
        if recorded.version - start >= PAGE:
            yield Page(page, start, dict(relayed))
            page, start = [], recorded.version
            relayed.clear()
    while word is not None:
        page.append(word)
        word = next(words, None)
    if page:
        yield Page(page, start, relayed)


def _words(
    journal: Reading, chat: str, after: int, until: int, relayed: dict[int, Sender]
) -> Iterator[Recorded]:
    """What the chat's person wrote to somebody."""
    version = version_at(journal, DESK_STREAM, after)
    for recorded in journal.read_stream(DESK_STREAM, version):
        if recorded.seq > until:
            return
        event = recorded.event
        if not isinstance(event, MessageRelayed):
            continue
        relayed[recorded.seq] = event.sender
        if teller_of(event) == chat:
            yield recorded


def _seq(journal: Reading, chat: str, version: int) -> int:
    """The position in the journal of a version of the chat's stream; 0 of none."""
    if version <= 0:
        return 0
    found = next(journal.read_stream(stream_of(chat), version - 1), None)
    return found.seq if found is not None else 0


def _is_by(journal: Reading, stream: str, version: int, seq: int) -> bool:
    found = next(journal.read_stream(stream, version - 1), None)
    return found is not None and found.seq <= seq
