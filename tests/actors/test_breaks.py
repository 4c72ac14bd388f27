"""A break asked for, and a break running."""

from datetime import timedelta
from typing import Any

import pytest

from llmtb.actors.agent import EndBreakFor, ExtendBreak, ForgiveWarning
from llmtb.actors.centre import AddAgent
from llmtb.actors.shift import OverrideCapacity
from llmtb.events.floor import (
    BreakEnded,
    BreakExtended,
    BreakRefused,
    BreakStarted,
    CheckedOut,
    Kind,
    WarningIssued,
)
from llmtb.runtime.errors import Refused
from tests.actors.desk import LUNCH, MORNING, Desk, at, back, crew, go, names, policy, rest

TWO_SLOTS = {"breaks": {"every": 5, "allow": 2}}


# --- granted -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "minutes"), [("normal", 15), ("urgent", 5), ("emergency", 10)])
def test_a_break_is_due_after_its_minutes(kind: Kind, minutes: int) -> None:
    started = Desk(crew(5)).granted("09:00", "a01", kind)

    assert started.due == at("09:00") + timedelta(minutes=minutes)
    assert (started.agent, started.shift, started.kind) == ("a01", MORNING, kind)


def test_a_meal_lasts_a_normal_break_and_the_extra() -> None:
    desk = Desk(crew(5), LUNCH | {"meals_extra_minutes": 20})
    assert desk.granted("12:00", "a01", "meal").due == at("12:35")


def test_slots_left_are_told_with_each_grant_and_return() -> None:
    desk = Desk(crew(10))

    assert [desk.granted("09:00", agent).free for agent in ("a01", "a02")] == [1, 0]
    ended = desk.at("09:05", back("a01"), back("a02"))
    assert [event.free for event in ended if isinstance(event, BreakEnded)] == [1, 2]


def test_an_emergency_holds_no_ordinary_slot() -> None:
    desk = Desk(crew(5))

    assert desk.granted("09:00", "a01", "emergency").free == 1
    assert desk.granted("09:01", "a02").free == 0
    (ended,) = desk.at("09:02", back("a01"))
    assert isinstance(ended, BreakEnded)
    assert ended.free == 0


def test_of_two_who_press_for_the_last_slot_in_one_instant_exactly_one_rests() -> None:
    assert names(Desk(crew(5)).at("09:00", rest("a01"), rest("a02"))) == [
        "BreakStarted",
        "BreakRefused",
    ]


# --- refused, reason by reason -----------------------------------------------------------------


def test_not_present() -> None:
    desk = Desk(crew(5))
    desk.at("08:30", go("a01"))

    refusal = desk.refused("09:00", "a01")
    assert (refusal.reason, refusal.shift) == ("not_present", MORNING)
    assert (refusal.capacity, refusal.resting, refusal.next_free) == (None, None, None)


def test_not_present_and_on_no_shift() -> None:
    desk = Desk(crew(5))
    desk.at("08:30", AddAgent(agent="guest"))

    assert desk.refused("09:00", "guest") == BreakRefused(
        at=at("09:00"),
        by="guest",
        agent="guest",
        shift=None,
        kind="normal",
        reason="not_present",
        capacity=None,
        resting=None,
        next_free=None,
    )


@pytest.mark.parametrize("first", ["normal", "urgent", "emergency"])
@pytest.mark.parametrize("second", ["normal", "urgent", "emergency", "meal"])
def test_already_resting(first: Kind, second: Kind) -> None:
    desk = Desk(crew(10))
    desk.granted("09:00", "a01", first)
    assert desk.refused("09:01", "a01", second).reason == "already_resting"


def test_one_emergency_each_shift_date_overtime_included() -> None:
    desk = Desk(crew(2))
    desk.join("a01", "evening")
    desk.granted("09:00", "a01", "emergency")
    desk.at("09:05", back("a01"))

    assert desk.refused("10:00", "a01", "emergency").reason == "emergency_used"
    assert desk.refused("17:00", "a01", "emergency").reason == "emergency_used"
    assert desk.granted("32:30", "a01", "emergency").shift == "2026-11-22/morning"


def test_a_night_across_midnight_is_one_date() -> None:
    night = {"shifts": [{"name": "night", "start": "22:00", "end": "06:00"}]}
    desk = Desk(crew(2), night, shift="night", start="21:55")

    assert desk.granted("23:50", "a01", "emergency").shift == "2026-11-21/night"
    desk.at("23:55", back("a01"))
    assert desk.refused("25:00", "a01", "emergency").reason == "emergency_used"
    assert desk.granted("46:30", "a01", "emergency").shift == "2026-11-22/night"


def test_one_emergency_at_a_time_in_the_whole_centre() -> None:
    shifts = [
        {"name": "morning", "start": "08:00", "end": "16:00"},
        {"name": "long", "start": "08:00", "end": "20:00"},
    ]
    desk = Desk(crew(5), {"shifts": shifts})
    desk.join("other", "long")
    desk.granted("09:00", "a01", "emergency")
    desk.granted("09:00", "a02", "urgent")

    refusal = desk.refused("09:01", "other", "emergency")
    assert (refusal.reason, refusal.next_free) == ("emergency_taken", at("09:10"))
    assert desk.refused("09:02", "a01", "emergency").reason == "already_resting"
    desk.at("09:11", back("a01"))
    assert desk.granted("09:11", "other", "emergency")


def test_full_says_how_full_and_when_a_slot_is_likely_free() -> None:
    desk = Desk(crew(10))
    desk.granted("09:00", "a01")
    desk.granted("09:02", "a02", "urgent")

    refusal = desk.refused("09:03", "a03")
    assert (refusal.reason, refusal.capacity, refusal.resting) == ("full", 2, 2)
    assert refusal.next_free == at("09:07")


def test_a_slot_is_likely_free_when_a_break_that_holds_one_is_due() -> None:
    desk = Desk(crew(5))
    desk.granted("09:00", "a01")
    desk.granted("09:01", "a02", "emergency")
    assert desk.refused("09:02", "a03").next_free == at("09:15")
    assert desk.refused("09:02", "a03", "emergency").next_free == at("09:11")
    assert desk.refused("09:03", "a02", "emergency").next_free == at("09:11")


def test_nothing_is_recorded_but_the_refusal() -> None:
    desk = Desk(crew(5))
    desk.granted("09:00", "a01")
    assert names(desk.at("09:01", rest("a02"))) == ["BreakRefused"]


# --- back --------------------------------------------------------------------------------------


@pytest.mark.parametrize("clock", ["09:00:01", "09:15", "09:15:30", "09:40"])
def test_a_return_is_always_accepted(clock: str) -> None:
    desk = Desk(crew(5))
    desk.granted("09:00", "a01")
    late_by = max(timedelta(), at(clock) - at("09:15"))

    (ended,) = desk.at(clock, back("a01"))
    assert isinstance(ended, BreakEnded)
    assert (ended.ended_by, ended.late_seconds) == ("agent", late_by.total_seconds())


@pytest.mark.parametrize(
    ("returns", "minutes"),
    [
        ("09:15:59", []),
        ("09:16:00", [1]),
        ("09:17:59", [1]),
        ("09:18:00", [1, 3]),
        ("09:59:00", [1, 3]),
    ],
)
def test_warned_at_exactly_one_and_three_minutes(returns: str, minutes: list[int]) -> None:
    desk = Desk(crew(5))
    desk.granted("09:00", "a01")
    desk.at(returns, back("a01"))
    desk.wait("16:30")

    warnings = desk.of(WarningIssued)
    assert [w.minute for w in warnings] == minutes
    assert [w.at for w in warnings] == [at("09:15") + timedelta(minutes=m) for m in minutes]
    assert all((w.cause, w.by) == ("late", "clock") for w in warnings)


@pytest.mark.parametrize(
    ("kind", "clock"), [("urgent", "09:00"), ("emergency", "12:10"), ("meal", "12:10")]
)
def test_every_kind_of_break_is_warned_of(kind: Kind, clock: str) -> None:
    desk = Desk(crew(5), LUNCH)
    due = desk.granted(clock, "a01", kind).due
    desk.wait("14:00")
    assert [w.at - due for w in desk.of(WarningIssued)] == [
        timedelta(minutes=1),
        timedelta(minutes=3),
    ]


def test_a_crash_neither_loses_nor_repeats_a_warning() -> None:
    desk = Desk(crew(5))
    desk.granted("09:00", "a01")
    desk.wait("09:17")
    desk.crash()
    desk.wait("09:30")
    assert [w.at for w in desk.of(WarningIssued)] == [at("09:16"), at("09:18")]


def test_the_minutes_of_warnings_are_settings() -> None:
    desk = Desk(crew(5), {"breaks.warn_after_minutes": [2, 5, 10]})
    desk.granted("09:00", "a01")
    desk.wait("10:00")
    assert [w.minute for w in desk.of(WarningIssued)] == [2, 5, 10]


def test_a_policy_change_never_touches_a_running_break() -> None:
    desk = Desk(crew(5))
    desk.granted("09:00", "a01")
    shorter = {"normal_minutes": 5, "urgent_minutes": 1, "warn_after_minutes": [7]}
    desk.at("09:01", policy({"breaks": shorter, "emergency.minutes": 1}))
    desk.at("09:20", back("a01"))

    assert [w.at for w in desk.of(WarningIssued)] == [at("09:16"), at("09:18")]
    (ended,) = desk.of(BreakEnded)
    assert ended.late_seconds == 5 * 60
    assert desk.granted("09:30", "a01").due == at("09:35")


def test_checking_out_ends_a_running_break() -> None:
    desk = Desk(crew(5))
    desk.granted("09:00", "a01")
    ended, out, *_ = desk.at("09:20", go("a01"))

    assert isinstance(ended, BreakEnded)
    assert (ended.ended_by, ended.late_seconds) == ("check_out", 300)
    assert isinstance(out, CheckedOut)
    assert not [w for w in desk.wait("10:00") if isinstance(w, WarningIssued)]


def test_a_shift_ends_its_running_breaks() -> None:
    desk = Desk(crew(10))
    desk.granted("15:40", "a01")
    desk.granted("15:50", "a02", "emergency")
    desk.granted("15:57", "a03", "urgent")
    desk.wait("16:00")

    ended = {e.agent: e for e in desk.of(BreakEnded)}
    assert {e.ended_by for e in ended.values()} == {"shift_end"}
    assert {name: e.late_seconds for name, e in ended.items()} == {"a01": 300, "a02": 0, "a03": 0}
    assert {e.at for e in ended.values()} == {at("16:00")}
    desk.wait("17:00")
    assert [w.at for w in desk.of(WarningIssued)] == [at("15:56"), at("15:58")]


# --- a supervisor's acts -----------------------------------------------------------------------


def test_a_supervisor_ends_a_break_with_a_reason() -> None:
    desk = Desk(crew(5))
    desk.granted("09:00", "a01")
    (ended,) = desk.at("09:16:30", EndBreakFor(by="boss", agent="a01", reason="queue is long"))

    assert isinstance(ended, BreakEnded)
    assert (ended.ended_by, ended.by, ended.reason) == ("supervisor", "boss", "queue is long")
    assert ended.late_seconds == 90


def test_an_extension_moves_the_due_and_its_warnings() -> None:
    desk = Desk(crew(5))
    desk.granted("09:00", "a01")
    extend = ExtendBreak(by="boss", agent="a01", minutes=10, reason="unwell")
    (extended,) = desk.at("09:10", extend)
    desk.wait("10:00")

    assert extended == BreakExtended(
        at=at("09:10"), by="boss", agent="a01", shift=MORNING, due=at("09:25"), reason="unwell"
    )
    assert [w.at for w in desk.of(WarningIssued)] == [at("09:26"), at("09:28")]


def test_an_extension_of_a_late_break_starts_its_warnings_anew() -> None:
    desk = Desk(crew(5))
    desk.granted("09:00", "a01")
    desk.at("09:17", ExtendBreak(by="boss", agent="a01", due=at("09:30"), reason="unwell"))
    desk.at("09:31:30", back("a01"))
    assert [w.at for w in desk.of(WarningIssued)] == [at("09:16"), at("09:31")]


def test_a_meal_is_not_extended_beyond_its_window() -> None:
    desk = Desk(crew(5), LUNCH)
    desk.granted("12:20", "a01", "meal")
    (extended,) = desk.at("12:40", ExtendBreak(by="boss", agent="a01", minutes=30, reason="x"))
    assert isinstance(extended, BreakExtended)
    assert extended.due == at("13:00")


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"minutes": 5, "due": at("09:40")},
        {"due": at("09:10")},
        {"until": at("09:09")},
        {"due": at("34:00")},
    ],
)
def test_an_extension_that_makes_no_sense_is_refused(how: dict[str, Any]) -> None:
    desk = Desk(crew(5))
    desk.granted("09:00", "a01")
    with pytest.raises(Refused, match=r"due|say either"):
        desk.at("09:10", ExtendBreak(by="boss", agent="a01", reason="x", **how))


def test_acts_on_one_who_does_not_rest_change_nothing() -> None:
    desk = Desk(crew(5))
    assert not desk.at(
        "09:00",
        back("a01"),
        EndBreakFor(by="boss", agent="a01", reason="x"),
        ExtendBreak(by="boss", agent="a01", minutes=5, reason="x"),
        ForgiveWarning(by="boss", agent="a01", reason="x"),
    )


def test_an_extension_to_the_same_due_changes_nothing() -> None:
    desk = Desk(crew(5))
    desk.granted("09:00", "a01")
    assert not desk.at("09:01", ExtendBreak(by="b", agent="a01", due=at("09:15"), reason="x"))


def test_only_supervisors_and_the_outside_act_on_others() -> None:
    desk = Desk(crew(5))
    desk.granted("09:00", "a01")
    for command in (
        EndBreakFor(by="a02", agent="a01", reason="x"),
        ExtendBreak(by="a02", agent="a01", minutes=5, reason="x"),
        ForgiveWarning(by="a02", agent="a01", reason="x"),
        OverrideCapacity(by="a02", shift="morning", capacity=3, reason="x"),
    ):
        with pytest.raises(Refused, match="'a02' is no supervisor but agent"):
            desk.at("09:01", command)
    desk.at("09:02", AddAgent(agent="a02", role="supervisor"))
    assert desk.at("09:03", EndBreakFor(by="a02", agent="a01", reason="x"))


def test_a_break_is_the_agent_s_own_doing() -> None:
    desk = Desk(crew(5), TWO_SLOTS)
    desk.granted("09:00", "a01")
    desk.at("09:05", back("a01"))
    assert {e.by for e in (*desk.of(BreakStarted), *desk.of(BreakEnded))} == {"a01"}
