"""Drafts for agents: a model writes a reply into one message, while the agent watches.

What streams is recorded nowhere; the whole draft is, before the last change of the message. It is
marked as a draft from its first word to its last, and nobody but the agent who asked sees it.
"""

import asyncio
import hashlib
import logging
from datetime import timedelta
from typing import Final

from llmtb.actors.asking import RecordDraft
from llmtb.actors.chat import Draft, QueueMessage
from llmtb.channels.conversation.house import TRANSIENT, Drafting, House, ask
from llmtb.channels.conversation.phrases import as_written
from llmtb.channels.conversation.step import Wanted, fitting
from llmtb.channels.conversation.words import Speech, mark
from llmtb.channels.port import (
    Flooded,
    NotModified,
    OutMessage,
    Port,
    PortError,
    chat_number,
)
from llmtb.inference.errors import InferenceError, Unsupported
from llmtb.runtime.clock import Clock
from llmtb.runtime.errors import Refused

log = logging.getLogger(__name__)

_BETWEEN: Final = 1.5  # seconds between two changes of the message
_TRIES: Final = 5  # of the last change, which holds the whole draft
_LONGEST_WAIT: Final = 60.0  # seconds that a flooded server is waited for
_DOUBTFUL: Final = mark(
    "⚠ The documents do not bear this draft out. Better take the answer above, word for word."
)


class Drafts:
    """The drafts under way, one of each chat at a time."""

    def __init__(self, house: House, port: Port, drafting: Drafting | None, clock: Clock) -> None:
        self._house = house
        self._port = port
        self._drafting = drafting
        self._clock = clock
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def begin(self, chat: str, wanted: Wanted, speech: Speech, update: str) -> bool:
        """Begin a draft; False where one of the chat is under way, or none can be written."""
        if self._drafting is None or chat in self._tasks:
            return False
        work = self._write(self._drafting, chat, wanted, speech, update)
        task = self._tasks[chat] = asyncio.create_task(work, name=f"draft of {chat}")
        task.add_done_callback(lambda _: self._tasks.pop(chat, None))
        return True

    def cancel(self, chat: str) -> None:
        """Leave the chat's draft as it is, if one is under way."""
        task = self._tasks.get(chat)
        if task is not None:
            task.cancel()

    async def close(self) -> None:
        """Leave all drafts as they are."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _write(
        self, drafting: Drafting, chat: str, wanted: Wanted, speech: Speech, update: str
    ) -> None:
        number, began = chat_number(chat), self._clock.now()
        if number is None:
            return
        place = _Place(self._port, number, update)
        text, below = "", ""
        try:
            await place.draw(f"{speech.say('Draft, not checked by anybody:')} …")
            try:
                async for piece in drafting.draft(wanted.question, wanted.text):
                    text += piece
                    await place.draw(f"{draft_text(speech, text)} …")
            except Unsupported as doubt:
                log.info("a draft for question %s: %s", wanted.question, doubt)
                below = f"\n\n{speech.say(_DOUBTFUL)}"
            if not text.strip():
                raise InferenceError("the model wrote nothing")
            record = RecordDraft(
                chat=chat,
                question=wanted.question,
                text=fitting(text.strip()),
                model=drafting.model,
                milliseconds=(self._clock.now() - began) // timedelta(milliseconds=1),
            )
            await ask(self._house, record, f"{update}:draft")
            await self._finish(place, chat, draft_text(speech, text) + below, update)
        except (InferenceError, Refused, *TRANSIENT) as trouble:
            log.warning("a draft for question %s failed: %s", wanted.question, trouble)
            failed = speech.say("The draft could not be written just now.")
            await self._finish(place, chat, failed, update)

    async def _finish(self, place: "_Place", chat: str, text: str, update: str) -> None:
        """The last change of the message; where that cannot be done, a new message."""
        for _ in range(_TRIES):
            try:
                await place.show(text)
            except Flooded as flood:
                await asyncio.sleep(min(flood.seconds, _LONGEST_WAIT))
            except PortError:
                break
            else:
                return
        message = Draft(message=f"reply:{update}:draft", text=fitting(text))
        try:
            await self._house.chat(chat, QueueMessage(chat=chat, draft=message))
        except TRANSIENT as trouble:
            log.warning("a draft could not be shown in chat %s: %s", chat, trouble)


class _Place:
    """The message that is drawn over and over, no more often than people can read."""

    def __init__(self, port: Port, chat: int, update: str) -> None:
        self._port = port
        self._chat = chat
        digest = hashlib.sha256(f"draft\n{update}".encode()).digest()
        self._random_id = int.from_bytes(digest[:8], "big", signed=True) or 1
        self._message: int | None = None
        self._next = 0.0

    async def draw(self, text: str) -> None:
        """Show a text that the next one takes the place of, unless it comes too soon."""
        now = asyncio.get_running_loop().time()
        if now < self._next:
            return
        self._next = now + _BETWEEN
        try:
            await self.show(text)
        except Flooded as flood:
            self._next = now + max(flood.seconds, _BETWEEN)
        except PortError as trouble:
            log.info("a draft in chat %d was not shown: %s", self._chat, trouble)

    async def show(self, text: str) -> None:
        """Show a text. Raises PortError."""
        out = OutMessage(text=fitting(text))
        try:
            if self._message is None:
                self._message = await self._port.send(self._chat, out, self._random_id)
            else:
                await self._port.edit(self._chat, self._message, out)
        except NotModified:
            pass


def draft_text(speech: Speech, text: str) -> str:
    """A draft, marked as one."""
    return f"{speech.say('Draft, not checked by anybody:')}\n\n{as_written(text)}"
