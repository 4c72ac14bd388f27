"""A journal's rows in memory: for simulations and tests, gone with the process."""

from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from typing import Any, Self

from eventsourcing.persistence import IntegrityError, StoredEvent
from eventsourcing.popo import POPOApplicationRecorder

from llmtb.events.chain import GENESIS, Head, Row, chained
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

    def transaction(self) -> "_Transaction":
        return _Transaction(self)

    def commit(self, rows: Sequence[Row], commands: Sequence[Applied]) -> None:
        """Take the rows and commands of a transaction in."""
        if rows[0][0] != len(self._rows) + 1:
            raise Collision(f"event {rows[0][0]} does not follow event {len(self._rows)}")
        try:
            super().insert_events([StoredEvent(row[1], row[2], row[3], row[4]) for row in rows])
        except IntegrityError as error:
            raise Collision(*error.args) from error
        self._rows += rows
        for command, first, last in commands:
            self._commands[command] = range(first, last + 1)

    def head(self) -> Head:
        if not self._rows:
            return GENESIS
        last = self._rows[-1]
        return Head(last[0], last[5])

    def versions(self, streams: Iterable[str]) -> dict[str, int]:
        """Return the latest version of each of the streams, 0 for one without events."""
        index = self._stored_events_index
        return {stream: len(index.get(stream, ())) for stream in streams}

    def rows(
        self, after: int, limit: int, topics: Collection[str] = (), prefixes: Collection[str] = ()
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

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int]:
        """Insert as the library's users do; the journal does not use it."""
        events = [
            (str(event.originator_id), event.originator_version, event.topic, event.state)
            for event in stored_events
        ]
        rows = chained(self.head(), events)
        try:
            self.commit(rows, ())
        except Collision as error:
            raise IntegrityError(*error.args) from error
        return [row[0] for row in rows]


class _Transaction:
    """Collects what is to be written until the end of the block."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._rows: Sequence[Row] = ()
        self._commands: Sequence[Applied] = ()
        self.head = store.head
        self.versions = store.versions

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and self._rows:
            self._store.commit(self._rows, self._commands)

    def applied(self, commands: Sequence[str]) -> dict[str, range]:
        found = ((command, self._store.applied(command)) for command in commands)
        return {command: seqs for command, seqs in found if seqs is not None}

    def insert(self, rows: Sequence[Row], commands: Sequence[Applied]) -> None:
        self._rows, self._commands = rows, commands
