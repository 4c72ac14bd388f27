"""What the event-sourced actor is told by its kind, and what it needs of a journal.

The runtime knows no event and no journal of its own: these shapes say all it relies on.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, NamedTuple, Protocol, TypeAlias, TypeVar

State = TypeVar("State")
Command = TypeVar("Command")
CommandT_co = TypeVar("CommandT_co", covariant=True)
Event = TypeVar("Event", bound="Dated")
EventT_co = TypeVar("EventT_co", bound="Dated", covariant=True)
Change = TypeVar("Change")
Part = TypeVar("Part")
PartT_contra = TypeVar("PartT_contra", contravariant=True)


class Dated(Protocol):
    """An event: all the runtime knows of it is when it happened (aware UTC)."""

    @property
    def at(self) -> datetime: ...


class Recorded(Protocol[EventT_co]):
    """An event that is in the journal: its place in all of it, and in its stream."""

    @property
    def seq(self) -> int: ...
    @property
    def stream(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def event(self) -> EventT_co: ...


class Envelope(NamedTuple, Generic[CommandT_co]):
    """A command under an id: sent again with the same id, it is not applied a second time."""

    command: CommandT_co
    id: str | None = None


class Behaviour(Protocol[State, Command, Event]):
    """The pure part of an event-sourced actor. It never awaits, and asks no clock.

    format: names what `encode` writes; older snapshots under another name are not read.
    """

    format: str

    def initial(self) -> State:
        """The state before every event."""
        ...

    def decide(self, state: State, command: Command, now: datetime) -> Iterator[Event]:
        """Yields what happens at `now`; nothing, if nothing does. Must not change the state.

        Before it goes on after a `yield`, `state` has been evolved by that event.
        Raises Refused, but only before the first event: afterwards it counts as a fault.
        """
        ...

    def evolve(self, state: State, event: Event) -> State:
        """The state after an event; it may be the same object, changed."""
        ...

    def stream(self, event: Event) -> str:
        """The stream that an event belongs to."""
        ...

    def due(self, state: State, after: datetime | None) -> datetime | None:
        """The first instant later than `after` at which something falls due; None: never."""
        ...

    def elapse(self) -> Command | None:
        """The command that says that such an instant has come; None: nothing ever falls due."""
        ...

    def encode(self, state: State) -> bytes:
        """A state as a snapshot."""
        ...

    def decode(self, data: bytes, /) -> State:
        """The state from a snapshot. Whatever it raises, the events are read instead."""
        ...


class Journal(Protocol[PartT_contra, EventT_co]):
    """The part of a journal that an event-sourced actor needs."""

    async def append(
        self, parts: Sequence[PartT_contra]
    ) -> Sequence[Sequence[Recorded[EventT_co]]]:
        """Records all parts or none; returns the recorded events of each.

        An id that was applied before is refused, and so is one that two of the parts have.
        """
        ...

    def applied(self, command: str) -> Sequence[Recorded[EventT_co]] | None:
        """The events that a command id led to; None if it was never applied."""
        ...

    def save_snapshot(self, key: str, layout: str, seq: int, state: bytes) -> None: ...

    def load_snapshot(self, key: str, layout: str) -> tuple[int, bytes] | None: ...


@dataclass(frozen=True, slots=True)
class Forms(Generic[Event, Change, Part]):
    """How the journal wants to be written to.

    change: an event as the given version of its stream. part: the changes of one command, and
    its id. repeated: raised by `append` for an id that was applied before.
    """

    change: Callable[[str, int, Event], Change]
    part: Callable[[Sequence[Change], str | None], Part]
    repeated: type[Exception]


Read: TypeAlias = Callable[[int, Mapping[str, int]], Iterable[Recorded[Event]]]
"""Reads an actor's events, in order: those after a position of the whole journal, where its
streams had the given versions."""
