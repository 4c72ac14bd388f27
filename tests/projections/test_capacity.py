"""The live view shows what the floor decides by, and its reasons add up to the number in force."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.actors.agent import StartBreak, WaitForSlot
from llmtb.actors.centre import ReportLoad, ReportPhone, SetPolicy
from llmtb.actors.shift import OverrideCapacity, Shift
from llmtb.events.event import Event
from llmtb.projections.board import Board, ShiftNow, board
from llmtb.projections.capacity import Capacity
from llmtb.projections.projection import Value
from tests.projections.logs import OPENING, Play, logs, recorded
from tests.projections.rows import made_at_once, rows_of


def shown(play: Play) -> Board:
    """The floor of a play, as a view that has just been fed its events shows it."""
    capacity = Capacity()
    for each in recorded(play.events):
        capacity.apply(each)
    return board(capacity, play.now)


def agrees(now: ShiftNow, shift: Shift) -> None:
    """Hold what is shown of a shift against what its decider knows."""
    assert (now.shift, now.starts, now.ends) == (shift.instance, shift.starts, shift.ends)
    assert now.present == sorted(shift.present)
    assert {each.agent: (each.kind, each.due) for each in now.resting} == {
        agent: (rest.kind, rest.due) for agent, rest in shift.breaks.items()
    }
    assert (now.slots, now.free) == (shift.resting, shift.free())
    assert now.next_free == shift.next_free()
    assert now.line == shift.line
    assert (now.meal is None) == (shift.meal is None)
    if now.meal is not None and shift.meal is not None:
        assert (now.meal.meal, now.meal.ends) == (shift.meal.name, shift.meal.ends)
        assert now.meal.eaten == sorted(shift.meal.eaten)
        assert set(now.meal.hungry) == shift.present - shift.meal.eaten
    assert now.capacity == shift.capacity
    assert now.why.number == now.capacity, now.why


@given(st.integers(0, 2**32), st.integers(1, 150))
@settings(max_examples=50, deadline=None)
def test_what_is_shown_is_what_is_decided_by(seed: int, length: int) -> None:
    chance, play, capacity, fed = Random(seed), Play(), Capacity(), 0
    for _ in range(length):
        play.go_on(chance)
        for event in play.events[fed:]:
            capacity.evolve(event)
        fed = len(play.events)
        seen = board(capacity, play.now)
        assert [each.shift for each in seen.shifts] == [s.instance for s in play.state.in_order()]
        for now, shift in zip(seen.shifts, play.state.in_order()):
            agrees(now, shift)
        assert (seen.emergency.due if seen.emergency else None) == play.state.emergency()
        figures = play.state.centre.figures(play.now)
        assert (seen.calls is not None and seen.calls.fresh) == (figures is not None)


@given(logs())
@settings(max_examples=25, deadline=None)
def test_the_rows_hold_the_whole_of_it_at_every_instant(log: list[Event]) -> None:
    live, restored = Capacity(), Capacity()
    rows: dict[Value, Value] = {}

    async def read(sql: str, *parameters: Value) -> list[tuple[Value, Value]]:
        return list(rows.items())

    for event in log:
        live.evolve(event)
        for write in live.writes():
            for key, *state in write.rows:
                rows.pop(key, None)
                if state:
                    rows[key] = state[0]
        asyncio.run(restored.restore(read))
        assert (restored.centre, restored.shifts) == (live.centre, live.shifts)


def early(play: Play) -> ShiftNow:
    return next(each for each in shown(play).shifts if each.shift.endswith("/early"))


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


@pytest.fixture
def play() -> Play:
    """A quarter past eight: seven present, three may rest, Ali does since then."""
    play = Play()
    play.do(OPENING + minutes(15), StartBreak(agent="ali", kind="normal"))
    return play


def test_who_is_late_by_how_much_and_warned(play: Play) -> None:
    [ali] = early(play).resting
    assert (ali.agent, ali.kind, ali.late_seconds, ali.warned) == ("ali", "normal", 0, 0)
    play.until(ali.due)
    assert early(play).late == []
    play.until(ali.due + minutes(2.5))
    [ali] = early(play).resting
    assert (ali.late_seconds, ali.warned) == (150, 1)
    assert early(play).late == ["ali"]


def test_a_phone_that_says_otherwise_is_shown(play: Play) -> None:
    play.do(play.now, ReportPhone(agent="bita", state="in_call"))
    assert early(play).mismatches == []
    play.do(play.now, ReportPhone(agent="ali", state="in_call"))
    now = early(play)
    assert now.phones == {"ali": "in_call", "bita": "in_call"}
    assert now.mismatches == ["ali"]
    assert now.resting[0].calling


def test_the_ratio_is_the_reason(play: Play) -> None:
    why = early(play).why
    assert (why.mode, why.present, why.every, why.allow, why.ratio) == ("ratio", 7, 2, 1, 3)
    assert (why.feed, why.required, why.seats, why.override) == ("none", None, None, None)
    assert (why.number, why.cause) == (3, "opened")


def test_the_calls_are_the_reason_until_they_are_stale(play: Play) -> None:
    play.do(play.now, SetPolicy(policy={"load": {"mode": "erlang_c", "interval_minutes": 15}}))
    play.do(play.now, ReportLoad(calls=15, aht_seconds=180.0))
    now = early(play)
    assert now.why.feed == "fresh"
    assert now.why.required is not None
    assert now.why.spare == 7 - now.why.required < now.why.ratio
    assert now.capacity == now.why.number == max(1, now.why.spare)
    reported = play.now
    play.until(reported + minutes(15))
    calls = shown(play).calls
    assert calls is not None
    assert (calls.fresh, calls.age_seconds) == (False, 900)
    now = early(play)
    assert (now.why.feed, now.why.required) == ("stale", None)


def test_a_supervisor_is_the_reason(play: Play) -> None:
    until = play.now + minutes(20)
    override = OverrideCapacity(
        by="boss", shift="early", capacity=0, reason="a cable is down", until=until
    )
    play.do(play.now, override)
    now = early(play)
    assert (now.capacity, now.free, now.why.number) == (0, 0, 0)
    assert now.why.override is not None
    assert (now.why.override.by, now.why.override.until) == ("boss", until)
    assert now.why.override.reason == "a cable is down"
    play.until(until)
    assert early(play).why.override is None


def test_a_meal_is_the_reason(play: Play) -> None:
    play.until(OPENING + minutes(26))
    now = early(play)
    assert now.meal is not None
    assert (now.meal.meal, now.meal.seats, now.capacity) == ("breakfast", 7, 7)
    play.do(play.now, StartBreak(agent="bita", kind="meal"))
    now = early(play)
    assert now.meal is not None
    assert now.meal.eaten == ["bita"]
    assert "bita" not in now.meal.hungry


def test_who_waits_stands_in_line(play: Play) -> None:
    for name in ("bita", "cyrus"):
        play.do(play.now, StartBreak(agent=name, kind="urgent"))
    for name in ("gita", "dana"):
        play.do(play.now, WaitForSlot(agent=name))
    now = early(play)
    assert (now.free, now.line) == (0, ["gita", "dana"])
    assert now.next_free == play.now + minutes(5)


def test_a_board_can_be_sent_as_json(play: Play) -> None:
    text = msgspec.json.encode(shown(play))
    assert msgspec.json.decode(text, type=Board) == shown(play)


def test_rows_are_json_that_others_can_query(tmp_path: Path, play: Play) -> None:
    rows = made_at_once(tmp_path / "views.db", recorded(play.events))
    keys = {key: msgspec.json.decode(state) for key, state in rows["capacity"]}
    assert keys["2026-11-21/early"]["rests"]["ali"]["kind"] == "normal"
    assert rows_of(tmp_path / "views.db") == rows


def test_the_instant_is_the_one_that_is_passed_in(play: Play) -> None:
    capacity = Capacity()
    for event in play.events:
        capacity.evolve(event)
    later: datetime = play.now + minutes(40)
    assert board(capacity, later).at == later
    assert board(capacity, later).shifts[0].late == ["ali"]
