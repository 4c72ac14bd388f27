"""A meal window: what it lets people do, whom it reminds, how it closes."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.actors.centre import ReportPhone
from llmtb.events.floor import (
    BreakEnded,
    CapacityChanged,
    DisciplineApplied,
    Kind,
    MealClosed,
    MealOpened,
    MealReminderSent,
    PhoneState,
    WarningIssued,
)
from tests.actors.desk import LUNCH, MORNING, Desk, at, back, crew, go, names, policy, rest


def lunch(start: str, end: str, **settings: object) -> dict[str, object]:
    """A policy with one meal window in the morning."""
    return {"meals": [{"name": "lunch", "shift": "morning", "start": start, "end": end}]} | settings


def reminded(desk: Desk) -> list[tuple[str, list[str]]]:
    """When who was reminded, in minutes past noon."""
    events = desk.of(MealReminderSent)
    return [(f"{(e.at - at('12:00')).total_seconds() / 60:g}", e.agents) for e in events]


# --- opening and capacity ----------------------------------------------------------------------


def test_it_opens_with_the_capacity_that_lets_everybody_eat() -> None:
    desk = Desk(crew(11), LUNCH)
    desk.wait("11:59")
    opened, change, _ = desk.wait("12:00")

    assert opened == MealOpened(at=at("12:00"), by="clock", shift=MORNING, meal="lunch", capacity=6)
    assert isinstance(change, CapacityChanged)
    assert (change.capacity, change.cause, change.present) == (6, "meal_opened", 11)


@pytest.mark.parametrize(
    ("present", "start", "end", "capacity"),
    [
        (0, "12:00", "13:00", 1),
        (2, "12:00", "13:00", 1),
        (3, "12:00", "13:00", 2),
        (20, "12:00", "13:00", 10),
        (20, "12:00", "13:29", 10),
        (20, "12:00", "13:30", 7),
        (20, "12:00", "12:30", 20),
        (20, "08:00", "16:00", 4),
    ],
)
def test_the_longer_the_window_the_fewer_eat_at_once(
    present: int, start: str, end: str, capacity: int
) -> None:
    desk = Desk(crew(present), lunch(start, end))
    desk.wait(start)
    assert desk.of(MealOpened)[-1].capacity == desk.shift().capacity == capacity


def test_a_capacity_that_is_enough_stays_and_is_not_written_again() -> None:
    desk = Desk(crew(10), lunch("12:00", "14:00", breaks={"every": 2}))
    desk.wait("11:59")
    assert names(desk.wait("12:00")) == ["MealOpened", "MealReminderSent"]
    assert desk.of(MealOpened)[-1].capacity == 5


@given(st.integers(1, 25), st.integers(1, 12), st.integers(0, 30), st.integers(2, 35))
def test_everybody_can_eat_in_full_if_each_turn_is_used(
    present: int, turns: int, spare: int, minutes: int
) -> None:
    length = turns * minutes + spare % minutes
    end = f"{8 + length // 60:02}:{length % 60:02}"
    settings = lunch("08:00", end, meals_extra_minutes=minutes - 1)
    desk = Desk(crew(present), settings | {"breaks.normal_minutes": 1})
    hungry, eating = crew(present), list[str]()
    for turn in range(turns + 1):
        now = at("08:00") + timedelta(minutes=turn * minutes)
        for agent in eating:
            desk.do(now, back(agent))
        desk.until(now)
        seats = desk.shift().free() if turn < turns else 0
        eating, hungry = hungry[:seats], hungry[seats:]
        for agent in eating:
            assert names(desk.do(now, rest(agent, "meal"))) == ["BreakStarted"]
    assert not hungry
    assert not any(event.late_seconds for event in desk.of(BreakEnded))


def test_who_comes_or_goes_moves_it() -> None:
    desk = Desk(crew(11), LUNCH)
    (_, change) = desk.at("12:05", go("a11"))
    assert isinstance(change, CapacityChanged)
    assert (change.capacity, change.cause) == (5, "presence")


# --- asking ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clock", "due"), [("12:00", "12:30"), ("12:30", "13:00"), ("12:45", "13:00")]
)
def test_a_meal_is_due_at_the_latest_when_the_window_closes(clock: str, due: str) -> None:
    assert Desk(crew(5), LUNCH).granted(clock, "a01", "meal").due == at(due)


@pytest.mark.parametrize("clock", ["11:59:59", "13:00", "15:00"])
def test_no_meal_outside_the_window(clock: str) -> None:
    desk = Desk(crew(5), LUNCH)
    assert desk.refused(clock, "a01", "meal").reason == "no_meal_window"
    assert desk.granted(clock, "a01", "urgent")


@pytest.mark.parametrize("kind", ["normal", "urgent"])
def test_only_meals_while_it_is_open(kind: Kind) -> None:
    desk = Desk(crew(5), LUNCH)
    assert desk.refused("12:00", "a01", kind).reason == "meal_only"
    assert desk.granted("12:59", "a01", "emergency")


def test_the_window_of_one_s_own_shift_counts() -> None:
    shifts = [
        {"name": "morning", "start": "08:00", "end": "16:00"},
        {"name": "long", "start": "08:00", "end": "20:00"},
    ]
    desk = Desk(crew(5), LUNCH | {"shifts": shifts})
    desk.join("other", "long")
    assert desk.granted("12:10", "other", "normal")
    desk.at("12:11", back("other"))
    assert desk.refused("12:12", "other", "meal").reason == "no_meal_window"


def test_full_when_as_many_eat_as_the_meal_capacity_allows() -> None:
    desk = Desk(crew(6), LUNCH)
    for clock, agent in (("12:00", "a01"), ("12:01", "a02"), ("12:02", "a03")):
        desk.granted(clock, agent, "meal")
    refusal = desk.refused("12:03", "a04", "meal")
    assert (refusal.reason, refusal.capacity, refusal.resting) == ("full", 3, 3)
    assert refusal.next_free == at("12:30")


def test_ordinary_breaks_begun_before_it_count() -> None:
    desk = Desk(crew(6), LUNCH | {"breaks": {"every": 2}})
    for agent in ("a01", "a02", "a03"):
        desk.granted("11:59", agent)
    assert desk.refused("12:00", "a04", "meal").reason == "full"


def test_a_second_meal_in_a_window_is_warned_of_then_refused() -> None:
    desk = Desk(crew(2), LUNCH)
    desk.granted("12:00", "a01", "meal")
    desk.at("12:20", back("a01"))
    desk.granted("12:21", "a02", "meal")  # full from here on
    warning, refusal = desk.at("12:25", rest("a01", "meal"))

    assert warning == WarningIssued(
        at=at("12:25"),
        by="a01",
        agent="a01",
        shift=MORNING,
        cause="meal_twice",
        minute=None,
        count=1,
    )
    assert refusal == desk.events[-1]
    assert desk.refused("12:26", "a01", "meal").reason == "meal_used"
    assert [w.count for w in desk.of(WarningIssued)] == [1, 2]


def test_such_warnings_lead_to_discipline_too() -> None:
    desk = Desk(crew(2), LUNCH)
    desk.granted("12:00", "a01", "meal")
    desk.at("12:20", back("a01"), *[rest("a01", "meal")] * 3)
    assert desk.of(DisciplineApplied) == []
    assert names(desk.at("12:21", rest("a01", "meal"))) == [
        "WarningIssued",
        "DisciplineApplied",
        "BreakRefused",
    ]


def test_each_window_of_a_shift_holds_a_meal() -> None:
    tea = {"name": "tea", "shift": "morning", "start": "14:00", "end": "14:30"}
    desk = Desk(crew(2), {"meals": [*LUNCH["meals"], tea]})
    desk.granted("12:00", "a01", "meal")
    desk.at("12:20", back("a01"))
    assert desk.granted("14:00", "a01", "meal").due == at("14:30")


def test_the_next_day_has_its_own_window() -> None:
    desk = Desk(crew(2), LUNCH)
    desk.granted("12:00", "a01", "meal")
    desk.at("12:20", back("a01"))
    assert desk.granted("36:10", "a01", "meal").shift == "2026-11-22/morning"


# --- reminders ---------------------------------------------------------------------------------


def test_it_reminds_when_it_opens_and_every_quarter_until_it_closes() -> None:
    desk = Desk(crew(2), LUNCH)
    desk.wait("15:00")
    everybody = ["a01", "a02"]
    assert reminded(desk) == [(minute, everybody) for minute in ("0", "15", "30", "45")]


def test_how_often_is_a_setting() -> None:
    desk = Desk(crew(2), LUNCH | {"meals_remind_every_minutes": 25})
    desk.wait("12:30")
    desk.at("12:31", policy({"meals_remind_every_minutes": 10}))
    desk.wait("15:00")
    assert [minute for minute, _ in reminded(desk)] == ["0", "25", "40", "50"]


@pytest.mark.parametrize(
    ("state", "told"), [("in_call", False), ("wrap", True), ("free", True), ("away", True)]
)
def test_nobody_is_reminded_on_a_call(state: PhoneState, told: bool) -> None:
    desk = Desk(crew(2), LUNCH)
    desk.at("11:00", ReportPhone(agent="a01", state=state))
    desk.wait("12:00")
    assert reminded(desk) == [("0", ["a01", "a02"] if told else ["a02"])]


def test_nobody_is_reminded_who_rests_has_eaten_or_is_gone() -> None:
    desk = Desk(crew(12), LUNCH)
    desk.granted("11:50", "a01")
    desk.granted("11:55", "a02", "emergency")
    desk.at("11:56", go("a12"))
    desk.granted("12:05", "a03", "meal")
    desk.at("12:10", back("a01"), back("a02"), back("a03"))
    desk.wait("12:15")
    others = crew(11)[3:]
    assert reminded(desk) == [("0", ["a03", *others]), ("15", ["a01", "a02", *others])]


def test_nobody_is_reminded_while_no_slot_is_free() -> None:
    desk = Desk(crew(4), LUNCH)
    desk.granted("12:05", "a01", "meal")
    desk.granted("12:05", "a02", "meal")
    desk.wait("12:30")
    assert [minute for minute, _ in reminded(desk)] == ["0"]
    desk.at("12:31", back("a01"))
    desk.wait("12:45")
    assert reminded(desk)[-1] == ("45", ["a03", "a04"])


def test_with_nobody_to_remind_nothing_is_written() -> None:
    desk = Desk(crew(1), LUNCH)
    desk.granted("12:00", "a01", "meal")
    desk.at("12:10", back("a01"))
    desk.wait("13:00")
    assert [minute for minute, _ in reminded(desk)] == ["0"]


# --- closing -----------------------------------------------------------------------------------


def test_it_closes_with_the_capacity_that_holds_from_then() -> None:
    desk = Desk(crew(11), LUNCH)
    desk.wait("12:59")
    closed, change = desk.wait("13:00")
    assert closed == MealClosed(at=at("13:00"), by="clock", shift=MORNING, meal="lunch", capacity=2)
    assert isinstance(change, CapacityChanged)
    assert (change.capacity, change.cause) == (2, "meal_closed")


def test_those_still_eating_go_on_late_and_hold_their_slots() -> None:
    desk = Desk(crew(10), LUNCH)
    for agent in crew(3):
        desk.granted("12:50", agent, "meal")
    desk.wait("13:00:30")
    assert (desk.shift().resting, desk.shift().free()) == (3, 0)
    assert desk.refused("13:00:40", "a04").reason == "full"
    desk.at("13:01:30", back("a01"))
    assert [(w.agent, w.at) for w in desk.of(WarningIssued)] == [
        (agent, at("13:01")) for agent in crew(3)
    ]
    assert desk.of(BreakEnded)[-1].late_seconds == 90


def test_a_window_to_the_shift_s_end_closes_before_it() -> None:
    desk = Desk(crew(4), lunch("15:00", "16:00"))
    desk.granted("15:50", "a01", "meal")
    desk.wait("15:59")
    morning = [e for e in desk.wait("16:00") if getattr(e, "shift", None) == MORNING]
    assert names(morning) == [
        "MealClosed",
        "CapacityChanged",
        "BreakEnded",
        "ShiftClosed",
        "ShiftReported",
    ]
    assert desk.of(BreakEnded)[-1].ended_by == "shift_end"


def test_a_shift_cut_short_closes_its_meal_first() -> None:
    desk = Desk(crew(4), LUNCH)
    desk.wait("12:10")
    short: dict[str, Any] = {"name": "morning", "start": "08:00", "end": "12:20"}
    desk.at("12:15", policy({"meals": [], "shifts": [short]}))
    events = desk.wait("12:20")
    assert names(events) == ["MealClosed", "CapacityChanged", "ShiftClosed", "ShiftReported"]


def test_a_night_s_window_lies_after_midnight() -> None:
    settings = {
        "shifts": [{"name": "night", "start": "22:00", "end": "06:00"}],
        "meals": [{"name": "supper", "shift": "night", "start": "01:00", "end": "02:00"}],
    }
    desk = Desk(crew(2), settings, shift="night", start="21:55")
    assert desk.granted("25:30", "a01", "meal").due == at("26:00")
    assert desk.of(MealOpened)[0].shift == "2026-11-21/night"
