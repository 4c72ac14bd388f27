"""The company's settings: their defaults, what is sound, when shifts and meals fall."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.actors.centre import SetPolicy
from llmtb.events.floor import BreakStarted, PolicyChanged, ShiftClosed, ShiftOpened
from llmtb.policy import (
    Policy,
    PolicyError,
    changed,
    instance_of,
    instances_around,
    meals_of,
    merge,
    next_opening,
    running_at,
    seats_to_feed,
)
from llmtb.runtime.errors import Refused
from tests.actors.desk import LUNCH, MORNING, Desk, at, crew, names, policy, rest

ZONES = ["Asia/Tehran", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Australia/Lord_Howe"]


def meal(start: str, end: str, shift: str = "morning", name: str = "lunch") -> dict[str, str]:
    return {"name": name, "shift": shift, "start": start, "end": end}


# --- settings ----------------------------------------------------------------------------------


def test_the_defaults_are_the_published_ones() -> None:
    times = [("morning", "08:00", "16:00"), ("evening", "16:00", "00:00")]
    assert Policy().table() == {
        "timezone": "Asia/Tehran",
        "presence": "roster",
        "shifts": [
            {"name": name, "start": start, "end": end}
            for name, start, end in [*times, ("night", "00:00", "08:00")]
        ],
        "breaks": {
            "normal_minutes": 15,
            "urgent_minutes": 5,
            "every": 5,
            "allow": 1,
            "floor": 1,
            "warn_after_minutes": [1, 3],
            "max_warnings": 3,
            "on_too_many": "notify",
        },
        "emergency": {"minutes": 10},
        "meals": [],
        "meals_extra_minutes": 15,
        "meals_remind_every_minutes": 15,
        "load": {
            "mode": "ratio",
            "steps": [],
            "interval_minutes": 30,
            "service_seconds": 20.0,
            "service_level": 0.80,
            "max_occupancy": 0.90,
            "patience_seconds": None,
            "stale_after_seconds": 120,
        },
        "questions": {
            "customers": "invited",
            "idle_minutes": 15,
            "per_minute": 10,
            "per_day": 200,
            "longest": 1000,
            "hand_over": True,
            "sample": True,
            "drafts": True,
            "generate": False,
        },
        "privacy": {
            "messages_days": 0,
            "conversations_days": 0,
            "questions_days": 0,
            "reasons_days": 0,
        },
        "wall": {"names": "none"},
    }


def test_a_partial_policy_is_laid_over_the_one_in_force() -> None:
    nested = merge(Policy(), {"breaks": {"every": 4}, "load": {"mode": "erlang_c"}})
    assert merge(Policy(), {"breaks.every": 4, "load.mode": "erlang_c"}) == nested
    assert (nested.breaks.every, nested.breaks.allow) == (4, 1)
    assert changed(Policy(), nested) == ["breaks.every", "load.mode"]
    assert merge(nested, {"breaks.every": 5, "load": {"mode": "ratio"}}) == Policy()


def test_a_list_replaces_the_whole_list() -> None:
    day = {"name": "day", "start": "09:00", "end": "17:00"}
    assert [times.name for times in merge(Policy(), {"shifts": [day]}).shifts] == ["day"]


@pytest.mark.parametrize(
    ("partial", "key"),
    [
        ({"breaks": {"evry": 4}}, "breaks.evry"),
        ({"brakes.every": 4}, "brakes"),
        ({"breaks.every": 0}, "breaks.every"),
        ({"breaks.every": "5"}, "breaks.every"),
        ({"breaks.floor": 0}, "breaks.floor"),
        ({"breaks": 5}, "breaks"),
        ({"timezone.name": "x"}, "timezone.name"),
        ({"timezone": "Asia/Teheran"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"presence": "maybe"}, "presence"),
        ({"shifts": []}, "shifts"),
        ({"shifts": [{"name": "a", "start": "8:00", "end": "16:00"}]}, "shifts[0].start"),
        ({"shifts": [{"name": "a", "start": "08:00\n", "end": "16:00"}]}, "shifts[0].start"),
        ({"shifts": [{"name": "a", "start": "24:00", "end": "16:00"}]}, "shifts[0].start"),
        ({"shifts": [{"name": "a/b", "start": "08:00", "end": "16:00"}]}, "shifts[0].name"),
        ({"shifts": [{"name": "a", "start": "08:00", "end": "16:00"}] * 2}, "shifts"),
        ({"breaks.warn_after_minutes": [3, 1]}, "breaks.warn_after_minutes"),
        ({"load.mode": "erlang_a"}, "load.patience_seconds"),
        ({"load.service_level": 1}, "load.service_level"),
        ({"load.steps": [{"calls": 5, "every": 4, "allow": 1}] * 2}, "load.steps"),
        ({"meals": [meal("12:00", "12:29")]}, "meals"),
        ({"meals": [meal("15:45", "16:15")]}, "meals"),
        ({"meals": [meal("12:00", "13:00", shift="noon")]}, "meals"),
        ({"meals": [meal("12:00", "13:00"), meal("12:59", "13:59", name="tea")]}, "meals"),
        ({"meals": [meal("12:00", "13:00"), meal("13:00", "14:00")]}, "meals"),
        (LUNCH | {"meals_extra_minutes": 46}, "meals"),
        ({"": 1}, ""),
    ],
)
def test_what_is_not_sound_is_refused_by_name(partial: dict[str, Any], key: str) -> None:
    with pytest.raises(PolicyError) as error:
        merge(Policy(), partial)
    assert error.value.key == key
    assert "\n" not in str(error.value)


def test_a_window_too_short_for_one_meal_is_refused_however_it_comes_about() -> None:
    merge(Policy(), {"meals": [meal("12:00", "12:30")]})
    with pytest.raises(PolicyError, match="30 minutes are too short for a meal of 31"):
        merge(Policy(), {"meals": [meal("12:00", "12:30")], "breaks.normal_minutes": 16})


known = st.sampled_from([*Policy().table(), *Policy().breaks.__struct_fields__, "breaks.every"])
keys = st.text(max_size=4) | known | st.sampled_from(["name", "start", "end", "shift", "calls"])
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(keys, json, max_size=3))
def test_a_partial_policy_is_sound_or_a_policy_error(partial: dict[str, Any]) -> None:
    try:
        merged = merge(Policy(), partial)
    except PolicyError:
        return
    assert msgspec.convert(merged.table(), Policy) == merged
    assert not changed(merge(merged, merged.table()), merged)


# --- when shifts and meals fall ----------------------------------------------------------------


days = st.dates(date(1990, 1, 1), date(2040, 12, 31))


@given(st.sampled_from(ZONES), days, st.integers(0, 86_399))
def test_three_shifts_leave_no_instant_uncovered(zone: str, day: date, second: int) -> None:
    settings = merge(Policy(), {"timezone": zone})
    now = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=second)

    (running,) = running_at(settings, now)
    assert running.starts <= now < running.ends
    following = next_opening(settings, now)
    assert following == running.ends
    assert running_at(settings, following)[0].starts == following


@given(st.sampled_from(ZONES), days, st.sampled_from(["morning", "evening", "night"]))
def test_a_shift_starts_by_the_wall_clock(zone: str, day: date, name: str) -> None:
    window = instance_of(merge(Policy(), {"timezone": zone}), name, day)
    clock = {"morning": 8, "evening": 16, "night": 0}[name]
    local = window.starts.astimezone(ZoneInfo(zone))
    said = datetime(day.year, day.month, day.day, clock, tzinfo=ZoneInfo(zone))

    assert window.starts == said
    if said.astimezone(UTC).astimezone(ZoneInfo(zone)).hour == clock:  # no clock skipped it
        assert (local.date(), local.hour, local.minute) == (day, clock, 0)


@pytest.mark.parametrize(
    ("zone", "day", "name", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), "night", 7),
        ("Europe/Berlin", date(2026, 10, 25), "night", 9),
        ("America/Sao_Paulo", date(2018, 11, 4), "night", 7),  # that day had no midnight
        ("America/Sao_Paulo", date(2019, 2, 16), "evening", 9),
        ("Asia/Tehran", date(2022, 3, 22), "night", 7),
        ("Asia/Tehran", date(2026, 3, 22), "night", 8),
    ],
)
def test_a_night_with_a_clock_change_has_other_hours(
    zone: str, day: date, name: str, hours: int
) -> None:
    window = instance_of(merge(Policy(), {"timezone": zone}), name, day)
    assert window.ends - window.starts == timedelta(hours=hours)
    assert window.name == f"{day}/{name}"


def test_a_shift_may_last_the_whole_day() -> None:
    settings = merge(Policy(), {"shifts": [{"name": "day", "start": "06:00", "end": "06:00"}]})
    windows = instances_around(settings, date(2026, 11, 21))
    assert all(first.ends == second.starts for first, second in pairwise(windows))


def test_a_meal_after_midnight_belongs_to_the_night_before() -> None:
    night = {"name": "night", "start": "22:00", "end": "06:00"}
    settings = merge(Policy(), {"shifts": [night], "meals": [meal("01:00", "02:00", "night")]})
    (window,) = meals_of(settings, "2026-11-21/night")
    assert (window.starts, window.ends) == (at("25:00"), at("26:00"))


@given(st.integers(0, 300), st.integers(1, 480), st.integers(1, 480))
def test_seats_feed_everybody_and_one_fewer_would_not(present: int, window: int, meal: int) -> None:
    seats, turns = seats_to_feed(present, window, meal), window // meal
    if turns:
        assert seats * turns >= present > (seats - 1) * turns or present == seats == 0
    else:
        assert seats == present


# --- set while the system runs -----------------------------------------------------------------


def test_a_change_is_an_event_with_the_whole_and_the_keys() -> None:
    desk = Desk(crew(10))
    event, *_ = desk.at("09:00", policy({"breaks": {"every": 2, "allow": 1}}))

    assert isinstance(event, PolicyChanged)
    assert event.changed == ["breaks.every"]
    assert msgspec.convert(event.policy, Policy) == desk.state.centre.policy


def test_a_change_to_what_holds_already_changes_nothing() -> None:
    assert not Desk(crew(10)).at("09:00", policy({"breaks.every": 5, "timezone": "Asia/Tehran"}))


def test_an_unsound_policy_is_refused_and_changes_nothing() -> None:
    desk = Desk(crew(10))
    with pytest.raises(Refused, match=r"breaks.every"):
        desk.at("09:00", policy({"breaks.every": 0}))
    assert desk.state.centre.policy == Policy()


def test_an_agent_sets_no_policy() -> None:
    desk = Desk(crew(10))
    with pytest.raises(Refused, match="supervisor"):
        desk.at("09:00", SetPolicy(policy={"breaks.every": 2}, by="a01"))


def test_a_shift_added_in_its_middle_opens_at_once() -> None:
    desk = Desk()
    day = {"name": "day", "start": "07:00", "end": "19:00"}
    assert names(desk.at("09:00", policy({"shifts": [day]}))) == [
        "PolicyChanged",
        "ShiftClosed",  # the morning is no more, and nobody was in it
        "ShiftReported",
        "ShiftOpened",
        "CapacityChanged",
    ]
    opened = desk.of(ShiftOpened)[-1]
    assert (opened.shift, opened.starts, opened.ends) == (
        "2026-11-21/day",
        at("07:00"),
        at("19:00"),
    )


def test_a_shift_taken_out_ends_when_it_was_to_for_those_in_it() -> None:
    desk = Desk(crew(5))
    evening = {"name": "evening", "start": "16:00", "end": "00:00"}
    desk.at("09:00", policy({"shifts": [evening]}))
    assert desk.granted("15:00", "a01").shift == MORNING
    desk.wait("17:00")
    closed = {event.shift: event.at for event in desk.of(ShiftClosed)}
    assert closed[MORNING] == at("16:00")


def test_an_empty_shift_moved_to_later_closes_and_opens_then() -> None:
    desk = Desk()
    later = {"name": "morning", "start": "10:00", "end": "18:00"}
    assert "ShiftClosed" in names(desk.at("09:00", policy({"shifts": [later]})))
    desk.wait("11:00")
    assert [o.at for o in desk.of(ShiftOpened) if o.shift == MORNING] == [at("08:00"), at("10:00")]


def test_a_shift_put_back_in_its_middle_opens_again() -> None:
    desk = Desk()
    all_three = desk.state.centre.policy.table()["shifts"]
    desk.at("09:00", policy({"shifts": all_three[1:]}))
    assert MORNING not in desk.state.shifts
    desk.at("10:00", policy({"shifts": all_three}))
    desk.wait("17:00")
    closed = [(c.at, c.ends) for c in desk.of(ShiftClosed) if c.shift == MORNING]
    assert closed == [(at("09:00"), at("16:00")), (at("16:00"), at("16:00"))]


@pytest.mark.parametrize(("end", "closes"), [("18:00", "18:00"), ("14:00", "14:00")])
def test_an_open_shift_ends_when_the_policy_now_says(end: str, closes: str) -> None:
    desk = Desk(crew(5))
    morning = {"name": "morning", "start": "08:00", "end": end}
    desk.at("09:00", policy({"shifts": [morning]}))
    desk.wait("20:00")
    (closed,) = [event for event in desk.of(ShiftClosed) if event.shift == MORNING]
    assert (closed.at, closed.ends) == (at(closes), at(closes))


def test_an_open_shift_whose_end_is_moved_before_now_ends_now() -> None:
    desk = Desk(crew(5))
    desk.granted("09:00", "a01")
    morning = {"name": "morning", "start": "08:00", "end": "09:05"}
    events = desk.at("09:10", policy({"shifts": [morning]}))
    assert names(events) == ["PolicyChanged", "BreakEnded", "ShiftClosed", "ShiftReported"]
    assert desk.at("09:11", rest("a01"))[0] not in desk.of(BreakStarted)
    corrected = {"name": "morning", "start": "08:00", "end": "16:00"}
    desk.at("09:30", policy({"shifts": [corrected]}))
    assert desk.granted("09:31", "a01").shift == MORNING


def test_a_running_meal_window_keeps_its_end() -> None:
    desk = Desk(crew(5), LUNCH)
    desk.granted("12:10", "a01", "meal")
    desk.at("12:20", policy({"meals": []}))
    assert desk.refused("12:30", "a02").reason == "meal_only"
    assert "MealClosed" in names(desk.wait("13:00"))


def test_a_meal_window_that_was_held_is_not_opened_again() -> None:
    desk = Desk(crew(5), LUNCH)
    desk.at("12:30", policy({"meals": [meal("12:00", "14:00")]}))
    assert desk.refused("13:10", "a01", "meal").reason == "no_meal_window"
    desk.at("13:20", policy({"meals": [meal("15:00", "16:00")]}))
    assert desk.refused("15:10", "a01", "meal").reason == "no_meal_window"


def test_a_meal_window_set_in_its_middle_opens_at_once_and_reminds() -> None:
    desk = Desk(crew(5))
    assert names(desk.at("12:20", policy(LUNCH))) == [
        "PolicyChanged",
        "MealOpened",
        "CapacityChanged",
        "MealReminderSent",
    ]
