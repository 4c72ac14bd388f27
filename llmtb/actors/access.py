"""Who may come in: invitations, and which account is whose.

An invitation opens the door once, for one person in one role, until an instant. Its code is a
secret between the supervisor and the invited; only its digest ever gets here.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from llmtb.actors import keys, signing_in
from llmtb.actors.command import AgentId, Command, Reason
from llmtb.actors.keys import IssueKey, Key, RevokeKey
from llmtb.actors.signing_in import Digest, SigningIn, SigningInCommand, Word
from llmtb.events.access import (
    STREAM,
    AccountUnlinked,
    CustomerListed,
    CustomerUnlisted,
    InvitationAccepted,
    InvitationIssued,
    InvitationWithdrawn,
    KeyIssued,
    KeyRevoked,
    RecordViewed,
)
from llmtb.events.event import Event
from llmtb.events.floor import Role
from llmtb.runtime.errors import Refused

Account = Annotated[str, Meta(pattern=r"^[^/\s]{1,64}\Z")]
MOST_AT_ONCE = 5000  # customers in one command
AGAIN = timedelta(minutes=10)  # after which a second look at the same is told again
CODE = re.compile(r"[A-Za-z0-9_-]{16,64}")


def new_code(random_text: Callable[[int], str]) -> str:
    """A fresh invitation code of 128 bits; `random_text` is such as `secrets.token_urlsafe`."""
    code = random_text(16)
    if not CODE.fullmatch(code):
        raise ValueError("the source of codes gave something that cannot stand in a link")
    return code


def digest_of(code: str) -> str:
    """What is kept of a code: its SHA-256 digest, in hex."""
    return hashlib.sha256(code.encode()).hexdigest()


# --- state -------------------------------------------------------------------------------------


class Invitation(msgspec.Struct, frozen=True):
    """An open invitation."""

    agent: str
    role: Role
    until: datetime


class Access(SigningIn, msgspec.Struct):
    """Open invitations by digest, whose each account is, and the company's list of customers.

    customers: the level of each, by account. keys: of other systems, by digest. viewed: when a
    session last looked at what of whom. The rest: see `SigningIn`.
    """

    invitations: dict[str, Invitation] = {}
    accounts: dict[str, str] = {}
    customers: dict[str, int] = {}
    keys: dict[str, Key] = {}
    viewed: dict[str, datetime] = {}

    def account_of(self, agent: str) -> str | None:
        """The account of a person, if they have one."""
        return next((account for account, who in self.accounts.items() if who == agent), None)

    def key(self, digest: str, now: datetime) -> Key | None:
        """What a key opens now, if anything."""
        key = self.keys.get(digest)
        return key if key is not None and (key.until is None or now < key.until) else None

    def lets_in(self, agent: str) -> bool:
        """Whether a person could come in, or has: by an account, an invitation or a session."""
        invited = any(each.agent == agent for each in self.invitations.values())
        return invited or self.account_of(agent) is not None or self.is_at_door(agent)


# --- commands ----------------------------------------------------------------------------------


class Invite(Command, frozen=True, kw_only=True, tag="invite"):
    """Open the door once for a known person; `code_digest` is `digest_of` the code."""

    by: str
    agent: AgentId
    role: Role
    code_digest: Digest
    until: datetime


class AcceptInvitation(Command, frozen=True, kw_only=True, tag="accept_invitation"):
    """An account comes with a code."""

    code_digest: Digest
    account: Account


class Unlink(Command, frozen=True, kw_only=True, tag="unlink"):
    """A person's account is to be nobody's, their invitation void, their sessions over."""

    by: str
    agent: AgentId
    reason: Reason


class ListCustomers(Command, frozen=True, kw_only=True, tag="list_customers"):
    """Put customers on the company's list, by account, each with a level from 0; take others off.

    gone: the accounts that are customers no more.
    """

    by: str
    customers: Annotated[
        dict[Account, Annotated[int, Meta(ge=0, le=100)]], Meta(max_length=MOST_AT_ONCE)
    ]
    gone: Annotated[tuple[Account, ...], Meta(max_length=MOST_AT_ONCE)] = ()


class NoteViewing(Command, frozen=True, kw_only=True, tag="note_viewing"):
    """Somebody looked at data of somebody."""

    by: str
    what: Word
    of: Word
    session: str


# --- decide ------------------------------------------------------------------------------------


def invite(command: Invite, now: datetime) -> Iterator[Event]:
    """The invitation. Raises Refused for one that would be over before it began."""
    if command.until <= now:
        raise Refused("an invitation must end later than now")
    yield InvitationIssued(
        at=now,
        by=command.by,
        invitation=command.code_digest,
        agent=command.agent,
        role=command.role,
        until=command.until,
    )


def accept(access: Access, command: AcceptInvitation, now: datetime) -> Iterator[Event]:
    """The account linked. Raises Refused in the same words for every code that opens nothing."""
    invitation = access.invitations.get(command.code_digest)
    if invitation is None or now >= invitation.until:
        raise Refused("this invitation is not valid (any more)")
    agent = invitation.agent
    if access.accounts.get(command.account, agent) != agent:
        raise Refused("this account is somebody else's already")
    old = access.account_of(agent)
    if old is not None and old != command.account:
        yield AccountUnlinked(at=now, by=agent, agent=agent, account=old, reason="replaced")
        sessions = access.sessions_of(agent)
        yield from signing_in.end(access, sessions, agent, "replaced", now)
    yield InvitationAccepted(
        at=now,
        by=agent,
        invitation=command.code_digest,
        agent=agent,
        account=command.account,
        role=invitation.role,
    )


def unlink(access: Access, command: Unlink, now: datetime) -> Iterator[Event]:
    """The account nobody's, the open invitation void, their sessions over, if there are any."""
    for digest, invitation in access.invitations.items():
        if invitation.agent == command.agent:
            yield InvitationWithdrawn(
                at=now,
                by=command.by,
                invitation=digest,
                agent=command.agent,
                reason=command.reason,
            )
            break
    account = access.account_of(command.agent)
    if account is not None:
        yield AccountUnlinked(
            at=now, by=command.by, agent=command.agent, account=account, reason=command.reason
        )
    yield from signing_in.remove(access, command.agent, command.by, now)


def list_customers(access: Access, command: ListCustomers, now: datetime) -> Iterator[Event]:
    """Whoever is off the list, whoever is new on it or of another level."""
    for account in dict.fromkeys(command.gone):
        if account in access.customers:
            yield CustomerUnlisted(at=now, by=command.by, account=account)
    for account, level in command.customers.items():
        if access.customers.get(account) != level:
            yield CustomerListed(at=now, by=command.by, account=account, level=level)


def note_viewing(access: Access, command: NoteViewing, now: datetime) -> Iterator[Event]:
    """The look; a second one soon after tells nothing new."""
    last = access.viewed.get(_look(command))
    if last is None or now - last >= AGAIN:
        yield RecordViewed(
            at=now, by=command.by, what=command.what, of=command.of, session=command.session
        )


def _look(look: NoteViewing | RecordViewed) -> str:
    return "\n".join((look.session or look.by, look.what, look.of))


# --- evolve ------------------------------------------------------------------------------------


def evolve(access: Access, event: Event) -> None:
    """Take in one event of access; others change nothing."""
    match event:
        case InvitationIssued():
            for old in [
                key for key, each in access.invitations.items() if each.agent == event.agent
            ]:
                del access.invitations[old]
            invitation = Invitation(event.agent, event.role, event.until)
            access.invitations[event.invitation] = invitation
        case InvitationWithdrawn():
            access.invitations.pop(event.invitation, None)
        case InvitationAccepted():
            access.invitations.pop(event.invitation, None)
            access.accounts[event.account] = event.agent
        case AccountUnlinked():
            access.accounts.pop(event.account, None)
            offers = access.offers.items()
            access.offers = {code: each for code, each in offers if each.agent != event.agent}
        case KeyIssued() | KeyRevoked():
            keys.evolve(access.keys, event)
        case RecordViewed():
            seen = access.viewed.items()
            access.viewed = {look: at for look, at in seen if event.at - at < AGAIN}
            access.viewed[_look(event)] = event.at
        case CustomerListed():
            access.customers[event.account] = event.level
        case CustomerUnlisted():
            access.customers.pop(event.account, None)
        case _:
            signing_in.evolve(access, event)


# --- actor -------------------------------------------------------------------------------------


class AccessBehaviour:
    """How access is decided, for the runtime's event-sourced actor; there is one of its kind."""

    format = "access.1"

    def initial(self) -> Access:
        return Access()

    def decide(self, state: Access, command: Command, now: datetime) -> Iterator[Event]:
        """Yield the events; raises Refused, or TypeError for a command of another actor."""
        match command:
            case Invite():
                yield from invite(command, now)
            case AcceptInvitation():
                yield from accept(state, command, now)
            case Unlink():
                yield from unlink(state, command, now)
            case ListCustomers():
                yield from list_customers(state, command, now)
            case IssueKey():
                yield keys.issue(state.keys, command, now)
            case RevokeKey():
                yield keys.revoke(state.keys, command, now)
            case NoteViewing():
                yield from note_viewing(state, command, now)
            case _ if isinstance(command, SigningInCommand):
                yield from signing_in.decide(state, command, now)
            case _:
                raise TypeError(f"access cannot {type(command).__name__}")

    def evolve(self, state: Access, event: Event) -> Access:
        evolve(state, event)
        return state

    def stream(self, event: Event) -> str:
        return STREAM

    def due(self, state: Access, after: datetime | None) -> datetime | None:
        """Nothing falls due: an invitation that is over simply opens nothing."""
        return None

    def elapse(self) -> Command | None:
        return None

    def encode(self, state: Access) -> bytes:
        return msgspec.msgpack.encode(state)

    def decode(self, state: bytes) -> Access:
        return msgspec.msgpack.decode(state, type=Access)
