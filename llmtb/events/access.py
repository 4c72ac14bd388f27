"""The events of access: who was invited, which account is whose.

An account is a person's numeric id in a channel, as text; names never identify anybody. What
opens the door is not kept: of an invitation's code only the SHA-256 digest is. The names and
fields are the published language; fields are only ever appended, with a default.
"""

from llmtb.events.event import Event, Instant
from llmtb.events.floor import Role

STREAM = "desk/access"
"""The stream of all events of access."""


class InvitationIssued(Event, frozen=True, kw_only=True):
    """A person was invited; an earlier invitation of the same person is void.

    invitation: the SHA-256 digest of its code, in hex. role: what the person will be.
    until: the instant from which it opens nothing.
    """

    invitation: str
    agent: str
    role: Role
    until: Instant


class InvitationWithdrawn(Event, frozen=True, kw_only=True):
    """An invitation that nobody used opens nothing any more."""

    invitation: str
    agent: str
    reason: str


class InvitationAccepted(Event, frozen=True, kw_only=True):
    """An account used an invitation, once for all, and is the person's from now on."""

    invitation: str
    agent: str
    account: str
    role: Role


class AccountUnlinked(Event, frozen=True, kw_only=True):
    """An account is nobody's any more.

    reason: `replaced` by another account of the same person, `removed` with the person, or a
    supervisor's words.
    """

    agent: str
    account: str
    reason: str


class CustomerListed(Event, frozen=True, kw_only=True):
    """An account may ask as a customer of this level; an earlier level counts no more."""

    account: str
    level: int


class CustomerUnlisted(Event, frozen=True, kw_only=True):
    """An account is on the company's list of customers no more."""

    account: str


ACCESS_EVENTS: tuple[type[Event], ...] = (
    InvitationIssued,
    InvitationWithdrawn,
    InvitationAccepted,
    AccountUnlinked,
    CustomerListed,
    CustomerUnlisted,
)
