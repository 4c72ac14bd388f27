"""What an event is told against, and to whom."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from llmtb.channels.conversation.known import Known
from llmtb.channels.conversation.phrases import supervisors
from llmtb.channels.conversation.step import Say, Settings
from llmtb.channels.conversation.words import Speech, Words
from llmtb.events.floor import Role
from llmtb.inference.language import detect


class Notice(NamedTuple):
    """Something to be told to a chat because of an event. awaited: somebody waits for it."""

    chat: str
    say: Say
    awaited: bool = False


class Occasion(NamedTuple):
    """An event, and what it is told against. known: as of this event.

    drafts: whether there is a model that drafts replies.
    """

    known: Known
    words: Words
    settings: Settings
    event: Any
    drafts: bool = False

    def speech(self, chat: str, language: str | None = None) -> Speech:
        """How a chat is spoken to: in a language, if there are words for it, else its own."""
        if language is None or language not in self.words.languages:
            language = self.known.card(chat).language or self.settings.language
        return self.words.speech(language, self.known.floor.centre.policy.zone)

    def speech_of_talk(self, chat: str, language: str | None = None) -> Speech:
        """How a chat is spoken to about what it asked: in the language it asked in last."""
        asked = self.known.asked(chat)
        if language is None and asked:
            hint = self.known.card(chat).language
            language = detect(asked[-1].text, tuple(self.words.languages), hint).language
        return self.speech(chat, language)


def to_person(occasion: Occasion, agent: str) -> Iterator[tuple[str, Speech]]:
    """The chat of one person and its language; nothing if they have none."""
    chat = occasion.known.chat_of(agent)
    if chat is not None:
        yield chat, occasion.speech(chat)


def to_roles(occasion: Occasion, *roles: Role) -> Iterator[tuple[str, Speech]]:
    """The chats of everybody in one of these roles, each with its language."""
    for member in occasion.known.members(*roles):
        yield member.chat, occasion.speech(member.chat)


def to_supervisors(occasion: Occasion, but: str = "") -> Iterator[tuple[str, Speech]]:
    """The chats of all supervisors but one, each with its language."""
    for who, chat in supervisors(occasion.known):
        if who != but:
            yield chat, occasion.speech(chat)
