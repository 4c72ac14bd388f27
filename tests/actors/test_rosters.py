"""Who is on which shift, for good or for a date, and what that does to who is there."""

import pytest

from llmtb.actors.centre import (
    AddAgent,
)
from llmtb.events.floor import (
    CheckedIn,
    ShiftAssigned,
    ShiftUnassigned,
)
from llmtb.runtime.errors import Refused
from tests.actors.desk import (
    EVENING,
    LATE,
    MORNING,
    NIGHT,
    OVERLAPPING,
    Desk,
    assign,
    come,
    crew,
    go,
    names,
    unassign,
    where,
)


def test_the_roster_checks_in_everyone_when_the_shift_opens() -> None:
    desk = Desk(["b", "a"])
    desk.wait("08:00")
    checked = desk.of(CheckedIn)
    assert [(e.agent, e.shift, e.by) for e in checked] == [
        ("a", MORNING, "roster"),
        ("b", MORNING, "roster"),
    ]


def test_a_shift_s_name_means_every_instance_from_today_on_the_open_one_too() -> None:
    desk = Desk()
    desk.at("09:00", AddAgent(agent="a01"))
    assert names(desk.at("09:01", assign("a01", "morning"))) == ["ShiftAssigned", "CheckedIn"]
    assert where(desk, "a01") == MORNING
    desk.wait("33:00")
    assert where(desk, "a01") == "2026-11-22/morning"


def test_a_night_that_began_yesterday_is_the_open_one_too() -> None:
    night = {"shifts": [{"name": "night", "start": "22:00", "end": "06:00"}]}
    desk = Desk((), night, start="21:55")
    desk.at("25:00", AddAgent(agent="a01"), assign("a01", "night"))
    assert where(desk, "a01") == NIGHT


def test_an_instance_s_name_means_that_one_alone() -> None:
    desk = Desk()
    desk.at("08:30", AddAgent(agent="a01"), assign("a01", "2026-11-22/morning"))
    for clock, present in (("09:00", None), ("33:00", "2026-11-22/morning"), ("57:00", None)):
        desk.wait(clock)
        assert where(desk, "a01") == present


def test_overtime_goes_on_from_one_shift_into_the_next() -> None:
    desk = Desk(crew(2))
    (event,) = desk.at("10:00", assign("a01", EVENING, "overtime"))
    assert isinstance(event, ShiftAssigned)
    assert event.reason == "overtime"
    desk.wait("17:00")
    assert (where(desk, "a01"), where(desk, "a02")) == (EVENING, None)
    desk.wait("33:00")
    assert where(desk, "a01") == "2026-11-22/morning"


def test_overtime_in_an_open_shift_checks_in_at_once() -> None:
    desk = Desk(crew(1), shift="evening")
    assert names(desk.at("09:00", assign("a01", MORNING, "overtime")))[1:] == ["CheckedIn"]


def test_a_change_moves_to_another_shift_for_good() -> None:
    desk = Desk(crew(2))
    events = desk.at("09:00", assign("a01", "evening", "change"))
    assert names(events) == ["ShiftUnassigned", "ShiftAssigned", "CheckedOut"]
    desk.wait("33:00")
    assert where(desk, "a01") is None
    desk.wait("41:00")
    assert where(desk, "a01") == "2026-11-22/evening"


def test_a_change_of_one_date_leaves_the_other_dates() -> None:
    desk = Desk(crew(2))
    events = desk.at("09:00", assign("a01", EVENING, "change"))
    changed = [e for e in events if isinstance(e, ShiftAssigned | ShiftUnassigned)]
    assert [(type(e).__name__, e.shift, e.reason) for e in changed] == [
        ("ShiftUnassigned", MORNING, "change"),
        ("ShiftAssigned", EVENING, "change"),
    ]
    desk.wait("17:00")
    assert where(desk, "a01") == EVENING
    desk.wait("33:00")
    assert where(desk, "a01") == "2026-11-22/morning"


def test_a_change_between_open_shifts_moves_at_once() -> None:
    desk = Desk(crew(2), OVERLAPPING)
    desk.granted("13:00", "a01")
    events = desk.at("13:05", assign("a01", LATE, "change"))
    assert [name for name in names(events) if name != "CapacityChanged"] == [
        "ShiftUnassigned",
        "ShiftAssigned",
        "BreakEnded",
        "CheckedOut",
        "CheckedIn",
    ]
    assert where(desk, "a01") == LATE


def test_one_taken_off_leaves_an_open_shift() -> None:
    desk = Desk(crew(2))
    assert names(desk.at("09:00", unassign("a01", "morning"))) == ["ShiftUnassigned", "CheckedOut"]
    desk.wait("33:00")
    assert where(desk, "a01") is None


@pytest.mark.parametrize("shift", ["morning", MORNING])
def test_one_taken_off_a_date_is_put_back(shift: str) -> None:
    desk = Desk(crew(2))
    desk.at("09:00", unassign("a01", MORNING))
    assert where(desk, "a01") is None
    assert names(desk.at("09:05", assign("a01", shift))) == ["ShiftAssigned", "CheckedIn"]
    assert not desk.at("09:06", assign("a01", shift))


def test_one_taken_off_a_date_is_there_on_the_next() -> None:
    desk = Desk(crew(2))
    desk.at("09:00", unassign("a01", MORNING))
    desk.wait("33:00")
    assert where(desk, "a01") == "2026-11-22/morning"
    assert not desk.at("33:01", assign("a01", "morning"))


def test_one_taken_off_a_date_to_come_is_not_called_in() -> None:
    desk = Desk(crew(2))
    desk.at("09:00", unassign("a01", "2026-11-22/morning"))
    for clock, present in (("10:00", MORNING), ("33:00", None), ("57:00", "2026-11-23/morning")):
        desk.wait(clock)
        assert where(desk, "a01") == present


def test_one_put_on_yesterday_s_shift_is_on_it_until_it_ends() -> None:
    shifts = [
        {"name": "long", "start": "20:00", "end": "12:00"},
        {"name": "dawn", "start": "04:00", "end": "06:00"},
    ]
    desk = Desk((), {"shifts": shifts}, start="19:00")
    desk.at("19:00", AddAgent(agent="a01"), assign("a01", "2026-11-21/long"))
    desk.at("31:00", go("a01"))  # after the dawn of the next date
    assert names(desk.at("31:30", come("a01"))) == ["CheckedIn"]


@pytest.mark.parametrize("shift", ["noon", "2026-11-21/noon", "tomorrow/night", "20261121/night"])
def test_a_shift_that_does_not_exist_is_refused(shift: str) -> None:
    desk = Desk(crew(2))
    for command in (assign("a01", shift), unassign("a01", shift)):
        with pytest.raises(Refused, match=r"no shift|not a date"):
            desk.at("09:00", command)
