"""What a person's word or press comes to: a `Step`, decided purely and carried out by `talk`."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from llmtb.actors.access import AcceptInvitation, Invite, Unlink
from llmtb.actors.chat import Dialogue, Draft
from llmtb.actors.floor import FloorCommand
from llmtb.actors.signing_in import OfferSignIn
from llmtb.channels.conversation.house import AskingCommand
from llmtb.channels.conversation.known import Card, Known, View
from llmtb.channels.conversation.words import Speech, Words
from llmtb.channels.port import TEXT_LIMIT, Attached, Inline, OutMessage, Reply
from llmtb.events.event import Event
from llmtb.events.floor import Role
from llmtb.policy import Policy
from llmtb.projections.history import Day
from llmtb.runtime.errors import Refused

AccessCommand = Invite | AcceptInvitation | Unlink | OfferSignIn


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How the conversation behaves.

    press_seconds: an older press asks again. pin_capacity: whether every agent who checks in gets a
    pinned message with the live capacity. dialogue_minutes: a dialogue left alone for so long
    is over. invitation_hours: how long an invitation opens. board_seconds: least time between two
    changes of a live message. language: spoken to whoever's own language is not known.
    console: the address of the console, without a slash at its end.
    """

    press_seconds: int = 120
    pin_capacity: bool = False
    dialogue_minutes: int = 15
    invitation_hours: int = 72
    board_seconds: float = 3.0
    edits_per_second: float = 15.0
    language: str = "en"
    console: str = ""


History = Callable[[str], Awaitable[Sequence[Day]]]
"""The view of a person's own past days, the newest first."""


class Say(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be told; the fields are those of Draft, less the message's id."""

    text: str
    keyboard: Inline | Reply | None = None
    attachment: Attached | None = None
    until: datetime | None = None
    pin: bool | None = None
    board: View | None = None

    def draft(self, message: str) -> Draft:
        """The message under an id."""
        return Draft(
            message=message,
            text=fitting(self.text),
            keyboard=self.keyboard,
            attachment=self.attachment,
            until=self.until,
            pin=self.pin,
            board=self.board,
        )

    def out(self) -> OutMessage:
        """The message as it goes out; its attachment stays behind."""
        return OutMessage(text=fitting(self.text), keyboard=self.keyboard)


def fitting(text: str, limit: int = TEXT_LIMIT) -> str:
    """The text, cut to a limit in UTF-16 units: what is too long to be told is told in part."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * limit:
        return str(text)
    return units[: 2 * (limit - 1)].decode("utf-16-le", "ignore") + "…"


def in_parts(text: str, limit: int = TEXT_LIMIT - 200) -> list[str]:
    """The text in as many messages as it takes, so that nothing of it is lost.

    limit: of one of them, in UTF-16 units; by default with room for a line above it.
    """
    parts, units = [], text.encode("utf-16-le")
    while units:
        part = units[: 2 * limit].decode("utf-16-le", "ignore")
        parts.append(part)
        units = units[len(part.encode("utf-16-le")) :]
    return parts


class Elsewhere(NamedTuple):
    """Something to be told to another chat; told once for each `key`."""

    chat: str
    say: Say
    key: str


class Wanted(NamedTuple):
    """A draft that an agent wants: to which question, by id and text; no id: none any more."""

    question: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one word or press comes to. The parts are carried out in this order.

    command: asked first, under `command_id` (default: the update's own id); `after` says what
    follows from its events (none: it changed nothing), `refused` what is said if it is refused
    (default: the actor's own reason), or the whole step that follows.
    lookup: a view to be asked, and what follows from its answer.
    toast: the answer to a press; `alert`: one to be closed.
    redraw: what the message with the pressed button becomes.
    whisper: sent at once and recorded nowhere: it holds a secret, or is for a stranger.
    replies, dialogue, language, hide_board: see Respond. elsewhere: for other chats.
    draft: what a reply is to be drafted to.
    """

    command: FloorCommand | AccessCommand | AskingCommand | None = None
    command_id: str | None = None
    after: "Callable[[Sequence[Event]], Step] | None" = None
    refused: "str | Step" = ""
    lookup: "Callable[[History], Awaitable[Step]] | None" = None
    toast: str = ""
    alert: bool = False
    redraw: Say | None = None
    whisper: Say | None = None
    replies: tuple[Say, ...] = ()
    dialogue: Dialogue | UnsetType | None = UNSET
    language: str | None = None
    hide_board: bool = False
    elsewhere: tuple[Elsewhere, ...] = ()
    draft: Wanted | None = None


class Unclear(Exception):
    """A word that does not fit what was asked; its text says what does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a word is read against. agent: who speaks: a known person's id, or a stranger's chat.

    name: what to call them; it may be empty. message: the id of the message whose button was
    pressed. update: this update's id. new_code: gives a fresh invitation code. bot: the bot's
    public name. said: what followed the command, if one was written. media: whether a picture, a
    voice or a file came with the words.
    """

    known: Known
    words: Words
    speech: Speech
    now: datetime
    settings: Settings
    agent: str
    role: Role
    chat: str
    update: str
    new_code: Callable[[], str]
    bot: str
    name: str = ""
    message: int | None = None
    said: str = ""
    media: bool = False

    @property
    def policy(self) -> Policy:
        """The company's settings in force."""
        return self.known.floor.centre.policy

    @property
    def card(self) -> Card:
        """The chat."""
        return self.known.card(self.chat)

    def speech_for(self, chat: str) -> Speech:
        """How another chat is spoken to."""
        language = self.known.card(chat).language or self.settings.language
        return self.words.speech(language, self.policy.zone)


Given = dict[str, str]


class Stage(NamedTuple):
    """One step of a dialogue.

    prompt: what is asked, with what was given before. take: what an answer comes to; raises
    Unclear.
    """

    roles: tuple[Role, ...]
    prompt: Callable[[Scene, Given], Say]
    take: Callable[[Scene, Given, str], Step]


class Verb(NamedTuple):
    """What a permanent button or a command does, and for whom; `fresh`: not if pressed long ago."""

    roles: tuple[Role, ...]
    act: Callable[[Scene], Step]
    fresh: bool = False


class Press(NamedTuple):
    """What a button under a message does, and for whom."""

    roles: tuple[Role, ...]
    act: Callable[[Scene, tuple[str, ...], datetime], Step]


def joined(step: Step, following: Step) -> Step:
    """A step, its command or lookup done, and what followed from it, as one."""
    return Step(
        command=following.command,
        after=following.after,
        refused=following.refused,
        lookup=following.lookup,
        toast=following.toast or step.toast,
        alert=following.alert or step.alert,
        redraw=following.redraw or step.redraw,
        whisper=following.whisper or step.whisper,
        replies=(*step.replies, *following.replies),
        dialogue=step.dialogue if following.dialogue is UNSET else following.dialogue,
        language=following.language or step.language,
        hide_board=following.hide_board or step.hide_board,
        elsewhere=(*step.elsewhere, *following.elsewhere),
        draft=following.draft or step.draft,
    )


def after_refusal(scene: Scene, step: Step, refusal: Refused) -> Step:
    """What follows where an actor refuses."""
    if isinstance(step.refused, Step):
        return step.refused
    why = step.refused or scene.speech.say("That cannot be done: {reason}", reason=str(refusal))
    return Step(toast=why, alert=True, dialogue=None, replies=(Say(text=why),))
