"""Who is known and who is on which shift: the fold of the people's and the roster's events."""

from datetime import date

import msgspec

from llmtb.events.event import Event
from llmtb.events.floor import (
    AgentAdded,
    AgentChanged,
    AgentRemoved,
    Role,
    ShiftAssigned,
    ShiftUnassigned,
)


class Person(msgspec.Struct):
    """What is known of a person; the id is the key they are kept under."""

    name: str
    role: Role
    hired_on: date | None


class Roster(msgspec.Struct):
    """The people, and the shifts they are on.

    standing: agents by shift name, for every instance from their assignment on.
    single: agents put on one instance alone, by instance. off: agents taken off one instance.
    """

    people: dict[str, Person] = {}
    standing: dict[str, set[str]] = {}
    single: dict[str, set[str]] = {}
    off: dict[str, set[str]] = {}

    def on(self, instance: str) -> list[str]:
        """The agents rostered on an instance (`DATE/NAME`), sorted."""
        name = instance.partition("/")[2]
        nobody: set[str] = set()
        rostered = self.standing.get(name, nobody) | self.single.get(instance, nobody)
        return sorted(rostered - self.off.get(instance, nobody))

    def holds(self, agent: str, instance: str) -> bool:
        """Whether an agent is rostered on an instance."""
        if agent in self.off.get(instance, ()):
            return False
        name = instance.partition("/")[2]
        return agent in self.standing.get(name, ()) or agent in self.single.get(instance, ())

    def evolve(self, event: Event) -> None:
        """Take in one event; those of other subjects change nothing."""
        match event:
            case AgentAdded() | AgentChanged():
                self.people[event.agent] = Person(event.name, event.role, event.hired_on)
            case AgentRemoved():
                self.people.pop(event.agent, None)
                for table in (self.standing, self.single, self.off):
                    for agents in table.values():
                        agents.discard(event.agent)
            case ShiftAssigned(agent=agent, shift=shift) if "/" in shift:
                self.off.get(shift, set()).discard(agent)
                self.single.setdefault(shift, set()).add(agent)
            case ShiftAssigned(agent=agent, shift=shift):
                self.standing.setdefault(shift, set()).add(agent)
                for instance, agents in self.off.items():
                    if instance.endswith(f"/{shift}"):
                        agents.discard(agent)
            case ShiftUnassigned(agent=agent, shift=shift) if "/" in shift:
                self.single.get(shift, set()).discard(agent)
                self.off.setdefault(shift, set()).add(agent)
            case ShiftUnassigned(agent=agent, shift=shift):
                self.standing.get(shift, set()).discard(agent)
            case _:
                pass

    def forget_before(self, day: str) -> None:
        """Drop what was said of single instances that started before a local date (ISO)."""
        for table in (self.single, self.off):
            for instance in [each for each in table if each[:10] < day]:
                del table[instance]
