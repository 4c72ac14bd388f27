"""A shift's report is kept as it was drawn, and can be drawn again from the events alone."""

import asyncio
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings

from llmtb.actors.agent import ForgiveWarning, StartBreak
from llmtb.events.event import Event
from llmtb.events.floor import MealClosed, MealOpened, ShiftClosed, ShiftReported
from llmtb.projections.database import reading
from llmtb.projections.shift_report import (
    Kept,
    MealWindow,
    ShiftReports,
    latest_reports,
    rebuild_report,
    report_of,
)
from tests.house.sources import ROOT
from tests.projections.logs import OPENING, Play, Tape, example, logs, recorded
from tests.projections.rows import feed

EXAMPLES = sorted(path.name for path in (ROOT / "examples").glob("*.jsonl"))


def reports(log: list[Event]) -> list[ShiftReported]:
    return [event for event in log if isinstance(event, ShiftReported)]


def assert_rebuilt(log: list[Event]) -> None:
    for drawn in reports(log):
        again = rebuild_report(log, drawn.shift)
        assert msgspec.json.encode(again) == msgspec.json.encode(drawn.report)


@given(logs())
@settings(max_examples=60, deadline=None)
def test_a_report_drawn_again_is_the_same_byte_for_byte(log: list[Event]) -> None:
    assert_rebuilt(log)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_reports_of_the_examples_are_the_same_byte_for_byte(name: str) -> None:
    log = example(name)
    assert_rebuilt(log)
    assert len(reports(log)) == sum(isinstance(event, ShiftClosed) for event in log)


def test_some_example_has_reports() -> None:
    assert len(reports(example("day-of-200.jsonl"))) == 3


def test_a_shift_that_was_not_closed_has_no_report() -> None:
    play = Play()
    assert rebuild_report(play.events, "2026-11-21/early") is None
    assert rebuild_report(play.events, "2026-11-21/nothing") is None


def kept(path: Path, log: list[Event], shift: str) -> Kept | None:
    async def main() -> Kept | None:
        await feed(path, Tape(recorded(log)), [ShiftReports()])
        async with reading(path) as read:
            return await report_of(read, shift)

    return asyncio.run(main())


def test_what_is_kept_is_what_was_reported(tmp_path: Path) -> None:
    log = example("day-of-200.jsonl")
    for drawn in reports(log):
        found = kept(tmp_path / "views.db", log, drawn.shift)
        assert found is not None
        assert found.report == drawn.report
        opened = [e for e in log if isinstance(e, MealOpened) and e.shift == drawn.shift]
        closed = [e for e in log if isinstance(e, MealClosed) and e.shift == drawn.shift]
        assert found.meals == [
            MealWindow(meal=first.meal, opened=first.at, closed=last.at)
            for first, last in zip(opened, closed)
        ]
        assert found.amendments == []
    assert kept(tmp_path / "views.db", log, "2026-11-22/night") is None


def test_what_is_forgiven_after_the_report_amends_it(tmp_path: Path) -> None:
    play = Play()
    play.do(OPENING + timedelta(minutes=100), StartBreak(agent="ali", kind="normal"))
    play.until(OPENING + timedelta(hours=3))
    shift = "2026-11-21/early"
    before = kept(tmp_path / "views.db", play.events, shift)
    assert before is not None
    assert before.amendments == []
    play.do(play.now, ForgiveWarning(by="boss", agent="ali", reason="the lift was stuck"))
    after = kept(tmp_path / "views.db", play.events, shift)
    assert after is not None
    assert after.report == before.report
    [amendment] = after.amendments
    assert (amendment.agent, amendment.by, amendment.at) == ("ali", "boss", play.now)
    assert amendment.reason == "the lift was stuck"


def test_the_latest_shifts_come_first_and_no_more_than_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "views.db"
    asyncio.run(feed(path, Tape(recorded(example("day-of-200.jsonl"))), [ShiftReports()]))

    async def main() -> None:
        async with reading(path) as read:
            names = ["evening", "morning", "night"]
            found = await latest_reports(read)
            assert [headline.shift for headline in found] == [f"2026-11-21/{n}" for n in names]
            assert await latest_reports(read, limit=2) == found[:2]
            assert await latest_reports(read, before=found[0].ends) == found[1:]

    asyncio.run(main())
