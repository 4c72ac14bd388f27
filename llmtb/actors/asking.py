"""What a chat asks: its session, its questions, and what becomes of each of them.

The answers are found elsewhere (`llmtb.answerer`); here each is taken once, for the chat that
asked, while it still waits for one.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from llmtb.actors.command import Command
from llmtb.events.chat import (
    AnswerGiven,
    AnswerRated,
    AnswerWithheld,
    Audience,
    Choice,
    ChoicesOffered,
    DraftWritten,
    Origin,
    PassagesFound,
    QuestionAsked,
    QuestionRefused,
    SessionEnded,
    SessionStarted,
)
from llmtb.events.event import Event
from llmtb.runtime.errors import Refused

ChatId = Annotated[str, Meta(pattern=r"^[^/\s]{1,64}\Z")]
BOT: Final = "bot"  # `by` of what the bot does unasked
MOST_OFFERED: Final = 3  # questions whose choices can be pressed at one time
UNRATED: Final = -1
REMEMBERED: Final = 20  # questions that can still be rated, or be answered by a person
_MINUTE: Final = timedelta(minutes=1)


# --- state -------------------------------------------------------------------------------------


class Session(msgspec.Struct, frozen=True):
    """An open session; `until` is when it ends by itself, if nothing is said."""

    audience: Audience
    idle_minutes: int
    until: datetime


class Asking(msgspec.Struct):
    """A chat's session and questions.

    count: questions ever. open: those that wait for an answer, each with the choices it was given.
    closed: the last ones that were answered (their rating; -1: none yet) or withheld (None).
    lately: when the questions of the last minute were asked. day, today: how many on that date.
    refused: when which refusal was last told.
    """

    count: int = 0
    session: Session | None = None
    open: dict[str, tuple[Choice, ...]] = {}
    closed: dict[str, int | None] = {}
    lately: list[datetime] = []
    day: str = ""
    today: int = 0
    refused: dict[str, datetime] = {}


# --- commands ----------------------------------------------------------------------------------


class StartSession(Command, frozen=True, kw_only=True, tag="start_session"):
    """The person wants to ask."""

    chat: ChatId
    audience: Audience
    idle_minutes: Annotated[int, Meta(ge=1, le=1440)] = 15


class EndSession(Command, frozen=True, kw_only=True, tag="end_session"):
    """The person has done with asking."""

    chat: ChatId


class EndIdle(Command, frozen=True, kw_only=True, tag="end_idle"):
    """Time has passed; see Session.until."""


class Ask(Command, frozen=True, kw_only=True, tag="ask"):
    """Somebody wants to know something; it begins a session if there is none.

    level, on_call: see QuestionAsked. idle_minutes: of a session that begins with it.
    per_minute, per_day, longest: what the chat may ask at most; characters.
    """

    chat: ChatId
    text: Annotated[str, Meta(min_length=1, max_length=4096)]
    audience: Audience
    language: str | None = None
    level: Annotated[int, Meta(ge=0, le=100)] = 0
    on_call: bool = False
    idle_minutes: Annotated[int, Meta(ge=1, le=1440)] = 15
    per_minute: Annotated[int, Meta(ge=1, le=1000)] = 60
    per_day: Annotated[int, Meta(ge=1, le=100_000)] = 1000
    longest: Annotated[int, Meta(ge=1, le=4096)] = 4096


class GiveAnswer(Command, frozen=True, kw_only=True, tag="give_answer"):
    """An answer was found; the fields are those of AnswerGiven and PassagesFound."""

    chat: ChatId
    question: str
    text: Annotated[str, Meta(min_length=1, max_length=4096)]
    sources: tuple[str, ...]
    origin: Origin
    model: str | None = None
    confidence: float | None = None
    milliseconds: int = 0
    language: str | None = None
    original: str | None = None
    passages: tuple[dict[str, Any], ...] = ()
    by: str = BOT


class OfferChoices(Command, frozen=True, kw_only=True, tag="offer_choices"):
    """It may mean one of these; the person is to say which."""

    chat: ChatId
    question: str
    choices: Annotated[tuple[Choice, ...], Meta(min_length=1, max_length=5)]
    milliseconds: int = 0
    passages: tuple[dict[str, Any], ...] = ()


class Withhold(Command, frozen=True, kw_only=True, tag="withhold"):
    """Nothing that is known answers it."""

    chat: ChatId
    question: str
    reason: str
    passages: tuple[dict[str, Any], ...] = ()


class Choose(Command, frozen=True, kw_only=True, tag="choose"):
    """The person says which of the choices it is, from 0; None: none of them, a person."""

    chat: ChatId
    question: str
    choice: int | None


class Rate(Command, frozen=True, kw_only=True, tag="rate"):
    """The person says whether an answer helped."""

    chat: ChatId
    question: str
    rating: Literal[0, 1]


class RecordDraft(Command, frozen=True, kw_only=True, tag="record_draft"):
    """A model has drafted a reply to one of the chat's questions."""

    chat: ChatId
    question: str
    text: Annotated[str, Meta(min_length=1, max_length=4096)]
    model: str
    milliseconds: int


Found = GiveAnswer | OfferChoices | Withhold
AskingCommand = StartSession | EndSession | EndIdle | Ask | Found | Choose | Rate | RecordDraft


# --- decide ------------------------------------------------------------------------------------


def decide(asking: Asking, command: AskingCommand, now: datetime) -> Iterator[Event]:
    """What follows from a command; raises Refused, before any event, for one that is not sound."""
    match command:
        case StartSession():
            if asking.session is None:
                yield _started(command, now)
        case EndSession():
            yield from _end(asking, command.chat, now, "exit")
        case EndIdle():
            yield from ()
        case Ask():
            yield from ask(asking, command, now)
        case GiveAnswer() | OfferChoices() | Withhold():
            yield from _settle(asking, command, now)
        case Choose():
            yield from choose(asking, command, now)
        case Rate():
            if asking.closed.get(command.question) not in (None, command.rating):
                yield AnswerRated(
                    at=now, by=command.chat, question=command.question, rating=command.rating
                )
        case RecordDraft():
            if command.question not in asking.closed and command.question not in asking.open:
                raise Refused("there is no such question (any more)")
            yield DraftWritten(
                at=now,
                by=BOT,
                question=command.question,
                text=command.text,
                model=command.model,
                milliseconds=command.milliseconds,
            )


def end_idle(asking: Asking, chat: str, now: datetime) -> Iterator[Event]:
    """The end of a session in which nothing was said for long."""
    if asking.session is not None and now >= asking.session.until:
        yield from _end(asking, chat, now, "idle")


def ask(asking: Asking, command: Ask, now: datetime) -> Iterator[Event]:
    """The question, in a session; or that it is not taken, said once for each time."""
    refusal = _refusal(asking, command, now)
    if refusal is not None:
        told = asking.refused.get(refusal)
        if refusal == "too_long" or told is None or now - told >= _MINUTE:
            yield QuestionRefused(at=now, by=BOT, chat=command.chat, reason=refusal)
        return
    if asking.session is None:
        yield _started(command, now)
    offered = [question for question, choices in asking.open.items() if choices]
    for question in offered[: len(offered) - MOST_OFFERED + 1]:
        yield AnswerWithheld(at=now, by=BOT, question=question, reason="not_chosen")
    yield QuestionAsked(
        at=now,
        by=command.chat,
        chat=command.chat,
        question=f"{command.chat}/{asking.count + 1}",
        text=command.text,
        language=command.language,
        audience=command.audience,
        level=command.level,
        on_call=command.on_call,
    )


def choose(asking: Asking, command: Choose, now: datetime) -> Iterator[Event]:
    """The chosen answer, or that a person is asked for. Raises Refused for what is over."""
    choices = asking.open.get(command.question)
    if not choices:
        raise Refused("that question is over")
    question, number = command.question, command.choice
    if number is None:
        yield AnswerWithheld(at=now, by=command.chat, question=question, reason="person_requested")
        return
    if not 0 <= number < len(choices):
        raise Refused("there is no such choice")
    choice = choices[number]
    yield AnswerGiven(
        at=now,
        by=command.chat,
        question=question,
        text=choice.text,
        sources=[choice.source],
        origin=choice.origin,
        model=None,
        confidence=None,
        milliseconds=0,
        language=choice.language,
        original=choice.original,
    )


def _settle(asking: Asking, command: Found, now: datetime) -> Iterator[Event]:
    """What was found, for a question that waits for it; a person may answer a withheld one."""
    question = command.question
    if question not in asking.open:
        late = isinstance(command, GiveAnswer) and command.origin == "person"
        if not late or asking.closed.get(question, 0) is not None:
            return
    if command.passages:
        yield PassagesFound(at=now, by=BOT, question=question, passages=list(command.passages))
    match command:
        case GiveAnswer():
            yield AnswerGiven(
                at=now,
                by=command.by,
                question=question,
                text=command.text,
                sources=list(command.sources),
                origin=command.origin,
                model=command.model,
                confidence=command.confidence,
                milliseconds=command.milliseconds,
                language=command.language,
                original=command.original,
            )
        case OfferChoices():
            yield ChoicesOffered(
                at=now,
                by=BOT,
                question=question,
                choices=list(command.choices),
                milliseconds=command.milliseconds,
            )
        case Withhold():
            yield AnswerWithheld(at=now, by=BOT, question=question, reason=command.reason)


def _refusal(
    asking: Asking, command: Ask, now: datetime
) -> Literal["too_many_a_minute", "too_many_a_day", "too_long"] | None:
    if len(command.text) > command.longest:
        return "too_long"
    if asking.day == now.date().isoformat() and asking.today >= command.per_day:
        return "too_many_a_day"
    if sum(now - each < _MINUTE for each in asking.lately) >= command.per_minute:
        return "too_many_a_minute"
    return None


def _started(command: StartSession | Ask, now: datetime) -> Event:
    return SessionStarted(
        at=now,
        by=command.chat,
        chat=command.chat,
        audience=command.audience,
        idle_minutes=command.idle_minutes,
    )


def _end(
    asking: Asking, chat: str, now: datetime, reason: Literal["exit", "idle"]
) -> Iterator[Event]:
    """The end of the session; what still waits for an answer gets none."""
    for question in list(asking.open):
        yield AnswerWithheld(at=now, by=BOT, question=question, reason="session_ended")
    if asking.session is not None:
        by = chat if reason == "exit" else BOT
        yield SessionEnded(at=now, by=by, chat=chat, reason=reason)


# --- evolve ------------------------------------------------------------------------------------


def evolve(asking: Asking, event: Event) -> None:
    """Take in one event of this chat; those that are not of asking are passed over."""
    match event:
        case SessionStarted():
            until = event.at + timedelta(minutes=event.idle_minutes)
            asking.session = Session(event.audience, event.idle_minutes, until)
        case SessionEnded():
            asking.session = None
        case QuestionAsked():
            _asked(asking, event)
        case QuestionRefused():
            asking.refused[event.reason] = event.at
        case ChoicesOffered():
            asking.open[event.question] = tuple(event.choices)
        case AnswerGiven():
            _close(asking, event.question, UNRATED)
        case AnswerWithheld():
            _close(asking, event.question, None)
        case AnswerRated():
            asking.closed[event.question] = event.rating
        case _:
            return
    session = asking.session
    if session is not None and isinstance(event, AnswerGiven | ChoicesOffered | QuestionAsked):
        until = event.at + timedelta(minutes=session.idle_minutes)
        asking.session = msgspec.structs.replace(session, until=until)


def due(asking: Asking) -> datetime | None:
    """When the session ends by itself."""
    return None if asking.session is None else asking.session.until


def _asked(asking: Asking, event: QuestionAsked) -> None:
    asking.count += 1
    asking.open[event.question] = ()
    asking.lately = [each for each in asking.lately if event.at - each < _MINUTE]
    asking.lately.append(event.at)
    day = event.at.date().isoformat()
    asking.today = asking.today + 1 if asking.day == day else 1
    asking.day = day


def _close(asking: Asking, question: str, rating: int | None) -> None:
    asking.open.pop(question, None)
    asking.closed.pop(question, None)
    asking.closed[question] = rating
    while len(asking.closed) > REMEMBERED:
        del asking.closed[next(iter(asking.closed))]
