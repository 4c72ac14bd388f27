"""The bot of a house whose journal takes nothing: it answers everybody, and changes nothing."""

import hashlib
import logging
from datetime import datetime, timedelta
from typing import Final

from llmtb.channels.conversation.feeder import Feeder
from llmtb.channels.conversation.step import Settings
from llmtb.channels.conversation.words import Speech, Words
from llmtb.channels.port import OutMessage, Port, PortError, Pressed, Said, chat_key
from llmtb.runtime.clock import Clock

log = logging.getLogger(__name__)

_EVERY: Final = timedelta(seconds=5)  # between two answers to what one person writes
_KEPT: Final = 1000  # chats whose last answer is remembered


class Closed:
    """Answers what people do in their chats: with one sentence, that nothing can be changed."""

    def __init__(
        self, feeder: Feeder, port: Port, words: Words, settings: Settings, clock: Clock
    ) -> None:
        self._feeder = feeder
        self._port = port
        self._words = words
        self._settings = settings
        self._clock = clock
        self._answered: dict[int, datetime] = {}

    async def handle(self, update: Said | Pressed) -> None:
        """Answer one update; nothing of it is kept, and one that cannot be answered is dropped."""
        if update.chat != update.user:
            return
        await self._feeder.ready()
        text = self._speech(update).say(
            "Nothing can be changed at the moment: the records must be checked first. Please turn "
            "to a supervisor."
        )
        try:
            if isinstance(update, Pressed):
                await self._port.answer(update.query_id, text, alert=True)
            elif self._is_due(update.chat):
                await self._port.send(update.chat, OutMessage(text=text), _number(update))
        except PortError as trouble:
            log.info("chat %d was not told that nothing can be changed: %s", update.chat, trouble)

    def _speech(self, update: Said | Pressed) -> Speech:
        known = self._feeder.known
        language = known.card(chat_key(update.chat)).language
        if language is None:
            language = self._words.language_for(update.language_code, self._settings.language)
        return self._words.speech(language, known.floor.centre.policy.zone)

    def _is_due(self, chat: int) -> bool:
        """Whether a chat is answered again: one that writes a lot needs no more than this."""
        now, last = self._clock.now(), self._answered.pop(chat, None)
        due = last is None or now - last >= _EVERY
        self._answered[chat] = now if due or last is None else last
        if len(self._answered) > _KEPT:
            del self._answered[next(iter(self._answered))]
        return due


def _number(update: Said) -> int:
    digest = hashlib.sha256(f"closed\n{update.update}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True) or 1
