"""Planned against actual: what became of the time that each agent was on the roster for.

    planned  = working + resting + late + absent
    adherence   = (working + resting) / planned
    conformance = (working + beyond) / planned
    shrinkage   = (resting + late + absent) / planned = 1 - working / planned

working: present and not resting. resting: on a break, up to its due; that was granted, so it is as
planned. late: on a break, after its due. absent: not checked in. beyond: worked outside the plan.
What lies before the shift was opened here, or after `until`, counts for nobody and against nobody.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from llmtb.events.report import AgentLines, ShiftReport

Stretch = tuple[datetime, datetime]
NOTHING = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Adherence:
    """One agent's time; the parts are those at the top of this module.

    plan: the stretches they were on the roster for, to their ends, also where those are to come.
    """

    lines: AgentLines
    plan: Sequence[Stretch]
    planned: timedelta
    working: timedelta
    resting: timedelta
    late: timedelta
    absent: timedelta
    beyond: timedelta

    @property
    def adherence(self) -> float | None:
        """How much of the planned time was spent as planned, 0 to 1; None: none was planned."""
        return _share(self.working + self.resting, self.planned)

    @property
    def conformance(self) -> float | None:
        """How much was worked of the time planned; more than 1 where more was worked."""
        return _share(self.working + self.beyond, self.planned)

    @property
    def shrinkage(self) -> float | None:
        """How much of the planned time was not worked, 0 to 1."""
        return _share(self.planned - self.working, self.planned)


def adherence(
    report: ShiftReport, plans: Mapping[str, Sequence[Stretch]], until: datetime | None = None
) -> list[Adherence]:
    """What became of everybody's time, in the report's order.

    plans: by agent, when they were on the roster, within the shift. until: the instant up to which
    a shift that still runs is looked at; None for a whole one.
    """
    first = report.capacity[0].at if report.capacity else report.starts
    last = report.ends if until is None else min(until, report.ends)
    window = (max(first, report.starts), last)
    return [_of(lines, plans.get(lines.agent, ()), window) for lines in report.agents]


def together(rows: Sequence[Adherence]) -> tuple[float | None, float | None, float | None]:
    """Adherence, conformance and shrinkage of all of them as one."""
    planned = sum((row.planned for row in rows), NOTHING)
    working = sum((row.working for row in rows), NOTHING)
    resting = sum((row.resting for row in rows), NOTHING)
    beyond = sum((row.beyond for row in rows), NOTHING)
    return (
        _share(working + resting, planned),
        _share(working + beyond, planned),
        _share(planned - working, planned),
    )


def worst_first(rows: Sequence[Adherence]) -> list[Adherence]:
    """Those with the lowest adherence first; who had nothing planned comes last."""

    def key(row: Adherence) -> tuple[float, timedelta, str]:
        share = row.adherence
        return (2.0 if share is None else share, -row.late, row.lines.agent)

    return sorted(rows, key=key)


def _of(lines: AgentLines, plan: Sequence[Stretch], window: Stretch) -> Adherence:
    meant = list(_within(plan, window))
    granted = [(rest.start, min(max(rest.due, rest.start), rest.end)) for rest in lines.breaks]
    overdue = [(max(rest.due, rest.start), rest.end) for rest in lines.breaks]
    planned, present = _length(meant), _shared(meant, lines.present)
    resting, late = _shared(meant, granted), _shared(meant, overdue)
    outside = _length(lines.present) - present
    off = _length(granted) + _length(overdue) - resting - late
    return Adherence(
        lines=lines,
        plan=plan,
        planned=planned,
        working=present - resting - late,
        resting=resting,
        late=late,
        absent=planned - present,
        beyond=outside - off,
    )


def _within(stretches: Sequence[Stretch], window: Stretch) -> Iterator[Stretch]:
    for starts, ends in stretches:
        first, last = max(starts, window[0]), min(ends, window[1])
        if first < last:
            yield first, last


def _length(stretches: Sequence[Stretch]) -> timedelta:
    return sum((max(NOTHING, ends - starts) for starts, ends in stretches), NOTHING)


def _shared(some: Sequence[Stretch], others: Sequence[Stretch]) -> timedelta:
    """How long both hold; the stretches of each lie apart."""
    return sum((_length(list(_within(others, each))) for each in some), NOTHING)


def _share(part: timedelta, whole: timedelta) -> float | None:
    return part / whole if whole else None
