"""The figures of a run against the floor's own reports, and against sums made by hand."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.actors.agent import EndBreak, StartBreak, WaitForSlot
from llmtb.actors.centre import ReportLoad
from llmtb.capacity import expected_level
from llmtb.events.floor import LoadReported, ShiftReported
from llmtb.events.report import ShiftReport
from replay.whatif.counting import Count
from replay.whatif.figures import Figures
from replay.whatif.log import Range, Scene, read
from replay.whatif.playing import play
from tests.replay.whatif.logs import day
from tests.replay.whatif.test_other_policy import OPENS, Floor


def counted(scene: Scene, other: dict[str, object] | None = None) -> Figures:
    count = Count(scene)
    play(scene, count.take, other)
    return count.figures()


def reports(seed: int) -> dict[str, ShiftReport]:
    events = [each.event for each in day(seed)]
    return {each.shift: each.report for each in events if isinstance(each, ShiftReported)}


@given(seed=st.integers(0, 4), name=st.sampled_from(["night", "morning", "evening"]))
@settings(max_examples=10)
def test_a_shift_is_what_its_report_says(seed: int, name: str) -> None:
    instance = f"2026-11-21/{name}"
    report, figures = (
        reports(seed)[instance],
        counted(read(day(seed), Range(shift=instance)).scene),
    )
    rests = [rest for lines in report.agents for rest in lines.breaks]
    assert figures.granted == dict(sorted(Counter(rest.kind for rest in rests).items()))
    assert figures.refused == report.refusals
    assert figures.peak == report.peak_resting
    assert figures.mean == pytest.approx(report.mean_resting, abs=1e-9)
    assert figures.late_minutes == round(sum(rest.late_seconds for rest in rests) / 60, 3)
    warned = [warning for lines in report.agents for warning in lines.warnings]
    assert figures.warnings == dict(sorted(Counter(each.cause for each in warned).items()))
    assert figures.rest_minutes == {
        lines.agent: pytest.approx(
            sum((rest.end - rest.start) / timedelta(minutes=1) for rest in lines.breaks), abs=1e-3
        )
        for lines in report.agents
        if lines.present
    }
    ends = [line.capacity for line in report.capacity]
    assert [number for _, number in figures.capacity if number][-1] == ends[-1]


def test_ranges_that_follow_each_other_add_up() -> None:
    middle = OPENS + timedelta(hours=4, minutes=3)
    whole = counted(read(day(), Range()).scene)
    one = counted(read(day(), Range(until=middle)).scene)
    two = counted(read(day(), Range(since=middle + timedelta(microseconds=1))).scene)
    assert one.rests + two.rests == whole.rests
    assert Counter(one.refused) + Counter(two.refused) == Counter(whole.refused)
    assert one.late_minutes + two.late_minutes == pytest.approx(whole.late_minutes, abs=0.01)


def test_waiting_is_timed_until_the_word_of_a_free_slot() -> None:
    floor = Floor()
    floor.rest("a1", 10)
    for minute, agent in ((11, "a2"), (14, "a3")):
        floor.do(minute, StartBreak(agent=agent, kind="normal"))
        floor.do(minute, WaitForSlot(agent=agent))
    floor.do(21, EndBreak(agent="a1"))
    floor.rest("a2", 22)
    figures = counted(floor.scene(until=44))
    assert (figures.waits, figures.told) == (2, 1)
    assert (figures.mean_wait, figures.longest_wait) == (10.0, 10.0)
    assert figures.line_minutes == 10 + 30


def test_the_service_level_is_weighted_by_calls_while_figures_are_fresh() -> None:
    floor = Floor(**{"load.stale_after_seconds": 600})
    floor.do(0, ReportLoad(calls=30, aht_seconds=120))
    floor.rest("a1", 5, back=15)
    floor.do(20, ReportLoad(calls=10, aht_seconds=120))
    scene = floor.scene(until=40)
    figures = counted(scene)
    policy = scene.policies[0][1]
    loads = [e for e in floor.script.events if isinstance(e, LoadReported)]
    parts = [(loads[0], 5, 5.0), (loads[0], 4, 5.0), (loads[1], 5, 10.0)]
    calls = sum(load.calls * minutes for load, _, minutes in parts)
    answered = sum(
        load.calls * minutes * expected_level(policy, agents, load)
        for load, agents, minutes in parts
    )
    busy = sum(load.calls * 120 / 1800 * minutes for load, _, minutes in parts)
    there = sum(agents * minutes for _, agents, minutes in parts)
    assert figures.service == pytest.approx(answered / calls, abs=1e-5)
    assert figures.occupancy == pytest.approx(busy / there, abs=1e-5)
    assert figures.known == 0.5


def test_without_figures_of_calls_the_service_level_is_not_known() -> None:
    figures = counted(Floor().scene())
    assert (figures.service, figures.occupancy, figures.known) == (None, None, 0.0)


def test_both_runs_are_measured_by_the_targets_of_the_log() -> None:
    floor = Floor()
    for minute in range(0, 120, 2):
        floor.do(minute, ReportLoad(calls=40, aht_seconds=150))
    scene = floor.scene()
    lax = counted(scene, {"load.service_seconds": 3600})
    assert lax.service == counted(scene).service


def test_meals_say_who_ate_who_could_not_and_whether_it_fits() -> None:
    lunch = [{"name": "lunch", "shift": "morning", "start": "08:30", "end": "09:30"}]
    floor = Floor(meals=lunch)
    for agent in ("a1", "a2", "a3", "a4"):
        floor.do(31, StartBreak(agent=agent, kind="meal"))
    scene = floor.scene(until=100)
    figures = counted(scene)
    [meal] = figures.meals
    assert (meal.present, meal.capacity, meal.seats, meal.ate) == (5, 3, 5, 3)
    assert meal.fits
    assert (figures.asked_to_eat, figures.not_fed) == (4, 1)
    wider = counted(scene, {"meals_extra_minutes": 45})
    assert (wider.not_fed, wider.meals[0].capacity) == (0, 5)
