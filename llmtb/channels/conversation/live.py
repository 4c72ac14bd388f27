"""Keeping the live messages up to date: edited in place, no more often than people can read.

What a live message says is drawn anew from what is known and sent only if it differs. Nothing of
it is recorded: after a crash, the next drawing is right.
"""

import asyncio
import logging
from typing import Final

from llmtb.actors.chat import Respond
from llmtb.channels.conversation.board import text_of
from llmtb.channels.conversation.feeder import Feeder
from llmtb.channels.conversation.house import TRANSIENT, House
from llmtb.channels.conversation.known import Card
from llmtb.channels.conversation.step import Settings, fitting
from llmtb.channels.conversation.watching import READERS
from llmtb.channels.conversation.words import Words
from llmtb.channels.port import (
    Disconnected,
    Flooded,
    MessageGone,
    NotModified,
    OutMessage,
    Port,
    PortError,
    chat_number,
)
from llmtb.runtime.clock import Clock

log = logging.getLogger(__name__)

_LOOK_EVERY: Final = 30.0  # seconds; whoever becomes late does so without an event


class LiveMessages:
    """Edits the chats' live messages. `run` it in a task of its own."""

    def __init__(
        self,
        house: House,
        feeder: Feeder,
        port: Port,
        words: Words,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._house = house
        self._feeder = feeder
        self._port = port
        self._words = words
        self._settings = settings
        self._clock = clock
        self._shown: dict[tuple[str, int], str] = {}

    async def run(self) -> None:
        """Keep them up to date until cancelled."""
        await self._feeder.ready()
        while True:
            seq = self._feeder.known.seq
            wait = await self._draw_all()
            await asyncio.sleep(max(wait, self._settings.board_seconds))
            try:
                async with asyncio.timeout(_LOOK_EVERY):
                    await self._feeder.change(seq)
            except TimeoutError:
                continue

    async def _draw_all(self) -> float:
        """Draw what differs; return for how many seconds the server wants to be left alone."""
        for chat, card in list(self._feeder.known.chats.items()):
            try:
                await self._draw(chat, card)
            except Flooded as flood:
                if flood.everywhere:
                    return flood.seconds
            except Disconnected:
                return 0.0
            except PortError as trouble:
                log.info("the live message of chat %s was not changed: %s", chat, trouble)
        return 0.0

    async def _draw(self, chat: str, card: Card) -> None:
        board, number = card.board, chat_number(chat)
        member = self._feeder.known.member(chat)
        if board is None or board.remote is None or number is None or card.unreachable:
            return
        if member is None or (board.view == "floor" and member.person.role not in READERS):
            return  # whoever may not see it (any more) keeps an old picture, and gets no new one
        known = self._feeder.known
        language = card.language or self._settings.language
        speech = self._words.speech(language, known.floor.centre.policy.zone)
        text = fitting(text_of(board, known, speech, self._clock.now()))
        place = chat, board.remote
        if self._shown.get(place) == text:
            return
        # The outbox has messages to send meanwhile; whoever only watches leaves it room.
        await asyncio.sleep(1 / self._settings.edits_per_second)
        try:
            await self._port.edit(number, board.remote, OutMessage(text=text))
        except NotModified:
            pass
        except MessageGone:
            await self._let_go(chat)
            return
        self._shown[place] = text

    async def _let_go(self, chat: str) -> None:
        """A live message that was deleted is not drawn any more."""
        try:
            await self._house.chat(chat, Respond(chat=chat, by="bot", hide_board=True))
        except TRANSIENT as trouble:
            log.info("the live message of chat %s is still kept: %s", chat, trouble)
