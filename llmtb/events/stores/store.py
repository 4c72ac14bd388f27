"""The contract of a store: where the journal keeps its rows.

A store is plain and synchronous. The journal calls `transaction` and `save_snapshot` from one
thread, everything else from any thread. Whatever fails raises a `JournalError`.
`tests/contract` is the same contract as a test suite; every store passes it.
"""

from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from llmtb.events.chain import Head, Row


class Collision(Exception):
    """Another writer took a position or a version first: look again and try again."""


class Applied(NamedTuple):
    """A command id, and the positions of its first and last event."""

    command: str
    first: int
    last: int


class Transaction(Protocol):
    """Everything in it is written, or nothing."""

    def head(self) -> Head:
        """Return the last event of the store."""

    def versions(self, streams: Iterable[str]) -> dict[str, int]:
        """Return the latest version of each of the streams, 0 for one without events."""

    def applied(self, commands: Sequence[str]) -> dict[str, range]:
        """Return the positions of those of the commands that were applied already."""

    def insert(self, rows: Sequence[Row], commands: Sequence[Applied]) -> None:
        """Write rows that continue the head, and the commands they came from.

        Raises Collision when another writer was there first.
        """


class Store(Protocol):
    """A place for events, command ids and snapshots."""

    @property
    def inline(self) -> bool:
        """Whether a transaction takes no time to speak of, so that no thread is needed for it."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begin a transaction; it commits when the block ends, unless the block raises.

        Raises StorageFailed, also from the end of the block; the commit may still have taken
        effect then, and reading tells.
        """

    def head(self) -> Head:
        """Return the last committed event."""

    def rows(
        self, after: int, limit: int, topics: Collection[str] = (), prefixes: Collection[str] = ()
    ) -> Sequence[Row]:
        """Return up to `limit` rows with seq > `after`, in order of seq.

        topics: only rows of these topics; prefixes: only rows of streams that begin with one of
        these. Empty means all.
        """

    def stream(self, stream: str, after: int, limit: int) -> Sequence[Row]:
        """Return up to `limit` rows of one stream with version > `after`, in order of version."""

    def applied(self, command: str) -> range | None:
        """Return the positions of the events of a command, or None if it was never applied."""

    def save_snapshot(self, key: str, layout: str, seq: int, state: bytes) -> None:
        """Keep the state that `key` had after event `seq`, instead of its earlier snapshot."""

    def load_snapshot(self, key: str, layout: str) -> tuple[int, bytes] | None:
        """Return (seq, state) of the latest snapshot of `key` if it has this layout."""

    def close(self) -> None:
        """Give everything back; a closed store may not be used again."""
