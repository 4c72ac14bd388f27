"""A closed shift's report drawn again from the journal's own file, and held against the kept."""

from collections.abc import Collection, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from llmtb.events.codec import CODEC, Codec
from llmtb.events.event import Event
from llmtb.events.floor import AgentRemoved, ShiftAssigned, ShiftOpened, ShiftUnassigned
from llmtb.events.reading import PAGE, read
from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.events.stores.store import Store
from llmtb.projections.shift_report import rebuild_report

JOURNAL: Final = "journal.db"
ROSTER: Final = (ShiftAssigned, ShiftUnassigned, AgentRemoved)
"""What tells who was on the roster."""


class Rebuilt(NamedTuple):
    """A report that was drawn again: from how many events, and how it compares.

    digest, kept_digest: SHA-256 of the two, in hexadecimal. size: bytes of the one drawn again.
    """

    events: int
    size: int
    digest: str
    kept_digest: str

    @property
    def same(self) -> bool:
        """Whether the two are the same, byte for byte."""
        return self.digest == self.kept_digest


def rebuilt(journal: Path, shift: str, kept: bytes, codec: Codec = CODEC) -> Rebuilt:
    """Draw a shift's report again. It blocks: to be called beside the loop.

    journal: its file, which is only read. kept: the report as the views keep it. codec: with the
    keys of the journal, where it has some.
    """
    store = SQLiteStore(journal, read_only=True)
    try:
        events = list(_bearing(store, shift, codec))
    finally:
        store.close()
    again = msgspec.json.encode(rebuild_report(events, shift))
    return Rebuilt(len(events), len(again), sha256(again).hexdigest(), sha256(kept).hexdigest())


def _bearing(store: Store, shift: str, codec: Codec) -> Iterator[Event]:
    """All events that bear on a shift: the roster's from the first on, all others while it ran."""
    own = list(_own(store, shift, codec))
    if not own:
        return
    first, last = own[0], own[-1]
    for recorded in read(store, codec=codec, topics=_topics(ROSTER)):
        if recorded.seq >= first:
            break
        yield recorded.event
    for recorded in read(store, first - 1, codec=codec):
        if recorded.seq > last:
            break
        if isinstance(recorded.event, ROSTER) or getattr(recorded.event, "shift", None) == shift:
            yield recorded.event


def _own(store: Store, shift: str, codec: Codec) -> Iterator[int]:
    """Where the events of the shift's own stream lie, from its first opening on."""
    after, opened = 0, False
    while rows := store.stream(f"shift/{shift}", after, PAGE):
        for recorded in codec.recorded(rows):
            opened = opened or isinstance(recorded.event, ShiftOpened)
            if opened:
                yield recorded.seq
        after = rows[-1][2]


def _topics(kinds: Collection[type[Event]]) -> frozenset[str]:
    return frozenset(kind.__name__ for kind in kinds)
