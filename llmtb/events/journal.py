"""The journal: everything that happened, in one order, committed before anybody is told.

    journal = await Journal.open(SQLiteStore(path))
    [[recorded]] = await journal.append([Part([Change("agent/a17", 1, event)])])
    for recorded in journal.read():
        ...
    async for batch in journal.subscribe(after=0):
        ...
    await journal.close()

Whatever is appended while a transaction runs goes into the next one together (group commit), so
a thousand actors cost about as many disk flushes as one.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple, ParamSpec, Self, TypeVar

from llmtb.events.chain import Row
from llmtb.events.codec import CODEC, Codec
from llmtb.events.errors import (
    AlreadyApplied,
    Conflict,
    JournalClosed,
    JournalError,
    JournalFull,
    JournalReadOnly,
    StorageFailed,
)
from llmtb.events.reading import PAGE, read
from llmtb.events.record import Change, Part, Recorded
from llmtb.events.stores.store import Store
from llmtb.events.subscription import Feed, Subscription
from llmtb.events.writer import Outcome, Request, Snapshot, Writer

__all__ = ["Change", "Journal", "Part", "Recorded", "Statistics", "Subscription"]

WRAPPED = ", sealed"  # what the layout of a snapshot that holds people's words ends with
LOOK_AGAIN = 1.0  # seconds between looks at a store that does not answer

P = ParamSpec("P")
T = TypeVar("T")

Waiting = tuple[Request, "asyncio.Future[list[list[Recorded]]]"]


class Statistics(NamedTuple):
    """What a journal has done since it was opened.

    head: position of the last event. waiting: appends not yet committed. followers: open
    subscriptions. appends, events: committed ones. transactions: they took this many commits.
    conflicts, repeats, failures: appends refused with Conflict, AlreadyApplied, anything else.
    snapshots_lost: snapshots that could not be kept; they cost only a longer recovery.
    """

    head: int
    waiting: int
    followers: int
    appends: int
    events: int
    transactions: int
    conflicts: int
    repeats: int
    failures: int
    snapshots_lost: int


class Journal:
    """The asyncio face of one store, which it owns. Use it from one event loop only."""

    def __init__(self, store: Store, codec: Codec, backlog: int, max_batch: int) -> None:
        self._store = store
        self._codec = codec
        self._backlog = backlog
        self._max_batch = max_batch
        self._loop = asyncio.get_running_loop()
        self._writer = Writer(store, codec.keys)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._feed = Feed(store.head().seq, self._past)
        self._waiting: deque[Waiting] = deque()
        self._committing: list[Waiting] = []
        self._snapshots: dict[str, Snapshot] = {}
        self._busy = False
        self._closing = False
        self._refusal: str | None = None
        self._looking: asyncio.Task[None] | None = None
        self._drained = asyncio.Event()
        self._counts = {"appends": 0, "events": 0, "transactions": 0}
        self._refusals = {"conflicts": 0, "repeats": 0, "failures": 0}

    @classmethod
    async def open(
        cls, store: Store, *, codec: Codec = CODEC, backlog: int = 65536, max_batch: int = 4096
    ) -> Self:
        """Return a journal on an open store, which `close` will close.

        codec: with its keys, people's words and the snapshots are sealed.

        backlog: most appends that may wait; beyond that `append` refuses.
        max_batch: most appends in one transaction.
        """
        return cls(store, codec, backlog, max_batch)

    @property
    def head(self) -> int:
        """The position of the last event that was recorded; 0 while there is none."""
        return self._feed.head

    @property
    def refusal(self) -> str | None:
        """Why nothing is recorded in it; None where everything is."""
        return self._refusal

    def refuse(self, why: str | None) -> None:
        """From now on record nothing, not even a snapshot; whoever asks for it is told why.

        None: record again.
        """
        self._refusal = why

    async def append(self, parts: Sequence[Part]) -> list[list[Recorded]]:
        """Record all the changes of all the parts, in this order, or none of them.

        Returns, for each part, its events as recorded. If the caller is cancelled before the
        commit began, nothing is written; later, the commit goes on, and is still all or nothing.

        Raises Conflict, AlreadyApplied, UnwritableEvent, StorageFailed, JournalFull,
        JournalReadOnly or JournalClosed; after each of them, except a StorageFailed that says it is
        unknown, nothing was written.
        """
        request = self._request(parts)
        if not request.changes and all(command is None for _, command in parts):
            return [[] for _ in parts]
        if self._closing:
            raise JournalClosed
        if self._refusal is not None:
            raise JournalReadOnly(self._refusal)
        if len(self._waiting) >= self._backlog:
            raise JournalFull(self._backlog)
        done: asyncio.Future[list[list[Recorded]]] = self._loop.create_future()
        self._waiting.append((request, done))
        self._wake()
        return await done

    def applied(self, command: str) -> Sequence[Recorded] | None:
        """Return the events of the application of a command id; None if it was never applied."""
        seqs = self._store.applied(command)
        if seqs is None:
            return None
        return self._codec.recorded(self._store.rows(seqs.start - 1, len(seqs)))

    def rows(self, after: int, limit: int) -> Sequence[Row]:
        """Return up to `limit` events after a position as they are stored; from any thread."""
        return self._store.rows(after, limit)

    def read(
        self, after: int = 0, *, topics: Collection[str] = (), prefixes: Collection[str] = ()
    ) -> Iterator[Recorded]:
        """Yield everything recorded after a position, in order, up to now.

        It reads where it is called, without giving way to the loop.
        topics: only events stored under these topics. prefixes: only events of streams that begin
        with one of these. Raises UnreadableEvent at an event that cannot be decoded.
        """
        return read(self._store, after, codec=self._codec, topics=topics, prefixes=prefixes)

    def read_stream(self, stream: str, after: int = 0) -> Iterator[Recorded]:
        """Yield the events of one stream with a version greater than `after`, in order."""
        while rows := self._store.stream(stream, after, PAGE):
            yield from self._codec.recorded(rows)
            after = rows[-1][2]

    def subscribe(self, after: int) -> Subscription:
        """Follow the journal from a position on; see Subscription.

        Raises JournalError if the journal does not reach that position.
        """
        if self._closing:
            raise JournalClosed
        return Subscription(self._feed, after)

    def save_snapshot(self, key: str, layout: str, seq: int, state: bytes) -> None:
        """Keep, soon, the state that `key` had after event `seq`, in place of its last snapshot.

        layout: names what the bytes mean; when that changes, older snapshots are not found.
        A snapshot is a shortcut and nothing more: one that cannot be kept is only counted.
        """
        if not self._closing and self._refusal is None:
            if (keys := self._codec.keys) is not None:
                layout += WRAPPED
                state = keys.wrap(state, _place(key, layout, seq))
            self._snapshots[key] = Snapshot(key, layout, seq, state)
            self._wake()

    def snapshot_seq(self, key: str, layout: str) -> int:
        """Return the event of the latest snapshot of `key`, be it sealed for good; 0 for none."""
        both = (self._store.load_snapshot(key, each) for each in (layout + WRAPPED, layout))
        return max((found[0] for found in both if found and found[0] <= self.head), default=0)

    def load_snapshot(self, key: str, layout: str) -> tuple[int, bytes] | None:
        """Return (seq, state) of the latest snapshot of `key`, if it has this layout."""
        keys = self._codec.keys
        layout = layout if keys is None else layout + WRAPPED
        found = self._store.load_snapshot(key, layout)
        if found is None or found[0] > self.head:
            return None
        seq, state = found
        opened = state if keys is None else keys.unwrap(state, _place(key, layout, seq))
        return None if opened is None else (seq, opened)

    def statistics(self) -> Statistics:
        """Return what the journal has done since it was opened."""
        return Statistics(
            head=self.head,
            waiting=len(self._waiting) + len(self._committing),
            followers=len(self._feed.followers),
            snapshots_lost=self._writer.snapshots_lost,
            **self._counts,
            **self._refusals,
        )

    async def close(self) -> None:
        """Commit what is waiting, end the subscriptions, close the store. May be called again."""
        self._closing = True
        self._wake()
        await self._drained.wait()
        if self._looking is not None:
            self._looking.cancel()
        if not self._feed.closed:
            self._feed.close()
            if self._store.inline:
                self._store.close()
            else:
                await self._loop.run_in_executor(self._thread, self._store.close)
            self._thread.shutdown()

    def _request(self, parts: Sequence[Part]) -> Request:
        """Encode what is to be appended, here, so that a wrong event fails nobody else."""
        commands = [command for _, command in parts if command is not None]
        if len(commands) > 1 and len(set(commands)) < len(commands):
            twice = next(command for command in commands if commands.count(command) > 1)
            raise AlreadyApplied(twice, range(0))
        changes = [change for changes, _ in parts for change in changes]
        for change in changes:
            if change.version == 1 and "\n" in change.stream:
                raise ValueError(f"a stream's name holds a line feed: {change.stream!r}")
        stored = self._codec.encode_all(changes)
        return Request(parts, changes, stored)

    def _wake(self) -> None:
        """See to it that what is waiting is committed, after whatever else is ready to append."""
        if not self._busy:
            self._busy = True
            self._loop.call_soon(self._begin)

    def _begin(self) -> None:
        """Hand the next batch to the writer."""
        batch: list[Waiting] = []
        while self._waiting and len(batch) < self._max_batch:
            request, done = self._waiting.popleft()
            if not done.done():  # else its caller was cancelled, and nobody will miss it
                batch.append((request, done))
        snapshots, self._snapshots = list(self._snapshots.values()), {}
        if not batch and not snapshots:
            self._busy = False
            if self._closing:
                self._drained.set()
            return
        self._committing = batch
        requests = [request for request, _ in batch]
        if self._store.inline:
            self._end(self._writer.write(requests, snapshots))
        else:
            work = self._loop.run_in_executor(self._thread, self._writer.write, requests, snapshots)
            work.add_done_callback(lambda work: self._end(work.result()))

    def _end(self, outcomes: Sequence[Outcome]) -> None:
        """Tell everyone what became of the batch, then the followers, and go on."""
        batch, self._committing = self._committing, []
        recorded: list[Recorded] = []
        unknown = False
        for (_, done), outcome in zip(batch, outcomes):
            if isinstance(outcome, list):
                for part in outcome:
                    recorded += part
                self._counts["appends"] += 1
                if not done.done():
                    done.set_result(outcome)
            else:
                self._refusals[_kind(outcome)] += 1
                unknown = unknown or (isinstance(outcome, StorageFailed) and outcome.unknown)
                if not done.done():
                    done.set_exception(outcome)
        if recorded:
            self._counts["events"] += len(recorded)
            self._counts["transactions"] += 1
            self._feed.publish(recorded)
        if unknown and (self._looking is None or self._looking.done()):
            self._looking = self._loop.create_task(self._look())
        self._loop.call_soon(self._begin)

    async def _look(self) -> None:
        """Find out, as soon as the store answers again, what it holds that nobody was told of."""
        while not self._closing:
            try:
                self._feed.advance((await self._beside(self._store.head)).seq)
            except JournalError:
                await asyncio.sleep(LOOK_AGAIN)
            else:
                return

    async def _past(self, after: int, limit: int) -> tuple[list[Recorded], int]:
        """Read for the subscriptions."""
        rows = await self._beside(self._store.rows, after, limit)
        return self._codec.recorded(rows), rows[-1][0] if rows else after

    async def _beside(self, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Read from the store, beside the event loop where that takes time."""
        if self._store.inline:
            return read(*args, **kwargs)
        return await self._loop.run_in_executor(None, partial(read, *args, **kwargs))


def _place(key: str, layout: str, seq: int) -> bytes:
    """What a sealed snapshot is bound to: moved or renumbered, it would be another's past."""
    return f"{seq}\n{layout}\n{key}".encode()


def _kind(refusal: BaseException) -> str:
    if isinstance(refusal, Conflict):
        return "conflicts"
    return "repeats" if isinstance(refusal, AlreadyApplied) else "failures"
