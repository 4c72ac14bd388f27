"""Reading a store without a journal: for auditors, exports and rebuilding."""

from collections.abc import Collection, Iterator

from llmtb.events.chain import GENESIS, Head, Row, follow
from llmtb.events.codec import CODEC, Codec
from llmtb.events.record import Recorded
from llmtb.events.stores.store import Store

PAGE = 512  # rows read at once


def read(
    store: Store,
    after: int = 0,
    *,
    codec: Codec = CODEC,
    topics: Collection[str] = (),
    prefixes: Collection[str] = (),
) -> Iterator[Recorded]:
    """Yield everything stored after a position, in order, up to now.

    topics: only events stored under these topics. prefixes: only events of streams that begin
    with one of these. Raises UnreadableEvent at an event that cannot be decoded.
    """
    while rows := store.rows(after, PAGE, topics, prefixes):
        yield from codec.recorded(rows)
        after = rows[-1][0]


def verify(store: Store) -> Head:
    """Check every event of a store against its hash, its place and its stream.

    Returns the head, to be kept somewhere else: that the end was not cut off, or everything
    rewritten, shows only against an earlier head. Raises BrokenChain at the first event that does
    not hold.
    """
    return follow(_rows(store), GENESIS, {})


def _rows(store: Store) -> Iterator[Row]:
    after = 0
    while rows := store.rows(after, PAGE):
        yield from rows
        after = rows[-1][0]
