"""The events of a conversation: questions, answers, hand-overs, and the messages that went out.

The names and fields are the published language; fields are only ever appended, with a default.
"""

from typing import Any, Literal

from llmtb.events.event import Event

Audience = Literal["agent", "customer"]
Origin = Literal["faq", "cache", "extract", "model", "person"]


class QuestionAsked(Event, frozen=True, kw_only=True):
    """Somebody asked something; `language` is None until it is known."""

    chat: str
    question: str
    text: str
    language: str | None
    audience: Audience


class PassagesFound(Event, frozen=True, kw_only=True):
    """The passages (document, version, span, score) that were found for a question."""

    question: str
    passages: list[dict[str, Any]]


class AnswerGiven(Event, frozen=True, kw_only=True):
    """A question was answered; `confidence` is from 0 to 1."""

    question: str
    text: str
    sources: list[str]
    origin: Origin
    model: str | None
    confidence: float | None
    milliseconds: int


class AnswerWithheld(Event, frozen=True, kw_only=True):
    """A question was not answered, because nothing that is known answers it."""

    question: str
    reason: str


class AnswerRated(Event, frozen=True, kw_only=True):
    """The one who asked rated the answer."""

    question: str
    rating: int


class HandedOver(Event, frozen=True, kw_only=True):
    """A person was asked to take a conversation over."""

    chat: str
    reason: str
    summary: str


class TakenBack(Event, frozen=True, kw_only=True):
    """The bot took a conversation back."""

    chat: str
    reason: str
    summary: str


class MessageQueued(Event, frozen=True, kw_only=True):
    """A message to a chat is to be sent; `message` is unique in the chat."""

    chat: str
    message: str
    text: str


class MessageSent(Event, frozen=True, kw_only=True):
    """A message reached the chat's server."""

    chat: str
    message: str


class MessageFailed(Event, frozen=True, kw_only=True):
    """A message will never reach the chat, and why."""

    chat: str
    message: str
    error: str


CHAT_EVENTS: tuple[type[Event], ...] = (
    QuestionAsked,
    PassagesFound,
    AnswerGiven,
    AnswerWithheld,
    AnswerRated,
    HandedOver,
    TakenBack,
    MessageQueued,
    MessageSent,
    MessageFailed,
)
