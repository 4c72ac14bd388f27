"""The desk: conversations that people have taken over, and customers to be called back.

It belongs to the floor, since who is free is decided there: a resting agent never gets a chat.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from llmtb.actors.asking import BOT, ChatId
from llmtb.actors.centre import SUPERVISING, Centre
from llmtb.actors.command import AgentId, Command, Reason
from llmtb.actors.shift import Shift
from llmtb.events.desk import (
    CallbackClosed,
    CallbackOpened,
    HandedOver,
    MessageRelayed,
    TakenBack,
)
from llmtb.events.event import Event
from llmtb.runtime.errors import Refused

Words = Annotated[str, Meta(min_length=1, max_length=4096)]
Summary = Annotated[str, Meta(max_length=4096)]


# --- state -------------------------------------------------------------------------------------


class Waiting(msgspec.Struct, frozen=True):
    """Why a customer waits for a person, and since when."""

    since: datetime
    reason: str
    summary: str
    question: str | None = None


class Held(msgspec.Struct, frozen=True):
    """A conversation that an agent has."""

    agent: str
    about: Waiting


class Desk(msgspec.Struct):
    """held, callbacks: by chat. last: when each agent was given a conversation the last time."""

    held: dict[str, Held] = {}
    callbacks: dict[str, Waiting] = {}
    last: dict[str, datetime] = {}

    def held_by(self, agent: str) -> str | None:
        """The chat of the conversation that an agent has."""
        return next((chat for chat, held in self.held.items() if held.agent == agent), None)


# --- commands ----------------------------------------------------------------------------------


class HandOver(Command, frozen=True, kw_only=True, tag="hand_over"):
    """A person is to take a conversation over; `among`: those whom a message can reach."""

    chat: ChatId
    reason: Reason
    summary: Summary
    question: str | None = None
    among: tuple[AgentId, ...]
    by: str = BOT


class TakeCallback(Command, frozen=True, kw_only=True, tag="take_callback"):
    """An agent takes a customer over who was to be called back."""

    agent: AgentId
    chat: ChatId


class TakeBack(Command, frozen=True, kw_only=True, tag="take_back"):
    """The bot is to have a conversation again; `by` its agent, its customer or a supervisor."""

    chat: ChatId
    by: str
    reason: Reason = "done"


class CloseCallback(Command, frozen=True, kw_only=True, tag="close_callback"):
    """A callback is done with."""

    chat: ChatId
    by: str
    reason: Reason


class RelayWords(Command, frozen=True, kw_only=True, tag="relay_words"):
    """A customer, or the agent who has the conversation, says something in it."""

    chat: ChatId
    by: str
    text: Words
    update: str


DeskCommand = HandOver | TakeCallback | TakeBack | CloseCallback | RelayWords


# --- decide ------------------------------------------------------------------------------------


def decide(
    desk: Desk, command: DeskCommand, shifts: Collection[Shift], centre: Centre, now: datetime
) -> Iterator[Event]:
    """What follows from a command; raises Refused, before any event, for one that is not sound."""
    match command:
        case HandOver():
            yield from hand_over(desk, command, shifts, centre, now)
        case TakeCallback():
            yield from take_callback(desk, command, shifts, centre, now)
        case TakeBack():
            yield from take_back(desk, command, centre, now)
        case CloseCallback():
            yield from close_callback(desk, command, centre, now)
        case RelayWords():
            yield from relay(desk, command, now)


def hand_over(
    desk: Desk, command: HandOver, shifts: Collection[Shift], centre: Centre, now: datetime
) -> Iterator[Event]:
    """The conversation given to a free agent, or a callback where nobody is free."""
    chat = command.chat
    if chat in desk.held:
        return
    agent = _longest_idle(desk, free(desk, shifts, centre, command.among))
    if agent is not None:
        if chat in desk.callbacks:
            yield CallbackClosed(at=now, by=BOT, chat=chat, reason="taken")
        yield HandedOver(
            at=now,
            by=command.by,
            chat=chat,
            reason=command.reason,
            summary=command.summary,
            agent=agent,
            question=command.question,
        )
    elif chat not in desk.callbacks:
        yield CallbackOpened(
            at=now,
            by=command.by,
            chat=chat,
            reason=command.reason,
            summary=command.summary,
            question=command.question,
        )


def take_callback(
    desk: Desk, command: TakeCallback, shifts: Collection[Shift], centre: Centre, now: datetime
) -> Iterator[Event]:
    """The callback turned into a conversation. Raises Refused for one who cannot have it."""
    centre.known(command.agent)
    waiting = desk.callbacks.get(command.chat)
    if waiting is None:
        raise Refused("somebody has taken this callback already")
    if not _may_take(desk, shifts, centre, command.agent):
        raise Refused("only who is present, not resting, not on a call, and in no other chat")
    yield CallbackClosed(at=now, by=command.agent, chat=command.chat, reason="taken")
    yield HandedOver(
        at=now,
        by=command.agent,
        chat=command.chat,
        reason=waiting.reason,
        summary=waiting.summary,
        agent=command.agent,
        question=waiting.question,
    )


def take_back(desk: Desk, command: TakeBack, centre: Centre, now: datetime) -> Iterator[Event]:
    """The conversation taken back. Raises Refused for one whose it is not."""
    held = desk.held.get(command.chat)
    if held is None:
        if command.by == command.chat and command.chat in desk.callbacks:
            yield CallbackClosed(at=now, by=command.by, chat=command.chat, reason=command.reason)
        return
    if command.by not in (held.agent, command.chat):
        centre.may_supervise(command.by)
    yield _taken_back(command.chat, held, now, command.by, command.reason)


def close_callback(
    desk: Desk, command: CloseCallback, centre: Centre, now: datetime
) -> Iterator[Event]:
    """The callback closed, if it is open. Raises Refused for one who may not."""
    centre.known(command.by)
    if command.chat in desk.callbacks:
        yield CallbackClosed(at=now, by=command.by, chat=command.chat, reason=command.reason)


def relay(desk: Desk, command: RelayWords, now: datetime) -> Iterator[Event]:
    """The words passed on. Raises Refused where nobody has the conversation (any more)."""
    chat, held = command.chat, desk.held.get(command.chat)
    customer = command.by == chat
    if held is None and not (customer and chat in desk.callbacks):
        raise Refused("this conversation is over")
    if held is not None and not customer and command.by != held.agent:
        raise Refused("somebody else has this conversation")
    yield MessageRelayed(
        at=now,
        by=command.by,
        chat=chat,
        agent=None if held is None else held.agent,
        sender="customer" if customer else "agent",
        text=command.text,
        update=command.update,
    )


def let_go(desk: Desk, shifts: Collection[Shift], centre: Centre, now: datetime) -> Iterator[Event]:
    """Conversations of agents who rest or have left go back, for another one to take over."""
    for chat, held in list(desk.held.items()):
        if not _is_there(shifts, centre, held.agent):
            yield _taken_back(chat, held, now, held.agent, "agent_away")


def free(
    desk: Desk, shifts: Collection[Shift], centre: Centre, among: Collection[str]
) -> list[str]:
    """Who of `among` is present, not resting, not on a call, and in no conversation."""
    busy = {held.agent for held in desk.held.values()}
    here = {agent for shift in shifts for agent in shift.present if agent not in shift.breaks}
    return sorted(
        agent for agent in among if agent in here - busy and _may_talk(centre.phones, agent)
    )


def _may_take(desk: Desk, shifts: Collection[Shift], centre: Centre, agent: str) -> bool:
    """Whether somebody may take a conversation by hand."""
    busy = desk.held_by(agent) is not None or not _may_talk(centre.phones, agent)
    return not busy and _is_there(shifts, centre, agent)


def _is_there(shifts: Collection[Shift], centre: Centre, agent: str) -> bool:
    """Present, and not resting. A supervisor need not be on a shift to help."""
    if any(agent in shift.breaks for shift in shifts):
        return False
    person = centre.roster.people.get(agent)
    supervises = person is not None and person.role in SUPERVISING
    return supervises or any(agent in shift.present for shift in shifts)


def _may_talk(phones: Mapping[str, str], agent: str) -> bool:
    return phones.get(agent, "free") == "free"


def _longest_idle(desk: Desk, agents: list[str]) -> str | None:
    never = [agent for agent in agents if agent not in desk.last]
    return min(never, default=None) or min(
        agents, key=lambda agent: (desk.last[agent], agent), default=None
    )


def _taken_back(chat: str, held: Held, now: datetime, by: str, reason: str) -> Event:
    return TakenBack(
        at=now, by=by, chat=chat, reason=reason, summary=held.about.summary, agent=held.agent
    )


# --- evolve ------------------------------------------------------------------------------------


def evolve(desk: Desk, event: Event) -> None:
    """Take in one event of the desk; others change nothing."""
    match event:
        case HandedOver():
            about = Waiting(event.at, event.reason, event.summary, event.question)
            desk.held[event.chat] = Held(event.agent or "", about)
            desk.last[event.agent or ""] = event.at
        case TakenBack():
            desk.held.pop(event.chat, None)
        case CallbackOpened():
            desk.callbacks[event.chat] = Waiting(
                event.at, event.reason, event.summary, event.question
            )
        case CallbackClosed():
            desk.callbacks.pop(event.chat, None)
        case _:
            pass
