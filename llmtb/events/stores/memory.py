"""A journal's rows in memory: for simulations and tests, gone with the process."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

from eventsourcing.persistence import IntegrityError, StoredEvent
from eventsourcing.popo import POPOApplicationRecorder

from llmtb.events.chain import GENESIS, Head, Row
from llmtb.events.stores.store import Applied, Collision


class MemoryStore(POPOApplicationRecorder):
    """The library's recorder in plain Python objects, with hashes, command ids and snapshots.

    Its rows outlive `close`, so that a test can open a journal on them again.
    """

    inline = True

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Row] = []
        self._commands: dict[str, range] = {}
        self._snapshots: dict[str, tuple[str, int, bytes]] = {}

    @contextmanager
    def transaction(self) -> Iterator["_Transaction"]:
        transaction = _Transaction(self)
        yield transaction
        if transaction.rows:
            self._commit(transaction.rows, transaction.commands)

    def _commit(self, rows: Sequence[Row], commands: Sequence[Applied]) -> None:
        stored = [StoredEvent(row[1], row[2], row[3], row[4]) for row in rows]
        with self._database_lock:
            try:
                self._insert_events(stored)
            except IntegrityError as error:
                raise Collision from error
            self._rows += rows
            self._commands.update((c.command, range(c.first, c.last + 1)) for c in commands)
        self._notify_listeners()

    def head(self) -> Head:
        if not self._rows:
            return GENESIS
        last = self._rows[-1]
        return Head(last[0], last[5])

    def latest(self, stream: str) -> int:
        """Return the latest version of a stream, 0 if it has no events."""
        versions = self._stored_events_index.get(stream)
        return len(versions) if versions else 0

    def rows(
        self, after: int, limit: int, topics: Sequence[str] = (), prefixes: Sequence[str] = ()
    ) -> Sequence[Row]:
        if not topics and not prefixes:
            return self._rows[after : after + limit]
        starts = tuple(prefixes) or ("",)
        wanted = (
            row
            for row in islice(self._rows, after, None)
            if (not topics or row[3] in topics) and row[1].startswith(starts)
        )
        return list(islice(wanted, limit))

    def stream(self, stream: str, after: int, limit: int) -> Sequence[Row]:
        places = self._stored_events_index.get(stream, {})
        last = min(after + limit, len(places))
        return [self._rows[places[version]] for version in range(after + 1, last + 1)]

    def applied(self, command: str) -> range | None:
        return self._commands.get(command)

    def save_snapshot(self, key: str, layout: str, seq: int, state: bytes) -> None:
        self._snapshots[key] = (layout, seq, state)

    def load_snapshot(self, key: str, layout: str) -> tuple[int, bytes] | None:
        kept, seq, state = self._snapshots.get(key, ("", 0, b""))
        return (seq, state) if seq and kept == layout else None

    def close(self) -> None:
        """Do nothing: there is nothing to give back."""


class _Transaction:
    """Collects what is to be written until the end of the block."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.rows: Sequence[Row] = ()
        self.commands: Sequence[Applied] = ()

    def head(self) -> Head:
        return self._store.head()

    def versions(self, streams: Iterable[str]) -> dict[str, int]:
        return {stream: self._store.latest(stream) for stream in streams}

    def applied(self, commands: Sequence[str]) -> dict[str, range]:
        found = ((command, self._store.applied(command)) for command in commands)
        return {command: seqs for command, seqs in found if seqs is not None}

    def insert(self, rows: Sequence[Row], commands: Sequence[Applied]) -> None:
        self.rows, self.commands = rows, commands
