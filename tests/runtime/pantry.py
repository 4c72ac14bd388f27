"""An event-sourced actor to test with: a pantry, whose jars keep for a while and then spoil.

A jar may stand in any of its shelves' streams; when all shelves together hold three jars, that is
noted in the pantry's own stream. Shelves can be stocked only as long as the pantry is open.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

import msgspec

from llmtb.events.codec import Codec
from llmtb.events.errors import AlreadyApplied, Conflict, StorageFailed
from llmtb.events.event import Event
from llmtb.events.record import Change, Part, Recorded
from llmtb.events.stores.memory import MemoryStore
from llmtb.runtime.actor import Context
from llmtb.runtime.behaviour import Forms
from llmtb.runtime.errors import Refused
from llmtb.runtime.persistent import PersistentActor
from llmtb.testing.faulty import Fault, FaultyStore, SlowJournal

# --- events and state


class Opened(Event, frozen=True, gc=False, array_like=True, kw_only=True):
    """The pantry came to life."""


class Stocked(Event, frozen=True, gc=False, array_like=True, kw_only=True):
    shelf: str
    jar: int
    until: datetime


class Crowded(Event, frozen=True, gc=False, array_like=True, kw_only=True):
    jars: int


class Taken(Event, frozen=True, gc=False, array_like=True, kw_only=True):
    shelf: str
    jar: int


class Spoiled(Event, frozen=True, gc=False, array_like=True, kw_only=True):
    shelf: str
    jar: int


CODEC = Codec([Opened, Stocked, Crowded, Taken, Spoiled])


class Pantry(msgspec.Struct):
    """jars: by number, the shelf and the instant until which it keeps."""

    jars: dict[int, tuple[str, datetime]] = {}
    stocked: int = 0
    open: bool = False


# --- commands


class Stock(NamedTuple):
    shelf: str
    keeps: float  # seconds


class Take(NamedTuple):
    shelf: str


class Look(NamedTuple):
    """Changes nothing."""


class Blunder(NamedTuple):
    """A faulty decision: it fails, before or after an event."""

    error: type[Exception]
    late: bool


class Elapse(NamedTuple):
    """An instant has come."""


Command: TypeAlias = Stock | Take | Look | Blunder | Elapse


class PantryBehaviour:
    format = "pantry.1"

    def initial(self) -> Pantry:
        return Pantry()

    def decide(self, state: Pantry, command: Command, now: datetime) -> Iterator[Event]:
        match command:
            case Elapse():
                if not state.open:
                    yield Opened(at=now, by="clock")
                for jar, (shelf, until) in list(state.jars.items()):
                    if until <= now:
                        yield Spoiled(at=now, by="clock", shelf=shelf, jar=jar)
            case Stock(shelf, keeps):
                assert state.open
                until = now + timedelta(seconds=keeps)
                yield Stocked(at=now, by="cook", shelf=shelf, jar=state.stocked + 1, until=until)
                if len(state.jars) == 3:
                    yield Crowded(at=now, by="clock", jars=3)
            case Take(shelf):
                jars = [jar for jar, (place, _) in state.jars.items() if place == shelf]
                if not jars:
                    raise Refused(f"{shelf} is empty")
                yield Taken(at=now, by="cook", shelf=shelf, jar=min(jars))
            case Look():
                return
            case Blunder(error, late):
                if late:
                    yield Crowded(at=now, by="nobody", jars=99)
                raise error("blunder")

    def evolve(self, state: Pantry, event: Event) -> Pantry:
        match event:
            case Opened():
                state.open = True
            case Stocked():
                state.stocked = event.jar
                state.jars[event.jar] = (event.shelf, event.until)
            case Taken() | Spoiled():
                del state.jars[event.jar]
            case Crowded():
                assert event.jars == len(state.jars) or event.by == "nobody"
        return state

    def stream(self, event: Event) -> str:
        return f"shelf/{event.shelf}" if isinstance(event, Stocked | Taken | Spoiled) else "pantry"

    def due(self, state: Pantry, after: datetime | None) -> datetime | None:
        instants = (until for _, until in state.jars.values() if after is None or until > after)
        return min(instants, default=None)

    def elapse(self) -> Command:
        return Elapse()

    def encode(self, state: Pantry) -> bytes:
        return msgspec.msgpack.encode(state)

    def decode(self, data: bytes) -> Pantry:
        return msgspec.msgpack.decode(data, type=Pantry)


# --- a journal that fails


class Ledger:
    """A journal in a list. Each append meets the next of `faults`:

    before: it fails, nothing is written. after: it is written and fails. overtaken: somebody
    else writes to the actor's streams first, though nothing of note.
    None: all is well. Every append lets others run before and after it is written.
    """

    def __init__(self, faults: Iterable[str | None] = (), pause: float = 0) -> None:
        self.rows: list[Recorded] = []
        self.commands: dict[str, list[Recorded]] = {}
        self.snapshots: dict[str, tuple[str, int, bytes]] = {}
        self.faults = iter(faults)
        self.pause = pause
        self.appends = 0

    async def append(self, parts: Sequence[Part]) -> list[list[Recorded]]:
        await asyncio.sleep(self.pause)
        self.appends += 1
        fault = next(self.faults, None)
        if fault == "before":
            raise StorageFailed("full")
        commands = [part.command for part in parts if part.command is not None]
        for command in commands:
            if command in self.commands or commands.count(command) > 1:
                raise AlreadyApplied(command, range(0))
        heads = {row.stream: row.version for row in self.rows}
        for change in (change for part in parts for change in part.changes):
            stream, version = change.stream, change.version
            if version != heads.get(stream, 0) + 1 or fault == "overtaken":
                raise Conflict(stream, version, heads.get(stream, 0))
            heads[stream] = version
        recorded = [self._write(part) for part in parts]
        if fault == "after":
            raise StorageFailed("lost", unknown=True)
        await asyncio.sleep(self.pause)
        return recorded

    def _write(self, part: Part) -> list[Recorded]:
        written = []
        for change in part.changes:
            seq = len(self.rows) + 1
            written.append(Recorded(seq, change.stream, change.version, change.event, b""))
            self.rows.append(written[-1])
        if part.command is not None:
            self.commands[part.command] = written
        return written

    def applied(self, command: str) -> Sequence[Recorded] | None:
        return self.commands.get(command)

    def read(self, after: int, versions: Mapping[str, int]) -> Iterable[Recorded]:
        return self.rows[after:]

    def save_snapshot(self, key: str, layout: str, seq: int, state: bytes) -> None:
        self.snapshots[key] = (layout, seq, state)

    def load_snapshot(self, key: str, layout: str) -> tuple[int, bytes] | None:
        found = self.snapshots.get(key)
        return found[1:] if found is not None and found[0] == layout else None


class HouseLedger:
    """The house's own journal with the same face, over a store that fails."""

    def __init__(self, faults: Iterable[str | None], pause: float) -> None:
        plan = (_FAULTS[fault] for fault in faults)
        store = FaultyStore(MemoryStore(), lambda: next(plan, None))
        self.journal = SlowJournal(store, CODEC, backlog=64, max_batch=64)
        self.journal.delay = lambda: pause
        self.append = self.journal.append
        self.applied = self.journal.applied
        self.save_snapshot = self.journal.save_snapshot
        self.load_snapshot = self.journal.load_snapshot

    @property
    def rows(self) -> list[Recorded]:
        return list(self.journal.read())

    def read(self, after: int, versions: Mapping[str, int]) -> Iterable[Recorded]:
        return self.journal.read(after)


_FAULTS = {
    None: None,
    "before": Fault.BEFORE,
    "after": Fault.LOST,
    "overtaken": Fault.CONFLICT,
}

FORMS: Forms[Event, Change, Part] = Forms(Change, Part, AlreadyApplied)
Keeper: TypeAlias = PersistentActor[Pantry, Command, Event, Change, Part]


def keeper(
    journal: Any,
    read: Callable[[int, Mapping[str, int]], Iterable[Recorded]],
    *,
    snapshot_every: int | None = 3,
    made: list[Keeper] | None = None,
    behaviour: PantryBehaviour | None = None,
) -> Callable[[Context], Keeper]:
    """A factory of pantries; `made` gets every actor that it makes."""

    def factory(context: Context) -> Keeper:
        actor: Keeper = PersistentActor(
            context,
            behaviour or PantryBehaviour(),
            journal,
            FORMS,
            read,
            snapshot_every=snapshot_every,
        )
        if made is not None:
            made.append(actor)
        return actor

    return factory


def replayed(rows: Iterable[Recorded]) -> Pantry:
    """The state that all events give."""
    state = Pantry()
    for recorded in rows:
        state = PantryBehaviour().evolve(state, recorded.event)
    return state
