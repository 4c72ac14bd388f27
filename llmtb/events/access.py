"""The events of access: who was invited, which account is whose, who signed in, who was refused.

An account is a person's numeric id in a channel, as text; names never identify anybody. What
opens the door is not kept: of a code, a session's token and a key only the SHA-256 digest is, in
hex; a second factor's secret never gets here. The names and fields are the published language;
fields are only ever appended, with a default.
"""

from typing import Annotated, Literal

from llmtb.events.event import Event, Instant
from llmtb.events.floor import Role
from llmtb.events.personal import DEVICE, REASON

STREAM = "desk/access"
"""The stream of all events of access."""
Way = Literal["link", "code", "owner"]
Scope = Literal["ask", "floor:read", "load:write", "export:read", "metrics:read"]
Ending = Literal["left", "revoked", "expired", "replaced", "removed"]


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
    reason: Annotated[str, REASON]


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
    reason: Annotated[str, REASON]


class CustomerListed(Event, frozen=True, kw_only=True):
    """An account may ask as a customer of this level; an earlier level counts no more."""

    account: str
    level: int


class CustomerUnlisted(Event, frozen=True, kw_only=True):
    """An account is on the company's list of customers no more."""

    account: str


class SignInOffered(Event, frozen=True, kw_only=True):
    """A code was made that signs a person in to the console, once.

    offer: the code's digest. until: the instant from which it opens nothing. way: `link` by the
    bot, `code` sent to the person's own chat, `owner` at the machine.
    """

    offer: str
    agent: str
    until: Instant
    way: Way


class SignedIn(Event, frozen=True, kw_only=True):
    """A person came in to the console by a code, which opens nothing any more.

    session: the digest of the session's token. until: the instant from which it is over.
    second_factor: whether a second one was given. device: such as `Firefox on Linux`.
    """

    session: str
    agent: str
    until: Instant
    second_factor: bool
    device: Annotated[str, DEVICE]
    offer: str


class SignInFailed(Event, frozen=True, kw_only=True):
    """Somebody tried to sign in and could not.

    agent: as whom, if that is known. reason: such as `code` or `second_factor`.
    """

    agent: str | None
    reason: str


class LockedOut(Event, frozen=True, kw_only=True):
    """After too many failures nobody signs in as this person by what can be guessed, for a time."""

    agent: str
    until: Instant


class SignedOut(Event, frozen=True, kw_only=True):
    """A session is over.

    reason: `left` by its owner, `revoked` by somebody, `expired`, `replaced` by newer sessions or
    another account of the person, `removed` with the person.
    """

    session: str
    agent: str
    reason: Ending


class SecondFactorSet(Event, frozen=True, kw_only=True):
    """A person's signing in takes a code of their authenticator as well, from now on."""

    agent: str


class SecondFactorRemoved(Event, frozen=True, kw_only=True):
    """A person's signing in takes no second factor any more."""

    agent: str


class KeyIssued(Event, frozen=True, kw_only=True):
    """Another system may use the API by a key.

    key: the key's digest. name: what people call it. scopes: what it may do. until: the instant
    from which it opens nothing; None: it stays valid until it is revoked.
    """

    key: str
    name: str
    scopes: tuple[Scope, ...]
    until: Instant | None


class KeyRevoked(Event, frozen=True, kw_only=True):
    """A key opens nothing any more."""

    key: str
    name: str
    reason: str


class RecordViewed(Event, frozen=True, kw_only=True):
    """`by` looked at data of somebody in the console.

    what: such as `history` or `report`. of: whose or which, by id. session: the digest of theirs;
    empty where nobody signs in.
    """

    what: str
    of: str
    session: str


class RequestsRefused(Event, frozen=True, kw_only=True):
    """The console turned requests away, so many since an instant; nothing of them is kept.

    reason: such as `host`, `origin`, `token`, `session`, `flood`; `code`: sign-ins as nobody, or as
    somebody who is locked out.
    """

    reason: str
    count: int
    since: Instant


ACCESS_EVENTS: tuple[type[Event], ...] = (
    InvitationIssued,
    InvitationWithdrawn,
    InvitationAccepted,
    AccountUnlinked,
    CustomerListed,
    CustomerUnlisted,
    SignInOffered,
    SignedIn,
    SignInFailed,
    LockedOut,
    SignedOut,
    SecondFactorSet,
    SecondFactorRemoved,
    KeyIssued,
    KeyRevoked,
    RecordViewed,
    RequestsRefused,
)
