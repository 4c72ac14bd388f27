"""Signing in to the console: offered codes, sessions, failures, second factors.

A code and a session's token are secrets; only their digests ever get here.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from llmtb.actors.command import AgentId, Command
from llmtb.events.access import (
    Ending,
    LockedOut,
    RequestsRefused,
    SecondFactorRemoved,
    SecondFactorSet,
    SignedIn,
    SignedOut,
    SignInFailed,
    SignInOffered,
    Way,
)
from llmtb.events.event import Event
from llmtb.runtime.errors import Refused

Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Device = Annotated[str, Meta(max_length=80)]
Word = Annotated[str, Meta(max_length=200)]
Guess = Literal["code", "second_factor"]
"""What can be guessed: who has guessed too often at the one may still come by the other."""
OFFER_FOR: Final = timedelta(minutes=5)
TRIES: Final = 5  # failures within `WITHIN` that lock a person out
WITHIN: Final = timedelta(minutes=15)
LOCKED_FOR: Final = timedelta(minutes=15)
MOST_OFFERS: Final = 3  # codes sent to one chat that are open at one time
REMEMBERED: Final = 200  # troubles
MOST_SESSIONS: Final = 20  # of one person


# --- state -------------------------------------------------------------------------------------


class Offer(msgspec.Struct, frozen=True):
    """A code that signs a person in, until an instant."""

    agent: str
    until: datetime
    way: Way


class Session(msgspec.Struct, frozen=True):
    """Somebody who is signed in; over at `until`."""

    agent: str
    since: datetime
    until: datetime
    second_factor: bool
    device: str


class Trouble(msgspec.Struct, frozen=True):
    """What went wrong at the door. agent: as whom, if that is known. count: how often."""

    at: datetime
    kind: Literal["failed", "locked", "refused"]
    agent: str | None
    reason: str
    count: int = 1


class SigningIn(msgspec.Struct):
    """Who may come in to the console, and who has.

    offers, sessions: by digest. tries: when the last failures were, by what was guessed and by
    person. locked: until when, likewise. second_factors: since when a person has one. troubles: the
    last ones, the newest last.
    """

    offers: dict[str, Offer] = {}
    sessions: dict[str, Session] = {}
    tries: dict[Guess, dict[str, list[datetime]]] = {}
    locked: dict[Guess, dict[str, datetime]] = {}
    second_factors: dict[str, datetime] = {}
    troubles: list[Trouble] = []

    def offer(self, digest: str, now: datetime) -> Offer | None:
        """What a code opens now, if anything."""
        offer = self.offers.get(digest)
        return offer if offer is not None and now < offer.until else None

    def session(self, digest: str, now: datetime) -> Session | None:
        """The session of a token, unless it is over."""
        session = self.sessions.get(digest)
        return session if session is not None and now < session.until else None

    def is_locked(self, agent: str, guess: Guess, now: datetime) -> bool:
        """Whether a person cannot come in by what was guessed at too often."""
        until = self.locked.get(guess, {}).get(agent)
        return until is not None and now < until

    def sessions_of(self, agent: str) -> list[str]:
        """The sessions of a person, the oldest first."""
        return [digest for digest, each in self.sessions.items() if each.agent == agent]

    def is_at_door(self, agent: str) -> bool:
        """Whether there is anything that lets a person in to the console."""
        offered = any(each.agent == agent for each in self.offers.values())
        return offered or agent in self.second_factors or bool(self.sessions_of(agent))


# --- commands ----------------------------------------------------------------------------------


class OfferSignIn(Command, frozen=True, kw_only=True, tag="offer_sign_in"):
    """Let a person in by a code, once, within `OFFER_FOR`."""

    agent: AgentId
    offer: Digest
    way: Way
    by: str


class SignIn(Command, frozen=True, kw_only=True, tag="sign_in"):
    """Somebody comes with a code; `session` is to be theirs until an instant.

    second_factor: whether a second factor was asked for and was right.
    """

    offer: Digest
    session: Digest
    until: datetime
    second_factor: bool
    device: Device


class FailSignIn(Command, frozen=True, kw_only=True, tag="fail_sign_in"):
    """Somebody came with what opens nothing; `agent`: as whom, if that is known."""

    agent: AgentId | None
    reason: Word


class EndSessions(Command, frozen=True, kw_only=True, tag="end_sessions"):
    """These sessions are over; those that are none (any more) are passed over."""

    by: str
    sessions: Annotated[tuple[Digest, ...], Meta(max_length=1000)]
    reason: Ending


class SetSecondFactor(Command, frozen=True, kw_only=True, tag="set_second_factor"):
    """From now on a person needs a second factor."""

    agent: AgentId


class RemoveSecondFactor(Command, frozen=True, kw_only=True, tag="remove_second_factor"):
    """From now on a person needs none."""

    by: str
    agent: AgentId


class NoteRefusals(Command, frozen=True, kw_only=True, tag="note_refusals"):
    """So many requests were turned away since an instant."""

    reason: Word
    count: Annotated[int, Meta(ge=1)]
    since: datetime


SigningInCommand = (
    OfferSignIn
    | SignIn
    | FailSignIn
    | EndSessions
    | SetSecondFactor
    | RemoveSecondFactor
    | NoteRefusals
)


# --- decide ------------------------------------------------------------------------------------


def decide(state: SigningIn, command: SigningInCommand, now: datetime) -> Iterator[Event]:
    """The events of a command. Raises Refused."""
    match command:
        case OfferSignIn():
            yield from offer_sign_in(state, command, now)
        case SignIn():
            yield from sign_in(state, command, now)
        case FailSignIn():
            yield from fail(state, command, now)
        case EndSessions():
            yield from end(state, command.sessions, command.by, command.reason, now)
        case SetSecondFactor():
            if command.agent not in state.second_factors:
                yield SecondFactorSet(at=now, by=command.agent, agent=command.agent)
        case RemoveSecondFactor():
            if command.agent in state.second_factors:
                yield SecondFactorRemoved(at=now, by=command.by, agent=command.agent)
        case NoteRefusals(reason=reason, count=count, since=since):
            yield RequestsRefused(at=now, by="door", reason=reason, count=count, since=since)


def offer_sign_in(state: SigningIn, command: OfferSignIn, now: datetime) -> Iterator[Event]:
    """The offer. Raises Refused where too many codes were sent, or the person is locked out."""
    if command.way == "code":
        if state.is_locked(command.agent, "code", now):
            raise Refused("nobody can sign in so just now")
        sent = [
            each
            for each in state.offers.values()
            if each.agent == command.agent and each.way == "code" and now < each.until
        ]
        if len(sent) >= MOST_OFFERS:
            raise Refused("enough codes were sent; use one of them")
    yield SignInOffered(
        at=now,
        by=command.by,
        offer=command.offer,
        agent=command.agent,
        until=now + OFFER_FOR,
        way=command.way,
    )


def sign_in(state: SigningIn, command: SignIn, now: datetime) -> Iterator[Event]:
    """The session, and the end of those that are too many or over. Raises Refused."""
    offer = state.offer(command.offer, now)
    if offer is None:
        raise Refused("this code is not valid (any more)")
    agent = offer.agent
    guessed: list[Guess] = ["code"] if offer.way == "code" else []
    guessed += ["second_factor"] if command.second_factor else []
    if any(state.is_locked(agent, guess, now) for guess in guessed):
        raise Refused("nobody can sign in so just now")
    if agent in state.second_factors and not command.second_factor:
        raise Refused("a second factor is needed")
    over = [digest for digest, each in state.sessions.items() if each.until <= now]
    yield from end(state, over, "clock", "expired", now)
    open_ = [each for each in state.sessions_of(agent) if each not in over]
    yield from end(state, open_[: 1 - MOST_SESSIONS], agent, "replaced", now)
    yield SignedIn(
        at=now,
        by=agent,
        session=command.session,
        agent=agent,
        until=command.until,
        second_factor=command.second_factor,
        device=command.device,
        offer=command.offer,
    )


def fail(state: SigningIn, command: FailSignIn, now: datetime) -> Iterator[Event]:
    """The failure; the last of too many locks the person out, and more are nothing new."""
    agent, guess = command.agent, guess_of(command.reason)
    if agent is not None and state.is_locked(agent, guess, now):
        return
    tries = state.tries.get(guess, {}).get(agent or "", ())
    lately = [at for at in tries if now - at < WITHIN]
    yield SignInFailed(at=now, by=agent or "nobody", agent=agent, reason=command.reason)
    if agent is not None and len(lately) + 1 >= TRIES:
        yield LockedOut(at=now, by="door", agent=agent, until=now + LOCKED_FOR)


def guess_of(reason: str) -> Guess:
    """What was guessed at, by the reason of a failure."""
    return "second_factor" if reason == "second_factor" else "code"


def end(
    state: SigningIn, sessions: Sequence[str], by: str, reason: Ending, now: datetime
) -> Iterator[Event]:
    """The end of those sessions that are open."""
    for digest in dict.fromkeys(sessions):
        session = state.sessions.get(digest)
        if session is not None:
            yield SignedOut(at=now, by=by, session=digest, agent=session.agent, reason=reason)


def remove(state: SigningIn, agent: str, by: str, now: datetime) -> Iterator[Event]:
    """Everything ended that lets a person in who has left."""
    yield from end(state, state.sessions_of(agent), by, "removed", now)
    if agent in state.second_factors:
        yield SecondFactorRemoved(at=now, by=by, agent=agent)


# --- evolve ------------------------------------------------------------------------------------


def evolve(state: SigningIn, event: Event) -> None:
    """Take in one event of signing in; others change nothing."""
    match event:
        case SignInOffered():
            _forget(state, event)
            state.offers[event.offer] = Offer(event.agent, event.until, event.way)
        case SignedIn():
            state.offers.pop(event.offer, None)
            for tries in state.tries.values():
                tries.pop(event.agent, None)
            state.sessions[event.session] = Session(
                event.agent, event.at, event.until, event.second_factor, event.device
            )
        case SignInFailed():
            _remember(state, Trouble(event.at, "failed", event.agent, event.reason))
            if event.agent is not None:
                tries = state.tries.setdefault(guess_of(event.reason), {})
                tries[event.agent] = [*tries.get(event.agent, ()), event.at][-TRIES:]
        case RequestsRefused():
            trouble = Trouble(event.at, "refused", None, event.reason, event.count)
            _remember(state, trouble)
        case LockedOut():
            guess = guess_of(state.troubles[-1].reason if state.troubles else "")  # the last try
            _remember(state, Trouble(event.at, "locked", event.agent, ""))
            state.locked.setdefault(guess, {})[event.agent] = event.until
            state.tries.get(guess, {}).pop(event.agent, None)
        case SignedOut():
            state.sessions.pop(event.session, None)
        case SecondFactorSet():
            state.second_factors[event.agent] = event.at
        case SecondFactorRemoved():
            state.second_factors.pop(event.agent, None)
        case _:
            pass


def _remember(state: SigningIn, trouble: Trouble) -> None:
    state.troubles = [*state.troubles, trouble][-REMEMBERED:]


def _forget(state: SigningIn, event: SignInOffered) -> None:
    """Leave out what is over, and the last link of the person: a new one voids it."""
    for digest, offer in list(state.offers.items()):
        voided = offer.agent == event.agent and offer.way == event.way != "code"
        if voided or offer.until <= event.at:
            del state.offers[digest]
    for locked in state.locked.values():
        for agent, until in list(locked.items()):
            if until <= event.at:
                del locked[agent]
