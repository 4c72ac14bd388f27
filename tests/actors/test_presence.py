"""Who is known, and who is there."""

from typing import Any

import msgspec
import pytest

from llmtb.actors.agent import (
    CheckIn,
    EndBreakFor,
    ExtendBreak,
    ForgiveWarning,
    LeaveLine,
)
from llmtb.actors.centre import (
    AddAgent,
    RemoveAgent,
    ReportPhone,
)
from llmtb.actors.command import Command
from llmtb.events.floor import (
    AgentAdded,
    AgentChanged,
    AgentRemoved,
    CheckedIn,
    CheckedOut,
    PhoneStateChanged,
    Role,
)
from llmtb.runtime.errors import Refused
from tests.actors.desk import (
    EVENING,
    LATE,
    MORNING,
    OVERLAPPING,
    Desk,
    assign,
    at,
    back,
    come,
    crew,
    go,
    names,
    policy,
    rest,
    unassign,
    wait,
    where,
)

CHECK_IN = {"presence": "check_in"}


# --- people ------------------------------------------------------------------------------------


def test_a_person_is_known_by_a_stable_id() -> None:
    desk = Desk()
    added, changed = desk.at(
        "08:00", AddAgent(agent="Javad"), AddAgent(agent="Javad", name="جواد", role="supervisor")
    )
    assert added == AgentAdded(
        at=at("08:00"), by="company", agent="Javad", name="Javad", role="agent", hired_on=None
    )
    assert changed == AgentChanged(
        at=at("08:00"), by="company", agent="Javad", name="جواد", role="supervisor", hired_on=None
    )


def test_ids_that_differ_in_case_are_two_people() -> None:
    desk = Desk(["Javad", "javad"])
    desk.granted("09:00", "Javad")
    assert desk.refused("09:01", "javad").reason == "full"


def test_what_is_not_said_anew_stays() -> None:
    desk = Desk()
    desk.at("08:00", AddAgent(agent="sara", name="Sara", role="supervisor"))
    desk.at("08:01", AddAgent(agent="sara", name="Sara K."))
    person = desk.state.centre.roster.people["sara"]
    assert (person.name, person.role) == ("Sara K.", "supervisor")


def test_one_who_leaves_is_checked_out_and_unknown() -> None:
    desk = Desk(crew(5))
    desk.granted("09:00", "a01")
    events = desk.at("09:05", RemoveAgent(agent="a01"))

    assert names(events) == ["BreakEnded", "CheckedOut", "AgentRemoved"]
    assert isinstance(events[-1], AgentRemoved)
    with pytest.raises(Refused, match="there is no agent 'a01'"):
        desk.at("09:06", rest("a01"))
    desk.wait("32:30")
    assert "a01" not in desk.shift("2026-11-22/morning").present


def test_one_who_comes_back_the_same_day_has_used_what_was_used() -> None:
    desk = Desk(crew(5))
    desk.granted("09:00", "a01", "emergency")
    desk.at("09:05", RemoveAgent(agent="a01"))
    desk.join("a01")
    assert desk.refused("10:00", "a01", "emergency").reason == "emergency_used"


@pytest.mark.parametrize("role", ["customer", "auditor"])
def test_customers_and_auditors_are_never_on_a_shift(role: Role) -> None:
    desk = Desk(crew(5))
    desk.at("08:30", AddAgent(agent="x", role=role))
    with pytest.raises(Refused, match="never on a shift"):
        desk.at("09:00", assign("x", "morning"))
    desk.at("09:00", AddAgent(agent="y"), assign("y", EVENING))
    for agent in ("a01", "y"):
        with pytest.raises(Refused, match="is on a shift"):
            desk.at("09:00", AddAgent(agent=agent, role=role))
    desk.at("09:01", unassign("a01", "morning"), AddAgent(agent="a01", role=role))
    assert where(desk, "a01") is None


@pytest.mark.parametrize("agent", ["", "two words", "a/b", "line\n", "x" * 65])
def test_an_id_is_one_word_without_a_slash(agent: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"agent": agent}, AddAgent)


# --- present -----------------------------------------------------------------------------------


def test_with_check_in_each_presses_for_themselves() -> None:
    desk = Desk(crew(10), CHECK_IN)
    desk.wait("08:10")
    assert desk.refused("08:10", "a01").reason == "not_present"
    (event,) = desk.at("08:11", come("a01"))
    assert event == CheckedIn(at=at("08:11"), by="a01", agent="a01", shift=MORNING)
    assert desk.granted("08:12", "a01")


def test_with_check_in_joining_an_open_shift_waits_for_the_press_too() -> None:
    desk = Desk(crew(1), CHECK_IN)
    assert names(desk.at("09:00", AddAgent(agent="x"), assign("x", "morning"))) == [
        "AgentAdded",
        "ShiftAssigned",
    ]
    assert names(desk.at("09:01", come("x"))) == ["CheckedIn"]


def test_one_who_left_may_come_back() -> None:
    desk = Desk(crew(5))
    (out,) = desk.at("09:00", go("a01"))
    assert out == CheckedOut(at=at("09:00"), by="a01", agent="a01", shift=MORNING)
    assert names(desk.at("09:30", come("a01"))) == ["CheckedIn"]


def test_a_shift_s_end_ends_presence_without_a_word() -> None:
    desk = Desk(crew(5))
    desk.wait("16:00")
    assert desk.of(CheckedOut) == []
    assert where(desk, "a01") is None
    assert desk.refused("16:30", "a01").shift is None


def test_nobody_is_on_two_overlapping_shifts_at_once() -> None:
    desk = Desk(crew(3), OVERLAPPING)
    desk.at("09:00", assign("a01", "late"))
    desk.wait("13:00")
    assert where(desk, "a01") == MORNING
    assert not desk.at("13:01", come("a01"))
    desk.wait("16:00")
    assert where(desk, "a01") == LATE
    assert [(e.agent, e.at) for e in desk.of(CheckedIn) if e.shift == LATE] == [
        ("a01", at("16:00"))
    ]


def test_nobody_moves_into_a_shift_that_ends_as_well() -> None:
    both = [
        {"name": "morning", "start": "08:00", "end": "16:00"},
        {"name": "noon", "start": "12:00", "end": "16:00"},
    ]
    desk = Desk(crew(3), {"shifts": both})
    desk.at("09:00", assign("a01", "noon"))
    desk.wait("17:00")
    assert {event.shift for event in desk.of(CheckedIn)} == {MORNING}


def test_phone_states_are_written_when_they_change() -> None:
    desk = Desk(crew(2))
    ring = ReportPhone(agent="a01", state="in_call")
    (event,) = desk.at("09:00", ring, ring)
    assert event == PhoneStateChanged(at=at("09:00"), by="phone", agent="a01", state="in_call")
    desk.at("09:01", RemoveAgent(agent="a01"), AddAgent(agent="a01"))
    assert names(desk.at("09:02", ring)) == ["PhoneStateChanged"]


# --- nothing to change, nobody there -----------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        come("a01"),
        come("guest"),
        go("guest"),
        back("a01"),
        back("guest"),
        wait("guest"),
        LeaveLine(agent="a01"),
        LeaveLine(agent="guest"),
        AddAgent(agent="a01"),
        AddAgent(agent="a01", name="a01", role="agent"),
        assign("a01", "morning"),
        assign("a01", MORNING),
        assign("a01", "morning", "change"),
        unassign("a01", "evening"),
        unassign("a01", EVENING),
        policy({}),
    ],
    ids=repr,
)
def test_with_nothing_to_change_nothing_is_written(command: Command) -> None:
    desk = Desk(crew(2))
    desk.at("08:30", AddAgent(agent="guest"))
    assert desk.at("09:00", command) == []


@pytest.mark.parametrize(
    "command",
    [
        come("nobody"),
        go("nobody"),
        rest("nobody"),
        back("nobody"),
        wait("nobody"),
        LeaveLine(agent="nobody"),
        RemoveAgent(agent="nobody"),
        assign("nobody", "morning"),
        unassign("nobody", "morning"),
        ReportPhone(agent="nobody", state="free"),
        EndBreakFor(by="boss", agent="nobody", reason="x"),
        ExtendBreak(by="boss", agent="nobody", minutes=5, reason="x"),
        ForgiveWarning(by="boss", agent="nobody", reason="x"),
    ],
    ids=repr,
)
def test_an_unknown_agent_is_refused(command: Command) -> None:
    desk = Desk(crew(2))
    with pytest.raises(Refused, match="there is no agent 'nobody'"):
        desk.at("09:00", command)


@pytest.mark.parametrize(
    "fields", [{}, {"agent": "a01", "shift": "x"}, {"agent": 5}, {"agent": None}]
)
def test_a_command_takes_its_own_fields_and_no_others(fields: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(fields, CheckIn)
