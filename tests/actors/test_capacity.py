"""How many may rest at once, and when that is said."""

from typing import Any

import pytest

from llmtb.actors.centre import ReportLoad
from llmtb.actors.command import Command
from llmtb.actors.shift import OverrideCapacity
from llmtb.events.event import Event
from llmtb.events.floor import BreakEnded, CapacityChanged, LoadReported
from llmtb.runtime.errors import Refused
from tests.actors.desk import EVENING, MORNING, Desk, at, back, calls, crew, go, names, policy

ERLANG_C = {"load": {"mode": "erlang_c"}}


def told(events: list[Event]) -> list[tuple[int, str, int | None, int]]:
    """What capacity was told: the number, its cause, the agents required, those present."""
    changes = [event for event in events if isinstance(event, CapacityChanged)]
    return [(each.capacity, each.cause, each.required, each.present) for each in changes]


def numbers(desk: Desk, shift: str = MORNING) -> list[int]:
    """The capacities written for a shift so far."""
    return [each.capacity for each in desk.of(CapacityChanged) if each.shift == shift]


# --- by those present --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("present", "settings", "capacity"),
    [
        (0, {}, 1),
        (4, {}, 1),
        (5, {}, 1),
        (9, {}, 1),
        (10, {}, 2),
        (24, {}, 4),
        (12, {"every": 4}, 3),
        (30, {"every": 10, "allow": 2}, 6),
        (39, {"every": 10, "allow": 2}, 6),
        (7, {"allow": 0}, 1),
        (7, {"floor": 3}, 3),
        (40, {"floor": 3}, 8),
    ],
)
def test_for_every_a_present_b_may_rest(
    present: int, settings: dict[str, int], capacity: int
) -> None:
    desk = Desk(crew(present), {"breaks": settings})
    opened = [each for each in desk.wait("08:00") if isinstance(each, CapacityChanged)]
    assert told(list(opened)) == [(capacity, "opened", None, present)]


def test_those_resting_are_present() -> None:
    desk = Desk(crew(10))
    desk.granted("09:00", "a01")
    desk.granted("09:00", "a02", "emergency")
    desk.wait("09:05")
    assert (desk.shift().capacity, len(desk.shift().present)) == (2, 10)
    assert numbers(desk) == [2]


def test_the_number_is_written_only_when_it_differs() -> None:
    desk = Desk(crew(11))

    assert told(desk.at("09:00", go("a01"))) == []
    assert told(desk.at("09:01", go("a02"))) == [(1, "presence", None, 9)]
    assert told(desk.at("09:02", policy({"breaks.every": 4}))) == [(2, "policy", None, 9)]
    assert told(desk.at("09:03", policy({"breaks.normal_minutes": 20}))) == []


def test_a_falling_capacity_ends_no_break() -> None:
    desk = Desk(crew(10))
    desk.granted("09:00", "a01")
    desk.granted("09:00", "a02")
    desk.at("09:01", policy({"breaks.every": 10}))

    assert (desk.shift().capacity, desk.shift().resting, desk.shift().free()) == (1, 2, 0)
    assert desk.refused("09:02", "a03").reason == "full"
    (ended,) = desk.at("09:05", back("a01"))
    assert isinstance(ended, BreakEnded)
    assert ended.free == 0
    assert desk.refused("09:06", "a03").reason == "full"
    desk.at("09:07", back("a02"))
    assert desk.granted("09:08", "a03")


# --- by the calls: steps -----------------------------------------------------------------------

STEPS = {
    "load": {
        "mode": "steps",
        "steps": [
            {"calls": 50, "every": 5, "allow": 1},
            {"calls": 100, "every": 10, "allow": 1},
            {"calls": 200, "every": 1000, "allow": 0},
        ],
    },
    "breaks": {"every": 2, "allow": 1},
}


@pytest.mark.parametrize(
    ("number", "capacity"),
    [(0, 10), (49, 10), (50, 4), (99, 4), (100, 2), (199, 2), (200, 1), (9999, 1)],
)
def test_the_highest_step_reached_gives_the_ratio(number: int, capacity: int) -> None:
    desk = Desk(crew(20), STEPS)
    desk.at("09:00", calls(number))
    assert desk.shift().capacity == capacity


def test_without_fresh_figures_the_steps_do_not_count() -> None:
    desk = Desk(crew(20), STEPS)
    assert told(desk.wait("08:00")) == [(10, "opened", None, 20)]
    assert told(desk.at("09:00", calls(100))) == [(2, "load", None, 20)]
    assert told(desk.wait("09:02")) == [(10, "feed_lost", None, 20)]


# --- by the calls: Erlang ----------------------------------------------------------------------

CALLS = [20, 40, 60, 80, 100, 120, 130, 140, 150, 160, 200]
REQUIRED = [4, 7, 9, 11, 14, 16, 17, 18, 19, 20, 24]
ROWS: list[tuple[int, int, int, list[int]]] = [
    (20, 5, 1, [4, 4, 4, 4, 4, 4, 3, 2, 1, 1, 1]),
    (12, 4, 1, [3, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1]),
    (30, 10, 2, [6] * 11),
    (7, 5, 1, [1] * 11),
    (1, 5, 1, [1] * 11),
]


@pytest.mark.parametrize(("present", "every", "allow", "capacities"), ROWS)
def test_capacity_by_calls(present: int, every: int, allow: int, capacities: list[int]) -> None:
    desk = Desk(crew(present), ERLANG_C | {"breaks": {"every": every, "allow": allow}})
    desk.wait("08:00")
    written = numbers(desk)
    for minute, number in enumerate(CALLS):
        reported = told(desk.at(f"09:{minute:02}", calls(number)))
        capacity, required = capacities[minute], REQUIRED[minute]
        changes = capacity != written[-1]
        assert reported == ([(capacity, "load", required, present)] if changes else [])
        assert desk.shift().capacity == capacity
        written.append(capacity)


def test_callers_with_little_patience_need_fewer_agents() -> None:
    capacities = []
    for mode in ("erlang_c", "erlang_a"):
        load = {"mode": mode, "patience_seconds": 300, "max_occupancy": 0.85}
        desk = Desk(crew(18), {"load": load, "breaks": {"every": 1}})
        desk.at("09:00", calls(100))
        capacities.append(desk.shift().capacity)
    assert capacities == [18 - 14, 18 - 13]


def test_no_calls_ask_for_no_one() -> None:
    desk = Desk(crew(10), ERLANG_C)
    desk.at("09:00", calls(100))
    assert told(desk.at("09:01", calls(0))) == [(2, "load", 0, 10)]


def test_calls_count_by_the_interval_they_were_counted_in() -> None:
    desk = Desk(crew(20), {"load": {"mode": "erlang_c", "interval_minutes": 15}})
    event, change = desk.at("09:00", calls(65))
    assert isinstance(event, LoadReported)
    assert event.interval_minutes == 15
    assert told([change]) == [(3, "load", 17, 20)]  # as 130 calls in half an hour
    assert told(desk.at("09:01", policy({"load.interval_minutes": 30}))) == []


def test_figures_are_kept_as_they_came() -> None:
    report = ReportLoad(
        calls=10, aht_seconds=95.5, waiting=3, longest_wait_seconds=41.5, source="asterisk"
    )
    assert Desk().at("09:00", report) == [
        LoadReported(
            at=at("09:00"),
            by="asterisk",
            calls=10,
            aht_seconds=95.5,
            waiting=3,
            longest_wait_seconds=41.5,
            interval_minutes=30,
            source="asterisk",
        )
    ]


def test_more_work_than_any_centre_has_is_refused() -> None:
    desk = Desk(crew(5), ERLANG_C)
    with pytest.raises(Refused, match="too many"):
        desk.at("09:00", calls(1_000_000, aht=86_400))
    assert desk.state.centre.load is None


def test_figures_reach_every_open_shift() -> None:
    shifts = [
        {"name": "morning", "start": "08:00", "end": "16:00"},
        {"name": "long", "start": "08:00", "end": "20:00"},
    ]
    desk = Desk(crew(20), ERLANG_C | {"shifts": shifts})
    for number in range(20):
        desk.join(f"b{number}", "long")
    changed = [e for e in desk.at("09:00", calls(150)) if isinstance(e, CapacityChanged)]
    assert [(e.shift, e.capacity) for e in changed] == [("2026-11-21/long", 1), (MORNING, 1)]


# --- figures gone stale ------------------------------------------------------------------------


def test_figures_are_stale_at_exactly_their_age() -> None:
    desk = Desk(crew(20), ERLANG_C)
    desk.at("09:00", calls(150))

    assert desk.wait("09:01:59") == []
    (lost,) = desk.wait("09:02")
    assert told([lost]) == [(4, "feed_lost", None, 20)]
    assert (lost.at, lost.by) == (at("09:02"), "clock")


def test_figures_that_come_at_that_instant_come_after_it() -> None:
    desk = Desk(crew(20), ERLANG_C)
    desk.at("09:00", calls(150))
    desk.at("09:02", calls(150))
    assert told(desk.events)[-2:] == [(4, "feed_lost", None, 20), (1, "load", 19, 20)]


def test_each_report_starts_their_age_anew() -> None:
    desk = Desk(crew(20), ERLANG_C)
    desk.at("09:00", calls(150))
    desk.at("09:01", calls(150))
    assert desk.wait("09:02:59") == []
    assert names(desk.wait("10:00")) == ["CapacityChanged"]


def test_a_lost_feed_that_changes_no_number_is_not_written() -> None:
    desk = Desk(crew(20))
    desk.at("09:00", calls(150))
    assert desk.wait("10:00") == []


def test_the_age_is_a_setting_that_holds_at_once() -> None:
    desk = Desk(crew(20), ERLANG_C)
    desk.at("09:00", calls(150))
    stale = desk.at("09:01", policy({"load.stale_after_seconds": 60}))
    assert told(stale) == [(4, "policy", None, 20)]
    fresh = desk.at("09:01:30", policy({"load.stale_after_seconds": 100}))
    assert told(fresh) == [(1, "policy", 19, 20)]
    assert [e.at for e in desk.wait("10:00")] == [at("09:01:40")]


def test_a_shift_opens_with_the_figures_at_hand() -> None:
    desk = Desk((), ERLANG_C)
    for agent in crew(20):
        desk.join(agent, "evening")
    desk.at("15:59", calls(140))
    opened = [e for e in desk.wait("16:00") if getattr(e, "shift", None) == EVENING]
    assert told(opened) == [(2, "opened", 18, 20)]


# --- the whole sentence ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "cause"),
    [
        (go("a01"), "presence"),
        (calls(150), "load"),
        (policy({"breaks.every": 4}), "policy"),
        (OverrideCapacity(by="boss", shift="morning", capacity=9, reason="x"), "override"),
    ],
)
def test_a_change_has_the_cause_and_the_author_of_what_changed_it(
    command: Command, cause: str
) -> None:
    settings: dict[str, Any] = ERLANG_C | {"breaks": {"every": 10, "allow": 6}}
    desk = Desk(crew(20), settings)
    desk.wait("08:30")
    event, *_, change = desk.at("09:00", command)
    assert isinstance(change, CapacityChanged)
    assert (change.cause, change.by, change.at) == (cause, event.by, at("09:00"))
