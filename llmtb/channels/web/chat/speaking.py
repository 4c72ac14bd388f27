"""What is written and pressed in a page, on its way to the conversation.

The page numbers each of its words and presses; what it sends again is therefore taken once.
"""

import asyncio
from typing import Final

from llmtb.channels.conversation.house import TRANSIENT
from llmtb.channels.port import (
    TEXT_LIMIT,
    TOKEN_LIMIT,
    WEB_QUERY,
    Pressed,
    Said,
    chat_key,
)
from llmtb.channels.web.console import Console
from llmtb.channels.web.window.window import Toast

LEAST, MOST = 1 << 40, 1 << 53
"""Between these a page chooses its numbers by chance: above all events, exact in a script."""
PATIENCE: Final = 8.0
"""Seconds for which what was not taken is tried again."""
_FIRST_WAIT, _LAST_WAIT = 0.1, 1.0


class NotTaken(Exception):
    """What somebody wrote or pressed has had no effect yet; the same may be sent again."""


class Unfit(Exception):
    """What a page sent is nothing that somebody can say; its text says why, for a developer."""


async def say(
    console: Console, chat: int, text: str, nonce: int, language: str | None = None, name: str = ""
) -> int | None:
    """Have somebody's words taken; return the event that holds them, if one does.

    chat: the number of their own private chat. nonce: see LEAST. name: what they call themselves.
    Raises Unfit, or NotTaken.
    """
    check(nonce)
    if not text.strip():
        raise Unfit("there are no words")
    if len(text.encode("utf-16-le", "surrogatepass")) > 2 * TEXT_LIMIT:
        raise Unfit(f"more than {TEXT_LIMIT} UTF-16 units")
    text = text.encode("utf-8", "replace").decode()  # half of a pair is no character
    said = Said(
        chat=chat,
        user=chat,
        message_id=nonce,
        text=text,
        at=console.clock.now(),
        language_code=language,
        first_name=name,
    )
    key, pages = chat_key(chat), console.pages
    pages.said(key, nonce, text)
    try:
        await _insist(console, said)
    except BaseException:
        pages.unsaid(key, nonce)
        raise
    return pages.recorded_as(key, nonce, said.update)


async def press(
    console: Console,
    chat: int,
    message: int,
    token: str,
    nonce: int,
    language: str | None = None,
    name: str = "",
) -> Toast:
    """Have a press on a button taken, and return the answer to it.

    message: the number that the page has for the message. Raises Unfit, or NotTaken.
    """
    check(nonce)
    if not 0 < len(token.encode("utf-8", "replace")) <= TOKEN_LIMIT:
        raise Unfit("no button has such a token")
    key, pages = chat_key(chat), console.pages
    query = f"{WEB_QUERY}{key}:{nonce}"
    pressed = Pressed(
        chat=chat,
        user=chat,
        query_id=query,
        message_id=await pages.remote_of(key, message),
        token=token,
        at=console.clock.now(),
        language_code=language,
        first_name=name,
    )
    answer = pages.expect(query)
    try:
        await _insist(console, pressed)
        return answer.result() if answer.done() and not answer.cancelled() else Toast()
    finally:
        pages.forget(query)


def check(nonce: int) -> None:
    """Raises Unfit for a number that no page chooses."""
    if not LEAST <= nonce < MOST:
        raise Unfit(f"a nonce is from {LEAST} to {MOST - 1}")


async def _insist(console: Console, update: Said | Pressed) -> None:
    wait = _FIRST_WAIT
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    return await console.handle(update)
                except TRANSIENT:
                    await asyncio.sleep(wait)
                    wait = min(wait * 2, _LAST_WAIT)
    except TimeoutError as late:
        raise NotTaken(update.update) from late
