"""When each agent was on the roster of one instance of a shift: what adherence is held against."""

from collections.abc import Iterable
from datetime import datetime

from llmtb.events.event import Event
from llmtb.events.floor import AgentRemoved, ShiftAssigned, ShiftUnassigned
from llmtb.events.published import instant
from llmtb.events.roster import Roster
from llmtb.projections.projection import Read

Plans = dict[str, list[tuple[datetime, datetime]]]

TOLD = """SELECT at, type, agent, shift FROM changes
    WHERE at <= ?1 AND (
        type = 'AgentRemoved' OR (subject = 'rosters' AND (shift = ?2 OR shift = ?3))
    ) ORDER BY seq"""


async def plans_of(read: Read, shift: str, starts: datetime, ends: datetime) -> Plans:
    """From the view of changes, by agent, the stretches on the roster of a shift (`DATE/NAME`)."""
    rows = await read(TOLD, instant(ends), shift, shift.partition("/")[2])
    events = [_event(datetime.fromisoformat(at), *rest) for at, *rest in rows]
    return plans(events, shift, starts, ends)


def plans(events: Iterable[Event], shift: str, starts: datetime, ends: datetime) -> Plans:
    """The same from events in order; those of other subjects change nothing.

    A stretch begins when the agent was put on the roster, at the shift's start at the earliest.
    """
    roster, since = Roster(), dict[str, datetime]()
    found: Plans = {}
    for event in events:
        agent: str | None = getattr(event, "agent", None)
        roster.evolve(event)
        if agent is None or event.at >= ends:
            continue
        if not roster.holds(agent, shift):
            _add(found, agent, since.pop(agent, None), event.at)
        else:
            since.setdefault(agent, max(starts, event.at))
    for agent, first in since.items():
        _add(found, agent, first, ends)
    return found


def _add(found: Plans, agent: str, first: datetime | None, last: datetime) -> None:
    if first is not None and first < last:
        found.setdefault(agent, []).append((first, last))


def _event(at: datetime, type_: str, agent: str, shift: str) -> Event:
    """As much of the event as the roster takes in."""
    if type_ == "ShiftUnassigned":
        return ShiftUnassigned(at=at, by="", agent=agent, shift=shift, reason="roster")
    if type_ == "ShiftAssigned":
        return ShiftAssigned(at=at, by="", agent=agent, shift=shift, reason="roster")
    return AgentRemoved(at=at, by="", agent=agent, name="", role="agent", hired_on=None)
