"""Whoever is forgotten is nowhere to be read any more, and nothing else has changed."""

import asyncio
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.actors.access import AccessBehaviour
from llmtb.actors.audit import AuditBehaviour
from llmtb.actors.centre import AddAgent
from llmtb.actors.chat import ChatBehaviour, Dialogue, Draft, QueueMessage, Respond
from llmtb.actors.floor import FLOOR_TOPICS, FloorBehaviour
from llmtb.app import CENTRE, House
from llmtb.audit.archive import Archive
from llmtb.control import Unable
from llmtb.data import JOURNAL_FILE
from llmtb.events.access import STREAM as ACCESS
from llmtb.events.audit import STREAM as AUDIT
from llmtb.events.audit import PersonForgotten
from llmtb.events.chat import DialogueMoved, MessageQueued, QuestionAsked
from llmtb.events.personal import REDACTED
from llmtb.events.reading import verify
from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.projections.catalogue import VIEWS_FILE
from llmtb.runtime.actor import Context
from llmtb.runtime.persistent import PersistentActor
from tests.audit import company
from tests.audit.company import AGENTS, BOSS, CHATS, CUSTOMERS, NAMES, StillClock, secret

ROOT = Path(__file__).parents[2]
PEOPLE = (*AGENTS, *CUSTOMERS)
ACTS = ("say", "tell", "rest", "rename", "later", "crash", "forget", "forget")

steps = st.lists(
    st.tuples(st.sampled_from(ACTS), st.sampled_from(PEOPLE), st.integers(0, 30)), max_size=8
)


class SeenHouse(House):
    """A house whose actors can be looked into."""

    def __init__(self, *given: Any) -> None:
        self.seen: dict[str, PersistentActor[Any, Any, Any, Any, Any]] = {}
        super().__init__(*given)

    def _actor(self, context: Context, behaviour: Any, read: Any) -> Any:
        actor = super()._actor(context, behaviour, read)
        self.seen[f"{context.ref.kind}/{context.key}"] = actor
        return actor


async def seen(archive: Archive, clock: StillClock) -> None:
    """Hold every actor, as it recovers, against a fresh fold of what is recorded."""
    house = SeenHouse(archive.journal, clock, random.Random(0))
    try:
        await house.wake()
        for kind in ("access", "audit"):
            await house.system.wake(kind, CENTRE)
        for chat in (*CHATS.values(), *CUSTOMERS):
            await house.wake_chat(chat)
        journal = archive.journal
        folds: dict[str, tuple[Any, Any]] = {
            f"floor/{CENTRE}": (FloorBehaviour(), journal.read(topics=sorted(FLOOR_TOPICS))),
            f"access/{CENTRE}": (AccessBehaviour(), journal.read_stream(ACCESS)),
            f"audit/{CENTRE}": (AuditBehaviour(), journal.read_stream(AUDIT)),
        }
        for chat in (*CHATS.values(), *CUSTOMERS):
            folds[f"chat/{chat}"] = ChatBehaviour(chat), journal.read_stream(f"chat/{chat}")
        for name, (behaviour, recorded) in folds.items():
            state = behaviour.initial()
            for each in recorded:
                state = behaviour.evolve(state, each.event)
            assert house.seen[name].state == state, name
    finally:
        await house.stop()


async def holds(folder: Path, clock: StillClock, forgotten: set[str], said: set[str]) -> None:
    """The standing properties. said: every secret that somebody has, `NAME-NUMBER`."""
    verify(SQLiteStore(folder / JOURNAL_FILE, read_only=True))
    async with company.records(folder, clock) as archive:
        await seen(archive, clock)
        told = company.words_in(list(archive.journal.read()))
        kept = await company.views_of(folder, archive)
        with tempfile.TemporaryDirectory() as other:
            assert await company.views_of(Path(other), archive) == kept
    everything = company.bytes_in(folder)
    for each in said:
        who = each.partition("-")[0]
        assert (f"the secret {each} of mine" in told) == (who not in forgotten), each
        if who in forgotten:
            assert f"the secret {each} of mine".encode() not in everything, each
    for who in forgotten & NAMES.keys():
        assert NAMES[who] not in told
        assert NAMES[who].encode() not in everything


async def live(folder: Path, clock: StillClock, acts: list[tuple[str, str, int]]) -> None:
    """A life of a company, with whoever is forgotten in it."""
    forgotten: set[str] = set()
    said: set[str] = set()
    async with company.records(folder, clock) as archive:
        await company.begin(archive.house)
        for who in CUSTOMERS:
            await company.say(archive.house, who, 900)
            said.add(f"{who}-900")
    left = list(enumerate(acts))
    while left:
        async with company.records(folder, clock) as archive:
            while left and left[0][1][0] != "forget":
                number, (act, who, turns) = left.pop(0)
                if who in forgotten:
                    continue
                doing = asyncio.ensure_future(acted(archive, clock, act, who, number))
                if act == "crash":
                    for _ in range(turns):
                        await asyncio.sleep(0)
                    archive.house.crash()
                await asyncio.gather(doing, return_exceptions=act == "crash")
                if secret(who, number) in company.words_in(list(archive.journal.read())):
                    said.add(f"{who}-{number}")
                if act == "crash":
                    break
        if left and left[0][1][0] == "forget":
            _, (_, who, _) = left.pop(0)
            await company.forget(folder, clock, who if who in AGENTS else f"chat/{who}")
            forgotten.add(who)
            await holds(folder, clock, forgotten, said)
    await holds(folder, clock, forgotten, said)


async def acted(archive: Archive, clock: StillClock, act: str, who: str, number: int) -> None:
    """Do one thing."""
    house = archive.house
    if act in ("say", "crash"):
        await company.say(house, who, number)
    elif act == "tell" and who in AGENTS:
        await company.tell_boss(house, who, number)
    elif act == "rest" and who in AGENTS:
        await company.rest(house, who)
    elif act == "rename" and who in AGENTS:
        await house.floor(AddAgent(agent=who, name=NAMES[who] + " Jr"))
    elif act == "later":
        clock.later(hours=7)


@settings(max_examples=6, deadline=None)
@given(steps)
def test_whatever_happens_nothing_is_left_and_nothing_else_changes(
    acts: list[tuple[str, str, int]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(live(Path(folder), StillClock(), acts))


def test_messages_to_others_that_name_them_go_and_those_of_other_days_stay(tmp_path: Path) -> None:
    clock = StillClock()

    async def story() -> None:
        async with company.records(tmp_path, clock) as archive:
            await company.begin(archive.house)
            await company.tell_boss(archive.house, "ava", 1)
            typed = Dialogue("when", {"name": NAMES["ava"]})
            await archive.house.chat("104", Respond(chat="104", by="boss", dialogue=typed))
            await company.say(archive.house, "7001", 2)
            await company.say(archive.house, "ben", 3)
        clock.later(days=1)
        async with company.records(tmp_path, clock) as archive:
            await company.tell_boss(archive.house, "ben", 4)
        told = await company.forget(tmp_path, clock, "ava")
        assert told["days"] == 1
        async with company.records(tmp_path, clock) as archive:
            events = [each.event for each in archive.journal.read_stream(f"chat/{CHATS[BOSS]}")]
        texts = [event.text for event in events if isinstance(event, MessageQueued)]
        steps = [event.step for event in events if isinstance(event, DialogueMoved)]
        assert steps == ["when", None]  # what they had typed is gone, so it is over
        assert texts == [REDACTED, "Ben Quxley rests, notice 4"]

    asyncio.run(story())


def test_what_a_customer_said_goes_from_the_chats_that_it_was_repeated_in(tmp_path: Path) -> None:
    clock = StillClock()

    async def story() -> None:
        async with company.records(tmp_path, clock) as archive:
            await company.begin(archive.house)
            await company.say(archive.house, "7001", 1)
            draft = Draft(message="r", text=f"They ask: {secret('7001', 1)}")
            await archive.house.chat("101", QueueMessage(chat="101", draft=draft))
        await company.forget(tmp_path, clock, "chat/7001")
        assert secret("7001", 1).encode() not in company.bytes_in(tmp_path)
        async with company.records(tmp_path, clock) as archive:
            assert secret("7001", 1) not in company.words_in(list(archive.journal.read()))

    asyncio.run(story())


def test_what_lies_beside_the_journal_goes_too(tmp_path: Path) -> None:
    clock, session = StillClock(), tmp_path / "telegram" / "bot-1.session"
    session.parent.mkdir()
    with closing(sqlite3.connect(session)) as database, database:
        database.execute("CREATE TABLE peers (id INTEGER PRIMARY KEY, phone_number TEXT)")
        database.execute("CREATE TABLE usernames (id INTEGER, username TEXT)")
        for number, name in ((101, "ava_q"), (102, "ben_q")):
            database.execute("INSERT INTO peers VALUES (?, ?)", (number, f"+98{name}"))
            database.execute("INSERT INTO usernames VALUES (?, ?)", (number, name))
    unfit = session.with_name("bot-2.session.unfit")
    unfit.write_bytes(b"no database: ava_q")
    damaged = session.with_name("bot-3.session")
    damaged.write_bytes(session.read_bytes()[:5000].replace(b"SQLite format 3", b"SQLite format 4"))
    secrets = tmp_path / "second-factors.json"
    secrets.write_text('{"ava":{"secret":"AAAA"},"ben":{"secret":"BBBB"}}', "ascii")

    async def story() -> None:
        async with company.records(tmp_path, clock) as archive:
            await company.begin(archive.house)
        await company.forget(tmp_path, clock, "ava")

    asyncio.run(story())
    everything = company.bytes_in(tmp_path)
    assert b"ava_q" not in everything
    assert b"AAAA" not in secrets.read_bytes()
    assert b"ben_q" in everything
    assert b"BBBB" in secrets.read_bytes()


def test_whoever_comes_back_is_new(tmp_path: Path) -> None:
    clock = StillClock()

    async def story() -> None:
        async with company.records(tmp_path, clock) as archive:
            await company.say(archive.house, "7001", 1)
        await company.forget(tmp_path, clock, "chat/7001")
        async with company.records(tmp_path, clock) as archive:
            await company.say(archive.house, "7001", 2)
        async with company.records(tmp_path, clock) as archive:
            asked = [
                each.event.text
                for each in archive.journal.read()
                if isinstance(each.event, QuestionAsked)
            ]
        assert asked == [REDACTED, secret("7001", 2)]

    asyncio.run(story())


def test_an_account_leads_to_whose_it_is_and_all_they_ever_had(tmp_path: Path) -> None:
    clock = StillClock()

    async def story() -> None:
        async with company.records(tmp_path, clock) as archive:
            await company.begin(archive.house)
        await company.forget(tmp_path, clock, CHATS["ben"])
        async with company.records(tmp_path, clock) as archive:
            [event] = [
                each.event
                for each in archive.journal.read()
                if isinstance(each.event, PersonForgotten)
            ]
            assert event.person == "ben"
            assert event.owners == ["agent/ben", "chat/102"]

    asyncio.run(story())


def test_nobody_is_forgotten_by_a_name_that_is_nobodys(tmp_path: Path) -> None:
    async def story() -> None:
        with pytest.raises(Unable, match="nobody is known as 'nobody'"):
            await company.forget(tmp_path, StillClock(), "nobody")

    asyncio.run(story())


def test_views_are_gone_until_they_are_made_again(tmp_path: Path) -> None:
    clock = StillClock()

    async def story() -> None:
        async with company.records(tmp_path, clock) as archive:
            await company.begin(archive.house)
            await company.views_of(tmp_path, archive)
        assert NAMES["ava"].encode() in company.bytes_in(tmp_path)
        await company.forget(tmp_path, clock, "ava")
        assert not (tmp_path / VIEWS_FILE).exists()
        assert NAMES["ava"].encode() not in company.bytes_in(tmp_path)

    asyncio.run(story())


LIVES = 24


def test_a_process_that_is_killed_at_any_step_leaves_it_to_the_next_start(tmp_path: Path) -> None:
    clock, source, lives = StillClock(), tmp_path / "source", tmp_path / "lives"
    source.mkdir()

    async def before() -> None:
        async with company.records(source, clock) as archive:
            await company.begin(archive.house)
            await company.tell_boss(archive.house, "ava", 1)
            await company.say(archive.house, "ava", 2)
            await company.say(archive.house, "ben", 3)
            await company.views_of(source, archive)

    async def after(folder: Path) -> bool:
        async with company.records(folder, clock) as archive:
            recorded = list(archive.journal.read())
        done = any(isinstance(each.event, PersonForgotten) for each in recorded)
        told = company.words_in(recorded)
        assert (NAMES["ava"] in told) is (secret("ava", 2) in told) is not done
        assert secret("ben", 3) in told
        if done:
            everything = company.bytes_in(folder)
            assert NAMES["ava"].encode() not in everything
            assert secret("ava", 2).encode() not in everything
        await company.forget(folder, clock, "ava")  # it is safe to be asked again
        await holds(folder, clock, {"ava"}, {"ava-2", "ben-3"})
        return done

    asyncio.run(before())
    verb = [sys.executable, "-m", "tests.audit.forgetful", lives, source, "ava", LIVES]
    told = subprocess.run(
        list(map(str, verb)), cwd=ROOT, capture_output=True, text=True, check=True, timeout=240
    )
    ends = [line.split() for line in told.stdout.splitlines()[1:]]
    assert len(ends) == LIVES
    killed = [number for number, _, ended in ends if ended == str(int(signal.SIGKILL))]
    assert len(killed) >= LIVES - 2
    done = [asyncio.run(after(lives / number)) for number in killed]
    assert {True, False} == set(done)
