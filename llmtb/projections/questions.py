"""The questions view: everything that was asked, what came of it, and who helped in the end."""

import asyncio
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

import msgspec

from llmtb.events.access import AccountUnlinked, InvitationAccepted
from llmtb.events.chat import (
    AnswerGiven,
    AnswerRated,
    AnswerWithheld,
    ChoicesOffered,
    PassagesFound,
    QuestionAsked,
    SessionEnded,
)
from llmtb.events.desk import (
    CallbackClosed,
    CallbackOpened,
    HandedOver,
    MessageRelayed,
    TakenBack,
)
from llmtb.events.floor import AgentAdded, AgentChanged, AgentRemoved, PolicyChanged
from llmtb.events.published import instant
from llmtb.events.record import Recorded
from llmtb.policy import Policy, running_at
from llmtb.projections.projection import Read, Rows, Value, Write

NEW_DAYS: Final = 90
"""How many days after being hired an agent counts as new."""
MOST: Final = 20_000
"""Questions read at one time, the newest."""
SAID: Final = 4000  # characters kept of what a person answered

ASK = """INSERT OR IGNORE INTO questions
    (date, seq, question, chat, at, hour, shift, text, language, audience, level, on_call, agent,
    new) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
FIND = "UPDATE questions SET passage = ?, document = ?, title = ?, score = ? WHERE question = ?"
ANSWER = """UPDATE questions SET outcome = 'answered', origin = ?1, source = ?2,
    confidence = coalesce(?3, confidence), language = coalesce(language, ?4),
    milliseconds = coalesce(milliseconds, ?5) WHERE question = ?6"""
HELP = """UPDATE questions SET outcome = 'answered', origin = 'person',
    said = coalesce(said, ?1), helped = coalesce(helped, ?2), helper = coalesce(helper, ?3)
    WHERE question = ?4"""
OFFER = """UPDATE questions SET outcome = 'offered', offered = 1, milliseconds = ?
    WHERE question = ?"""
WITHHOLD = "UPDATE questions SET outcome = 'withheld', reason = ? WHERE question = ?"
RATE = "UPDATE questions SET rating = ? WHERE question = ?"
HAND = """UPDATE questions SET handed = coalesce(handed, ?1), callback = max(callback, ?2)
    WHERE question = ?3"""
SAY = """UPDATE questions SET
    said = substr(CASE WHEN said IS NULL THEN ?1 ELSE said || char(10) || ?1 END, 1, ?5),
    helped = coalesce(helped, ?2), helper = coalesce(helper, ?3) WHERE question = ?4"""
KEEP = "INSERT OR REPLACE INTO questions_known (kind, key, value) VALUES (?, ?, ?)"
DROP = "DELETE FROM questions_known WHERE kind = ? AND key = ?"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A question and what came of it; what is not known, or has not happened, is None.

    date: ISO, of the company's zone, on which it was asked; hour: of that day. shift: the instance
    that ran then. agent: who asked, if one of the house. new: whether they had been hired for at
    most `NEW_DAYS`. outcome: None while it waits. origin: of the answer that holds; `person` where
    a person gave it. offered: whether it could mean several things. reason: of its withholding.
    milliseconds: until the bot's first answer or choices. source: of the answer. passage, document,
    title, score: of what was found first. rating: 1 helped, 0 did not. handed: when a person was
    asked for; callback: whether nobody was free then. helped, helper, said: when a person first
    answered, who, and their words, a message a line.
    """

    question: str
    chat: str
    date: str
    at: datetime
    hour: int
    shift: str | None
    text: str
    language: str | None
    audience: str
    level: int
    on_call: bool
    agent: str | None
    new: bool | None
    outcome: str | None
    origin: str | None
    offered: bool
    reason: str | None
    milliseconds: int | None
    confidence: float | None
    source: str | None
    passage: str | None
    document: str | None
    title: str | None
    score: float | None
    rating: int | None
    handed: datetime | None
    callback: bool
    helped: datetime | None
    helper: str | None
    said: str | None


class Questions:
    """The view of every question; `questions_between` and `question_of` read it."""

    name = "questions"
    version = 1
    tables: Mapping[str, str] = {
        "questions": """(
            date TEXT NOT NULL,
            seq INTEGER NOT NULL,
            question TEXT NOT NULL UNIQUE,
            chat TEXT NOT NULL,
            at TEXT NOT NULL,
            hour INTEGER NOT NULL,
            shift TEXT,
            text TEXT NOT NULL,
            language TEXT,
            audience TEXT NOT NULL,
            level INTEGER NOT NULL,
            on_call INTEGER NOT NULL,
            agent TEXT,
            new INTEGER,
            outcome TEXT,
            origin TEXT,
            offered INTEGER NOT NULL DEFAULT 0,
            reason TEXT,
            milliseconds INTEGER,
            confidence REAL,
            source TEXT,
            passage TEXT,
            document TEXT,
            title TEXT,
            score REAL,
            rating INTEGER,
            handed TEXT,
            callback INTEGER NOT NULL DEFAULT 0,
            helped TEXT,
            helper TEXT,
            said TEXT,
            PRIMARY KEY (date, seq)
        ) STRICT, WITHOUT ROWID""",
        "questions_known": """(
            kind TEXT NOT NULL, -- policy, account, hired, last, talk
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (kind, key)
        ) STRICT, WITHOUT ROWID""",
    }

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._rows = Rows()
        self._policy = Policy()
        self._kept: dict[str, dict[str, str]] = {
            "account": {},  # whose an account is
            "hired": {},  # when an agent was hired, ISO
            "last": {},  # a chat's last question while it asks
            "talk": {},  # the question a person was asked for in a chat, until that is over
        }

    async def restore(self, read: Read) -> None:
        self._begin()
        for kind, key, value in await read("SELECT kind, key, value FROM questions_known"):
            if kind == "policy":
                self._policy = msgspec.json.decode(value, type=Policy)
            else:
                self._kept[kind][key] = value

    def apply(self, recorded: Recorded) -> None:
        event = recorded.event
        match event:
            case PolicyChanged():
                self._policy = msgspec.convert(event.policy, Policy)
                text = msgspec.json.encode(event.policy, order="deterministic").decode()
                self._rows.add(KEEP, "policy", "", text)
            case AgentAdded() | AgentChanged():
                hired = event.hired_on.isoformat() if event.hired_on else None
                self._keep("hired", event.agent, hired)
            case AgentRemoved():
                self._keep("hired", event.agent, None)
            case InvitationAccepted():
                self._keep("account", event.account, event.agent)
            case AccountUnlinked():
                self._keep("account", event.account, None)
            case QuestionAsked():
                self._asked(event, recorded.seq)
            case SessionEnded():
                self._keep("last", event.chat, None)
            case HandedOver() | CallbackOpened() | TakenBack() | CallbackClosed():
                self._person(event)
            case MessageRelayed(sender="agent"):
                question = self._kept["talk"].get(event.chat)
                if question is not None:
                    at, agent = instant(event.at), event.agent
                    self._rows.add(SAY, event.text, at, agent, question, SAID)
            case _:
                self._became(event)

    def writes(self) -> list[Write]:
        return self._rows.take()

    def _asked(self, event: QuestionAsked, seq: int) -> None:
        local = event.at.astimezone(self._policy.zone)
        running = running_at(self._policy, event.at)
        agent = self._kept["account"].get(event.chat) if event.audience == "agent" else None
        self._rows.add(
            ASK,
            local.date().isoformat(),
            seq,
            event.question,
            event.chat,
            instant(event.at),
            local.hour,
            running[0].name if running else None,
            event.text,
            event.language,
            event.audience,
            event.level,
            event.on_call,
            agent,
            self._is_new(agent, local.date()),
        )
        self._keep("last", event.chat, event.question)

    def _is_new(self, agent: str | None, day: date) -> bool | None:
        hired = self._kept["hired"].get(agent) if agent is not None else None
        return None if hired is None else (day - date.fromisoformat(hired)).days <= NEW_DAYS

    def _became(self, event: object) -> None:
        """What the bot, or whoever asked, did about a question."""
        add = self._rows.add
        match event:
            case PassagesFound():
                add(FIND, *_first(event.passages), event.question)
            case AnswerGiven(origin="person"):
                text = event.text[:SAID]
                add(HELP, text, instant(event.at), event.by, event.question)
            case AnswerGiven():
                source = event.sources[0] if event.sources else None
                language, spent = event.language, event.milliseconds
                question, sure = event.question, event.confidence
                add(ANSWER, event.origin, source, sure, language, spent, question)
            case ChoicesOffered():
                add(OFFER, event.milliseconds, event.question)
            case AnswerWithheld():
                add(WITHHOLD, event.reason, event.question)
            case AnswerRated():
                add(RATE, event.rating, event.question)
            case _:
                pass

    def _person(self, event: HandedOver | CallbackOpened | TakenBack | CallbackClosed) -> None:
        """A person is asked for, comes, or goes; one who rests is followed by another."""
        talks = self._kept["talk"]
        match event:
            case HandedOver() | CallbackOpened():
                question = event.question or talks.get(event.chat)
                question = question or self._kept["last"].get(event.chat)
                if question is not None:
                    nobody = isinstance(event, CallbackOpened)
                    self._rows.add(HAND, instant(event.at), nobody, question)
                    self._keep("talk", event.chat, question)
            case TakenBack(reason="agent_away") | CallbackClosed(reason="taken"):
                pass
            case _:
                self._keep("talk", event.chat, None)

    def _keep(self, kind: str, key: str, value: str | None) -> None:
        kept = self._kept[kind]
        if value is None:
            if kept.pop(key, None) is not None:
                self._rows.add(DROP, kind, key)
        elif kept.get(key) != value:
            kept[key] = value
            self._rows.add(KEEP, kind, key, value)


async def questions_between(read: Read, first: date, last: date, most: int = MOST) -> list[Asked]:
    """What was asked from one local date to another, both included, oldest first.

    Of more than `most` the newest.
    """
    rows = await read(
        f"SELECT {_COLUMNS} FROM questions WHERE date BETWEEN ? AND ?"  # noqa: S608 - ours
        " ORDER BY date DESC, seq DESC LIMIT ?",
        first.isoformat(),
        last.isoformat(),
        most,
    )
    return await asyncio.to_thread(lambda: [_asked(row) for row in reversed(rows)])


async def question_of(read: Read, question: str) -> Asked | None:
    """A question by its id."""
    rows = await read(
        f"SELECT {_COLUMNS} FROM questions WHERE question = ?",  # noqa: S608 - ours
        question,
    )
    return _asked(rows[0]) if rows else None


_FIELDS: Final = Asked.__struct_fields__
_COLUMNS: Final = ", ".join(_FIELDS)


def _asked(row: tuple[Any, ...]) -> Asked:
    return msgspec.convert(dict(zip(_FIELDS, row)), Asked, strict=False)


def _first(passages: list[dict[str, Any]]) -> tuple[Value, Value, Value, Value]:
    """Passage, document, title and score of what was found first, as far as they are told."""
    found = passages[0] if passages else {}
    texts = (found.get(name) for name in ("passage", "document", "title"))
    passage, document, title = (each if isinstance(each, str) else None for each in texts)
    score = found.get("score")
    return passage, document, title, float(score) if isinstance(score, int | float) else None
