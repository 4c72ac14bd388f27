"""Under another policy: what was done that still makes sense is done, the rest is told of."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.actors.agent import (
    CheckOut,
    EndBreak,
    EndBreakFor,
    ExtendBreak,
    ForgiveWarning,
    StartBreak,
    WaitForSlot,
)
from llmtb.actors.centre import AddAgent, AssignShift, ReportLoad, SetPolicy
from llmtb.actors.command import Command
from llmtb.actors.floor import FloorBehaviour
from llmtb.actors.shift import OverrideCapacity
from llmtb.events.event import Event
from llmtb.events.floor import (
    BreakEnded,
    BreakRefused,
    BreakStarted,
    CapacityChanged,
    CheckedIn,
    LoadReported,
    WarningForgiven,
    WarningIssued,
)
from llmtb.policy import PolicyError
from llmtb.testing.script import Script
from replay.whatif.doubts import KINDS
from replay.whatif.log import Range, Scene, read
from replay.whatif.playing import Manner, play
from tests.actors.test_floor_properties import SETTINGS
from tests.replay.whatif.logs import day, recorded

OPENS = datetime(2026, 11, 21, 4, 30, tzinfo=UTC)  # 08:00 in Tehran
CREW = [f"a{number}" for number in range(1, 6)]


class Floor:
    """A morning of five agents, of whom one may rest; times are minutes after 08:00."""

    def __init__(self, **policy: Any) -> None:
        self.script = Script(FloorBehaviour(), OPENS)
        self.do(0, SetPolicy(policy={"breaks.every": 5, **policy}))
        for agent in CREW:
            self.do(0, AddAgent(agent=agent))
            self.do(0, AssignShift(agent=agent, shift="morning"))

    def do(self, minute: float, command: Command) -> None:
        self.script.do(OPENS + timedelta(minutes=minute), command)

    def rest(self, agent: str, minute: float, back: float | None = None) -> None:
        self.do(minute, StartBreak(agent=agent, kind="normal"))
        if back is not None:
            self.do(back, EndBreak(agent=agent))

    def scene(self, until: float = 120) -> Scene:
        self.do(until, AddAgent(agent="z"))
        return read(recorded(self.script.events), Range()).scene


def run(
    scene: Scene, other: dict[str, Any], manner: Manner | None = None
) -> tuple[list[Event], dict[str, int]]:
    """The events, and how many doubts there are of each kind."""
    told: list[Event] = []
    doubts = play(scene, told.append, other, manner or Manner())
    assert len(doubts.sentences()) == len(doubts.listed())
    return told, {kind: len(found) for kind, found in doubts.listed().items()}


def ended(events: list[Event]) -> list[tuple[str, float]]:
    """Who came back when, in minutes."""
    return [
        (each.agent, (each.at - OPENS) / timedelta(minutes=1))
        for each in events
        if isinstance(each, BreakEnded)
    ]


def of(events: list[Event], kind: type[Event]) -> int:
    return sum(isinstance(each, kind) for each in events)


def test_a_rest_that_the_log_refused_ends_at_due() -> None:
    floor = Floor()
    floor.rest("a1", 10, back=24)
    floor.script.do(OPENS + timedelta(minutes=30), StartBreak(agent="a1", kind="normal"))
    floor.do(31, StartBreak(agent="a2", kind="normal"))
    floor.do(44, EndBreak(agent="a1"))
    events, doubts = run(floor.scene(), {"breaks.allow": 2})
    assert ended(events) == [("a1", 24), ("a1", 44), ("a2", 46)]
    assert doubts == {"assumed_returns": 1}


def test_or_as_usual_for_that_person() -> None:
    floor = Floor()
    floor.rest("a2", 0, back=17)  # two minutes late
    floor.rest("a1", 30, back=44)
    floor.do(50, StartBreak(agent="a1", kind="normal"))
    floor.do(51, StartBreak(agent="a2", kind="normal"))
    floor.do(60, EndBreak(agent="a1"))
    events, _ = run(floor.scene(), {"breaks.allow": 2}, Manner("typical"))
    assert ("a2", 68) in ended(events)
    assert of(events, WarningIssued) == 2


def test_a_return_from_a_rest_that_was_refused_is_left_out() -> None:
    floor = Floor(**{"breaks.allow": 2})
    floor.rest("a1", 10)
    floor.rest("a2", 11)
    floor.do(20, EndBreak(agent="a1"))
    floor.do(21, EndBreak(agent="a2"))
    events, doubts = run(floor.scene(), {"breaks.allow": 1})
    assert ended(events) == [("a1", 20)]
    assert of(events, BreakRefused) == 1
    assert doubts == {"refused_now": 1, "returns_without_a_rest": 1}


def test_who_rests_already_does_not_press_again() -> None:
    floor = Floor()
    floor.rest("a1", 10)
    floor.do(11, StartBreak(agent="a2", kind="normal"))
    floor.do(12, WaitForSlot(agent="a2"))
    floor.do(13, StartBreak(agent="a2", kind="normal"))
    floor.do(14, EndBreak(agent="a1"))
    floor.do(15, StartBreak(agent="a2", kind="normal"))
    floor.do(25, EndBreak(agent="a2"))
    events, doubts = run(floor.scene(), {"breaks.allow": 2})
    assert ended(events) == [("a1", 14), ("a2", 26)]
    assert of(events, BreakRefused) == 0
    assert doubts == {
        "assumed_returns": 1,
        "returns_without_a_rest": 1,
        "pressed_while_resting": 2,
        "waits_left_out": 1,
    }


def test_who_has_rested_already_may_press_again_in_doubt() -> None:
    floor = Floor()
    floor.rest("a1", 10)
    floor.do(11, StartBreak(agent="a2", kind="urgent"))
    floor.do(12, WaitForSlot(agent="a2"))
    floor.do(24, EndBreak(agent="a1"))
    floor.rest("a2", 25, back=35)
    events, doubts = run(floor.scene(), {"breaks.allow": 2})
    assert ended(events) == [("a2", 16), ("a1", 24), ("a2", 35)]
    assert doubts == {
        "assumed_returns": 1,
        "asked_again": 1,
        "told_otherwise": 1,
        "waits_left_out": 1,
    }


def test_a_press_twice_over_is_none_where_the_first_was_refused() -> None:
    floor = Floor(**{"breaks.allow": 2})
    floor.rest("a1", 10)
    floor.rest("a2", 11)
    floor.do(12, StartBreak(agent="a2", kind="normal"))
    _, doubts = run(floor.scene(), {"breaks.allow": 1})
    assert doubts["repeated_presses"] == 1


@pytest.mark.parametrize(("move", "back"), [(False, 24), (True, 34)])
def test_a_return_stays_or_moves_with_its_due(move: bool, back: float) -> None:
    floor = Floor()
    floor.rest("a1", 10, back=24)
    other = {"breaks.normal_minutes": 25}
    events, doubts = run(floor.scene(), other, Manner(move=move))
    assert ended(events) == [("a1", back)]
    assert doubts == {"moved_returns" if move else "other_due": 1}


def test_supervisors_acts_on_rests_that_were_not_are_left_out() -> None:
    floor = Floor(**{"breaks.allow": 3})
    for agent in ("a1", "a2", "a3"):
        floor.rest(agent, 10)
    floor.do(12, ExtendBreak(by="boss", agent="a1", minutes=5, reason="x"))
    floor.do(12, ExtendBreak(by="boss", agent="a2", minutes=5, reason="x"))
    floor.do(13, EndBreakFor(by="boss", agent="a3", reason="x"))
    floor.do(40, ForgiveWarning(by="boss", agent="a2", reason="x"))
    floor.do(41, EndBreak(agent="a1"))
    events, doubts = run(floor.scene(), {"breaks.allow": 1})
    assert of(events, WarningForgiven) == 0
    assert doubts == {
        "refused_now": 2,
        "acts_without_a_rest": 2,
        "acts_kept": 1,
        "forgiven_without": 1,
    }


def test_an_extension_is_as_many_minutes_whatever_the_due_was() -> None:
    floor = Floor()
    floor.rest("a1", 10)
    floor.do(20, ExtendBreak(by="boss", agent="a1", minutes=5, reason="x"))
    floor.do(29, EndBreak(agent="a1"))
    events, doubts = run(floor.scene(), {"breaks.normal_minutes": 12})
    [late] = [each.late_seconds for each in events if isinstance(each, BreakEnded)]
    assert late == 120
    assert doubts["acts_kept"] == 1


def test_shifts_that_the_other_policy_lacks() -> None:
    floor = Floor(presence="check_in")
    floor.do(1, OverrideCapacity(by="boss", shift="morning", capacity=3, reason="x"))
    floor.do(2, StartBreak(agent="a1", kind="normal"))
    shifts = [{"name": "day", "start": "08:00", "end": "20:00"}]
    events, doubts = run(floor.scene(), {"shifts": shifts})
    assert doubts["acts_refused"] == 6  # five on the roster, and the override
    assert [each.reason for each in events if isinstance(each, BreakRefused)] == ["not_present"]


def test_whom_the_roster_checked_in_does_it_by_hand_where_that_is_asked_for() -> None:
    floor = Floor()
    floor.do(5, CheckOut(agent="a5"))
    events, doubts = run(floor.scene(), {"presence": "check_in"})
    assert [e.by for e in events if isinstance(e, CheckedIn)] == CREW
    assert doubts == {"assumed_check_ins": 5}


def test_calls_are_scaled_to_another_interval() -> None:
    floor = Floor()
    floor.do(5, ReportLoad(calls=30, aht_seconds=120))
    events, doubts = run(floor.scene(), {"load.interval_minutes": 15})
    assert [e.calls for e in events if isinstance(e, LoadReported)] == [15]
    assert doubts == {"scaled_load": 1}


def test_a_range_begins_under_the_other_policy() -> None:
    floor = Floor()
    floor.rest("a1", 10)
    floor.do(30, StartBreak(agent="a2", kind="normal"))
    floor.do(60, AddAgent(agent="z"))
    since = OPENS + timedelta(minutes=30)
    scene = read(recorded(floor.script.events), Range(since=since)).scene
    events, doubts = run(scene, {"breaks.allow": 2})
    first = next(each for each in events if isinstance(each, CapacityChanged))
    assert (first.capacity, first.at) == (2, since - timedelta(microseconds=1))
    assert of(events, BreakStarted) == 1
    assert doubts == {"assumed_returns": 1}


def test_a_policy_that_does_not_fit_the_logs_own_is_refused_before_anything_is_played() -> None:
    meals = [{"name": "lunch", "shift": "morning", "start": "12:00", "end": "12:40"}]
    scene = Floor(meals=meals).scene()
    told: list[Event] = []
    with pytest.raises(PolicyError, match="too short"):
        play(scene, told.append, {"breaks.normal_minutes": 40})
    assert told == []


@given(
    seed=st.integers(0, 3),
    other=st.sampled_from([each for each in SETTINGS if "timezone" not in each]),
    returns=st.sampled_from(["due", "typical"]),
    move=st.booleans(),
)
@settings(max_examples=12)
def test_whatever_is_tried_the_floor_stays_a_floor(
    seed: int, other: dict[str, Any], returns: Any, move: bool
) -> None:
    """Time runs one way, rests end once, none is left behind, and what is in doubt is told."""
    scene = read(day(seed), Range()).scene
    told: list[Event] = []
    doubts = play(scene, told.append, other, Manner(returns, move))
    assert [e.at for e in told] == sorted(e.at for e in told)
    assert scene.starts <= told[0].at <= told[-1].at <= scene.ends
    running: set[str] = set()
    for event in told:
        if isinstance(event, BreakStarted):
            assert event.agent not in running
            running.add(event.agent)
        elif isinstance(event, BreakEnded):
            running.remove(event.agent)
    for kind, found in doubts.listed().items():
        assert kind in KINDS
        assert {each.seq for each in found} <= {each.seq for each in scene.inputs}
