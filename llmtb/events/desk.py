"""The events of the desk: conversations that a person takes over, and people to be called back.

The names and fields are the published language; fields are only ever appended, with a default.
"""

from typing import Annotated, Literal

from llmtb.events.event import Event
from llmtb.events.personal import TALK

STREAM = "desk/conversations"
"""The stream of all events of the desk."""


class HandedOver(Event, frozen=True, kw_only=True):
    """A person was asked to take a conversation over; the bot is silent in it until TakenBack.

    reason: why, such as `no_knowledge`, or `requested`. agent: who has it. question: the one that
    waits for an answer.
    """

    chat: str
    reason: str
    summary: Annotated[str, TALK]
    agent: str | None = None
    question: str | None = None


class TakenBack(Event, frozen=True, kw_only=True):
    """The bot took a conversation back.

    reason: `done` by whoever had it, `exit` by the customer, `supervisor`, or `agent_away`: the
    agent rests or has left, and another one is to take it over.
    """

    chat: str
    reason: str
    summary: Annotated[str, TALK]
    agent: str | None = None


class MessageRelayed(Event, frozen=True, kw_only=True):
    """Words of a conversation that a person has taken over.

    sender: whose they are. agent: who has the conversation; None: nobody yet, and the words wait
    with the callback. update: the channel's id of the message.
    """

    chat: str
    agent: str | None
    sender: Literal["customer", "agent"]
    text: Annotated[str, TALK]
    update: str


class CallbackOpened(Event, frozen=True, kw_only=True):
    """Nobody was free to take a conversation over: the customer is to be called back."""

    chat: str
    reason: str
    summary: Annotated[str, TALK]
    question: str | None = None


class CallbackClosed(Event, frozen=True, kw_only=True):
    """A callback is done with. reason: `taken` by an agent, or a person's words."""

    chat: str
    reason: Annotated[str, TALK]


DESK_EVENTS: tuple[type[Event], ...] = (
    HandedOver,
    TakenBack,
    MessageRelayed,
    CallbackOpened,
    CallbackClosed,
)
