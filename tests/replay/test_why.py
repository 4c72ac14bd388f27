"""Why something happened is told with numbers and events that an independent count agrees with."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.events.codec import CODEC, PUBLISHED
from llmtb.events.event import Event
from llmtb.events.floor import (
    BreakEnded,
    BreakExtended,
    BreakRefused,
    BreakStarted,
    CapacityChanged,
    PolicyChanged,
    ShiftClosed,
    ShiftOpened,
    WarningIssued,
)
from llmtb.events.record import Recorded
from replay.__main__ import main
from replay.exits import DONE, INPUT
from replay.reasons.explaining import REASONERS, Cause, Explanation, causes, explain
from replay.speech import Speech
from replay.standings.scene import Scene, scenes
from replay.telling.told import TELLERS, told
from tests.actors.books import Books
from tests.events.samples import example
from tests.events.strategies import events
from tests.projections.logs import logs, recorded
from tests.replay.folds import CHAT, at_the_door, chatting, day, door_log, in_stream

KINDS = sorted(PUBLISHED, key=lambda kind: kind.__name__)


class Count:
    """The breaks that run and the capacities in force, counted from the events alone."""

    def __init__(self) -> None:
        self.books = Books()
        self.running: dict[str, list[int]] = {}  # the events of each agent's break
        self.capacity: dict[str, int] = {}

    def take(self, recorded: Recorded) -> None:
        event = recorded.event
        self.books.take(event)
        match event:
            case BreakStarted():
                self.running[event.agent] = [recorded.seq]
            case BreakExtended():
                self.running[event.agent] = [self.running[event.agent][0], recorded.seq]
            case BreakEnded():
                del self.running[event.agent]
            case CapacityChanged():
                self.capacity[event.shift] = recorded.seq
            case _:
                pass

    def slots(self, shift: str) -> set[int]:
        """The events of the breaks that hold a slot of a shift."""
        rests = self.books.rests.items()
        held = [a for a, rest in rests if rest.shift == shift and rest.kind != "emergency"]
        return {seq for agent in held for seq in self.running[agent]}


def everything(log: list[Recorded]) -> list[Explanation]:
    """Every event of a log, explained."""
    scene = Scene()
    return [explain(scene, each) for each in scenes(log, scene)]


def check(log: list[Recorded]) -> int:
    """Hold what is said of a floor's log against the count; returns how many were refused."""
    count, scene, refused = Count(), Scene(), 0
    for each in scenes(log, scene):
        found, event = explain(scene, each), each.event
        assert found.doubts == [], found
        assert found.reasons, found
        assert all(seq < each.seq for reason in found.reasons for seq in reason.seqs)
        if isinstance(event, BreakRefused):
            refused += 1
            rested_on = {seq for reason in found.reasons for seq in reason.seqs}
            if event.reason == "full":
                shift = event.shift or ""
                resting, capacity = count.books.resting(shift), count.books.capacity[shift]
                are = "was" if resting == 1 else "were"
                assert found.reasons[0].text.startswith(
                    f"{resting} {are} resting and {capacity} may rest at once"
                )
                assert count.slots(shift) <= rested_on
                assert count.capacity[shift] in rested_on
                every = count.books.policy.breaks.every
                if shift not in count.books.overrides and count.books.policy.load.mode == "ratio":
                    words = f"{count.books.there(shift)} were present, and for every {every}"
                    assert any(reason.text.startswith(words) for reason in found.reasons)
            elif event.reason == "already_resting":
                assert set(count.running[event.agent]) <= rested_on
        count.take(each)
    return refused


@given(logs())
@settings(max_examples=40)
def test_every_event_of_a_floor_is_explained_by_what_adds_up(log: list[Event]) -> None:
    check(recorded(log))


@given(st.integers(0, 3), st.sampled_from([0, 2]))
@settings(max_examples=3)
def test_every_refusal_of_a_day_is_explained_by_what_adds_up(seed: int, crashes: int) -> None:
    assert check(list(day(seed, crashes=crashes)[0])) > 0


@given(st.integers(0, 2**32), st.integers(1, 40))
@settings(max_examples=40)
def test_what_happens_in_a_chat_adds_up(seed: int, length: int) -> None:
    # A draft, a rating or a late answer may be about a question too old to be remembered.
    known = {"DraftWritten", "AnswerRated"}
    for found in everything(in_stream(chatting(seed, length).events, f"chat/{CHAT}")):
        assert found.reasons
        assert found.doubts == [] or found.type in known, found


@given(st.integers(0, 2**32), st.integers(1, 60))
@settings(max_examples=40)
def test_what_happens_at_the_door_adds_up(seed: int, length: int) -> None:
    for found in everything(door_log(at_the_door(seed, length))):
        assert found.reasons
        assert found.doubts == [], found


# --- each type ---------------------------------------------------------------------------------


def test_every_type_there_is_has_its_own_words_and_reasons() -> None:
    assert TELLERS.keys() == REASONERS.keys() == set(PUBLISHED)
    assert set(CODEC.types.values()) >= set(PUBLISHED)
    said = {told(example(kind, full=True), Speech(Scene().speech.zone)) for kind in PUBLISHED}
    assert len(said) == len(PUBLISHED)


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_even_from_nothing_an_event_gets_a_reason_or_a_doubt(kind: type[Event], full: bool) -> None:
    found = explain(Scene(), Recorded(1, "s", 1, example(kind, full=full), bytes(32)))
    assert found.what
    assert found.reasons or found.doubts


@given(st.data())
@settings(max_examples=200)
def test_whatever_an_event_says_it_is_told_on_one_line_that_steers_nothing(
    data: st.DataObject,
) -> None:
    event = data.draw(st.sampled_from(KINDS).flatmap(events))
    found = explain(Scene(), Recorded(1, "chat/1", 1, event, bytes(32)))
    lines = [found.what, *(each.text for each in found.reasons), *found.doubts]
    assert all(line.isprintable() for line in lines), lines


# --- what does not add up ----------------------------------------------------------------------


FORGED: dict[type[Event], dict[str, Any]] = {
    BreakRefused: {"resting": 99},
    BreakStarted: {"free": 99},
    BreakEnded: {"late_seconds": 99_999},
    CapacityChanged: {"capacity": 99},
    WarningIssued: {"count": 99},
}


@pytest.mark.parametrize("kind", FORGED, ids=lambda kind: kind.__name__)
def test_a_number_that_the_log_does_not_add_up_to_is_told(kind: type[Event]) -> None:
    log = list(day(2)[0])
    place = max(
        n
        for n, each in enumerate(log)
        if isinstance(each.event, kind) and getattr(each.event, "reason", "") != "not_present"
    )
    forged = msgspec.structs.replace(log[place].event, **FORGED[kind])
    log[place] = msgspec.structs.replace(log[place], event=forged)
    found = everything(log[: place + 1])[-1]
    assert any("99" in doubt for doubt in found.doubts)


def test_what_was_left_out_is_named_beside_a_doubt() -> None:
    log = [each for each in day(2)[0] if not isinstance(each.event, ShiftOpened)]
    doubts = [found.doubts for found in everything(log) if found.doubts]
    assert doubts
    assert all("cannot be read here" in each[-1] for each in doubts)


# --- the tree ----------------------------------------------------------------------------------


def every(tree: Cause) -> list[Cause]:
    return [tree, *(each for cause in tree.causes for each in every(cause))]


@given(st.integers(0, 3), st.data())
@settings(max_examples=8)
def test_the_causes_form_a_tree_that_names_each_event_once(seed: int, data: st.DataObject) -> None:
    log = list(day(seed)[0])
    seq, depth = data.draw(st.integers(1, len(log))), data.draw(st.integers(1, 4))
    alone = everything(log)
    tree = causes(lambda: log, seq, depth)
    assert tree is not None
    nodes = every(tree)
    assert len({node.event.seq for node in nodes}) == len(nodes)
    for node in nodes:
        assert node.event == alone[node.event.seq - 1]
        named = {seq for reason in node.event.reasons for seq in reason.seqs}
        assert {cause.event.seq for cause in node.causes} <= named
    if depth > 1:
        first = {seq for reason in tree.event.reasons for seq in reason.seqs}
        assert {cause.event.seq for cause in tree.causes} == first
    else:
        assert tree.causes == []


def test_a_refusal_leads_back_to_whoever_set_the_rule() -> None:
    log = list(day(2)[0])
    rules = next(each.seq for each in log if isinstance(each.event, PolicyChanged))
    refused = next(
        each.seq
        for each in log
        if isinstance(each.event, BreakRefused) and each.event.reason == "full"
    )
    tree = causes(lambda: log, refused, 3)
    assert tree is not None
    assert rules in {node.event.seq for node in every(tree)}
    assert causes(lambda: log, len(log) + 1, 3) is None


# --- the verb ----------------------------------------------------------------------------------


def test_it_is_said_in_lines_and_as_data(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = list(day(2)[0])
    closed = next(each.seq for each in log if isinstance(each.event, ShiftClosed))
    assert main(["why", str(journal), str(closed), "--json"]) == DONE
    tree = msgspec.json.decode(capsys.readouterr().out, type=Cause)
    assert tree == causes(lambda: log, closed, 2)
    assert main(["why", str(journal), str(closed)]) == DONE
    lines = capsys.readouterr().out
    assert lines.startswith(f"#{closed}  2026-11-21 08:00:00  ShiftClosed: ")
    for node in every(tree):
        assert f"#{node.event.seq}  " in lines
        assert all(reason.text in lines for reason in node.event.reasons)


@pytest.mark.parametrize("wrong", [["999999999"], ["1", "--depth", "0"], ["1", "--zone", "Mars"]])
def test_what_cannot_be_asked_is_told_in_a_line(
    journal: Path, capsys: pytest.CaptureFixture[str], wrong: list[str]
) -> None:
    assert main(["why", str(journal), *wrong]) == INPUT
    assert len(capsys.readouterr().err.splitlines()) == 1
