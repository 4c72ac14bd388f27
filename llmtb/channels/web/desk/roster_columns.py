"""The rosters as columns of cards: who is on which shift, on a date or from now on, and since when.

Pure; who put somebody there is read from the changes view by whoever asks.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final, Literal, NamedTuple

from llmtb.actors.centre import OFF_THE_FLOOR
from llmtb.channels.conversation.known import Known
from llmtb.channels.conversation.words import Phrase, Speech
from llmtb.channels.web.desk.telling import REASONS, who
from llmtb.policy import instance_of
from llmtb.projections.changes import Change

BACK: Final = timedelta(days=2)  # what was said of single dates before that is forgotten
AHEAD: Final = timedelta(days=366)
Origin = Literal["standing", "single"]


class Card(NamedTuple):
    """Somebody on a shift. origin: by the standing roster, or put on this date alone."""

    agent: str
    name: str
    role: str
    origin: Origin
    present: bool
    note: Phrase | None


class Column(NamedTuple):
    """A shift: its id (a name, or `DATE/NAME`), who is on it, and who was taken off this date."""

    shift: str
    name: str
    start: str
    end: str
    over: bool
    cards: list[Card]
    off: list[str]


class Someone(NamedTuple):
    """A person on the list. shifts: the names of those they are on from now on."""

    agent: str
    name: str
    role: str
    hired_on: date | None
    shifts: list[str]
    rostered: bool


def days(known: Known, now: datetime) -> tuple[date, date, date]:
    """The first date that can be shown, today, and the last one."""
    today = now.astimezone(known.floor.centre.policy.zone).date()
    return today - BACK, today, today + AHEAD


def columns(
    known: Known,
    speech: Speech,
    now: datetime,
    day: date | None,
    last: Mapping[str, Mapping[str, Change]],
) -> list[Column]:
    """The shifts of a date, or from now on; `last`: who changed them last, by shift and person."""
    policy, roster = known.floor.centre.policy, known.floor.centre.roster
    result = []
    for times in policy.shifts:
        shift = times.name if day is None else f"{day.isoformat()}/{times.name}"
        on = sorted(roster.standing.get(shift, ())) if day is None else roster.on(shift)
        open_shift = known.floor.shifts.get(shift)
        present = set() if open_shift is None else open_shift.present
        standing = roster.standing.get(times.name, set())
        cards = [
            Card(
                agent=agent,
                name=known.name(agent),
                role=_role(known, agent),
                origin="standing" if day is None or agent in standing else "single",
                present=agent in present,
                note=_note(known, speech, now, agent, (shift, times.name), last),
            )
            for agent in on
        ]
        off = roster.off.get(shift, set()) & standing if day is not None else set()
        over = day is not None and instance_of(policy, times.name, day).ends <= now
        result.append(
            Column(
                shift=shift,
                name=times.name,
                start=times.start,
                end=times.end,
                over=over,
                cards=sorted(cards, key=lambda card: (card.name, card.agent)),
                off=sorted(known.name(agent) for agent in off),
            )
        )
    return result


def everybody(known: Known) -> list[Someone]:
    """The people on the list, by name; customers are not on shifts."""
    roster = known.floor.centre.roster
    people = [
        Someone(
            agent=agent,
            name=person.name,
            role=person.role,
            hired_on=person.hired_on,
            shifts=[name for name, on in sorted(roster.standing.items()) if agent in on],
            rostered=person.role not in OFF_THE_FLOOR,
        )
        for agent, person in roster.people.items()
        if person.role != "customer"
    ]
    return sorted(people, key=lambda each: (each.name, each.agent))


def _role(known: Known, agent: str) -> str:
    person = known.person(agent)
    return "agent" if person is None else person.role


def _note(
    known: Known,
    speech: Speech,
    now: datetime,
    agent: str,
    shifts: tuple[str, ...],
    last: Mapping[str, Mapping[str, Change]],
) -> Phrase | None:
    """Who put them there, when, and why."""
    for shift in shifts:
        change = last.get(shift, {}).get(agent)
        if change is not None and change.type == "ShiftAssigned":
            return speech.say(
                "{name}, {time}: {reason}",
                name=who(speech, known, change.by),
                time=speech.moment(change.at, now),
                reason=speech.say(REASONS.get(str(change.detail.get("reason")), "roster")),
            )
    return None
