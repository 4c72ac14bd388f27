"""An agent's history says what the reports of the shifts say, and is as long as asked for."""

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings

from llmtb.actors.agent import EndBreak, StartBreak
from llmtb.events.event import Event
from llmtb.events.floor import ShiftReported, WarningForgiven
from llmtb.events.report import AgentLines
from llmtb.projections.database import reading
from llmtb.projections.history import MOST, Day, History, history_of
from tests.projections.logs import NAMES, OPENING, Play, Tape, logs, recorded
from tests.projections.rows import feed


def histories(log: list[Event], **bounds: object) -> dict[str, list[Day]]:
    async def main(path: Path) -> dict[str, list[Day]]:
        await feed(path, Tape(recorded(log), [11, 2]), [History()])
        async with reading(path) as read:
            return {name: await history_of(read, name, **bounds) for name in NAMES}  # type: ignore[arg-type]

    with TemporaryDirectory() as folder:
        return asyncio.run(main(Path(folder, "views.db")))


@given(logs())
@settings(max_examples=30, deadline=None)
def test_history_says_what_the_reports_say(log: list[Event]) -> None:
    found = histories(log)
    for place, event in enumerate(log):
        if isinstance(event, ShiftReported):
            amended = Counter(
                later.agent
                for later in log[place:]
                if isinstance(later, WarningForgiven) and later.shift == event.shift
            )
            for lines in event.report.agents:
                if lines.agent in NAMES:
                    same(found[lines.agent], lines, event.shift, amended[lines.agent])


def same(days: list[Day], lines: AgentLines, shift: str, amended: int) -> None:
    """Hold an agent's history against the lines of a report, forgiven later or not."""
    nothing = Day(date=shift[:10], breaks=[], warnings=[], refusals=[])
    day = next((each for each in days if each.date == shift[:10]), nothing)
    breaks = [each for each in reversed(day.breaks) if each.shift == shift]
    assert [(b.kind, b.start, b.due, b.over, b.ended_by, b.late_seconds) for b in breaks] == [
        (b.kind, b.start, b.due, b.end, b.ended_by, b.late_seconds) for b in lines.breaks
    ]
    warnings = [each for each in reversed(day.warnings) if each.shift == shift]
    assert [(w.at, w.cause, w.minute) for w in warnings] == [
        (w.at, w.cause, w.minute) for w in lines.warnings
    ]
    forgiven = sum(each.forgiven_by is not None for each in warnings)
    assert forgiven == sum(each.forgiven for each in lines.warnings) + amended
    refusals = [each for each in reversed(day.refusals) if each.shift == shift]
    assert [(r.at, r.kind, r.reason) for r in refusals] == [
        (r.at, r.kind, r.reason) for r in lines.refusals
    ]


def test_a_running_break_is_in_it_without_an_end() -> None:
    play = Play()
    play.do(OPENING + timedelta(minutes=10), StartBreak(agent="ali", kind="normal"))
    [day] = histories(play.events)["ali"]
    [running] = day.breaks
    assert (running.kind, running.start, running.over) == ("normal", play.now, None)
    assert histories(play.events)["bita"] == []


def test_history_is_bounded_and_begins_with_the_newest() -> None:
    play = Play()
    for day in range(3):
        for press in range(MOST // 2 + 10):
            at = OPENING + timedelta(days=day, minutes=6, seconds=press)
            play.do(at, StartBreak(agent="ali", kind="normal"))
            play.do(at, StartBreak(agent="ali", kind="urgent"))
        play.do(OPENING + timedelta(days=day, minutes=9), EndBreak(agent="ali"))
    found = histories(play.events, days=2)["ali"]
    assert [day.date for day in found] == ["2026-11-23", "2026-11-22"]
    instants = [refusal.at for refusal in found[0].refusals]
    assert len(instants) == MOST
    assert instants == sorted(instants, reverse=True)
    older = histories(play.events, before="2026-11-22")["ali"]
    assert [day.date for day in older] == ["2026-11-21"]
