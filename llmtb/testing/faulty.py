"""Stores that fail, and a journal that takes its time: for simulations and tests.

    store = FaultyStore(MemoryStore(), faults=lambda: random.choice([None, None, Fault.AFTER]))
    journal = await SlowJournal.open(store)
    journal.delay = lambda: random.uniform(0, 0.2)

Whatever decides is passed in, so that one seed gives one run.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum

from llmtb.events.chain import Head, Row
from llmtb.events.errors import StorageFailed
from llmtb.events.journal import Journal
from llmtb.events.stores.store import Applied, Store, Transaction
from llmtb.events.writer import Outcome


class Fault(Enum):
    """What happens to one transaction.

    BEFORE: it fails, and nothing is written. AFTER: it is written, and reports a failure.
    LOST: the same, and the store does not answer the next question.
    CONFLICT: every stream in it has got an event that the caller has not seen.
    """

    BEFORE = "before"
    AFTER = "after"
    LOST = "lost"
    CONFLICT = "conflict"


class FaultyStore:
    """A store whose transactions meet the faults that `faults` returns, one for each."""

    def __init__(self, store: Store, faults: Callable[[], Fault | None]) -> None:
        self._store = store
        self._faults = faults
        self._silent = False
        self.head = store.head
        self.stream = store.stream
        self.applied = store.applied
        self.load_snapshot = store.load_snapshot
        self.close = store.close

    @property
    def inline(self) -> bool:
        return self._store.inline

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        fault = self._faults()
        if fault is Fault.BEFORE:
            raise StorageFailed("a fault before the commit")
        before = self._store.head()
        with self._store.transaction() as transaction:
            yield _Overtaken(transaction) if fault is Fault.CONFLICT else transaction
        if fault in (Fault.AFTER, Fault.LOST) and self._store.head() != before:
            self._silent = fault is Fault.LOST
            raise StorageFailed("a fault after the commit")

    def rows(
        self, after: int, limit: int, topics: Collection[str] = (), prefixes: Collection[str] = ()
    ) -> Sequence[Row]:
        if self._silent:
            self._silent = False
            raise StorageFailed("no answer")
        return self._store.rows(after, limit, topics, prefixes)

    def save_snapshot(self, key: str, layout: str, seq: int, state: bytes) -> None:
        fault = self._faults()
        if fault is Fault.BEFORE:
            raise StorageFailed("a fault before the snapshot")
        self._store.save_snapshot(key, layout, seq, state)
        if fault is not None:
            raise StorageFailed("a fault after the snapshot")


class _Overtaken:
    """A transaction in which somebody else has just written to every stream."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self.applied = transaction.applied

    def head(self) -> Head:
        return self._transaction.head()

    def versions(self, streams: Iterable[str]) -> dict[str, int]:
        return {name: version + 1 for name, version in self._transaction.versions(streams).items()}

    def insert(self, rows: Sequence[Row], commands: Sequence[Applied]) -> None:
        self._transaction.insert(rows, commands)


class SlowJournal(Journal):
    """A journal that waits `delay()` seconds before each commit, and as long before its answer.

    The seconds pass on the loop's clock, so on a virtual loop they cost nothing. In them the
    callers can be cancelled and crash.
    """

    delay: Callable[[], float] = staticmethod(lambda: 0.0)

    def _begin(self) -> None:
        self._loop.call_later(self.delay(), super()._begin)

    def _end(self, outcomes: Sequence[Outcome]) -> None:
        self._loop.call_later(self.delay(), super()._end, outcomes)
