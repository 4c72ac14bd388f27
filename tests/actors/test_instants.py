"""One instant, and time passing: what is due comes before what is asked, each in its place."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.actors.centre import AddAgent, AssignShift, UnassignShift
from llmtb.actors.floor import FloorBehaviour
from llmtb.actors.instant import Elapse
from llmtb.actors.shift import OverrideCapacity
from llmtb.events.event import Event
from llmtb.events.floor import BreakStarted, ShiftClosed, ShiftOpened, WarningIssued
from llmtb.testing.script import Script
from tests.actors.desk import EVENING, MORNING, Desk, at, back, calls, crew, names, policy, rest

BUSY: dict[str, Any] = {
    "shifts": [
        {"name": "morning", "start": "08:00", "end": "16:00"},
        {"name": "long", "start": "08:00", "end": "20:00"},
        {"name": "evening", "start": "16:00", "end": "00:00"},
    ],
    "meals": [
        {"name": "lunch", "shift": "long", "start": "15:00", "end": "16:00"},
        {"name": "supper", "shift": "evening", "start": "16:00", "end": "17:00"},
    ],
    "load": {"mode": "erlang_c"},
}
LONG = "2026-11-21/long"


def busy() -> Desk:
    """A floor where all that can fall due does so at 16:00."""
    desk = Desk(crew(10), BUSY)
    for agent in ("l1", "l2", "l3", "l4"):
        desk.join(agent, "long")
    for agent in ("e1", "e2"):
        desk.join(agent, "evening")
    desk.at(
        "09:00", OverrideCapacity(by="b", shift=LONG, capacity=0, reason="x", until=at("16:00"))
    )
    desk.at("15:44", rest("a01"))
    desk.at("15:58", calls(150))
    desk.wait("15:59:59")
    return desk


def told(events: list[Event]) -> list[str]:
    """Types of events, with the shift they are of and the cause where they have one."""
    return [
        " ".join(
            str(part).removeprefix("2026-11-21/")
            for part in (name, getattr(event, "shift", ""), getattr(event, "cause", ""))
            if part
        )
        for name, event in zip(names(events), events)
    ]


def test_what_falls_on_one_instant_comes_in_the_order_of_the_rules() -> None:
    events = busy().wait("16:00")
    assert {event.at for event in events} == {at("16:00")}
    assert told(events) == [
        "WarningIssued morning late",
        "OverrideEnded long",
        "CapacityChanged long override_ended",
        "CapacityChanged morning feed_lost",
        "MealClosed long",
        "CapacityChanged long meal_closed",
        "BreakEnded morning",
        "ShiftClosed morning",
        "ShiftReported morning",
        "ShiftOpened evening",
        "CheckedIn evening",
        "CheckedIn evening",
        "CapacityChanged evening opened",
        "MealOpened evening",
        "MealReminderSent evening",
    ]


def test_timers_come_before_the_commands_of_their_instant() -> None:
    desk = Desk(crew(5))
    desk.granted("09:00", "a01")
    desk.at("09:16", back("a01"))
    assert names(desk.events)[-2:] == ["WarningIssued", "BreakEnded"]
    assert desk.refused("16:00", "a01").reason == "not_present"


def test_commands_of_one_instant_come_in_their_order() -> None:
    desk = Desk(crew(5))
    assert names(desk.at("09:00", rest("a01"), back("a01"), rest("a02"), rest("a03"))) == [
        "BreakStarted",
        "BreakEnded",
        "BreakStarted",
        "BreakRefused",
    ]


# --- a start in the middle, and a gap ----------------------------------------------------------


def test_a_start_in_the_middle_of_a_shift_opens_it_at_once() -> None:
    script = Script(FloorBehaviour(), at("10:17"))
    opened, capacity = script.events
    assert opened == ShiftOpened(
        at=at("10:17"), by="clock", shift=MORNING, starts=at("08:00"), ends=at("16:00")
    )
    assert names([capacity]) == ["CapacityChanged"]


@pytest.mark.parametrize(
    ("clock", "shift"), [("15:59:59", MORNING), ("16:00", EVENING), ("16:00:01", EVENING)]
)
def test_a_shift_holds_its_start_and_not_its_end(clock: str, shift: str) -> None:
    assert list(Script(FloorBehaviour(), at(clock)).state.shifts) == [shift]


def test_between_shifts_nobody_is_there() -> None:
    day = {"shifts": [{"name": "day", "start": "09:00", "end": "17:00"}]}
    desk = Desk(crew(5), day, shift="day", start="07:00")
    assert desk.refused("08:00", "a01").shift is None
    assert desk.granted("09:00", "a01")
    assert desk.refused("17:00", "a01").reason == "not_present"


def test_days_without_anybody_pass_shift_by_shift() -> None:
    desk = Desk()
    desk.until(at("08:00") + timedelta(days=30))
    opened, closed = desk.of(ShiftOpened)[-90:], desk.of(ShiftClosed)[-90:]
    assert [e.at for e in opened] == [e.starts for e in opened]
    assert [e.at for e in closed] == [e.ends for e in closed]
    assert [e.shift for e in opened][:-1] == [e.shift for e in closed][1:]


def test_days_gone_by_leave_nothing_behind() -> None:
    desk = Desk(crew(3))
    sizes = []
    for day in range(12):
        hours = 24 * day
        overtime = (desk.now + timedelta(days=1)).date()
        desk.at(f"{hours + 9}:00", rest("a01", "emergency"))
        desk.at(
            f"{hours + 9}:30", OverrideCapacity(by="b", shift="evening", capacity=1, reason="x")
        )
        desk.at(f"{hours + 10}:00", AssignShift(agent="a02", shift=f"{overtime}/night"))
        desk.at(f"{hours + 10}:00", UnassignShift(agent="a03", shift=f"{overtime}/morning"))
        desk.wait(f"{hours + 31}:00")
        sizes.append(len(FloorBehaviour().encode(desk.state)))
    assert sizes[-1] == sizes[-2] == sizes[-3]


# --- down and up again -------------------------------------------------------------------------


def test_what_fell_due_while_the_system_was_down_comes_with_its_own_instants() -> None:
    up, down = busy(), busy()
    up.wait("16:00")
    up.wait("17:10")
    down.crash()
    down.wait("17:10")
    assert down.events == up.events
    assert down.state == up.state


@given(st.lists(st.integers(0, 24 * 3600), max_size=8), st.booleans())
def test_it_makes_no_difference_how_time_is_cut(stops: list[int], crashes: bool) -> None:
    whole, cut = busy(), busy()
    whole.wait("40:00")
    for seconds in sorted(stops):
        cut.until(at("16:00") + timedelta(seconds=seconds))
        if crashes:
            cut.crash()
    cut.wait("40:00")
    assert cut.events == whole.events


def test_an_instant_is_over_once_it_has_been_dealt_with() -> None:
    desk = busy()
    for clock in ("16:00", "16:15", "17:00", "20:00", "24:00"):
        desk.wait(clock)
        events = list(desk.decider.decide(desk.state, Elapse(), at(clock)))
        assert "MealReminderSent" in names(events) or events == []


@given(st.integers(0, 48 * 3600))
def test_the_next_instant_lies_ahead(seconds: int) -> None:
    desk = busy()
    after = at("16:00") + timedelta(seconds=seconds)
    desk.until(after)
    due = desk.decider.due(desk.state, after)
    assert due is not None
    assert after < due <= after + timedelta(hours=16)


# --- clocks that change ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", [7, 8, 8]),
        ("Europe/Berlin", "2026-10-25", [9, 8, 8]),
        ("America/Sao_Paulo", "2018-11-04", [7, 8, 8]),
        ("America/Sao_Paulo", "2019-02-16", [8, 8, 9]),
        ("Asia/Tehran", "2022-03-22", [7, 8, 8]),
        ("Asia/Tehran", "2026-03-22", [8, 8, 8]),
    ],
)
def test_shifts_follow_one_another_through_a_clock_change(
    zone: str, day: str, hours: list[int]
) -> None:
    midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    script = Script(FloorBehaviour(), midnight - timedelta(hours=1))
    script.do(script.now, policy({"timezone": zone}))
    script.until(midnight + timedelta(hours=30))

    lasted = {e.shift: (e.ends - e.starts) / timedelta(hours=1) for e in script.of(ShiftOpened)}
    names_of_day = [f"{day}/{name}" for name in ("night", "morning", "evening")]
    assert [lasted[name] for name in names_of_day] == hours
    ends = {e.shift: e.at for e in script.of(ShiftClosed)}
    starts = {e.shift: e.at for e in script.of(ShiftOpened)}
    assert starts[names_of_day[0]] == midnight
    assert [ends[name] for name in names_of_day[:2]] == [starts[name] for name in names_of_day[1:]]


def test_a_break_lasts_its_minutes_through_a_clock_change() -> None:
    before = datetime(2026, 10, 25, 2, 55, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
    script = Script(FloorBehaviour(), before - timedelta(minutes=5))
    for command in (
        policy({"timezone": "Europe/Berlin"}),
        AddAgent(agent="a01"),
        AssignShift(agent="a01", shift="night"),
    ):
        script.do(script.now, command)
    (started,) = script.do(before, rest("a01"))
    assert isinstance(started, BreakStarted)
    assert started.due - started.at == timedelta(minutes=15)
    script.until(before + timedelta(hours=1))
    assert [w.at - started.due for w in script.of(WarningIssued)] == [
        timedelta(minutes=1),
        timedelta(minutes=3),
    ]
