"""What was used up by, and held against, each agent: warnings, the emergency break, discipline."""

from collections.abc import Collection

import msgspec

from llmtb.events.event import Event
from llmtb.events.floor import (
    BreakStarted,
    DisciplineApplied,
    WarningCause,
    WarningForgiven,
    WarningIssued,
)
from llmtb.events.record import Recorded

KEPT = 3  # shift dates of an agent


class Warned(msgspec.Struct, frozen=True):
    """A warning that stands, and the event that gave it."""

    shift: str
    cause: WarningCause
    minute: int | None
    seq: int


class Day(msgspec.Struct):
    """One shift date of an agent; `warnings` are those not forgiven, oldest first.

    emergency, disciplined: the events that say so, if they happened.
    """

    warnings: list[Warned] = []
    emergency: int | None = None
    disciplined: int | None = None


class Conduct(msgspec.Struct):
    """An agent's shift dates; `blocked`: the instance in which breaks are barred, and by what."""

    days: dict[str, Day] = {}
    blocked: tuple[str, int] | None = None

    def day(self, instance: str) -> Day:
        """The account of the date of a shift (`DATE/NAME`)."""
        return self.days.setdefault(instance[:10], Day())


class Conducts:
    """The conduct of all agents, by id."""

    def __init__(self) -> None:
        self.by_agent: dict[str, Conduct] = {}

    def of(self, agent: str) -> Conduct:
        """An agent's; empty where nothing happened."""
        return self.by_agent.get(agent) or Conduct()

    def day(self, agent: str, instance: str) -> Day:
        """An agent's account of the date of a shift; empty where nothing happened."""
        return self.of(agent).days.get(instance[:10]) or Day()

    def note(self, recorded: Recorded, forgiving_up_to: int) -> None:
        """Take in the next event.

        forgiving_up_to: with so many warnings left, one who was blocked is blocked no more.
        """
        event = recorded.event
        match event:
            case BreakStarted(kind="emergency"):
                self._conduct(event).day(event.shift).emergency = recorded.seq
            case WarningIssued():
                warned = Warned(event.shift, event.cause, event.minute, recorded.seq)
                self._conduct(event).day(event.shift).warnings.append(warned)
            case WarningForgiven():
                conduct = self._conduct(event)
                del conduct.day(event.shift).warnings[-1:]
                if event.count <= forgiving_up_to:
                    conduct.blocked = None
            case DisciplineApplied():
                conduct = self._conduct(event)
                conduct.day(event.shift).disciplined = recorded.seq
                if event.action == "block":
                    conduct.blocked = event.shift, recorded.seq
            case _:
                pass

    def leave(self, agents: Collection[str]) -> None:
        """The shift of these agents closed: what was long ago is dropped."""
        for agent in self.by_agent.keys() & set(agents):
            days = self.by_agent[agent].days
            for date in sorted(days)[:-KEPT]:
                del days[date]

    def _conduct(self, event: Event) -> Conduct:
        agent: str = getattr(event, "agent", "")
        return self.by_agent.setdefault(agent, Conduct())
