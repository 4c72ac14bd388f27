"""The floor's own decider on a clock of its own: time passes as far as it is told to.

It drives `FloorBehaviour` as `llmtb.runtime.persistent` does: at each instant what falls due comes
first, then the commands. There is no journal, for nobody is told of what happens here.
"""

from collections.abc import Callable
from datetime import datetime

from llmtb.actors.command import Command
from llmtb.actors.floor import Floor, FloorBehaviour
from llmtb.actors.instant import Elapse
from llmtb.events.event import Event


class Stage:
    """A floor from some instant on.

    floor: the state, changed by what happens. horizon: up to when time has passed; None where it
    begins. Every event goes to `tell`, in order.
    """

    def __init__(
        self, floor: Floor, horizon: datetime | None, tell: Callable[[Event], None]
    ) -> None:
        self.floor = floor
        self.horizon = horizon
        self._behaviour = FloorBehaviour()
        self._tell = tell
        self._next: datetime | None = None  # what falls due, unless the state has changed since

    def until(self, instant: datetime) -> None:
        """Let time pass up to an instant, what falls due at it included."""
        if self.horizon is None:
            self._pass(instant)
        while (due := self._due()) <= instant:
            self._pass(due)
        self.horizon = max(instant, self.horizon or instant)

    def do(self, command: Command) -> list[Event]:
        """Take a command at the present instant; its events. Raises Refused."""
        if self.horizon is None:
            raise ValueError("no time has passed yet")
        events = []
        for event in self._behaviour.decide(self.floor, command, self.horizon):
            self.floor = self._behaviour.evolve(self.floor, event)
            self._next = None
            self._tell(event)
            events.append(event)
        return events

    def _pass(self, instant: datetime) -> None:
        self.horizon = instant
        self._next = None
        self.do(Elapse())

    def _due(self) -> datetime:
        """The next instant at which something falls due: a shift opens, if nothing else."""
        if self._next is None:
            self._next = self._behaviour.due(self.floor, self.horizon)
            if self._next is None:
                raise ValueError("nothing ever falls due")
        return self._next
