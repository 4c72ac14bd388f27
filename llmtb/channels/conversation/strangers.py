"""Who speaks: somebody of the house, or a customer that nobody invited, if the company has such.

An identity is the numeric id of an account, never a name: Javad and javad are two people.
"""

from collections import deque
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from llmtb.channels.conversation.inviting import LONGEST_NAME
from llmtb.channels.conversation.known import Known, Member, bot_role
from llmtb.channels.conversation.words import Speech, plain
from llmtb.channels.port import Pressed, Said, channel_of, chat_key
from llmtb.events.floor import Role

_MINUTE: Final = timedelta(minutes=1)
_REMEMBERED: Final = 10_000  # chats


class Speaker(NamedTuple):
    """One who may speak here. id: a known person's, or the account of a customer of no roster.

    name: what to call them; it may be empty, and identifies nobody.
    """

    id: str
    chat: str
    role: Role
    name: str


class Patience:
    """How much of one whom nobody invited is taken in: what is above it is passed over.

    Questions have limits of their own, which every chat has; this is for whoever presses or writes
    without an end, so that the journal does not grow with it. It is forgotten at a restart.
    """

    def __init__(self) -> None:
        self._taken: dict[str, deque[datetime]] = {}

    def takes(self, chat: str, now: datetime, per_minute: int) -> bool:
        """Whether one more is taken now; in a minute at most `per_minute` are."""
        taken = self._taken.pop(chat, deque())
        while taken and now - taken[0] >= _MINUTE:
            taken.popleft()
        self._taken[chat] = taken
        if len(self._taken) > _REMEMBERED:
            del self._taken[next(iter(self._taken))]
        if len(taken) >= per_minute:
            return False
        taken.append(now)
        return True


def speaker_of(known: Known, update: Said | Pressed) -> Speaker | None:
    """Who speaks; None for one who is not let in."""
    chat = chat_key(update.user)
    called = plain(update.first_name)[:LONGEST_NAME].strip()
    member = known.member(chat)
    if member is not None:
        return of_member(member, called)
    if is_welcome(known, chat):
        return Speaker(chat, chat, "customer", called)
    return None


def of_member(member: Member, called: str) -> Speaker:
    """A known person, by the name they are known by."""
    name = member.person.name if member.person.name != member.id else called
    return Speaker(member.id, member.chat, bot_role(member.person.role), name)


def is_welcome(known: Known, chat: str) -> bool:
    """Whether an account that is nobody's on the roster is a customer's.

    Whoever talks with a colleague may finish, whatever the company's rules became meanwhile; who
    writes on the company's own site is one of those for whom it put the chat there.
    """
    if chat in known.floor.desk.held or channel_of(chat) == "site":
        return True
    match known.floor.centre.policy.questions.customers:
        case "anyone":
            return True
        case "list":
            return chat in known.access.customers
        case "invited":
            return False


def refusal(speech: Speech, known: Known) -> str:
    """All that anybody hears who is not let in."""
    if known.floor.centre.policy.questions.customers == "list":
        return speech.say(
            "Hello. This bot answers the customers of one company, and you are not on its list. "
            "Please ask the company to put you there."
        )
    return speech.say(
        "Hello. This bot is for the people of one company, and you are not on its list. "
        "Please ask your supervisor for an invitation link."
    )
