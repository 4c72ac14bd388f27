"""The writing half of the journal: judges appends and commits many of them in one transaction.

Plain and synchronous; only one thread is ever in it.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from llmtb.events.chain import GENESIS, Row, seal
from llmtb.events.errors import AlreadyApplied, Conflict, JournalError, StorageFailed
from llmtb.events.record import Change, Part, Recorded
from llmtb.events.sealing import Keys
from llmtb.events.stores.store import Applied, Collision, Store, Transaction


class Request(NamedTuple):
    """One append: its parts, the changes of all of them, and each change's topic and state."""

    parts: Sequence[Part]
    changes: Sequence[Change]
    stored: Sequence[tuple[str, bytes]]


class Snapshot(NamedTuple):
    """The state that `key` had after event `seq`."""

    key: str
    layout: str
    seq: int
    state: bytes


Outcome: TypeAlias = list[list[Recorded]] | JournalError
"""What became of one append: the recorded events of each part, or why it was refused."""

ATTEMPTS = 3  # how often another writer may be first before the store is held to be failing


class Writer:
    """Commits batches of appends to a store."""

    def __init__(self, store: Store, keys: Keys | None = None) -> None:
        self._store = store
        self._keys = keys
        self.snapshots_lost = 0

    def write(self, batch: Sequence[Request], snapshots: Sequence[Snapshot]) -> list[Outcome]:
        """Commit a batch, and then keep some snapshots, whose failure harms nobody."""
        try:
            outcomes = self._commit(batch) if batch else []
        except Exception as error:  # noqa: BLE001 - a fault in a store; everyone who waits gets it
            reason = f"{type(error).__name__}: {error}"
            failed = StorageFailed(reason, unknown=True)
            failed.__cause__ = error
            outcomes = [_copy(failed) for _ in batch]
        for snapshot in snapshots:
            try:
                self._store.save_snapshot(*snapshot)
            except Exception:  # noqa: BLE001 - a shortcut lost; the events are what counts
                self.snapshots_lost += 1
        return outcomes

    def _commit(self, batch: Sequence[Request]) -> list[Outcome]:
        """Write what can be written of the batch in one transaction; tell what became of each.

        An append that is refused leaves no trace and does not touch the others. When the store
        fails, everything that would have been written gets the same StorageFailed.
        """
        for _ in range(ATTEMPTS):
            page = _Page()
            try:
                if self._keys is not None:
                    self._keys.settle()  # what a lost key sealed would be lost with it
                with self._store.transaction() as transaction:
                    page.fill(transaction, batch)
                    if page.rows:
                        transaction.insert(page.rows, page.commands)
            except Collision:
                continue
            except StorageFailed as error:
                return self._settle(page, batch, error)
            return page.outcomes
        return [StorageFailed("another process keeps writing to it") for _ in batch]

    def _settle(
        self, page: "_Page", batch: Sequence[Request], error: StorageFailed
    ) -> list[Outcome]:
        """Find out whether a commit that failed took effect all the same."""
        if len(page.outcomes) < len(batch):  # it failed before anything could be written
            return [_copy(error) for _ in batch]
        try:
            written = bool(page.rows) and self._holds(page.rows[-1])
        except JournalError:
            written, error = False, StorageFailed(error.reason, unknown=True)
        if written:
            return page.outcomes
        return [out if isinstance(out, JournalError) else _copy(error) for out in page.outcomes]

    def _holds(self, row: Row) -> bool:
        return list(self._store.rows(row[0] - 1, 1)) == [row]


class _Page:
    """The rows of one transaction while they are put together."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.commands: list[Applied] = []
        self.outcomes: list[Outcome] = []
        self._seq, self._mark = GENESIS

    def fill(self, transaction: Transaction, batch: Sequence[Request]) -> None:
        """Judge every append against the store and those before it; seal what is accepted."""
        self._seq, self._mark = transaction.head()
        versions = transaction.versions(
            {change.stream for request in batch for change in request.changes}
        )
        commands = [name for request in batch for _, name in request.parts if name is not None]
        applied = transaction.applied(commands) if commands else {}
        for request in batch:
            refusal = _judge(request, versions, applied)
            if refusal is not None:
                self.outcomes.append(refusal)
                continue
            self.outcomes.append(self._divide(request, self._seal(request), applied))

    def _seal(self, request: Request) -> list[Recorded]:
        """Give every change of an append its place and its hash."""
        seq, mark = self._seq, self._mark
        recorded = []
        for change, (topic, state) in zip(request.changes, request.stored):
            seq += 1
            stream, version = change.stream, change.version
            mark = seal(mark, seq, stream, version, topic, state)
            self.rows.append((seq, stream, version, topic, state, mark))
            recorded.append(Recorded(seq, stream, version, change.event, mark))
        self._seq, self._mark = seq, mark
        return recorded

    def _divide(
        self, request: Request, recorded: list[Recorded], applied: dict[str, range]
    ) -> list[list[Recorded]]:
        """Return each part's own events, and note the command they came from."""
        if len(request.parts) == 1 and request.parts[0].command is None:
            return [recorded]
        parts = []
        start = 0
        for changes, command in request.parts:
            part = recorded[start : start + len(changes)]
            start += len(changes)
            parts.append(part)
            if command is not None and part:
                applied[command] = range(part[0].seq, part[-1].seq + 1)
                self.commands.append(Applied(command, part[0].seq, part[-1].seq))
        return parts


def _judge(
    request: Request, versions: dict[str, int], applied: dict[str, range]
) -> JournalError | None:
    """Return why an append is refused, or None after `versions` has been advanced past it."""
    for _, command in request.parts:
        if command is not None and command in applied:
            return AlreadyApplied(command, applied[command])
    for place, change in enumerate(request.changes):
        latest = versions[change.stream]
        if change.version != latest + 1:
            for taken in request.changes[:place]:
                versions[taken.stream] -= 1
            return Conflict(change.stream, change.version, versions[change.stream])
        versions[change.stream] = change.version
    return None


def _copy(error: StorageFailed) -> StorageFailed:
    """Return one for each caller: tasks that raise the same object mix up their tracebacks."""
    copy = StorageFailed(error.reason, unknown=error.unknown)
    copy.__cause__ = error
    return copy
