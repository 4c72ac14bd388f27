"""The waiting line: told when a slot frees, by an offer that holds nothing."""

import pytest

from llmtb.actors.agent import LeaveLine
from llmtb.actors.command import Command
from llmtb.actors.shift import EndOverride, OverrideCapacity
from llmtb.events.event import Event
from llmtb.events.floor import BreakEnded, BreakStarted, SlotOffered, WaitJoined, WaitLeft
from tests.actors.desk import LUNCH, MORNING, Desk, at, back, come, crew, go, names, policy, rest
from tests.actors.desk import wait as ask


def full(agents: int = 10, waiting: int = 3) -> Desk:
    """All slots of a shift taken (one of each five), and the last so many agents in line."""
    desk = Desk(crew(agents))
    for agent in crew(agents // 5):
        desk.granted("09:00", agent)
    for agent in crew(agents)[agents - waiting :]:
        assert names(desk.at("09:01", ask(agent))) == ["WaitJoined"]
    return desk


def offered(events: list[Event]) -> list[str]:
    """Whom a slot was offered to."""
    return [event.agent for event in events if isinstance(event, SlotOffered)]


def test_a_freed_slot_is_offered_to_the_first_in_line() -> None:
    desk = full()
    ended, offer = desk.at("09:05", back("a01"))
    assert isinstance(ended, BreakEnded)
    assert offer == SlotOffered(at=at("09:05"), by="clock", agent="a08", shift=MORNING)
    assert offered(desk.at("09:06", back("a02"))) == ["a09"]


def test_one_offer_for_each_freed_slot() -> None:
    desk = full(agents=20, waiting=4)
    assert offered(desk.at("09:05", back("a01"), back("a02"), back("a03"))) == ["a17", "a18", "a19"]


def test_an_offer_is_not_a_hold() -> None:
    desk = full()
    desk.at("09:05", back("a01"))
    assert desk.granted("09:06", "a05")
    assert desk.refused("09:07", "a08").reason == "full"


def test_an_offer_leaves_the_line_and_is_not_repeated() -> None:
    desk = full(waiting=1)
    assert offered(desk.at("09:05", back("a01"))) == ["a10"]
    assert offered(desk.at("09:06", back("a02"))) == []
    assert names(desk.at("09:07", rest("a10"))) == ["BreakStarted"]


def test_whoever_was_offered_may_ask_again() -> None:
    desk = full(waiting=1)
    desk.at("09:05", back("a01"), rest("a05"))
    assert names(desk.at("09:06", ask("a10"))) == ["WaitJoined"]
    assert offered(desk.at("09:10", back("a05"))) == ["a10"]


def test_while_a_slot_is_free_the_offer_comes_at_once() -> None:
    desk = Desk(crew(5))
    joined, offer = desk.at("09:00", ask("a01"))
    assert joined == WaitJoined(at=at("09:00"), by="a01", agent="a01", shift=MORNING)
    assert offered([offer]) == ["a01"]


def test_one_who_left_the_line_is_passed_over() -> None:
    desk = full()
    (left,) = desk.at("09:02", LeaveLine(agent="a08"))
    assert left == WaitLeft(at=at("09:02"), by="a08", agent="a08", shift=MORNING)
    assert offered(desk.at("09:05", back("a01"))) == ["a09"]


def test_one_who_went_home_is_passed_over() -> None:
    desk = full()
    assert names(desk.at("09:02", go("a08")))[:2] == ["WaitLeft", "CheckedOut"]
    assert offered(desk.at("09:05", policy({"breaks.every": 3}))) == ["a09"]


def test_one_who_rests_in_an_emergency_is_passed_over() -> None:
    desk = full()
    started, left = desk.at("09:02", rest("a08", "emergency"))
    assert isinstance(started, BreakStarted)
    assert isinstance(left, WaitLeft)
    assert offered(desk.at("09:05", back("a01"))) == ["a09"]


def test_the_end_of_an_emergency_frees_no_slot() -> None:
    desk = full()
    desk.at("09:02", rest("a03", "emergency"))
    assert offered(desk.at("09:05", back("a03"))) == []


def test_a_slot_that_fell_away_is_not_offered() -> None:
    desk = full(agents=20)
    desk.at("09:02", policy({"breaks.every": 10}))
    assert offered(desk.at("09:05", back("a01"), back("a02"))) == []
    assert offered(desk.at("09:06", back("a03"))) == ["a18"]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (policy({"breaks.every": 3}), ["a08"]),
        (policy({"breaks.every": 2}), ["a08", "a09", "a10"]),
        (OverrideCapacity(by="b", shift="morning", capacity=4, reason="x"), ["a08", "a09"]),
        (OverrideCapacity(by="b", shift="morning", capacity=2, reason="x"), []),
        (OverrideCapacity(by="b", shift="morning", capacity=0, reason="x"), []),
    ],
)
def test_whatever_raises_the_capacity_frees_slots(command: Command, told: list[str]) -> None:
    assert offered(full().at("09:05", command)) == told


def test_time_frees_slots_too() -> None:
    desk = full()
    desk.at("09:05", OverrideCapacity(by="b", shift="morning", capacity=0, reason="x"))
    desk.at("09:06", back("a01"))
    assert offered(desk.at("09:07", EndOverride(by="b", shift="morning"))) == ["a08"]

    desk = Desk(crew(4), LUNCH)
    desk.granted("11:55", "a01")
    desk.at("11:56", ask("a02"), ask("a03"))
    assert offered(desk.wait("12:00")) == ["a02"]  # two may eat at once


def test_one_who_comes_frees_a_slot_by_being_there() -> None:
    desk = full()
    desk.at("09:02", go("a03"))
    desk.at("09:03", back("a01"))
    assert offered(desk.at("09:04", come("a03"))) == ["a08"]


def test_nobody_waits_twice_or_at_rest_or_away() -> None:
    desk = full()
    assert not desk.at("09:02", ask("a08"), ask("a01"))
    desk.at("09:03", go("a07"))
    assert not desk.at("09:04", ask("a07"))


def test_the_line_ends_with_its_shift() -> None:
    desk = full()
    desk.at("09:30", back("a01"), back("a02"))
    desk.granted("15:58", "a01")
    desk.granted("15:58", "a02")
    desk.at("15:59", ask("a08"))
    assert offered(desk.wait("33:00")) == []
    desk.granted("33:01", "a01")
    desk.granted("33:01", "a02")
    assert offered(desk.at("33:02", back("a01"))) == []
