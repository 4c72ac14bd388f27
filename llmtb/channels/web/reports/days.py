"""Shifts of a day, running or closed, as the adherence view has them: with plans, up to now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from llmtb.actors.shift import Shift
from llmtb.channels.attachments import document_of
from llmtb.channels.conversation.known import Known
from llmtb.channels.conversation.words import Speech, Words
from llmtb.projections.plans import Plans, plans_of
from llmtb.projections.projection import Read
from llmtb.projections.shift_report import reports_page
from llmtb.report.adherence import Adherence, adherence
from llmtb.report.document import Document
from llmtb.report.running import so_far

MOST = 48  # shifts of one date: as many as the settings allow


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A shift that is looked at. now: of one that still runs; None for a closed one.

    every: what became of everybody's time, by id.
    """

    document: Document
    every: Sequence[Adherence]
    now: datetime | None

    @property
    def shift(self) -> str:
        """The instance, `DATE/NAME`."""
        return self.document.report.shift

    def alone(self, agent: str) -> "Looked":
        """The same, of one agent alone."""
        every = [each for each in self.every if each.lines.agent == agent]
        return Looked(document=self.document, every=every, now=self.now)


async def plans_now(read: Read, known: Known) -> Mapping[str, Plans]:
    """By open shift, who was to be there when."""
    shifts = known.floor.in_order()
    return {s.instance: await plans_of(read, s.instance, s.starts, s.ends) for s in shifts}


def running(
    known: Known, plans: Mapping[str, Plans], speech: Speech, now: datetime
) -> list[Looked]:
    """The open shifts as they are at an instant."""
    return [
        _running(known, shift, plans.get(shift.instance, {}), speech, now)
        for shift in known.floor.in_order()
    ]


def _running(known: Known, shift: Shift, plans: Plans, speech: Speech, now: datetime) -> Looked:
    roster = known.floor.centre.roster
    report = so_far(shift.ledger, roster.on(shift.instance), now)
    names = {agent: person.name for agent, person in roster.people.items()}
    meals = tuple((meal.name, meal.starts, meal.ends) for meal in shift.windows)
    document = Document(report, speech, names, meals)
    return Looked(document=document, every=adherence(report, plans, now), now=now)


async def closed(read: Read, day: str, words: Words, language: str) -> list[Looked]:
    """The closed shifts of a shift date (ISO), by start."""
    found = []
    headlines = await reports_page(read, MOST, day=day)
    for each in sorted(headlines, key=lambda each: (each.starts, each.shift)):
        document = await document_of(read, each.shift, words, language)
        if document is not None:
            plans = await plans_of(read, each.shift, each.starts, each.ends)
            found.append(
                Looked(document=document, every=adherence(document.report, plans), now=None)
            )
    return found
