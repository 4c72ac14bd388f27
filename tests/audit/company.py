"""A small company whose people say things that can be told apart byte by byte."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from llmtb.actors.access import AcceptInvitation, Invite, digest_of
from llmtb.actors.agent import EndBreak, StartBreak
from llmtb.actors.asking import Ask, GiveAnswer, StartSession
from llmtb.actors.centre import AddAgent, AssignShift
from llmtb.actors.chat import Draft, QueueMessage
from llmtb.actors.command import Command
from llmtb.app import House
from llmtb.audit.alone import alone, opened
from llmtb.audit.archive import Archive
from llmtb.events.chat import QuestionAsked
from llmtb.projections.catalogue import VIEWS_FILE, projections
from llmtb.projections.engine import Views
from llmtb.runtime.errors import Refused
from llmtb.settings import Settings

NOON = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)  # in Tehran
AGENTS = ("ava", "ben", "dina")
BOSS = "boss"
NAMES = {"ava": "Ava Qajarova", "ben": "Ben Quxley", "dina": "Dina Zyzz", "boss": "Mx Chief"}
CHATS = {"ava": "101", "ben": "102", "dina": "103", "boss": "104"}
CUSTOMERS = ("7001", "7002")
SETTINGS = Settings()


class StillClock:
    """A clock that stands still unless it is set on."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def now(self) -> datetime:
        """The instant it shows."""
        return self.at

    def wait(self, at: datetime) -> float:
        """A long time, until it is set on."""
        return 0.0 if at <= self.at else 3600.0

    def later(self, **time: float) -> None:
        """Set it on."""
        self.at += timedelta(**time)


def unheard(text: str, *, piece: bool = False) -> None:
    """Take no notice of how far it is."""


@asynccontextmanager
async def records(folder: Path, clock: StillClock) -> AsyncIterator[Archive]:
    """The data of a company, with its actors."""
    async with opened(folder, SETTINGS, {}, clock) as archive:
        yield archive


async def forget(folder: Path, clock: StillClock, person: str) -> Any:
    """Forget somebody, as the verb has it done."""
    form = {"do": "forget", "person": person, "reason": "asked"}
    return await alone(folder, SETTINGS, {}, clock, form, unheard)


async def begin(house: House) -> None:
    """Bring everybody in."""
    for who, name in NAMES.items():
        role = "supervisor" if who == BOSS else "agent"
        await house.floor(AddAgent(agent=who, name=name, role=role))  # type: ignore[arg-type]
        until = house.clock.now() + timedelta(days=1)
        code = digest_of(f"the code of {who}")
        await house.access(Invite(by=BOSS, agent=who, role="agent", code_digest=code, until=until))
        await house.access(AcceptInvitation(code_digest=code, account=CHATS[who]))
        if who != BOSS:
            await house.floor(AssignShift(agent=who, shift="morning"))
    await house.wake()


def secret(who: str, number: int) -> str:
    """Words that only one person has said, and only once."""
    return f"the secret {who}-{number} of mine"


async def say(house: House, who: str, number: int) -> None:
    """Have an agent or a customer ask something, be answered, and be told something."""
    chat = CHATS.get(who, who)
    words = secret(who, number)
    customer = who in CUSTOMERS
    audience: Any = "customer" if customer else "agent"
    await house.chat(chat, StartSession(chat=chat, audience=audience))
    asked = await house.chat(chat, Ask(chat=chat, text=words, audience=audience, language="en"))
    for recorded in asked:
        if isinstance(recorded.event, QuestionAsked):
            answer = GiveAnswer(
                chat=chat,
                question=recorded.event.question,
                text=f"an answer to {words}",
                sources=(),
                origin="person",
            )
            await house.chat(chat, answer)
    draft = Draft(message=f"m{number}", text=f"you said {words}")
    await house.chat(chat, QueueMessage(chat=chat, draft=draft))


async def tell_boss(house: House, who: str, number: int) -> None:
    """Have the supervisor told of somebody by name."""
    draft = Draft(message=f"n{number}", text=f"{NAMES[who]} rests, notice {number}")
    await house.chat(CHATS[BOSS], QueueMessage(chat=CHATS[BOSS], draft=draft))


async def rest(house: House, who: str) -> None:
    """Have an agent rest, or come back; or be told that they cannot."""
    for command in (StartBreak(agent=who, kind="normal"), EndBreak(agent=who)):
        await attempt(house, command)


async def attempt(house: House, command: Command) -> None:
    """Ask the floor for something that it may refuse."""
    try:
        await house.floor(command)
    except Refused:
        return


def words_in(recorded: Sequence[Any]) -> str:
    """All that can be read in some events."""
    return "\n".join(repr(each.event) for each in recorded)


def bytes_in(folder: Path) -> bytes:
    """Every byte of every file of a folder."""
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


async def views_of(folder: Path, archive: Archive) -> dict[str, list[Any]]:
    """The rows of the views in a folder, taken on to where the journal is."""
    views = await Views.open(folder / VIEWS_FILE, projections(), archive.journal)
    try:
        await views.catch_up()
    finally:
        await views.close()
    return await asyncio.to_thread(_rows, folder / VIEWS_FILE)


def _rows(path: Path) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(path)) as database:
        tables = [
            name
            for (name,) in database.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
            )
        ]
        return {
            table: sorted(database.execute(f'SELECT * FROM "{table}"'), key=repr)  # noqa: S608
            for table in tables
        }
