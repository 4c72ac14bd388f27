"""One chat: its language, its dialogue, what it asks, the messages it is owed, its live message.

What a person's words mean is read in `llmtb.channels.conversation`; here it becomes lasting.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from llmtb.actors import asking
from llmtb.actors.asking import BOT, Asking, ChatId
from llmtb.actors.command import Command
from llmtb.events.chat import (
    Attached,
    BoardHidden,
    BoardShown,
    DialogueMoved,
    Inline,
    LanguageChosen,
    MessageFailed,
    MessageQueued,
    MessageSent,
    Reply,
)
from llmtb.events.event import Event

MessageId = Annotated[str, Meta(min_length=1, max_length=200)]


# --- state -------------------------------------------------------------------------------------


class Dialogue(msgspec.Struct, frozen=True):
    """A dialogue of several steps that waits for the person's next word; see DialogueMoved."""

    step: str
    given: dict[str, str] = {}


class Chat(msgspec.Struct):
    """A chat. waiting: the messages not yet sent or given up, oldest first. board: live one."""

    language: str | None = None
    dialogue: Dialogue | None = None
    waiting: dict[str, None] = {}
    board: str | None = None
    asking: Asking = msgspec.field(default_factory=Asking)


# --- commands ----------------------------------------------------------------------------------


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A message to be queued; `board` makes it the chat's live message of that view.

    The other fields are those of MessageQueued.
    """

    message: MessageId
    text: Annotated[str, Meta(min_length=1, max_length=4096)]
    keyboard: Inline | Reply | None = None
    attachment: Attached | None = None
    until: datetime | None = None
    pin: bool | None = None
    board: Literal["floor", "capacity"] | None = None


class QueueMessage(Command, frozen=True, kw_only=True, tag="queue_message"):
    """Tell a chat something."""

    chat: ChatId
    draft: Draft
    by: str = BOT


class Respond(Command, frozen=True, kw_only=True, tag="respond"):
    """All that one word or press of a person does to the chat, at once or not at all.

    dialogue: where the dialogue goes from here; None ends it, UNSET leaves it.
    language: the one to speak from now on. hide_board: let go of the live message.
    """

    chat: ChatId
    by: str
    messages: tuple[Draft, ...] = ()
    dialogue: Dialogue | UnsetType | None = UNSET
    language: str | None = None
    hide_board: bool = False


class ChooseLanguage(Command, frozen=True, kw_only=True, tag="choose_language"):
    """Speak this language in the chat."""

    chat: ChatId
    language: Annotated[str, Meta(pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]+)*\Z")]
    by: str = BOT


class RecordSent(Command, frozen=True, kw_only=True, tag="record_sent"):
    """A queued message has reached the server, where its number is `remote`, if known."""

    chat: ChatId
    message: MessageId
    remote: int | None = None


class RecordFailed(Command, frozen=True, kw_only=True, tag="record_failed"):
    """A queued message is given up; `error` as in MessageFailed."""

    chat: ChatId
    message: MessageId
    error: str


# --- decide ------------------------------------------------------------------------------------


def respond(chat: Chat, command: Respond, now: datetime) -> Iterator[Event]:
    """The language, the dialogue and the messages of one response, in this order."""
    name, by = command.chat, command.by
    if command.language is not None:
        yield from choose_language(chat, name, command.language, by, now)
    if command.dialogue is not UNSET:
        yield from _move(chat, name, command.dialogue, by, now)
    if command.hide_board and chat.board is not None:
        yield BoardHidden(at=now, by=by, chat=name, message=chat.board)
    for draft in command.messages:
        yield from queue(chat, name, draft, by, now)


def queue(chat: Chat, name: str, draft: Draft, by: str, now: datetime) -> Iterator[Event]:
    """The message queued, unless it waits already."""
    if draft.message in chat.waiting:
        return
    yield MessageQueued(
        at=now,
        by=by,
        chat=name,
        message=draft.message,
        text=draft.text,
        keyboard=draft.keyboard,
        attachment=draft.attachment,
        until=draft.until,
        pin=draft.pin,
    )
    if draft.board is not None:
        yield BoardShown(at=now, by=by, chat=name, message=draft.message, view=draft.board)


def choose_language(
    chat: Chat, name: str, language: str, by: str, now: datetime
) -> Iterator[Event]:
    """The chat's language, if it is another one."""
    if chat.language != language:
        yield LanguageChosen(at=now, by=by, chat=name, language=language)


def record(chat: Chat, command: RecordSent | RecordFailed, now: datetime) -> Iterator[Event]:
    """What became of a message that waits; of any other nothing is said twice."""
    if command.message not in chat.waiting:
        return
    name, message = command.chat, command.message
    if isinstance(command, RecordSent):
        yield MessageSent(at=now, by=BOT, chat=name, message=message, remote=command.remote)
    else:
        yield MessageFailed(at=now, by=BOT, chat=name, message=message, error=command.error)


def _move(
    chat: Chat, name: str, dialogue: Dialogue | None, by: str, now: datetime
) -> Iterator[Event]:
    if dialogue == chat.dialogue:
        return
    step, given = (dialogue.step, dialogue.given) if dialogue else (None, {})
    yield DialogueMoved(at=now, by=by, chat=name, step=step, given=given)


# --- evolve ------------------------------------------------------------------------------------


def evolve(chat: Chat, event: Event) -> None:
    """Take in one event of this chat; those that change nothing here are passed over."""
    match event:
        case MessageQueued():
            chat.waiting[event.message] = None
        case MessageSent() | MessageFailed():
            chat.waiting.pop(event.message, None)
        case LanguageChosen():
            chat.language = event.language
        case DialogueMoved(step=None):
            chat.dialogue = None
        case DialogueMoved():
            chat.dialogue = Dialogue(event.step or "", event.given)
        case BoardShown():
            chat.board = event.message
        case BoardHidden():
            chat.board = None
        case _:
            asking.evolve(chat.asking, event)


# --- actor -------------------------------------------------------------------------------------


class ChatBehaviour:
    """How a chat decides, for the runtime's event-sourced actor; `chat` is its key."""

    format = "chat.2"

    def __init__(self, chat: str) -> None:
        self._chat = chat
        self._stream = f"chat/{chat}"

    def initial(self) -> Chat:
        return Chat()

    def decide(self, state: Chat, command: Command, now: datetime) -> Iterator[Event]:
        """Yield the events; raises TypeError for a command that is not a chat's."""
        match command:
            case QueueMessage():
                yield from queue(state, command.chat, command.draft, command.by, now)
            case Respond():
                yield from respond(state, command, now)
            case ChooseLanguage():
                yield from choose_language(state, command.chat, command.language, command.by, now)
            case RecordSent() | RecordFailed():
                yield from record(state, command, now)
            case asking.EndIdle():
                yield from asking.end_idle(state.asking, self._chat, now)
            case _ if isinstance(command, asking.AskingCommand):
                yield from asking.decide(state.asking, command, now)
            case _:
                raise TypeError(f"a chat cannot {type(command).__name__}")

    def evolve(self, state: Chat, event: Event) -> Chat:
        evolve(state, event)
        return state

    def stream(self, event: Event) -> str:
        return self._stream

    def due(self, state: Chat, after: datetime | None) -> datetime | None:
        """The end of an idle session."""
        due = asking.due(state.asking)
        return None if due is None or after is None or due <= after else due

    def elapse(self) -> Command:
        return asking.EndIdle()

    def encode(self, state: Chat) -> bytes:
        return msgspec.msgpack.encode(state)

    def decode(self, state: bytes) -> Chat:
        return msgspec.msgpack.decode(state, type=Chat)
