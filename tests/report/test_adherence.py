"""Planned against actual: the parts make up the whole, and a shift that is over has its report."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings

from llmtb.actors.agent import EndBreak, StartBreak
from llmtb.actors.centre import AssignShift, UnassignShift
from llmtb.events.event import Event
from llmtb.events.floor import ShiftClosed, ShiftOpened, ShiftReported
from llmtb.events.ledger import Ledger
from llmtb.events.report import ShiftReport
from llmtb.events.roster import Roster
from llmtb.projections.plans import Plans, plans
from llmtb.report.adherence import Adherence, adherence, together, worst_first
from llmtb.report.document import late_seconds, resting_seconds
from llmtb.report.running import RUNNING, so_far
from tests.projections.logs import OPENING, Play, logs

NOTHING = timedelta()
EARLY = "2026-11-21/early"
STARTS = OPENING + timedelta(minutes=5)


def closed(log: Sequence[Event]) -> list[tuple[ShiftReport, Plans]]:
    """Every report in a log, with its plans."""
    found = []
    for place, event in enumerate(log):
        if isinstance(event, ShiftReported):
            report = event.report
            known = plans(log[:place], report.shift, report.starts, report.ends)
            found.append((report, known))
    return found


def sound(row: Adherence) -> None:
    parts = (row.working, row.resting, row.late, row.absent)
    assert sum(parts, NOTHING) == row.planned
    assert all(part >= NOTHING for part in (*parts, row.beyond))
    assert row.planned <= sum((ends - starts for starts, ends in row.plan), NOTHING)
    if row.planned:
        assert row.adherence is not None
        assert row.shrinkage is not None
        assert row.conformance is not None
        assert 0 <= row.adherence <= 1
        assert 0 <= row.shrinkage <= 1
        assert row.conformance + row.shrinkage >= 1 or row.beyond == NOTHING
        assert row.conformance >= 0
    else:
        assert row.adherence is row.conformance is row.shrinkage is None


@given(logs())
@settings(max_examples=80, deadline=None)
def test_the_parts_make_up_the_whole_and_shares_lie_between_0_and_1(log: list[Event]) -> None:
    for report, known in closed(log):
        rows = adherence(report, known)
        assert [row.lines for row in rows] == report.agents
        for row in rows:
            sound(row)
        whole, _, lost = together(rows)
        assert whole is None or 0 <= whole <= 1
        assert lost is None or 0 <= lost <= 1
        assert {row.lines.agent for row in worst_first(rows)} == {row.lines.agent for row in rows}
        shares = [row.adherence for row in worst_first(rows) if row.adherence is not None]
        assert all(a <= b for a, b in pairwise(shares))


@given(logs())
@settings(max_examples=60, deadline=None)
def test_the_figures_are_those_of_the_report(log: list[Event]) -> None:
    for report, known in closed(log):
        for row in adherence(report, known):
            # Whoever is on the roster to the end is measured on all that the report tells.
            if row.plan != [(report.starts, report.ends)] or row.absent or row.beyond:
                continue
            if any(rest.end > report.ends for rest in row.lines.breaks):
                continue  # the end was set to an earlier time, when it was over already
            resting = (row.resting + row.late).total_seconds()
            assert resting == pytest.approx(resting_seconds(row.lines), abs=1)
            off = len(row.lines.breaks)  # lateness is told in whole seconds
            assert 0 <= row.late.total_seconds() - late_seconds(row.lines) <= off


@given(logs())
@settings(max_examples=60, deadline=None)
def test_a_shift_that_runs_is_told_as_it_will_be_when_it_is_over(log: list[Event]) -> None:
    roster, ledgers = Roster(), dict[str, Ledger]()
    for event in log:
        roster.evolve(event)
        shift = getattr(event, "shift", "") or ""
        if isinstance(event, ShiftOpened):
            ledgers[shift] = Ledger.begun(event)
        elif shift in ledgers:
            ledgers[shift].evolve(event)
            kept = msgspec.msgpack.encode(ledgers[shift])
            report = so_far(ledgers[shift], roster.on(shift), event.at)
            assert msgspec.msgpack.encode(ledgers[shift]) == kept, "looking changes nothing"
            for row in adherence(report, plans(log, shift, report.starts, report.ends), event.at):
                sound(row)
            if isinstance(event, ShiftClosed):
                assert report == ledgers.pop(shift).report(roster.on(shift))
            else:
                running = [r for a in report.agents for r in a.breaks if r.ended_by == RUNNING]
                assert len(running) == ledgers[shift].resting


def play() -> Play:
    script = Play()
    script.until(STARTS)
    return script


def row_of(script: Play, agent: str, now: datetime) -> Adherence:
    shift = script.state.shifts[EARLY]
    report = so_far(shift.ledger, script.state.centre.roster.on(EARLY), now)
    known = plans(script.events, EARLY, report.starts, report.ends)
    [row] = [each for each in adherence(report, known, now) if each.lines.agent == agent]
    return row


def test_a_rest_is_as_planned_until_it_is_due() -> None:
    script = play()
    script.do(STARTS, StartBreak(agent="ali", kind="urgent"))
    rest = script.state.shifts[EARLY].breaks["ali"]
    half, late = STARTS + (rest.due - STARTS) / 2, rest.due + timedelta(minutes=4)
    assert row_of(script, "ali", half).adherence == 1
    row = row_of(script, "ali", late)
    assert (row.late, row.resting, row.working) == (
        timedelta(minutes=4),
        timedelta(minutes=5),
        NOTHING,
    )
    assert row.adherence == pytest.approx(5 / 9)
    assert (row.conformance, row.shrinkage) == (0, 1)
    script.do(late, EndBreak(agent="ali"))
    assert row_of(script, "ali", late + timedelta(minutes=9)).conformance == pytest.approx(0.5)


def test_whoever_comes_later_by_the_roster_is_planned_from_then() -> None:
    script = play()
    script.do(STARTS, UnassignShift(agent="bita", shift=EARLY))
    later = STARTS + timedelta(minutes=20)
    script.do(later, AssignShift(agent="bita", shift=EARLY, reason="overtime"))
    row = row_of(script, "bita", later + timedelta(minutes=10))
    assert row.plan == [(later, script.state.shifts[EARLY].ends)]
    assert row.planned == timedelta(minutes=10)
    assert row.adherence == 1
