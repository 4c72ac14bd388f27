"""What is exported can be checked by others, taken in again, and tells no more than it should."""

import json
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from llmtb.audit.giving.importing import take_in
from llmtb.audit.giving.tree import Tree
from llmtb.audit.keeping.whole import Half
from llmtb.control import Unable
from llmtb.data import JOURNAL_FILE
from llmtb.events.access import InvitationAccepted
from llmtb.events.audit import STREAM as AUDIT
from llmtb.events.audit import PersonForgotten, Shown
from llmtb.events.chat import QuestionAsked
from llmtb.events.desk import CallbackOpened
from llmtb.events.exported import EVENTS, Manifest
from llmtb.events.floor import AgentAdded, BreakExtended, CheckedIn, MealReminderSent
from llmtb.events.merkle import Frontier, follow_inclusion
from llmtb.events.personal import REDACTED
from tests.audit.given_out import (
    NOON,
    OURS,
    SAID,
    Said,
    day,
    everything,
    give,
    holds,
    keep,
    kept,
    tables,
    vault_of,
)

FEW = settings(max_examples=6, phases=[Phase.generate])  # each makes files; to shrink takes long
SARA = AgentAdded(at=NOON, by="boss", agent="sara", name="Sara Rad", role="agent", hired_on=None)
ASKED = QuestionAsked(
    at=NOON,
    by="4711",
    chat="4711",
    question="4711/1",
    text="Where is my parcel?",
    language="en",
    audience="customer",
)
STORY = [
    Said("add:sara", [("agent/sara", SARA)]),
    Said(None, [("agent/nima", CheckedIn(at=NOON, by="roster", agent="nima", shift="d/day"))]),
    Said(
        "link",
        [
            (
                "desk/access",
                InvitationAccepted(
                    at=NOON, by="4711", invitation="i", agent="sara", account="4711", role="agent"
                ),
            )
        ],
    ),
    Said("press-1", [("chat/4711", ASKED)]),
    Said(
        None,
        [
            (
                "desk/conversations",
                CallbackOpened(at=NOON, by="bot", chat="4711", reason="full", summary="a parcel"),
            ),
            (
                "desk/conversations",
                CallbackOpened(at=NOON, by="bot", chat="4712", reason="full", summary="a bill"),
            ),
        ],
    ),
    Said(
        None,
        [
            (
                "agent/nima",
                BreakExtended(
                    at=NOON, by="sara", agent="nima", shift="d/day", due=NOON, reason="a cable"
                ),
            ),
            (
                "shift/d/day",
                MealReminderSent(at=NOON, by="clock", shift="d/day", meal="m", agents=["sara"]),
            ),
        ],
    ),
]


def lines(export: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (export / EVENTS).read_bytes().splitlines()]


@FEW
@given(said=SAID)
def test_what_was_exported_is_taken_in_as_it_was(said: list[Said]) -> None:
    with kept(said) as folder:
        out, again = folder.parent / "out", folder.parent / "again"
        give(folder, out)
        assert holds(out)
        imported = take_in(out, again / JOURNAL_FILE, OURS.key, lambda *_: None)
        assert tables(again) == tables(folder)
        assert imported.events == sum(len(each.events) for each in said)


@FEW
@given(said=SAID, data=st.data())
def test_every_part_can_be_checked_by_itself(said: list[Said], data: st.DataObject) -> None:
    with kept(said) as folder:
        count = sum(len(each.events) for each in said)
        first = data.draw(st.integers(1, count))
        last = data.draw(st.integers(first, count))
        stretch = give(folder, folder.parent / "stretch", first=first, last=last)
        assert holds(folder.parent / "stretch")
        assert stretch.events == last - first + 1
        stream = data.draw(st.sampled_from([s for each in said for s, _ in each.events]))
        give(folder, folder.parent / "stream", stream=stream)
        assert holds(folder.parent / "stream")
        assert [row[:2] for row in tables(folder)[0] if row[1] == stream] == [
            (line["seq"], line["stream"]) for line in lines(folder.parent / "stream")
        ]


def test_a_day_is_exported_in_every_way_and_holds(tmp_path: Path) -> None:
    folder = day(tmp_path)
    give(folder, tmp_path / "all")
    give(folder, tmp_path / "sealed", "sealed")
    give(folder, tmp_path / "person", person="a003")
    give(folder, tmp_path / "veiled", "pseudonyms")
    give(folder, tmp_path / "veiled-person", "pseudonyms", person="a003")
    give(folder, tmp_path / "veiled-stream", "pseudonyms", stream="agent/a003")
    for name in ("all", "sealed", "person", "veiled", "veiled-person", "veiled-stream"):
        assert holds(tmp_path / name), name


def test_nobody_else_can_open_it(tmp_path: Path) -> None:
    give(day(tmp_path), tmp_path / "out")
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in (tmp_path / "out").iterdir()} == {0o600}


def test_a_person_is_followed_into_chats_and_desk(tmp_path: Path) -> None:
    with kept(STORY) as folder:
        manifest = give(folder, tmp_path / "out", person="sara")
        assert holds(tmp_path / "out")
        assert [line["seq"] for line in lines(tmp_path / "out")] == [1, 3, 4, 5, 7, 8]
        assert manifest.size == 8


def test_words_are_read_closed_or_gone(tmp_path: Path) -> None:
    with kept(STORY) as folder:
        give(folder, tmp_path / "opened")
        assert b"Where is my parcel?" in everything(tmp_path / "opened")
        give(folder, tmp_path / "sealed", "sealed")
        assert b"parcel" not in everything(tmp_path / "sealed")
        assert b"Sara" not in everything(tmp_path / "sealed")
        with vault_of(folder) as vault:
            upto = vault.retire(["chat/4711"])
            vault.destroy(["chat/4711"], upto)
        give(folder, tmp_path / "forgotten")
        assert b"parcel" not in everything(tmp_path / "forgotten")
        assert b"Sara Rad" in everything(tmp_path / "forgotten")
        [asked] = [
            line for line in lines(tmp_path / "forgotten") if line["type"] == "QuestionAsked"
        ]
        assert asked["payload"]["text"] == REDACTED
        assert asked["opened"] == [None]
        assert holds(tmp_path / "forgotten")


def test_the_manifest_tells_what_is_in_it(tmp_path: Path) -> None:
    manifest: Manifest = give(day(tmp_path), tmp_path / "out", first=50)
    told = lines(tmp_path / "out")
    assert manifest.first is not None
    assert manifest.last is not None
    assert (manifest.first.seq, manifest.last.hash) == (50, told[-1]["hash"])
    assert sum(manifest.types.values()) == manifest.events == len(told)
    assert manifest.policy is not None
    assert manifest.policy["load"]["mode"] == "erlang_c"
    assert manifest.policy_seq is not None
    assert manifest.policy_seq < 50


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"person": "nobody"}, "nobody is known as nobody"),
        ({"stream": "agent/nobody"}, "no such stream"),
        ({"first": 10_000_000}, "no events"),
        ({"first": 3, "last": 2}, "no events"),
        ({"stream": "desk/floor", "person": "a003"}, "one of them"),
    ],
)
def test_what_is_nothing_is_refused(tmp_path: Path, wanted: dict[str, Any], words: str) -> None:
    with pytest.raises(Unable, match=words):
        give(day(tmp_path), tmp_path / "out", **wanted)
    assert not (tmp_path / "out").exists()


def test_a_time_holds_all_its_events_though_the_clock_went_back(tmp_path: Path) -> None:
    hours = [8, 9, 11, 10, 12, 11, 13]
    said = [
        Said(None, [("agent/a", CheckedIn(at=NOON.replace(hour=h), by="r", agent="a", shift="d"))])
        for h in hours
    ]
    with kept(said) as folder:
        span: dict[str, Any] = {"since": NOON.replace(hour=10), "until": NOON.replace(hour=11)}
        manifest = give(folder, tmp_path / "out", **span)
    assert manifest.first is not None
    assert manifest.last is not None
    assert (manifest.first.seq, manifest.last.seq) == (3, 6)


def test_what_is_appended_meanwhile_is_not_in_it(tmp_path: Path) -> None:
    with kept(STORY) as folder:
        before = len(tables(folder)[0])
        manifest = give(folder, tmp_path / "out", last=before)
        keep(folder, [Said("later", [("agent/sara", SARA)])])
        assert manifest.events == before
        assert holds(tmp_path / "out")


@pytest.mark.parametrize("shown", ["opened", "sealed"])
def test_words_that_are_destroyed_while_it_is_written_are_in_no_export(
    tmp_path: Path, shown: Shown
) -> None:
    gone = PersonForgotten(
        at=NOON, by="owner", person="sara", owners=["agent/sara"], upto=99, texts=[], reason="asked"
    )
    with kept(STORY) as folder:

        def forget() -> None:
            keep(folder, [Said("forget", [(AUDIT, gone)])])

        if shown == "sealed":  # which holds nothing that could be destroyed
            assert give(folder, tmp_path / "out", shown, forget).events == len(STORY) + 2
            return
        with pytest.raises(Unable, match="export again"):
            give(folder, tmp_path / "out", shown, forget)
        assert not (tmp_path / "out").exists()
        assert give(folder, tmp_path / "out").forgotten == ["sara"]
        assert holds(tmp_path / "out")


@settings(max_examples=30)
@given(size=st.integers(1, 2000), data=st.data())
def test_a_tree_proves_each_of_its_leaves(size: int, data: st.DataObject) -> None:
    hashes = [number.to_bytes(32, "big") for number in range(size)]
    frontier = Frontier()
    frontier.extend(hashes)
    tree = Tree(size, lambda first, end: hashes[first:end])
    assert tree.root() == frontier.root()
    for index in data.draw(st.lists(st.integers(0, size - 1), max_size=5)):
        assert follow_inclusion(hashes[index], index, size, tree.proof(index)) == tree.root()


def test_what_a_killed_export_left_goes_with_the_next_whatever_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, places = tmp_path / "left", list[Path]()

    def die(made: Half, _: Path) -> None:
        shutil.copytree(made.folder, left)
        places.append(made.folder)
        raise KeyboardInterrupt

    with kept(STORY) as folder:
        with monkeypatch.context() as patch:
            patch.setattr(Half, "become", die)
            with pytest.raises(KeyboardInterrupt):
                give(folder, tmp_path / "one")
        left.rename(places[0])  # as nobody tidies up after kill -9
        assert ASKED.text.encode() in everything(places[0])
        give(folder, tmp_path / "two")
    assert [each.name for each in tmp_path.iterdir()] == ["two"]
