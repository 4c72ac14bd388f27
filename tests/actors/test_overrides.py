"""A capacity set by hand."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from llmtb.actors.centre import AddAgent
from llmtb.actors.shift import EndOverride, OverrideCapacity
from llmtb.events.floor import CapacityChanged, OverrideEnded, OverrideSet
from llmtb.runtime.errors import Refused
from tests.actors.desk import (
    EVENING,
    LUNCH,
    MORNING,
    Desk,
    at,
    calls,
    crew,
    go,
    names,
    policy,
)


def override(
    capacity: int, shift: str = "morning", until: datetime | None = None
) -> OverrideCapacity:
    return OverrideCapacity(by="boss", shift=shift, capacity=capacity, reason="storm", until=until)


def test_the_supervisor_s_number_holds_until_the_shift_s_end() -> None:
    desk = Desk(crew(10))
    event, change = desk.at("09:00", override(5))

    assert event == OverrideSet(
        at=at("09:00"), by="boss", shift=MORNING, capacity=5, until=at("16:00"), reason="storm"
    )
    assert isinstance(change, CapacityChanged)
    assert (change.capacity, change.cause, change.required) == (5, "override", None)
    desk.wait("15:59")
    assert desk.shift().capacity == 5
    assert names(desk.wait("16:00"))[:2] == ["OverrideEnded", "CapacityChanged"]


def test_nothing_but_its_end_moves_the_number() -> None:
    desk = Desk(crew(20), LUNCH | {"load": {"mode": "erlang_c"}})
    desk.at("09:00", override(3))
    desk.at("09:01", calls(200), go("a01"), policy({"breaks.every": 1}))
    desk.wait("12:30")
    assert desk.shift().capacity == 3
    assert [change.cause for change in desk.of(CapacityChanged)][-1] == "override"


def test_only_a_person_may_choose_nobody() -> None:
    desk = Desk(crew(10))
    desk.at("09:00", override(0))
    assert desk.refused("09:01", "a01").reason == "full"
    assert desk.granted("09:02", "a01", "emergency")


def test_under_an_override_the_meal_capacity_is_the_override() -> None:
    desk = Desk(crew(10), LUNCH)
    desk.at("11:00", override(1))
    desk.granted("12:00", "a01", "meal")
    assert desk.refused("12:01", "a02", "meal").reason == "full"


def test_it_ends_by_itself_at_its_instant() -> None:
    desk = Desk(crew(10))
    desk.at("09:00", override(5, until=at("09:30")))

    assert desk.wait("09:29:59") == []
    ended, change = desk.wait("09:30")
    assert ended == OverrideEnded(
        at=at("09:30"), by="clock", shift=MORNING, capacity=5, until=at("09:30"), reason="storm"
    )
    assert isinstance(change, CapacityChanged)
    assert (change.capacity, change.cause) == (2, "override_ended")


def test_a_supervisor_ends_it_sooner() -> None:
    desk = Desk(crew(10))
    desk.at("09:00", override(5, until=at("11:00")))
    ended, change = desk.at("09:10", EndOverride(by="chief", shift="morning", reason="over"))

    assert isinstance(ended, OverrideEnded)
    assert (ended.by, ended.reason, ended.capacity) == ("chief", "over", 5)
    assert isinstance(change, CapacityChanged)
    assert (change.cause, change.by) == ("override_ended", "chief")
    assert desk.wait("11:30") == []


def test_an_end_that_changes_no_number_is_written_alone() -> None:
    desk = Desk(crew(10))
    assert names(desk.at("09:00", override(2))) == ["OverrideSet"]
    assert names(desk.at("09:01", EndOverride(by="boss", shift=MORNING))) == ["OverrideEnded"]


def test_no_override_to_end_changes_nothing() -> None:
    assert not Desk(crew(10)).at("09:00", EndOverride(by="boss", shift="morning"))


def test_a_second_one_takes_the_place_of_the_first() -> None:
    desk = Desk(crew(10))
    desk.at("09:00", override(5, until=at("09:30")))
    desk.at("09:10", override(4, until=at("10:00")))
    assert desk.wait("09:45") == []
    assert desk.shift().capacity == 4
    assert names(desk.wait("10:00")) == ["OverrideEnded", "CapacityChanged"]


def test_it_never_outlasts_its_shift() -> None:
    desk = Desk(crew(10))
    desk.at("09:00", override(5, until=at("20:00")))
    assert [event.until for event in desk.of(OverrideSet)] == [at("16:00")]


def test_one_set_ahead_holds_when_the_shift_opens() -> None:
    desk = Desk(crew(10), shift="evening")
    assert names(desk.at("09:00", override(7, "evening"))) == ["OverrideSet"]
    assert [event.shift for event in desk.of(OverrideSet)] == [EVENING]
    desk.wait("16:00")
    assert (desk.shift(EVENING).capacity, desk.of(CapacityChanged)[-1].cause) == (7, "opened")


def test_a_name_means_the_open_instance_else_the_next() -> None:
    desk = Desk(crew(10))
    desk.at("17:00", override(3, "morning"), override(3, "2026-12-01/night"), override(4, "night"))
    assert [event.shift for event in desk.of(OverrideSet)] == [
        "2026-11-22/morning",
        "2026-12-01/night",
        "2026-11-22/night",
    ]


def test_a_shift_taken_out_of_the_calendar_is_still_meant_by_its_name() -> None:
    desk = Desk(crew(10))
    desk.at("09:00", policy({"shifts": [{"name": "day", "start": "07:00", "end": "19:00"}]}))
    desk.at("09:10", override(5))
    assert desk.shift().capacity == 5


def test_a_shift_closed_early_takes_its_override_along() -> None:
    desk = Desk(crew(10))
    desk.at("09:00", override(5))
    short = {"name": "morning", "start": "08:00", "end": "10:00"}
    desk.at("09:30", policy({"shifts": [short]}))
    assert names(desk.wait("10:00")) == [
        "OverrideEnded",
        "CapacityChanged",
        "ShiftClosed",
        "ShiftReported",
    ]
    assert desk.wait("17:00") == []


@pytest.mark.parametrize(
    "shift",
    [
        "noon",
        "2026-11-21/noon",
        "2026-13-01/night",
        "20261121/night",
        "2026-W47-6/night",
        "0001-01-01/night",
        "9999-12-31/evening",
        "x/2026-11-21/night",
        "2026-11-21/",
        "/night",
    ],
)
def test_a_shift_that_does_not_exist_is_refused(shift: str) -> None:
    desk = Desk(crew(10))
    for command in (override(3, shift), EndOverride(by="boss", shift=shift)):
        with pytest.raises(Refused, match=r"no shift|not a date"):
            desk.at("09:00", command)


@pytest.mark.parametrize(
    ("shift", "until"), [("2026-11-20/morning", None), ("morning", "08:59"), ("morning", "09:00")]
)
def test_an_override_for_the_past_is_refused(shift: str, until: str | None) -> None:
    with pytest.raises(Refused, match=r"is over|later than now"):
        Desk(crew(10)).at("09:00", override(3, shift, at(until) if until else None))


def test_those_who_only_read_or_ask_set_none() -> None:
    desk = Desk(crew(10))
    desk.at("08:30", AddAgent(agent="eye", role="auditor"), AddAgent(agent="al", role="customer"))
    for by in ("eye", "al", "a01"):
        command = OverrideCapacity(by=by, shift="morning", capacity=3, reason="x")
        with pytest.raises(Refused, match="no supervisor"):
            desk.at("09:00", command)


@pytest.mark.parametrize(
    "fields",
    [
        {"capacity": -1},
        {"capacity": 2.5},
        {"reason": ""},
        {"reason": "  "},
        {"until": "2026-11-21T12:00:00"},
        {"by": "two words"},
        {"by": "boss\n"},
    ],
)
def test_it_takes_a_whole_number_a_reason_and_an_aware_instant(fields: dict[str, object]) -> None:
    sound = {"by": "boss", "shift": "morning", "capacity": 1, "reason": "x"}
    assert msgspec.convert(sound, OverrideCapacity)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(sound | fields, OverrideCapacity)


def test_an_end_told_in_another_zone_is_kept_in_utc() -> None:
    desk = Desk(crew(10))
    tokyo = timezone(timedelta(hours=9))
    desk.at("09:00", override(3, until=at("10:00").astimezone(tokyo)))
    (event,) = desk.of(OverrideSet)
    assert (event.until, event.until.tzinfo) == (at("10:00"), UTC)
