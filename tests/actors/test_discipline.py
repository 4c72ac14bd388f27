"""Warnings add up on a shift date; too many have a consequence, once; a supervisor forgives."""

from datetime import timedelta

from llmtb.actors.agent import ForgiveWarning
from llmtb.actors.centre import AssignShift, UnassignShift
from llmtb.events.floor import DisciplineApplied, WarningForgiven, WarningIssued
from tests.actors.desk import LUNCH, Desk, back, crew, go, names

BLOCK_AT_ONCE = {"breaks": {"on_too_many": "block", "max_warnings": 0}}


def late(desk: Desk, agent: str) -> list[tuple[int | None, int]]:
    """The minutes and counts of an agent's late warnings."""
    return [(w.minute, w.count) for w in desk.of(WarningIssued) if w.agent == agent]


def overstay(desk: Desk, agent: str, clock: str, minutes: int) -> None:
    """Take an urgent break, and come back so many minutes late."""
    due = desk.granted(clock, agent, "urgent").due
    desk.do(due + timedelta(minutes=minutes), back(agent))


def disciplined(desk: Desk) -> list[tuple[str, str]]:
    return [(event.agent, event.action) for event in desk.of(DisciplineApplied)]


def test_the_warning_after_the_most_allowed_is_told_to_supervisors_once_a_date() -> None:
    desk = Desk(crew(5))
    overstay(desk, "a01", "09:00", 4)
    overstay(desk, "a01", "10:00", 2)
    assert (late(desk, "a01"), disciplined(desk)) == ([(1, 1), (3, 2), (1, 3)], [])

    overstay(desk, "a01", "11:00", 4)
    assert late(desk, "a01")[3:] == [(1, 4), (3, 5)]
    assert disciplined(desk) == [("a01", "notify")]
    assert desk.granted("12:00", "a01")  # nothing is barred


def test_warnings_of_a_date_add_up_over_its_shifts_and_start_anew_the_next() -> None:
    desk = Desk(crew(5))
    desk.join("a01", "evening")
    overstay(desk, "a01", "09:00", 4)
    overstay(desk, "a01", "17:00", 4)
    overstay(desk, "a01", "33:00", 2)

    assert late(desk, "a01") == [(1, 1), (3, 2), (1, 3), (3, 4), (1, 1)]
    assert disciplined(desk) == [("a01", "notify")]


def test_a_block_bars_normal_and_urgent_until_the_shift_ends() -> None:
    desk = Desk(crew(5), LUNCH | {"breaks": {"on_too_many": "block", "max_warnings": 1}})
    desk.join("a01", "evening")
    overstay(desk, "a01", "09:00", 4)

    assert disciplined(desk) == [("a01", "block")]
    assert desk.refused("10:00", "a01").reason == "blocked"
    assert desk.refused("10:00", "a01", "urgent").reason == "blocked"
    assert desk.granted("11:00", "a01", "emergency")
    desk.at("11:05", back("a01"))
    assert desk.refused("12:01", "a01").reason == "blocked"  # before meal_only
    assert desk.granted("12:02", "a01", "meal")
    assert desk.granted("16:30", "a01").shift == "2026-11-21/evening"


def test_a_block_ends_with_its_shift_for_those_who_went_home_too() -> None:
    desk = Desk(crew(5), BLOCK_AT_ONCE)
    desk.join("a01", "evening")
    overstay(desk, "a01", "09:00", 1)
    desk.at("10:00", go("a01"))
    assert desk.granted("17:00", "a01")


def test_a_block_lasts_through_another_shift_s_end() -> None:
    overlapping = [
        {"name": "morning", "start": "08:00", "end": "16:00"},
        {"name": "early", "start": "08:00", "end": "12:00"},
    ]
    desk = Desk(crew(5), {"shifts": overlapping} | BLOCK_AT_ONCE)
    overstay(desk, "a01", "09:00", 1)
    desk.at("10:00", UnassignShift(agent="a01", shift="morning"))
    desk.at("10:01", AssignShift(agent="a01", shift="early"))
    desk.at("12:30", AssignShift(agent="a01", shift="morning"))
    assert desk.refused("13:00", "a01").reason == "blocked"


def test_discipline_comes_once_a_date_even_in_the_next_shift() -> None:
    desk = Desk(crew(5), BLOCK_AT_ONCE)
    desk.join("a01", "evening")
    overstay(desk, "a01", "09:00", 1)
    overstay(desk, "a01", "17:00", 4)

    assert disciplined(desk) == [("a01", "block")]
    assert desk.granted("18:00", "a01")


def test_a_forgiven_warning_no_longer_counts() -> None:
    desk = Desk(crew(5))
    overstay(desk, "a01", "09:00", 4)
    (forgiven,) = desk.at("09:30", ForgiveWarning(by="boss", agent="a01", reason="fire drill"))

    assert isinstance(forgiven, WarningForgiven)
    assert (forgiven.cause, forgiven.minute, forgiven.count) == ("late", 3, 1)
    assert (forgiven.by, forgiven.reason) == ("boss", "fire drill")
    overstay(desk, "a01", "10:00", 1)
    assert late(desk, "a01")[-1] == (1, 2)


def test_forgiving_lifts_a_block_once_the_count_is_within_the_limit() -> None:
    desk = Desk(crew(5), {"breaks": {"on_too_many": "block", "max_warnings": 2}})
    overstay(desk, "a01", "09:00", 4)
    overstay(desk, "a01", "10:00", 4)
    forgive = ForgiveWarning(by="boss", agent="a01", reason="x")

    desk.at("10:30", forgive)
    assert desk.refused("10:31", "a01").reason == "blocked"
    desk.at("10:32", forgive)
    assert desk.granted("10:33", "a01")


def test_no_more_is_forgiven_than_was_warned_of() -> None:
    desk = Desk(crew(5))
    overstay(desk, "a01", "09:00", 4)
    forgive = ForgiveWarning(by="boss", agent="a01", reason="x")
    assert names(desk.at("10:00", forgive, forgive, forgive)) == ["WarningForgiven"] * 2
