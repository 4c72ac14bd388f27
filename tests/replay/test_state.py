"""What is replayed at any place of a log is what the living program knew there."""

import json
import shutil
from datetime import timedelta
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.actors.access import Access
from llmtb.actors.agent import EndBreak, StartBreak
from llmtb.actors.chat import Chat
from llmtb.actors.floor import Floor, FloorBehaviour
from llmtb.cli import main as llmtb
from llmtb.events.event import Event
from llmtb.events.exported import Ends, Manifest, Selection
from llmtb.events.floor import WarningIssued
from llmtb.projections.board import board
from llmtb.projections.capacity import Capacity
from replay.__main__ import main
from replay.exits import DONE, INPUT
from replay.reasons.reason import rule
from replay.standings.scene import Scene
from replay.standings.standing import Standing, standing
from replay.state import by_then, up_to
from tests.projections.logs import OPENING, Play, logs, recorded
from tests.replay.folds import CHAT, at_the_door, chatting, day, door_log, in_stream, scene_of


def agrees(scene: Scene, floor: Floor) -> None:
    """Hold a scene against the floor's own state, field by field."""
    centre = floor.centre
    assert scene.floor.centre.policy == centre.policy
    assert scene.floor.centre.load == centre.load
    assert scene.floor.centre.phones == centre.phones
    assert {
        s: (o.capacity, o.until, o.reason) for s, o in scene.floor.centre.overrides.items()
    } == {s: (o.capacity, o.until, o.reason) for s, o in centre.overrides.items()}
    assert scene.roster == centre.roster
    assert scene.floor.shifts.keys() == floor.shifts.keys()
    for instance, shift in floor.shifts.items():
        seen = scene.floor.shifts[instance]
        assert (seen.starts, seen.ends) == (shift.starts, shift.ends)
        assert (seen.present, seen.line) == (shift.present, shift.line)
        assert seen.figure is not None
        assert seen.figure.capacity == shift.capacity
        assert {a: (r.kind, r.due) for a, r in seen.rests.items()} == {
            a: (b.kind, b.due) for a, b in shift.breaks.items()
        }
        meal, opened = seen.meal, shift.meal
        assert (meal and (meal.name, meal.ends, meal.eaten)) == (
            opened and (opened.name, opened.ends, opened.eaten)
        )
        assert scene.ledgers[instance] == shift.ledger
    for name, agent in floor.agents.items():
        conduct = scene.conducts.of(name)
        assert (conduct.blocked and conduct.blocked[0]) == agent.blocked
        assert {
            date: (
                [(w.shift, w.cause, w.minute) for w in each.warnings],
                each.emergency is not None,
                each.disciplined is not None,
            )
            for date, each in conduct.days.items()
        } == {
            date: (
                [(w.shift, w.cause, w.minute) for w in each.warnings],
                each.emergency_used,
                each.disciplined,
            )
            for date, each in agent.days.items()
        }
    held = {c: (h.agent, h.about.since) for c, h in floor.desk.held.items()}
    assert {c: (h.event.agent, h.event.at) for c, h in scene.talks.held.items()} == held
    assert scene.talks.callbacks.keys() == floor.desk.callbacks.keys()


@given(st.integers(0, 3), st.sampled_from([0, 2]))
@settings(max_examples=6)
def test_a_replayed_day_ends_as_the_living_one_did(seed: int, crashes: int) -> None:
    events, floor = day(seed, crashes=crashes)
    agrees(scene_of(events), floor)


@given(logs(), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_at_every_cut_it_is_what_the_program_knew_and_showed(
    log: list[Event], chance: Random
) -> None:
    kept, cuts = recorded(log), {chance.randrange(len(log) + 1) for _ in range(5)}
    scene, view, behaviour = Scene(), Capacity(), FloorBehaviour()
    floor = behaviour.initial()
    for place, each in enumerate(kept, 1):
        scene.apply(each)
        view.apply(each)
        floor = behaviour.evolve(floor, each.event)
        settled = place == len(kept) or kept[place].event.at > each.event.at
        if place in cuts and settled:
            agrees(scene, floor)
            agrees(up_to(kept, each.seq), floor)
            for later in (timedelta(), timedelta(minutes=7)):
                now = each.event.at + later
                assert standing(scene, now).floor == board(view, now)


@given(st.integers(0, 2**32), st.integers(1, 60))
@settings(max_examples=50)
def test_a_replayed_chat_is_as_the_living_one(seed: int, length: int) -> None:
    script = chatting(seed, length)
    scene = scene_of(in_stream(script.events, f"chat/{CHAT}"))
    talk, state = scene.talks.of(CHAT), script.state
    asked = state.asking
    assert talk.until() == (asked.session.until if asked.session else None)
    assert {q: a.offered is not None for q, a in talk.open.items()} == {
        question: bool(choices) for question, choices in asked.open.items()
    }
    assert {q: c.answered for q, c in talk.closed.items()} == {
        question: rating is not None for question, rating in asked.closed.items()
    }
    assert (talk.lately, talk.day, talk.today) == (asked.lately, asked.day, asked.today)
    assert list(talk.waiting) == list(state.waiting)
    assert _of(talk.language, "language") == state.language
    assert _of(talk.dialogue, "step") == (state.dialogue.step if state.dialogue else None)
    assert _of(talk.board, "message") == state.board
    shown = standing(scene, script.now) if scene.latest else None
    assert [each.question for each in shown.questions] == list(asked.open) if shown else True
    assert isinstance(state, Chat)


def _of(seen: object, name: str) -> object:
    return getattr(seen.event, name) if seen is not None else None  # type: ignore[attr-defined]


@given(st.integers(0, 2**32), st.integers(1, 80))
@settings(max_examples=50)
def test_a_replayed_door_is_as_the_living_one(seed: int, length: int) -> None:
    script = at_the_door(seed, length)
    doors, state = scene_of(door_log(script)).doors, script.state
    assert {d: s.event.agent for d, s in doors.invitations.items()} == {
        digest: each.agent for digest, each in state.invitations.items()
    }
    assert {account: doors.owner(account) for account in doors.accounts} == state.accounts
    assert {d: (s.event.agent, s.event.until) for d, s in doors.offers.items()} == {
        digest: (each.agent, each.until) for digest, each in state.offers.items()
    }
    assert {d: (s.event.agent, s.event.until) for d, s in doors.sessions.items()} == {
        digest: (each.agent, each.until) for digest, each in state.sessions.items()
    }
    assert {a: s.event.at for a, s in doors.second_factors.items()} == state.second_factors
    locked = [until for each in state.locked.values() for until in each.items()]
    assert {a: s.event.until for a, s in doors.locked.items()} == dict(sorted(locked))
    assert isinstance(state, Access)


def test_what_was_long_ago_is_dropped_when_the_program_drops_it() -> None:
    play = Play()
    for days in range(6):
        play.do(OPENING + timedelta(days=days, minutes=20), StartBreak(agent="ali", kind="normal"))
        play.do(OPENING + timedelta(days=days, minutes=60), EndBreak(agent="ali"))
        scene = scene_of(recorded(play.events))
        agrees(scene, play.state)
        assert len(scene.conducts.of("ali").days) == min(days + 1, 4)


def test_a_part_of_a_log_takes_its_rules_from_the_manifest() -> None:
    log = list(day(2)[0])
    whole, begins = scene_of(log), len(log) // 2
    told = Ends(seq=begins + 1, at="", hash="0" * 64)
    rules = whole.trail.of("rules")
    assert rules is not None
    manifest = Manifest(
        software="",
        schema=1,
        made_at="",
        by="",
        shown="opened",
        selection=Selection(),
        events=len(log) - begins,
        first=told,
        last=told,
        size=len(log),
        previous=None,
        peaks=[],
        types={},
        policy=whole.floor.centre.policy.table(),
        policy_seq=rules.seq,
        models=[],
        forgotten=[],
        origin="",
        key="",
    )
    part = up_to(log[begins:], None, manifest)
    assert part.missing == begins
    assert part.floor.centre.policy == whole.floor.centre.policy
    assert part.floor.shifts == whole.floor.shifts
    assert up_to(log[begins:], None).floor.centre.policy != whole.floor.centre.policy
    every = rule(part, "breaks.every", part.floor.centre.policy.breaks.every)
    assert "set before what can be read here" in every.text


# --- the verb ----------------------------------------------------------------------------------


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> Standing:
    assert main(["state", *arguments, "--json"]) == DONE
    return msgspec.json.decode(capsys.readouterr().out, type=Standing)


def test_a_time_says_what_held_then(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = day(2)[0]
    noon = said(capsys, str(journal), "--at", "2026-11-21T12:40")
    assert noon == standing(by_then(events, noon.at), noon.at)
    assert [each.shift for each in noon.floor.shifts] == ["2026-11-21/morning"]
    assert noon == said(capsys, str(journal), "--at", "2026-11-21T09:10:00Z")
    assert noon == said(capsys, str(journal), "--at", "2026-11-21T10:10", "--zone", "Europe/Paris")
    after = said(capsys, str(journal), "--at", str(noon.seq))
    assert (after.seq, after.conduct, after.people) == (noon.seq, noon.conduct, noon.people)


@pytest.mark.parametrize("shown", [[], ["--sealed"], ["--pseudonyms"]], ids=str)
def test_an_export_says_what_the_journal_says(
    journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], shown: list[str]
) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    shutil.copy(journal, data / "journal.db")
    at = ["--at", "2026-11-21T12:40"]
    here = said(capsys, str(journal), *at)
    assert llmtb(["export", "--data", str(data), "--out", str(out), *shown]) == DONE
    capsys.readouterr()
    there = said(capsys, str(out), *at)
    if shown == ["--pseudonyms"]:
        [a], [b] = here.floor.shifts, there.floor.shifts
        assert set(a.present).isdisjoint(b.present)
        assert (len(a.present), a.capacity, a.slots, a.free) == (
            *(len(b.present), b.capacity, b.slots, b.free),
        )
        assert sorted(e.warnings for e in here.conduct) == sorted(e.warnings for e in there.conduct)
    else:
        assert there == here


def test_the_sheet_names_what_the_data_hold(
    journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = said(capsys, str(journal), "--at", "2026-11-21T12:40")
    assert main(["state", str(journal), "--at", "2026-11-21T12:40"]) == DONE
    sheet = capsys.readouterr().out
    [shift] = found.floor.shifts
    assert f"slots: {shift.slots} of {shift.capacity} taken, {shift.free} free" in sheet
    for rest in shift.resting:
        assert f"resting: {rest.agent}, {rest.kind}" in sheet
    for each in found.conduct:
        assert all(f"#{seq}" in sheet for seq in each.warnings)


def test_what_was_written_late_under_an_earlier_instant_held_then() -> None:
    play = Play()
    play.do(OPENING + timedelta(minutes=10), StartBreak(agent="ali", kind="normal"))
    play.until(OPENING + timedelta(minutes=40))
    log = recorded(play.events)
    warned = next(each for each in log if isinstance(each.event, WarningIssued))
    late = [each for each in log if each is not warned] + [warned]
    late = [msgspec.structs.replace(each, seq=n) for n, each in enumerate(late, 1)]
    scene = by_then(late, warned.event.at)
    assert len(scene.conducts.day("ali", "2026-11-21/early").warnings) == 1
    assert scene.missing == 0


@pytest.mark.parametrize("at", ["noon", "2026-11-21T25:00", "999999999", "1999-01-01T00:00"])
def test_a_time_that_cannot_be_is_told_in_a_line(
    journal: Path, capsys: pytest.CaptureFixture[str], at: str
) -> None:
    assert main(["state", str(journal), "--at", at]) == INPUT
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_data_are_json(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["state", str(journal), "--json"]) == DONE
    assert json.loads(capsys.readouterr().out)["missing"] == 0
