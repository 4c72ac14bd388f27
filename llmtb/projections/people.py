"""The people view: what ids are called, also the ids of people who have left."""

from collections.abc import Mapping
from datetime import date

import msgspec

from llmtb.events.floor import AgentAdded, AgentChanged, AgentRemoved, Role
from llmtb.events.record import Recorded
from llmtb.projections.projection import Read, Rows, Write

SAVE = "INSERT OR REPLACE INTO people (agent, name, role, hired_on, here) VALUES (?, ?, ?, ?, ?)"


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A person as last known; `here` is False for one who has left."""

    name: str
    role: Role
    hired_on: date | None
    here: bool


class People:
    """The view of everybody who was ever added."""

    name = "people"
    version = 1
    tables: Mapping[str, str] = {
        "people": """(
            agent TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            role TEXT NOT NULL,
            hired_on TEXT,
            here INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID"""
    }

    def __init__(self) -> None:
        self.known: dict[str, Known] = {}
        self.names: dict[str, str] = {}
        """By id, what everybody is called; renderings take it as it is."""
        self._rows = Rows()

    async def restore(self, read: Read) -> None:
        rows = await read("SELECT agent, name, role, hired_on, here FROM people")
        fields = ("name", "role", "hired_on", "here")
        self.known = {
            agent: msgspec.convert(dict(zip(fields, rest)), Known, strict=False)
            for agent, *rest in rows
        }
        self.names = {agent: known.name for agent, known in self.known.items()}
        self._rows = Rows()

    def apply(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, AgentAdded | AgentChanged | AgentRemoved):
            here = not isinstance(event, AgentRemoved)
            self.known[event.agent] = Known(
                name=event.name, role=event.role, hired_on=event.hired_on, here=here
            )
            self.names[event.agent] = event.name
            hired_on = event.hired_on.isoformat() if event.hired_on else None
            self._rows.add(SAVE, event.agent, event.name, event.role, hired_on, here)

    def writes(self) -> list[Write]:
        return self._rows.take()

    def with_role(self, role: Role) -> list[str]:
        """The ids of those of a role who are here, sorted."""
        return sorted(a for a, known in self.known.items() if known.here and known.role == role)
