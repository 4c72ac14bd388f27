"""What a visitor says without writing it: that they have come, and that they go.

Neither stands in the chat as their words; both reach the conversation as anybody's would.
"""

from typing import Final

from llmtb.channels.conversation.house import TRANSIENT
from llmtb.channels.conversation.presses import command_of
from llmtb.channels.port import Said, chat_key
from llmtb.channels.web.chat.speaking import NotTaken
from llmtb.channels.web.console import Console

_FIRST: Final = 0  # the number of the word that greets: a second greeting is the same one


async def arrive(console: Console, chat: int, language: str) -> None:
    """Have a visitor greeted, once in the life of a chat. Raises NotTaken."""
    await _say(console, chat, "/start", _FIRST, language)


async def leave(console: Console, chat: int, nonce: int, language: str) -> None:
    """End a visitor's session, and their talk with a person. Raises NotTaken.

    nonce: as for words; see `llmtb.channels.web.chat.speaking`.
    """
    await _say(console, chat, "/exit", nonce, language)


def has_begun(console: Console, chat: int) -> bool:
    """Whether there is anything for a visitor to leave."""
    key = chat_key(chat)
    held = key in console.known.floor.desk.held
    return held or console.known.card(key).session is not None


def harmless(text: str) -> str:
    """A visitor's words; an invitation is no business of this chat, whoever may hold its code.

    Whoever is of the house signs in to the console, where a second factor is asked for.
    """
    return "/start" if command_of(text)[0] == "start" else text


async def _say(console: Console, chat: int, text: str, number: int, language: str) -> None:
    said = Said(
        chat=chat,
        user=chat,
        message_id=number,
        text=text,
        at=console.clock.now(),
        language_code=language or None,
    )
    try:
        await console.handle(said)
    except TRANSIENT as trouble:
        raise NotTaken(said.update) from trouble
