"""What is going on in the chats: sessions, questions, people who help, messages under way."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from llmtb.events.chat import (
    AnswerGiven,
    AnswerWithheld,
    BoardHidden,
    BoardShown,
    ChoicesOffered,
    DialogueMoved,
    LanguageChosen,
    MessageFailed,
    MessageQueued,
    MessageSent,
    PassagesFound,
    QuestionAsked,
    SessionEnded,
    SessionStarted,
)
from llmtb.events.desk import CallbackClosed, CallbackOpened, HandedOver, TakenBack
from llmtb.events.record import Recorded
from replay.standings.seen import Seen

REMEMBERED = 20  # closed questions of a chat
MINUTE = timedelta(minutes=1)


class Asked(msgspec.Struct):
    """A question: the events that asked it, found passages, offered choices and closed it."""

    asked: Seen[QuestionAsked]
    found: Seen[PassagesFound] | None = None
    offered: Seen[ChoicesOffered] | None = None


class Closed(msgspec.Struct, frozen=True):
    """A question that waits no longer: where it was asked, and what became of it, and where."""

    asked: int
    outcome: int
    answered: bool


class Talk(msgspec.Struct):
    """One chat. said: when it last asked or was answered. lately: its questions of a minute.

    session, language, dialogue, board, ended: the events that say so. waiting: messages by id.
    """

    session: Seen[SessionStarted] | None = None
    said: datetime | None = None
    ended: Seen[SessionEnded] | None = None
    open: dict[str, Asked] = {}
    closed: dict[str, Closed] = {}
    withheld: Seen[AnswerWithheld] | None = None
    waiting: dict[str, Seen[MessageQueued]] = {}
    language: Seen[LanguageChosen] | None = None
    dialogue: Seen[DialogueMoved] | None = None
    board: Seen[BoardShown] | None = None
    lately: list[datetime] = []
    day: str = ""
    today: int = 0

    def until(self) -> datetime | None:
        """When the session ends by itself."""
        if self.said is None or self.session is None:
            return None
        return self.said + timedelta(minutes=self.session.event.idle_minutes)


class Talks:
    """All chats by id; `held` and `callbacks`: the events that handed them to people."""

    def __init__(self) -> None:
        self.chats: dict[str, Talk] = {}
        self.held: dict[str, Seen[HandedOver]] = {}
        self.callbacks: dict[str, Seen[CallbackOpened]] = {}
        self.last: dict[str, Seen[HandedOver]] = {}
        """By agent, the conversation that they were given last."""

    def of(self, chat: str) -> Talk:
        """A chat; one of which nothing is known is empty."""
        return self.chats.get(chat) or Talk()

    def asked(self, chat: str, question: str) -> Asked | None:
        """A question that waits for an answer."""
        return self.of(chat).open.get(question)

    def note(self, recorded: Recorded) -> None:
        """Take in the next event."""
        event = recorded.event
        if isinstance(event, HandedOver | TakenBack | CallbackOpened | CallbackClosed):
            self._desk(recorded)
        elif recorded.stream.startswith("chat/"):
            talk = self.chats.setdefault(recorded.stream.removeprefix("chat/"), Talk())
            _session(talk, recorded)
            _question(talk, recorded)
            _message(talk, recorded)

    def _desk(self, recorded: Recorded) -> None:
        event = recorded.event
        match event:
            case HandedOver():
                self.held[event.chat] = Seen(recorded.seq, event)
                self.last[event.agent or ""] = Seen(recorded.seq, event)
            case TakenBack():
                self.held.pop(event.chat, None)
            case CallbackOpened():
                self.callbacks[event.chat] = Seen(recorded.seq, event)
            case CallbackClosed():
                self.callbacks.pop(event.chat, None)
            case _:
                pass


def _session(talk: Talk, recorded: Recorded) -> None:
    event = recorded.event
    match event:
        case SessionStarted():
            talk.session, talk.said = Seen(recorded.seq, event), event.at
        case SessionEnded():
            talk.session, talk.ended = None, Seen(recorded.seq, event)
        case QuestionAsked() | AnswerGiven() | ChoicesOffered():
            talk.said = event.at
        case _:
            pass


def _question(talk: Talk, recorded: Recorded) -> None:
    event = recorded.event
    match event:
        case QuestionAsked():
            talk.open[event.question] = Asked(Seen(recorded.seq, event))
            talk.lately = [at for at in talk.lately if event.at - at < MINUTE] + [event.at]
            day = event.at.date().isoformat()
            talk.today = talk.today + 1 if talk.day == day else 1
            talk.day = day
        case PassagesFound() if event.question in talk.open:
            talk.open[event.question].found = Seen(recorded.seq, event)
        case ChoicesOffered() if event.question in talk.open:
            talk.open[event.question].offered = Seen(recorded.seq, event)
        case AnswerGiven() | AnswerWithheld():
            _close(talk, Seen(recorded.seq, event))
        case _:
            pass


def _close(talk: Talk, outcome: Seen[AnswerGiven | AnswerWithheld]) -> None:
    event, question = outcome.event, outcome.event.question
    earlier, asked = talk.closed.pop(question, None), talk.open.pop(question, None)
    first = asked.asked.seq if asked is not None else earlier.asked if earlier else 0
    talk.closed[question] = Closed(first, outcome.seq, isinstance(event, AnswerGiven))
    if isinstance(event, AnswerWithheld):
        talk.withheld = Seen(outcome.seq, event)
    while len(talk.closed) > REMEMBERED:
        del talk.closed[next(iter(talk.closed))]


def _message(talk: Talk, recorded: Recorded) -> None:
    event = recorded.event
    match event:
        case MessageQueued():
            talk.waiting[event.message] = Seen(recorded.seq, event)
        case MessageSent() | MessageFailed():
            talk.waiting.pop(event.message, None)
        case LanguageChosen():
            talk.language = Seen(recorded.seq, event)
        case DialogueMoved():
            talk.dialogue = None if event.step is None else Seen(recorded.seq, event)
        case BoardShown():
            talk.board = Seen(recorded.seq, event)
        case BoardHidden():
            talk.board = None
        case _:
            pass


def score_of(passages: list[dict[str, Any]]) -> float | None:
    """The score of the best passage, where it says one."""
    scores = (each.get("score") for each in passages)
    numbers = [float(each) for each in scores if isinstance(each, int | float)]
    return max(numbers, default=None)


def text_of(passage: Mapping[str, Any], name: str) -> str:
    """A field of a passage as text; empty where there is none."""
    value = passage.get(name)
    return "" if value is None else str(value)
