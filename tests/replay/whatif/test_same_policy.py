"""Under its own policy a log played again gives its own events, each and in order, and no doubt."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.actors.agent import EndBreakFor, ExtendBreak, StartBreak
from llmtb.actors.centre import AddAgent, AssignShift, SetPolicy
from llmtb.actors.command import Command
from llmtb.events.desk import HandedOver
from llmtb.events.event import Event
from llmtb.events.floor import (
    FLOOR_EVENTS,
    AgentChanged,
    BreakEnded,
    BreakExtended,
    BreakRefused,
    PolicyChanged,
    ShiftClosed,
    ShiftOpened,
)
from llmtb.events.personal import divide, plan_of
from llmtb.events.record import Recorded
from llmtb.scenario import Step
from llmtb.testing.day import Day
from replay.whatif.check import check_of
from replay.whatif.counting import Count
from replay.whatif.log import Log, Range, read
from replay.whatif.playing import Manner, play
from tests.actors.test_floor_properties import SETTINGS, Days
from tests.replay.whatif.logs import day, on_the_house, recorded

MANNERS = [Manner(returns, move) for returns in ("due", "typical") for move in (False, True)]


def played(log: Log, manner: Manner = MANNERS[0]) -> list[Event]:
    """What comes out, after checking that nothing was in doubt."""
    told: list[Event] = []
    doubts = play(log.scene, told.append, {}, manner)
    assert doubts.listed() == {}
    assert check_of(log) is None
    return told


def floor_events(rows: list[Recorded]) -> list[Event]:
    return [each.event for each in rows if isinstance(each.event, FLOOR_EVENTS)]


class PlayedAgain(Days):
    """Whatever is done to a floor, and in whatever order: played again it is the same."""

    def teardown(self) -> None:
        if not hasattr(self, "script"):
            return  # nothing was ever begun
        events = self.script.events
        log = read(recorded(events), Range())
        assert log.recorded == events
        assert played(log) == events
        middle = events[len(events) // 2].at
        second = read(recorded(events), Range(since=middle))
        assert second.recorded == [event for event in events if event.at >= middle]
        assert played(second) == second.recorded


TestPlayedAgain = PlayedAgain.TestCase
TestPlayedAgain.settings = settings(max_examples=20, stateful_step_count=40)


@given(
    seed=st.integers(0, 10_000),
    crashes=st.integers(0, 5),
    changes=st.lists(st.tuples(st.integers(0, 86_400), st.sampled_from(SETTINGS)), max_size=4),
    manner=st.sampled_from(MANNERS),
)
@settings(max_examples=8)
def test_a_day_of_the_house_with_crashes_and_changed_settings(
    seed: int, crashes: int, changes: list[tuple[int, dict[str, Any]]], manner: Manner
) -> None:
    steps = [*Day(seed, 12, crashes, calls=2).steps()]
    start = steps[0].at
    last = steps.pop()
    steps += [
        Step(0, start + timedelta(seconds=after), SetPolicy(policy=policy))
        for after, policy in changes
    ]
    rows = on_the_house([*sorted(steps, key=lambda step: step.at), last])
    log = read(rows, Range())
    assert played(log, manner) == floor_events(rows)


@given(data=st.data())
@settings(max_examples=12)
def test_any_range_of_a_day_goes_on_from_what_was_before(data: st.DataObject) -> None:
    rows = day()
    instants = sorted({each.event.at for each in rows})
    first, last = sorted(data.draw(st.lists(st.sampled_from(instants), min_size=2, max_size=2)))
    log = read(rows, Range(since=first, until=last))
    assert played(log) == [e for e in floor_events(rows) if first <= e.at <= last]


@pytest.mark.parametrize("name", ["night", "morning", "evening"])
def test_one_shift_alone(name: str) -> None:
    rows, instance = day(), f"2026-11-21/{name}"
    log = read(rows, Range(shift=instance))
    events = played(log)
    assert any(isinstance(each, ShiftOpened) and each.shift == instance for each in events)
    assert any(isinstance(each, ShiftClosed) and each.shift == instance for each in events)
    one, other = Count(log.scene), Count(log.scene)
    for event in log.recorded:
        one.take(event)
    play(log.scene, other.take)
    assert one.figures() == other.figures()


def test_the_events_of_other_rooms_are_passed_over() -> None:
    rows = day()
    instant = rows[-1].event.at
    other = HandedOver(at=instant, by="bot", chat="c", reason="requested", summary="x", agent="a")
    rows = [*rows, Recorded(len(rows) + 1, "desk/conversations", 1, other, bytes(32))]
    assert played(read(rows, Range())) == floor_events(rows)


@given(place=st.integers(1, 400))
@settings(max_examples=12)
def test_a_log_that_was_cut_off_within_an_instant_is_no_other_log(place: int) -> None:
    log = read(day()[:place], Range())
    assert check_of(log) is None


def test_a_log_from_before_a_setting_plays_as_it_was() -> None:
    rows = []
    for each in day():
        event = each.event
        if isinstance(event, PolicyChanged):
            older = {key: value for key, value in event.policy.items() if key != "questions"}
            event = PolicyChanged(at=event.at, by=event.by, policy=older, changed=event.changed)
        rows.append(Recorded(each.seq, each.stream, each.version, event, each.hash))
    assert check_of(read(rows, Range())) is None


@pytest.mark.parametrize("sealed_until", [0.5, 1.0])
def test_a_log_whose_words_are_sealed_is_the_same_log(sealed_until: float) -> None:
    """A journal holds names and reasons sealed, and some of them may be forgotten."""
    steps = [*Day(2, 12, 1, calls=1).steps()]
    last = steps.pop()
    acts: list[tuple[float, Command]] = [
        (1, AddAgent(agent="a001", name="Sara", hired_on=date(2020, 1, 1))),
        (2, AddAgent(agent="a001", name="Sarah")),
        (3, AssignShift(agent="maryam", shift="night")),
        (3, StartBreak(agent="maryam", kind="meal")),
        (3.1, ExtendBreak(by="boss", agent="maryam", minutes=5, reason="she is tired")),
        (3.2, EndBreakFor(by="boss", agent="maryam", reason="she is needed")),
    ]
    start = steps[0].at
    steps += [Step(0, start + timedelta(hours=after), do) for after, do in acts]
    rows = on_the_house([*sorted(steps, key=lambda step: step.at), last])
    sealed = [
        blank(each) if place < sealed_until * len(rows) else each for place, each in enumerate(rows)
    ]
    assert {type(each.event) for each in rows} >= {AgentChanged, BreakExtended, BreakEnded}
    assert sealed != rows
    assert check_of(read(sealed, Range())) is None


def blank(each: Recorded) -> Recorded:
    """The event as it is read without keys."""
    plan = plan_of(type(each.event))
    if plan is None:
        return each
    event = divide(each.event, plan, each.stream, lambda *_: None)
    return Recorded(each.seq, each.stream, each.version, event, each.hash)


def test_a_log_whose_refusal_was_made_a_rest_is_told_apart() -> None:
    events = floor_events(day())
    place = next(i for i, each in enumerate(events) if isinstance(each, BreakRefused))
    refused = events[place]
    assert isinstance(refused, BreakRefused)
    events[place] = msgspec.structs.replace(refused, reason="blocked")
    assert check_of(read(recorded(events), Range())) == place + 1
