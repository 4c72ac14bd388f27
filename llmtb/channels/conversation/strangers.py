"""Who speaks: somebody of the house, or a customer that nobody invited, if the company has such.

An identity is the numeric id of an account, never a name: Javad and javad are two people.
"""

from typing import NamedTuple

from llmtb.channels.conversation.inviting import LONGEST_NAME
from llmtb.channels.conversation.known import Known, Member
from llmtb.channels.conversation.words import Speech, plain
from llmtb.channels.port import Pressed, Said, chat_key
from llmtb.events.floor import Role


class Speaker(NamedTuple):
    """One who may speak here. id: a known person's, or the account of a customer of no roster.

    name: what to call them; it may be empty, and identifies nobody.
    """

    id: str
    chat: str
    role: Role
    name: str


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
    return Speaker(member.id, member.chat, member.person.role, name)


def is_welcome(known: Known, chat: str) -> bool:
    """Whether an account that is nobody's on the roster is a customer's."""
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
