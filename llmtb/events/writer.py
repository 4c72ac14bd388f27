"""The writing half of the journal: judges appends and commits many of them in one transaction.

Plain and synchronous; only one thread is ever in it.
"""

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple, TypeAlias

from llmtb.events.chain import Row, seal
from llmtb.events.errors import AlreadyApplied, Conflict, JournalError, StorageFailed
from llmtb.events.event import Event
from llmtb.events.record import Part, Recorded
from llmtb.events.stores.store import Applied, Collision, Store, Transaction


class Draft(NamedTuple):
    """A change with its event encoded."""

    stream: str
    version: int
    topic: str
    state: bytes
    event: Event


class Request(NamedTuple):
    """One append: its parts, and the drafts of the changes of all of them in order."""

    drafts: Sequence[Draft]
    parts: Sequence[Part]


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

    def __init__(self, store: Store) -> None:
        self._store = store
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
            except JournalError:
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

    def fill(self, transaction: Transaction, batch: Sequence[Request]) -> None:
        """Judge every append against the store and those before it; seal what is accepted."""
        seq, mark = transaction.head()
        versions = transaction.versions({draft[0] for request in batch for draft in request[0]})
        commands = [name for request in batch for _, name in request[1] if name is not None]
        applied = transaction.applied(commands) if commands else {}
        for request in batch:
            refusal = _judge(request, versions, applied)
            if refusal is not None:
                self.outcomes.append(refusal)
                continue
            drafts = iter(request[0])
            result = []
            for changes, command in request[1]:
                first = seq + 1
                recorded = []
                for stream, version, topic, state, event in islice(drafts, len(changes)):
                    seq += 1
                    mark = seal(mark, seq, stream, version, topic, state)
                    self.rows.append((seq, stream, version, topic, state, mark))
                    recorded.append(Recorded(seq, stream, version, event, mark))
                result.append(recorded)
                if command is not None and recorded:
                    applied[command] = range(first, seq + 1)
                    self.commands.append(Applied(command, first, seq))
            self.outcomes.append(result)


def _judge(
    request: Request, versions: dict[str, int], applied: dict[str, range]
) -> JournalError | None:
    """Return why an append is refused, or None after `versions` has been advanced past it."""
    for _, command in request[1]:
        if command is not None and command in applied:
            return AlreadyApplied(command, applied[command])
    for place, draft in enumerate(request[0]):
        stream, version = draft[0], draft[1]
        latest = versions[stream]
        if version != latest + 1:
            for taken in request[0][:place]:
                versions[taken[0]] -= 1
            return Conflict(stream, version, versions[stream])
        versions[stream] = version
    return None


def _copy(error: StorageFailed) -> StorageFailed:
    """Return one for each caller: tasks that raise the same object mix up their tracebacks."""
    copy = StorageFailed(error.reason, unknown=error.unknown)
    copy.__cause__ = error
    return copy
