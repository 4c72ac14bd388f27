"""The wall's numbers are those of the floor, whatever happened on it."""

from datetime import timedelta
from random import Random
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from llmtb.channels.web.board.live import view_of
from llmtb.projections.board import board
from llmtb.projections.capacity import Capacity
from llmtb.projections.wall import STATES, wall
from tests.projections.logs import Play


@st.composite
def plays(draw: st.DrawFn) -> Play:
    """Floors in the middle of anything, at the instant of their last event."""
    chance, play = Random(draw(st.integers(0, 2**32))), Play()
    for _ in range(draw(st.integers(0, 120))):
        play.go_on(chance)
    play.until(play.now + timedelta(seconds=draw(st.integers(0, 200))))
    return play


def told(play: Play, view: Capacity) -> Any:
    """The board as plain data, without who set an override, which the live fold need not know."""
    plain = msgspec.to_builtins(board(view, play.now))
    for shift in plain["shifts"]:
        if shift["why"]["override"] is not None:
            del shift["why"]["override"]["by"], shift["why"]["override"]["since"]
    return plain


@given(plays())
def test_the_live_floor_draws_the_board_that_the_view_draws(play: Play) -> None:
    view = Capacity()
    for event in play.events:
        view.evolve(event)
    assert told(play, view_of(play.state)) == told(play, view)


@given(plays())
def test_everybody_is_in_one_state(play: Play) -> None:
    floor = play.state
    drawn = wall(view_of(floor), floor.centre.roster, play.now)
    for shift, own in zip(drawn.shifts, floor.in_order(), strict=True):
        everybody = [agent for state in STATES for agent in shift.agents[state]]
        rostered = floor.centre.roster.on(own.instance)
        assert sorted(everybody) == sorted(own.present | set(rostered))
        assert shift.total("absent") == len(set(rostered) - own.present)
        assert shift.total("late") + shift.total("resting") == len(own.breaks)
        assert set(shift.agents["late"]) == {a for a, r in own.breaks.items() if r.due < play.now}
        assert shift.now.slots == own.resting
        assert shift.now.free == own.free()
        assert shift.now.next_free == own.next_free()
    assert drawn.staffed == sum(len(s.present) - len(s.breaks) for s in floor.in_order())
    assert (drawn.required is None) == (floor.centre.figures(play.now) is None)
    for shift in drawn.shifts:
        if shift.now.why.required is not None:
            assert shift.now.why.required == drawn.required
