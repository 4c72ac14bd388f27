"""What an event-sourced actor knows, and how it gets it back: a snapshot, then the events since."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final, Generic

import msgspec

from llmtb.runtime.behaviour import Behaviour, Command, Event, Journal, Part, Read, State

SLICE: Final = 1024  # events read before the others have their turn

_SNAPSHOT = msgspec.msgpack.Decoder(tuple[datetime, dict[str, int], bytes])


class Memory(Generic[State]):
    """A state, and the place in the journal at which it is the state.

    versions: the latest one of each of the actor's streams. seq, last: the position and the
    instant of its last event. unsaved: events since the last snapshot.
    """

    __slots__ = ("last", "seq", "state", "unsaved", "versions")

    def __init__(self, state: State) -> None:
        self.state = state
        self.versions: dict[str, int] = {}
        self.seq = 0
        self.last: datetime | None = None
        self.unsaved = 0


class Keeper(Generic[State, Command, Event, Part]):
    """Keeps snapshots of one actor under `name`, and rebuilds its memory.

    report: told of snapshots that cannot be used or made; they are only a shortcut.
    """

    def __init__(
        self,
        name: str,
        behaviour: Behaviour[State, Command, Event],
        journal: Journal[Part, Event],
        read: Read[Event],
        report: Callable[[Exception], None],
    ) -> None:
        self._name = name
        self._behaviour = behaviour
        self._journal = journal
        self._read = read
        self._report = report

    async def recover(self) -> Memory[State]:
        """Returns what the journal says. Raises what reading it, or `evolve`, raises."""
        evolve = self._behaviour.evolve
        memory = self._load() or Memory(self._behaviour.initial())
        for recorded in self._read(memory.seq, dict(memory.versions)):
            memory.state = evolve(memory.state, recorded.event)
            memory.versions[recorded.stream] = recorded.version
            memory.seq, memory.last = recorded.seq, recorded.event.at
            memory.unsaved += 1
            if memory.unsaved % SLICE == 0:
                await asyncio.sleep(0)
        return memory

    def save(self, memory: Memory[State]) -> None:
        """Has a snapshot made."""
        memory.unsaved = 0
        behaviour = self._behaviour
        try:
            state = behaviour.encode(memory.state)
            data = msgspec.msgpack.encode((memory.last, memory.versions, state))
            self._journal.save_snapshot(self._name, behaviour.format, memory.seq, data)
        except Exception as error:  # noqa: BLE001 - reported; the events say it all
            self._report(error)

    def _load(self) -> Memory[State] | None:
        found = self._journal.load_snapshot(self._name, self._behaviour.format)
        if found is None:
            return None
        seq, data = found
        try:
            last, versions, state = _SNAPSHOT.decode(data)
            memory = Memory(self._behaviour.decode(state))
        except Exception as error:  # noqa: BLE001 - reported; the events say it all
            self._report(error)
            return None
        memory.seq, memory.last, memory.versions = seq, last, versions
        return memory
