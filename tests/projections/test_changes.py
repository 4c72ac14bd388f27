"""The history of changes holds every change that somebody made, once, with what it was before."""

import asyncio
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.actors.agent import EndBreakFor, StartBreak
from llmtb.actors.centre import AssignShift, SetPolicy
from llmtb.events.event import Event
from llmtb.events.floor import BreakEnded, PolicyChanged, ShiftAssigned, ShiftUnassigned
from llmtb.policy import Policy, changed
from llmtb.projections.changes import (
    KINDS,
    Change,
    Changes,
    changes_of,
    differences,
    last_assignments,
)
from llmtb.projections.database import reading
from tests.projections.logs import OPENING, SETTINGS, Play, Tape, logs, recorded
from tests.projections.rows import feed

KEPT = tuple(kind for kinds in KINDS.values() for kind in kinds)
SHIFTS = ("early", "middle", "late", "2026-11-21/early", "2026-11-21/middle")


def read_back(log: list[Event], *ways: Any, sizes: tuple[int, ...] = (11, 2)) -> list[Any]:
    """What the view of a log answers to each of these."""

    async def main(path: Path) -> list[Any]:
        await feed(path, Tape(recorded(log), sizes), [Changes()])
        async with reading(path) as read:
            return [await way(read) for way in ways]

    with TemporaryDirectory() as folder:
        return asyncio.run(main(Path(folder, "views.db")))


async def everything(read: Any) -> list[Change]:
    return await changes_of(read, most=10_000)


def counts(event: Event) -> bool:
    by_hand = not isinstance(event, BreakEnded) or event.ended_by == "supervisor"
    return isinstance(event, KEPT) and by_hand


@given(logs())
@settings(max_examples=25, deadline=None)
def test_every_change_is_there_once_newest_first(log: list[Event]) -> None:
    [found] = read_back(log, everything)
    kept = [(each.seq, each.event) for each in recorded(log) if counts(each.event)]
    assert [(c.seq, c.at, c.by, c.type) for c in found] == [
        (seq, event.at, event.by, type(event).__name__) for seq, event in reversed(kept)
    ]
    for change, (_, event) in zip(found, reversed(kept), strict=True):
        for name, value in change.detail.items():
            assert value == msgspec.to_builtins(getattr(event, name)) or name in ("due", "until")


@given(logs(), st.integers(1, 7))
@settings(max_examples=20, deadline=None)
def test_pages_put_together_are_the_whole(log: list[Event], most: int) -> None:
    async def pages(read: Any) -> list[Change]:
        whole: list[Change] = []
        while page := await changes_of(read, before=whole[-1].seq if whole else None, most=most):
            whole += page
        return whole

    async def by_boss(read: Any) -> list[Change]:
        return await changes_of(read, person="boss", most=10_000)

    async def rosters(read: Any) -> list[Change]:
        return await changes_of(read, subject="rosters", most=10_000)

    whole, paged, boss, roster = read_back(log, everything, pages, by_boss, rosters)
    assert paged == whole
    assert boss == [each for each in whole if "boss" in (each.by, each.agent)]
    assert roster == [each for each in whole if each.subject == "rosters"]


@given(logs())
@settings(max_examples=20, deadline=None)
def test_a_change_of_the_rules_says_what_was_before(log: list[Event]) -> None:
    async def told(read: Any) -> list[list[tuple[str, Any, Any]]]:
        rules = await changes_of(read, subject="rules", most=10_000)
        return [await differences(read, each) for each in reversed(rules)]

    [found] = read_back(log, told)
    events = [event for event in log if isinstance(event, PolicyChanged)]
    policy = Policy()
    for event, keys in zip(events, found, strict=True):
        new = msgspec.convert(event.policy, Policy)
        assert [key for key, _, _ in keys] == event.changed == changed(policy, new)
        assert all(old != after for _, old, after in keys)
        policy = new


@given(logs())
@settings(max_examples=20, deadline=None)
def test_who_was_put_on_a_shift_last_is_the_last_who_was(log: list[Event]) -> None:
    async def last(read: Any) -> dict[str, dict[str, Change]]:
        return {shift: await last_assignments(read, shift) for shift in SHIFTS}

    [found] = read_back(log, last)
    expected: dict[str, dict[str, int]] = {shift: {} for shift in SHIFTS}
    for each in recorded(log):
        event = each.event
        if isinstance(event, ShiftAssigned | ShiftUnassigned) and event.shift in expected:
            expected[event.shift][event.agent] = each.seq
    assert {s: {a: c.seq for a, c in on.items()} for s, on in found.items()} == expected


def test_reasons_are_kept_and_what_the_clock_does_is_not() -> None:
    play = Play()
    at = OPENING + timedelta(minutes=10)
    play.do(at, StartBreak(agent="ali", kind="normal"))
    play.do(at, EndBreakFor(by="boss", agent="ali", reason="a rush"))
    play.do(at, AssignShift(agent="ali", shift="late", reason="overtime", by="boss"))
    play.do(at, SetPolicy(policy={"breaks.every": 7}, by="boss"))
    play.until(OPENING + timedelta(hours=3))  # the shift ends, and so do its rests
    [found] = read_back(play.events, everything)
    assert [(c.type, c.subject, c.agent, c.detail.get("reason")) for c in found[:3]] == [
        ("PolicyChanged", "rules", None, None),
        ("ShiftAssigned", "rosters", "ali", "overtime"),
        ("BreakEnded", "rests", "ali", "a rush"),
    ]
    assert found[-1].detail["policy"]["breaks"]["every"] == SETTINGS["breaks"]["every"]
