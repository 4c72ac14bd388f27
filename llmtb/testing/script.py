"""Drive the decisions of an actor without a loop, a clock or a store.

A script is given a past, is told what is done when, and says which events follow:

    script = Script(FloorBehaviour(), start)
    script.do(start, AddAgent(agent="sara"))
    assert script.do(later, StartBreak(agent="sara", kind="normal")) == [...]
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from llmtb.actors.command import Command
from llmtb.events.event import Event
from llmtb.runtime.errors import Refused

State = TypeVar("State")
Kind = TypeVar("Kind", bound=Event)


class Decider(Protocol[State]):
    """The pure part of an event-sourced actor; see `llmtb.runtime.persistent`."""

    def initial(self) -> State: ...
    def evolve(self, state: State, event: Event) -> State: ...
    def due(self, state: State, after: datetime | None) -> datetime | None: ...
    def elapse(self) -> Command: ...
    def decide(self, state: State, command: Command, now: datetime) -> Iterator[Event]: ...


class Script(Generic[State]):
    """An actor's life so far: its `state`, and all its `events` in order."""

    def __init__(self, decider: Decider[State], start: datetime) -> None:
        self.decider = decider
        self.state = decider.initial()
        self.events: list[Event] = []
        self.now = start
        self._decide(decider.elapse(), start)

    def until(self, instant: datetime) -> list[Event]:
        """Let time pass up to and with an instant; the events of what fell due.

        Raises ValueError for an instant gone by.
        """
        if instant < self.now:
            raise ValueError(f"{instant} is before {self.now}")
        events: list[Event] = []
        while (due := self.decider.due(self.state, self.now)) is not None and due <= instant:
            events += self._decide(self.decider.elapse(), due)
            self.now = due
        self.now = instant
        return events

    def do(self, at: datetime, command: Command) -> list[Event]:
        """Let time pass up to `at`, then take a command; its own events. May raise Refused."""
        self.until(at)
        return self._decide(command, at)

    def crash(self) -> None:
        """Lose everything but the events, and go on from these."""
        self.state = self.replayed()

    def replayed(self) -> State:
        """The state that the events alone give."""
        state = self.decider.initial()
        for event in self.events:
            state = self.decider.evolve(state, event)
        return state

    def of(self, kind: type[Kind]) -> list[Kind]:
        """The events of one type so far."""
        return [event for event in self.events if isinstance(event, kind)]

    def _decide(self, command: Command, now: datetime) -> list[Event]:
        events = []
        try:
            for event in self.decider.decide(self.state, command, now):
                self.state = self.decider.evolve(self.state, event)
                events.append(event)
        except Refused as refused:
            if events:  # the real driver has written nothing by now, but its state has moved
                raise AssertionError(f"{command} was refused after {events}") from refused
            raise
        self.events += events
        return events
