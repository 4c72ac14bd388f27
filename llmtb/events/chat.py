"""The events of a conversation: questions, answers, and the messages that went out.

The names and fields are the published language; fields are only ever appended, with a default.
"""

from typing import Annotated, Any, Literal

import msgspec

from llmtb.events.event import Event, Instant
from llmtb.events.personal import CHOICES, GIVEN, MESSAGE, QUESTION, Personal

Audience = Literal["agent", "customer"]
Origin = Literal["faq", "cache", "extract", "model", "person"]


class SessionStarted(Event, frozen=True, kw_only=True):
    """A chat asks from now on; it ends by itself after `idle_minutes` without a word."""

    chat: str
    audience: Audience
    idle_minutes: int


class SessionEnded(Event, frozen=True, kw_only=True):
    """A chat asks no more, and what was said in it counts for nothing in the next session.

    reason: `exit` by the person, or `idle`.
    """

    chat: str
    reason: Literal["exit", "idle"]


class QuestionAsked(Event, frozen=True, kw_only=True):
    """Somebody asked something; `language` is None until it is known.

    level: the customer's, from 0. on_call: whether the agent who asks is on a call.
    """

    chat: str
    question: str
    text: Annotated[str, QUESTION]
    language: str | None
    audience: Audience
    level: int = 0
    on_call: bool = False


class QuestionRefused(Event, frozen=True, kw_only=True):
    """Questions of a chat are not taken for now, or one is too long; told once for each time.

    reason: `too_many_a_minute`, `too_many_a_day` or `too_long`.
    """

    chat: str
    reason: Literal["too_many_a_minute", "too_many_a_day", "too_long"]


class PassagesFound(Event, frozen=True, kw_only=True):
    """The passages (document, version, span, score) that were found for a question."""

    question: str
    passages: list[dict[str, Any]]


class AnswerGiven(Event, frozen=True, kw_only=True):
    """A question was answered; `confidence` is from 0 to 1.

    language: of the text. original: the passage as it stands in the document, where the text is a
    translation of it.
    """

    question: str
    text: Annotated[str, QUESTION]
    sources: list[str]
    origin: Origin
    model: str | None
    confidence: float | None
    milliseconds: int
    language: str | None = None
    original: Annotated[str | None, QUESTION] = None


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A passage that may be meant: what it is called, and the answer it would give."""

    label: str
    text: str
    source: str
    origin: Origin = "extract"
    language: str | None = None
    original: str | None = None


class ChoicesOffered(Event, frozen=True, kw_only=True):
    """A question may mean one of these, best first; who asked is to say which, or a person."""

    question: str
    choices: Annotated[list[Choice], CHOICES]
    milliseconds: int


class AnswerWithheld(Event, frozen=True, kw_only=True):
    """A question was not answered, because nothing that is known answers it."""

    question: str
    reason: str


class AnswerRated(Event, frozen=True, kw_only=True):
    """The one who asked rated the answer: 1 helped, 0 did not."""

    question: str
    rating: int


class DraftWritten(Event, frozen=True, kw_only=True):
    """A model drafted a reply for an agent; nobody has approved it."""

    question: str
    text: Annotated[str, QUESTION]
    model: str
    milliseconds: int


class Button(msgspec.Struct, frozen=True):
    """A button under a message; `token` is what a press on it brings back."""

    label: str
    token: str


class Inline(msgspec.Struct, frozen=True, tag="inline"):
    """Buttons under one message, row by row."""

    rows: tuple[tuple[Button, ...], ...]


class Reply(msgspec.Struct, frozen=True, tag="reply"):
    """The permanent buttons under the writing line, row by row; a press sends the label."""

    rows: tuple[tuple[str, ...], ...]


KEYBOARD = Personal("messages", Reply(()))


class Attached(msgspec.Struct, frozen=True):
    """A file that goes with a message, by name; its bytes are drawn when it is sent.

    form: the sheet or the picture of a shift's report. language: of its words.
    """

    shift: str
    form: Literal["xlsx", "csv", "png"]
    language: str


class MessageQueued(Event, frozen=True, kw_only=True):
    """A message to a chat is to be sent; `message` is unique in the chat.

    until: the instant from which it is worth nothing any more, and is not sent.
    pin: whether it becomes the chat's pinned message.
    """

    chat: str
    message: str
    text: Annotated[str, MESSAGE]
    keyboard: Annotated[Inline | Reply | None, KEYBOARD] = None
    attachment: Attached | None = None
    until: Instant | None = None
    pin: bool | None = None


class MessageSent(Event, frozen=True, kw_only=True):
    """A message reached the chat's server; `remote` is its number there, where that is known."""

    chat: str
    message: str
    remote: int | None = None


class MessageFailed(Event, frozen=True, kw_only=True):
    """A message will never reach the chat, and why.

    error: begins with `unreachable` where nothing reaches the person any more (the bot is blocked,
    or the account gone); else the channel's own words.
    """

    chat: str
    message: str
    error: str


class LanguageChosen(Event, frozen=True, kw_only=True):
    """A chat is spoken to in this language (`en`, `fa`, …) from now on."""

    chat: str
    language: str


class DialogueMoved(Event, frozen=True, kw_only=True):
    """A dialogue of several steps waits at `step` for the person's next word; None: it is over.

    given: what the person has said so far, by name.
    """

    chat: str
    step: str | None
    given: Annotated[dict[str, str], GIVEN]


class BoardShown(Event, frozen=True, kw_only=True):
    """A message became the chat's live one, edited in place from now on instead of the last.

    view: `floor`, all that a supervisor watches, or `capacity`, the number alone.
    """

    chat: str
    message: str
    view: Literal["floor", "capacity"]


class BoardHidden(Event, frozen=True, kw_only=True):
    """The chat's live message is left as it is from now on."""

    chat: str
    message: str


CHAT_EVENTS: tuple[type[Event], ...] = (
    SessionStarted,
    SessionEnded,
    QuestionAsked,
    QuestionRefused,
    PassagesFound,
    AnswerGiven,
    ChoicesOffered,
    AnswerWithheld,
    AnswerRated,
    DraftWritten,
    MessageQueued,
    MessageSent,
    MessageFailed,
    LanguageChosen,
    DialogueMoved,
    BoardShown,
    BoardHidden,
)
