"""Whether everybody can eat in time, reckoned for any number of people and any window."""

from datetime import timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from llmtb.actors.centre import Override
from llmtb.actors.shift import Shift
from llmtb.channels.conversation import planning
from llmtb.channels.conversation.known import Known
from llmtb.channels.conversation.planning import Feasibility
from llmtb.events.ledger import Ledger
from llmtb.policy import Policy, Window, merge
from tests.conversation.company import BEFORE, SHIFT

HOUR = timedelta(hours=1)
MEAL = BEFORE + 4 * HOUR


def floor(people: int, window: int, meal: int, capacity: int) -> tuple[Known, Policy, Shift]:
    """One open shift with a meal window four hours from its start (lengths in minutes)."""
    policy = merge(Policy(), {"breaks": {"normal_minutes": meal}, "meals_extra_minutes": 0})
    ends = BEFORE + 8 * HOUR
    shift = Shift(
        instance=SHIFT,
        starts=BEFORE,
        ends=ends,
        ledger=Ledger(shift=SHIFT, starts=BEFORE, ends=ends, opened=BEFORE, moved=BEFORE),
        windows=[Window("lunch", MEAL, MEAL + timedelta(minutes=window))],
        present={f"a{n}" for n in range(people)},
        capacity=capacity,
    )
    known = Known()
    known.floor.centre.policy = policy
    known.floor.shifts[SHIFT] = shift
    return known, policy, shift


@given(st.integers(0, 300), st.integers(15, 240), st.integers(10, 60), st.integers(1, 20))
def test_the_rules_feed_everybody(people: int, window: int, meal: int, capacity: int) -> None:
    assume(window >= meal)
    known, policy, shift = floor(people, window, meal, capacity)
    plan = planning.feasibility(policy, known, shift, shift.windows[0])
    assert plan.left == 0
    assert plan.capacity >= capacity
    assert plan.at_once * (window // meal) >= people
    assert (plan.at_once - 1) * (window // meal) < people or people == 0


@given(st.integers(0, 300), st.integers(15, 240), st.integers(10, 60), st.integers(0, 20))
def test_a_number_set_by_hand_feeds_as_many_as_it_says(
    people: int, window: int, meal: int, by_hand: int
) -> None:
    assume(window >= meal)
    known, policy, shift = floor(people, window, meal, 1)
    known.floor.centre.overrides[SHIFT] = Override(by_hand, MEAL + HOUR, "a campaign")
    plan = planning.feasibility(policy, known, shift, shift.windows[0])
    assert plan.left == max(0, people - by_hand * (window // meal))
    known.floor.centre.overrides[SHIFT] = Override(by_hand, MEAL, "over by then")
    assert planning.feasibility(policy, known, shift, shift.windows[0]).left == 0


@given(st.integers(0, 8 * 60))
def test_it_is_due_from_two_hours_before_until_the_meal_opens(minute: int) -> None:
    known, _, _ = floor(20, 60, 30, 4)
    now = BEFORE + timedelta(minutes=minute)
    told = [plan for plan in planning.due(known, now) if isinstance(plan, Feasibility)]
    assert bool(told) == (MEAL - 2 * HOUR <= now < MEAL)
    look = planning.next_look(known, now)
    assert look == (MEAL - 2 * HOUR if now < MEAL - 2 * HOUR else None)
