"""Who may come in and who is in: invitations, accounts, sessions, keys; and what is known."""

from collections.abc import Callable
from typing import Any, TypeVar

from llmtb.events.access import (
    AccountUnlinked,
    CustomerListed,
    CustomerUnlisted,
    InvitationAccepted,
    InvitationIssued,
    InvitationWithdrawn,
    KeyIssued,
    KeyRevoked,
    LockedOut,
    SecondFactorRemoved,
    SecondFactorSet,
    SignedIn,
    SignedOut,
    SignInFailed,
    SignInOffered,
)
from llmtb.events.audit import AUDIT_EVENTS, PersonForgotten
from llmtb.events.event import Event
from llmtb.events.knowledge import CalibrationSet, DocumentAdded, DocumentRemoved
from llmtb.events.record import Recorded
from replay.standings.seen import Seen

TRIES = 5  # failures that are remembered of a person

T = TypeVar("T", bound=Event)
Held = dict[str, Seen[T]]


class Doors:
    """By digest, account or agent, the events that opened what is open."""

    def __init__(self) -> None:
        self.invitations: Held[InvitationIssued] = {}
        self.accounts: Held[InvitationAccepted] = {}
        self.customers: Held[CustomerListed] = {}
        self.offers: Held[SignInOffered] = {}
        self.sessions: Held[SignedIn] = {}
        self.second_factors: Held[SecondFactorSet] = {}
        self.locked: Held[LockedOut] = {}
        self.keys: Held[KeyIssued] = {}
        self.failures: dict[str, list[Seen[SignInFailed]]] = {}
        """By person, the last ones since they came in, or were locked out."""

    def owner(self, account: str) -> str | None:
        """Whose an account is."""
        held = self.accounts.get(account)
        return None if held is None else held.event.agent

    def note(self, recorded: Recorded) -> None:
        """Take in the next event."""
        event = recorded.event
        match event:
            case InvitationIssued():
                _drop(self.invitations, lambda held: held.agent == event.agent)
                self.invitations[event.invitation] = Seen(recorded.seq, event)
            case InvitationWithdrawn():
                self.invitations.pop(event.invitation, None)
            case InvitationAccepted():
                self.invitations.pop(event.invitation, None)
                self.accounts[event.account] = Seen(recorded.seq, event)
            case AccountUnlinked():
                self.accounts.pop(event.account, None)
                _drop(self.offers, lambda held: held.agent == event.agent)
            case CustomerListed():
                self.customers[event.account] = Seen(recorded.seq, event)
            case CustomerUnlisted():
                self.customers.pop(event.account, None)
            case KeyIssued():
                self.keys[event.key] = Seen(recorded.seq, event)
            case KeyRevoked():
                self.keys.pop(event.key, None)
            case _:
                self._signing(recorded)

    def _signing(self, recorded: Recorded) -> None:
        event = recorded.event
        match event:
            case SignInOffered():
                _drop(self.offers, lambda held: _voided(held, event))
                _drop(self.locked, lambda held: held.until <= event.at)
                self.offers[event.offer] = Seen(recorded.seq, event)
            case SignedIn():
                self.offers.pop(event.offer, None)
                self.failures.pop(event.agent, None)
                self.sessions[event.session] = Seen(recorded.seq, event)
            case SignedOut():
                self.sessions.pop(event.session, None)
            case SignInFailed(agent=str(agent)):
                self.failures[agent] = [*self.failures.get(agent, ()), Seen(recorded.seq, event)][
                    -TRIES:
                ]
            case LockedOut():
                self.locked[event.agent] = Seen(recorded.seq, event)
                self.failures.pop(event.agent, None)
            case SecondFactorSet():
                self.second_factors[event.agent] = Seen(recorded.seq, event)
            case SecondFactorRemoved():
                self.second_factors.pop(event.agent, None)
            case _:
                pass


class Library:
    """The documents that are answered from, by id, and how sure an answer must be."""

    def __init__(self) -> None:
        self.documents: Held[DocumentAdded] = {}
        self.calibration: Seen[CalibrationSet] | None = None

    def note(self, recorded: Recorded) -> None:
        """Take in the next event."""
        event = recorded.event
        match event:
            case DocumentAdded():
                self.documents[event.document] = Seen(recorded.seq, event)
            case DocumentRemoved():
                self.documents.pop(event.document, None)
            case CalibrationSet():
                self.calibration = Seen(recorded.seq, event)
            case _:
                pass


class Audited:
    """The last event of each type of the audit, and who was forgotten, by id."""

    def __init__(self) -> None:
        self.last: dict[type[Event], Seen[Any]] = {}
        self.forgotten: Held[PersonForgotten] = {}

    def note(self, recorded: Recorded) -> None:
        """Take in the next event."""
        event = recorded.event
        if isinstance(event, AUDIT_EVENTS):
            self.last[type(event)] = Seen(recorded.seq, event)
        if isinstance(event, PersonForgotten):
            self.forgotten[event.person] = Seen(recorded.seq, event)


def _drop(held: Held[T], over: Callable[[T], bool]) -> None:
    for key in [key for key, each in held.items() if over(each.event)]:
        del held[key]


def _voided(old: SignInOffered, new: SignInOffered) -> bool:
    """Whether an offer is over, or the last link of the same person, which a new one voids."""
    same = old.agent == new.agent and old.way == new.way != "code"
    return same or old.until <= new.at
