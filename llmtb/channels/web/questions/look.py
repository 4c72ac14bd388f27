"""A look at the questions: those wanted, those of the span before, and their groups."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from typing import Final, Literal, NamedTuple

import msgspec

from llmtb.channels.web.console import Console
from llmtb.channels.web.questions.figures import Figures, Tally, figures_of, is_gap, tally
from llmtb.channels.web.questions.meaning import Group, Meaning
from llmtb.channels.web.questions.span import Wanted
from llmtb.inference.language import detect
from llmtb.projections.questions import MOST, Asked, questions_between

Part = Literal["all", "gaps", "agents", "new"]
"""Which questions are put in groups: all, what was not answered, agents', or new agents'."""

PARTS: Final[tuple[Part, ...]] = ("all", "gaps", "agents", "new")
CATCHING_UP: Final = 2.0  # seconds that a look waits for the views


class Look(NamedTuple):
    """The questions wanted, and those of as long a span before; full: whether older are left out.

    languages, shifts: all that there are among them.
    """

    wanted: Wanted
    now: list[Asked]
    before: list[Asked]
    full: bool
    languages: list[str]
    shifts: list[str]

    @property
    def figures(self) -> Figures:
        """What those wanted add up to."""
        return figures_of(self.now)

    def by_hour(self) -> list[int]:
        """How many were asked in each hour of the day."""
        counts = [0] * 24
        for each in self.now:
            counts[each.hour] += 1
        return counts

    def by_day(self) -> list[tuple[date, Figures]]:
        """The figures of each day, also of those without a question."""
        of: dict[str, list[Asked]] = {}
        for each in self.now:
            of.setdefault(each.date, []).append(each)
        days = (self.wanted.first + timedelta(days=n) for n in range(self.wanted.days))
        return [(day, figures_of(of.get(day.isoformat(), []))) for day in days]

    def by_audience(self) -> list[tuple[str, Figures]]:
        """The figures of customers, agents, and new agents."""
        return [
            ("customer", figures_of([e for e in self.now if e.audience == "customer"])),
            ("agent", figures_of([e for e in self.now if e.audience == "agent"])),
            ("new", figures_of(among(self.now, "new"))),
        ]


class Tallies(NamedTuple):
    """Groups in numbers; trouble and left_out as in Grouping."""

    tallies: list[Tally]
    trouble: str
    left_out: int


async def look(console: Console, wanted: Wanted) -> Look:
    """Read the questions that are wanted. Raises ViewsUnusable."""
    with suppress(TimeoutError):
        async with asyncio.timeout(CATCHING_UP):
            await console.views.reached(console.views.position + console.views.behind)
    async with console.views.snapshot() as read:
        rows = await questions_between(read, wanted.before.first, wanted.last)
    return await asyncio.to_thread(_look, wanted, rows)


def _look(wanted: Wanted, rows: Sequence[Asked]) -> Look:
    told = [_told(each) for each in rows]
    return Look(
        wanted=wanted,
        now=[each for each in told if wanted.holds(each)],
        before=[each for each in told if wanted.before.holds(each)],
        full=len(rows) == MOST,
        languages=sorted({each.language for each in told if each.language}),
        shifts=sorted({each.shift.partition("/")[2] for each in told if each.shift}),
    )


def among(asked: Iterable[Asked], part: Part) -> list[Asked]:
    """Those of some questions that belong to a part."""
    match part:
        case "gaps":
            return [each for each in asked if is_gap(each)]
        case "agents":
            return [each for each in asked if each.audience == "agent"]
        case "new":
            return [each for each in asked if each.new]
        case "all":
            return list(asked)


async def tallies_of(meaning: Meaning, seen: Look, part: Part) -> Tallies:
    """The groups of a part, the largest first, each with its size in the span before.

    What agents are weak at comes with the most trouble first.
    """
    now, before = among(seen.now, part), among(seen.before, part)
    grouping = await meaning.grouping([*now, *before])
    ours = {each.question for each in now}
    tallies = await asyncio.to_thread(_tallied, grouping.groups, ours, part)
    return Tallies(tallies, grouping.trouble, grouping.left_out)


def holding(tallies: Sequence[Tally], question: str) -> Group | None:
    """The group that a question is in."""
    for each in tallies:
        if any(asked.question == question for asked in each.group.questions):
            return each.group
    return None


def _tallied(groups: Sequence[Group], ours: set[str], part: Part) -> list[Tally]:
    found = (_split(group, ours) for group in groups)
    tallies = [each for each in found if each is not None]
    trouble = part == "agents"
    return sorted(tallies, key=lambda each: (-each.trouble if trouble else 0, -each.number))


def _split(group: Group, ours: set[str]) -> Tally | None:
    """A group as it is now; None for one of the past alone."""
    now = tuple(each for each in group.questions if each.question in ours)
    if not now:
        return None
    name = group.name if group.name.question in ours else now[0]
    return tally(Group(name, now), before=len(group.questions) - len(now))


def _told(asked: Asked) -> Asked:
    """A question with its language, as far as that can be told from its words."""
    if asked.language is not None:
        return asked
    return msgspec.structs.replace(asked, language=detect(asked.text).language)
