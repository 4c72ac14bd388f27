"""Which chat is somebody's own: the one they have with the bot, or one of the console."""

from datetime import timedelta
from hashlib import sha256
from typing import Final

from llmtb.actors.access import AcceptInvitation, Invite, digest_of
from llmtb.actors.centre import AddAgent
from llmtb.channels.port import DESK, Said, chat_key, chat_number
from llmtb.channels.web.chat.speaking import LEAST
from llmtb.channels.web.console import Console
from llmtb.channels.web.viewer import OWNER, Viewer

_BITS: Final = 60
_LONG: Final = timedelta(minutes=5)


def own_chat(console: Console, viewer: Viewer) -> int | None:
    """The number of a viewer's chat; None for one who has none yet."""
    chat = console.known.chat_of(viewer.agent)
    return None if chat is None else chat_number(chat)


def desk_chat(agent: str) -> int:
    """The number of the chat that somebody of the house has in the console."""
    return DESK + (int.from_bytes(sha256(agent.encode()).digest()[:8], "big") >> (64 - _BITS))


async def begin(console: Console, viewer: Viewer) -> None:
    """Give a viewer a chat in the console, invited by themselves: they are signed in already.

    Where nobody signs in, whoever sits at this machine becomes a supervisor by the name of it.
    Raises what asking an actor raises.
    """
    if own_chat(console, viewer) is not None:
        return
    known, agent = console.known, viewer.agent
    person = known.person(agent)
    if person is None:
        if agent != OWNER:
            return
        await console.house.floor(
            AddAgent(agent=agent, name=viewer.name or None, role="supervisor")
        )
    role = person.role if person is not None else "supervisor"
    code = digest_of(console.new_text(32))
    invite = Invite(by=agent, agent=agent, role=role, code_digest=code, until=console.now() + _LONG)
    await console.house.access(invite)
    account = chat_key(desk_chat(agent))
    done = await console.house.access(AcceptInvitation(code_digest=code, account=account))
    if done:
        await console.feeder.reached(done[-1].seq)
    await greet(console, desk_chat(agent), viewer.speech.language, viewer.name)


async def greet(console: Console, chat: int, language: str, name: str) -> None:
    """Have the bot say hello in a chat, with the buttons. Raises what asking an actor raises."""
    hello = Said(
        chat=chat,
        user=chat,
        message_id=LEAST + console.journal.head,
        text="/start",
        at=console.now(),
        language_code=language,
        first_name=name,
    )
    await console.handle(hello)
