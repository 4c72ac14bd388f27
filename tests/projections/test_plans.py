"""Who was to be there when, as the views tell it, is what the events say."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings

from llmtb.events.event import Event
from llmtb.events.floor import ShiftReported
from llmtb.projections.changes import Changes
from llmtb.projections.database import reading
from llmtb.projections.plans import Plans, plans, plans_of
from llmtb.projections.shift_report import Headline, ShiftReports, reports_page
from tests.projections.logs import Tape, example, logs, recorded
from tests.projections.rows import feed


async def told(path: Path, log: list[Event]) -> dict[str, Plans]:
    """By closed shift, its plans as the views have them."""
    await feed(path, Tape(recorded(log)), [Changes(), ShiftReports()])
    async with reading(path) as read:
        pages, last = list[Headline](), None
        while found := await reports_page(read, 1, last):
            pages += found
            last = found[-1]
        return {s.shift: await plans_of(read, s.shift, s.starts, s.ends) for s in pages}


@given(logs())
@settings(max_examples=25, deadline=None)
def test_the_views_know_every_plan(log: list[Event]) -> None:
    with TemporaryDirectory() as folder:
        found = asyncio.run(told(Path(folder) / "views.db", log))
    reports = {e.shift: e.report for e in log if isinstance(e, ShiftReported)}
    assert found.keys() == reports.keys()
    for shift, report in reports.items():
        assert found[shift] == plans(log, shift, report.starts, report.ends)


def test_a_day_s_plans_are_whole_shifts_within_its_hours() -> None:
    log = example("day-of-200.jsonl")
    for event in log:
        if isinstance(event, ShiftReported):
            report = event.report
            found = plans(log, report.shift, report.starts, report.ends)
            assert found
            for stretches in found.values():
                for starts, ends in stretches:
                    assert report.starts <= starts < ends <= report.ends
