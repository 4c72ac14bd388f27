"""What the owner of the machine may have done at the door: a link for anybody, and the first admin.

Whoever may read the data folder asks for it there; so nobody is ever locked out of their own house.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from llmtb.actors.access import digest_of
from llmtb.actors.centre import AddAgent
from llmtb.actors.command import AgentId
from llmtb.actors.signing_in import OfferSignIn, RemoveSecondFactor
from llmtb.channels.conversation.console import sign_in_link
from llmtb.channels.conversation.known import Known
from llmtb.channels.web.console import Console
from llmtb.channels.web.door.sessions import roles_of
from llmtb.channels.web.door.signing import see
from llmtb.events.floor import Role
from llmtb.runtime.errors import Refused

DO: Final = "console_link"
OWNER: Final = "owner"


class LinkWanted(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag=DO):
    """A sign-in link for a person; without one, for the first admin or supervisor.

    role: what they are to be first. forget_second_factor: whether they lost theirs.
    """

    agent: AgentId | None = None
    role: Literal["admin"] | None = None
    forget_second_factor: bool = False


async def link_for(console: Console, address: str, request: Mapping[str, Any]) -> dict[str, str]:
    """A link that signs a person in, once; with whose it is, and until when (ISO 8601).

    address: of the console. Raises Refused, in one line.
    """
    try:
        wanted = msgspec.convert(request, LinkWanted)
    except msgspec.ValidationError as error:
        raise Refused(f"not a request: {error}") from error
    known = console.known
    agent = wanted.agent or first_of(known)
    if agent is None:
        raise Refused("nobody supervises yet; name a person, and make them one: ID --role admin")
    if wanted.role is not None:
        command = AddAgent(agent=agent, role=wanted.role, by=OWNER)
        await see(console, await console.house.floor(command))
    if not roles_of(known, agent):
        raise Refused(f"{agent!r} is nobody who signs in here; make them one: --role admin")
    if wanted.forget_second_factor:
        forget = RemoveSecondFactor(by=OWNER, agent=agent)
        await see(console, await console.house.access(forget))
    code = console.new_text(24)
    offer = OfferSignIn(agent=agent, offer=digest_of(code), way="owner", by=OWNER)
    await see(console, await console.house.access(offer))
    until = known.access.offers[digest_of(code)].until
    return {
        "agent": agent,
        "name": known.name(agent),
        "link": sign_in_link(address.rstrip("/"), code),
        "until": until.isoformat(),
    }


def first_of(known: Known) -> str | None:
    """The first admin by id; where there is none, the first supervisor."""
    people = sorted(known.floor.centre.roster.people.items())
    ranks: tuple[Role, ...] = ("admin", "supervisor")
    for role in ranks:
        for agent, person in people:
            if person.role == role:
                return agent
    return None
