"""The report of a shift that is over."""

import msgspec
import pytest

from llmtb.actors.agent import EndBreakFor, ExtendBreak, ForgiveWarning
from llmtb.actors.floor import FloorBehaviour
from llmtb.actors.shift import EndOverride, OverrideCapacity
from llmtb.events.floor import ShiftClosed, ShiftReported
from llmtb.events.report import (
    ActLine,
    AgentLines,
    BreakLine,
    CapacityLine,
    RefusalLine,
    ShiftReport,
    WarningLine,
)
from tests.actors.desk import MORNING, Desk, at, back, calls, come, crew, go, names, policy, rest
from tests.actors.retold import reports_again


def report(desk: Desk, shift: str = MORNING) -> ShiftReport:
    """The report of a shift, once it is over."""
    desk.wait("25:00")
    (reported,) = [event for event in desk.of(ShiftReported) if event.shift == shift]
    return reported.report


def of(desk: Desk, agent: str) -> AgentLines:
    """One agent's lines of the morning's report."""
    return next(lines for lines in report(desk).agents if lines.agent == agent)


def test_a_shift_closes_and_is_reported_at_its_end() -> None:
    desk = Desk(crew(2))
    desk.wait("15:59")
    assert names(desk.wait("16:00"))[:2] == ["ShiftClosed", "ShiftReported"]
    assert desk.of(ShiftClosed)[-1].at == desk.of(ShiftReported)[-1].at == at("16:00")


def test_the_whole_of_a_small_shift() -> None:
    desk = Desk(["omid", "sara"])
    desk.at("09:00", rest("sara"), rest("omid"))
    desk.at("09:17", back("sara"))
    desk.at("12:00", go("omid"))

    assert report(desk) == ShiftReport(
        shift=MORNING,
        starts=at("08:00"),
        ends=at("16:00"),
        agents=[
            AgentLines(
                agent="omid",
                present=[(at("08:00"), at("12:00"))],
                breaks=[],
                warnings=[],
                refusals=[RefusalLine(at=at("09:00"), kind="normal", reason="full")],
                acts=[],
            ),
            AgentLines(
                agent="sara",
                present=[(at("08:00"), at("16:00"))],
                breaks=[
                    BreakLine(
                        kind="normal",
                        start=at("09:00"),
                        due=at("09:15"),
                        end=at("09:17"),
                        ended_by="agent",
                        late_seconds=120,
                    )
                ],
                warnings=[WarningLine(at=at("09:16"), cause="late", minute=1, forgiven=False)],
                refusals=[],
                acts=[],
            ),
        ],
        capacity=[CapacityLine(at=at("08:00"), capacity=1, cause="opened", present=2)],
        refusals={"full": 1},
        acts=[],
        peak_resting=1,
        mean_resting=round(17 / (8 * 60), 3),
    )


def test_breaks_that_were_running_are_in_it() -> None:
    desk = Desk(crew(2))
    desk.at("15:50", rest("a01"))
    (line,) = of(desk, "a01").breaks
    assert (line.end, line.ended_by, line.late_seconds) == (at("16:00"), "shift_end", 0)


def test_who_was_rostered_and_never_came_is_in_it() -> None:
    desk = Desk(crew(3), {"presence": "check_in"})
    desk.at("08:10", come("a01"))
    desk.at("08:20", rest("a02"))
    lines = report(desk).agents
    assert [(each.agent, bool(each.present)) for each in lines] == [
        ("a01", True),
        ("a02", False),
        ("a03", False),
    ]
    assert [refusal.reason for refusal in lines[1].refusals] == ["not_present"]


def test_each_stay_is_in_it() -> None:
    desk = Desk(crew(2))
    desk.at("10:00", go("a01"))
    desk.at("11:00", come("a01"))
    assert of(desk, "a01").present == [(at("08:00"), at("10:00")), (at("11:00"), at("16:00"))]


def test_supervisors_acts_are_in_it() -> None:
    desk = Desk(crew(5))
    desk.at("09:00", rest("a01"))
    desk.at("09:05", ExtendBreak(by="boss", agent="a01", minutes=5, reason="unwell"))
    desk.at("09:25", EndBreakFor(by="boss", agent="a01", reason="queue"))
    desk.at("09:30", ForgiveWarning(by="chief", agent="a01", reason="drill"))
    desk.at("10:00", OverrideCapacity(by="boss", shift="morning", capacity=3, reason="storm"))
    desk.at("10:30", EndOverride(by="chief", shift="morning", reason="over"))

    lines = of(desk, "a01")
    assert lines.acts == [
        ActLine(at=at("09:05"), act="BreakExtended", by="boss", reason="unwell"),
        ActLine(at=at("09:25"), act="BreakEnded", by="boss", reason="queue"),
        ActLine(at=at("09:30"), act="WarningForgiven", by="chief", reason="drill"),
    ]
    assert lines.breaks[0].due == at("09:20")
    assert [(w.minute, w.forgiven) for w in lines.warnings] == [(1, False), (3, True)]
    assert report(desk).acts == [
        ActLine(at=at("10:00"), act="OverrideSet", by="boss", reason="storm"),
        ActLine(at=at("10:30"), act="OverrideEnded", by="chief", reason="over"),
    ]


def test_refusals_are_counted_by_reason() -> None:
    desk = Desk(crew(5))
    desk.at("08:30", rest("a01", "meal"), rest("a02"), rest("a03"), rest("a03", "urgent"))
    desk.at("08:40", go("a05"), rest("a05"))
    assert report(desk).refusals == {"full": 2, "no_meal_window": 1, "not_present": 1}
    assert list(report(desk).refusals) == sorted(report(desk).refusals)


def test_capacity_over_time_is_in_it() -> None:
    desk = Desk(crew(10))
    desk.at("09:00", go("a01"))
    desk.at("10:00", come("a01"))
    assert [(c.at, c.capacity, c.cause, c.present) for c in report(desk).capacity] == [
        (at("08:00"), 2, "opened", 10),
        (at("09:00"), 1, "presence", 9),
        (at("10:00"), 2, "presence", 10),
    ]


def test_peak_and_mean_count_every_kind_of_break() -> None:
    desk = Desk(crew(10))
    desk.at("09:00", rest("a01"))
    desk.at("09:10", rest("a02", "emergency"))
    desk.at("09:20", back("a01"))
    desk.at("09:40", back("a02"), rest("a03"), back("a03"))
    assert report(desk).peak_resting == 2
    assert report(desk).mean_resting == round((20 + 30) / 480, 3)


def test_the_mean_of_a_shift_opened_in_its_middle_is_over_what_was_seen() -> None:
    desk = Desk(crew(1), start="12:00")
    desk.at("12:00", rest("a01"))
    desk.at("12:12", back("a01"))
    assert report(desk).mean_resting == round(12 / 240, 3)


def test_nobody_at_all_makes_a_report_too() -> None:
    lines = report(Desk())
    assert (lines.agents, lines.peak_resting, lines.mean_resting) == ([], 0, 0.0)


def test_each_date_has_its_own() -> None:
    desk = Desk(crew(1))
    desk.at("09:00", rest("a01"))
    desk.at("33:00", rest("a01", "urgent"))
    desk.wait("49:00")
    reports = {event.shift: event.report for event in desk.of(ShiftReported)}
    kinds = [
        [line.kind for line in reports[f"2026-11-{day}/morning"].agents[0].breaks]
        for day in (21, 22)
    ]
    assert kinds == [["normal"], ["urgent"]]


def test_a_shift_closed_the_instant_it_opened_has_one_too() -> None:
    desk = Desk(start="09:00")
    desk.at("09:00", policy({"shifts": [{"name": "day", "start": "07:00", "end": "17:00"}]}))
    assert desk.of(ShiftReported)[0].report.mean_resting == 0.0


@pytest.mark.parametrize("crash_at", [None, "09:05", "13:00"])
def test_drawn_again_from_the_events_it_is_the_same_to_the_byte(crash_at: str | None) -> None:
    desk = Desk(crew(10))
    desk.at("09:00", rest("a01"), rest("a02"), rest("a03"))
    if crash_at:
        desk.wait(crash_at)
        desk.crash()
    desk.wait("33:00")
    written = {event.shift: msgspec.json.encode(event.report) for event in desk.of(ShiftReported)}
    again = {each.shift: msgspec.json.encode(each) for each in reports_again(desk.events)}
    assert MORNING in written
    assert again == written


def test_each_event_is_in_the_stream_of_whom_it_concerns() -> None:
    desk = Desk(crew(1))
    desk.at("09:00", rest("a01"))
    streams = {
        name: FloorBehaviour().stream(event) for name, event in zip(names(desk.events), desk.events)
    }
    assert streams == {
        "ShiftOpened": f"shift/{MORNING}",
        "CapacityChanged": f"shift/{MORNING}",
        "ShiftClosed": "shift/2026-11-21/night",
        "ShiftReported": "shift/2026-11-21/night",
        "AgentAdded": "agent/a01",
        "ShiftAssigned": "agent/a01",
        "CheckedIn": "agent/a01",
        "BreakStarted": "agent/a01",
    }
    (changed, *_) = desk.at("09:01", policy({"breaks.every": 1}))
    (figures, *_) = desk.at("09:01", calls(10))
    assert {FloorBehaviour().stream(event) for event in (changed, figures)} == {"desk/floor"}
