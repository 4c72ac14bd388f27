"""Why somebody was let in or kept out."""

from typing import Any, Final

from llmtb.events import access as a
from replay.reasons.reason import Doubt, Reasoners, Reasons, author, because
from replay.speech import counted, listed, plain, quoted, who
from replay.standings.doors import Held
from replay.standings.scene import Scene
from replay.telling.doors import ENDINGS

GIVEN: Final = {
    "replaced": "another account of the same person took its place",
    "removed": "the person was removed",
}


def _held(held: Held[Any], key: str, what: str) -> Reasons:
    """The event that opened what is used or closed now."""
    opened = held.get(key)
    if opened is None:
        yield Doubt(f"the events before it do not tell of this {what}")
    else:
        yield because(f"this {what} was opened by {who(opened.event.by)}", opened)


def _invited(scene: Scene, event: a.InvitationIssued) -> Reasons:
    yield author(scene, event.by)
    person = scene.trail.of("person", event.agent)
    if person is not None:
        yield because(f"{plain(event.agent)} was known as {person.event.role}", person)
    old = next((s for s in scene.doors.invitations.values() if s.event.agent == event.agent), None)
    if old is not None:
        yield because("an earlier invitation of the same person is void from now on", old)


def _withdrawn(scene: Scene, event: a.InvitationWithdrawn) -> Reasons:
    yield author(scene, event.by)
    yield from _held(scene.doors.invitations, event.invitation, "invitation")
    yield because(f"the reason given: {quoted(event.reason)}")


def _accepted(scene: Scene, event: a.InvitationAccepted) -> Reasons:
    yield from _held(scene.doors.invitations, event.invitation, "invitation")
    opened = scene.doors.invitations.get(event.invitation)
    if opened is not None and event.at >= opened.event.until:
        yield Doubt("by the events before it this invitation was over")


def _unlinked(scene: Scene, event: a.AccountUnlinked) -> Reasons:
    yield from _held(scene.doors.accounts, event.account, "link")
    yield because(GIVEN.get(event.reason) or f"the reason given: {quoted(event.reason)}")
    yield author(scene, event.by)


def _listed(scene: Scene, event: a.CustomerListed) -> Reasons:
    yield author(scene, event.by)
    before = scene.doors.customers.get(event.account)
    if before is None:
        yield because("the account was not on the list before")
    else:
        yield because(f"it was on the list before, with level {before.event.level}", before)


def _unlisted(scene: Scene, event: a.CustomerUnlisted) -> Reasons:
    yield author(scene, event.by)
    yield from _held(scene.doors.customers, event.account, "entry")


def _offered(scene: Scene, event: a.SignInOffered) -> Reasons:
    if event.way == "owner":
        yield because("whoever owns the machine may let anybody in; they asked for a link there")
    else:
        linked = [s for s in scene.doors.accounts.values() if s.event.agent == event.agent]
        yield because(f"{plain(event.agent)} asked to sign in, and is known by an account", *linked)
    yield because(f"it opens the door once, until {scene.speech.time(event.until)}")


def _signed_in(scene: Scene, event: a.SignedIn) -> Reasons:
    offer = scene.doors.offers.get(event.offer)
    if offer is None:
        yield Doubt("the events before it do not tell of the code that was used")
    else:
        yield because("the code that they had been given was right, and not used before", offer)
        if event.at >= offer.event.until:
            yield Doubt("by the events before it that code was over")
    second = scene.doors.second_factors.get(event.agent)
    if second is not None:
        yield because("they have a second factor, and gave it", second)


def _failed(scene: Scene, event: a.SignInFailed) -> Reasons:
    tries = scene.doors.failures.get(event.agent or "", [])
    yield because(f"what was given as {plain(event.reason)} opens nothing, or not any more")
    if tries:
        yield because(f"{counted(len(tries), 'failure')} came before it", *(t.seq for t in tries))


def _locked(scene: Scene, event: a.LockedOut) -> Reasons:
    tries = scene.doors.failures.get(event.agent, [])
    yield because(
        f"{counted(len(tries), 'try', 'tries')} to sign in as {plain(event.agent)} had failed,"
        " and more would be guessing",
        *(each.seq for each in tries),
    )
    if not tries:
        yield Doubt("the events before it do not tell of these tries")


def _signed_out(scene: Scene, event: a.SignedOut) -> Reasons:
    yield from _held(scene.doors.sessions, event.session, "session")
    yield because(ENDINGS[event.reason])
    if event.by != event.agent:
        yield author(scene, event.by)


def _factor_set(scene: Scene, event: a.SecondFactorSet) -> Reasons:
    before = scene.doors.second_factors.get(event.agent)
    yield because(
        f"{who(event.by)} set it up" if before is None else f"{who(event.by)} set up another one",
        before,
    )


def _factor_removed(scene: Scene, event: a.SecondFactorRemoved) -> Reasons:
    yield author(scene, event.by)
    yield from _held(scene.doors.second_factors, event.agent, "second factor")


def _issued(scene: Scene, event: a.KeyIssued) -> Reasons:
    yield author(scene, event.by)
    until = "until it is revoked" if event.until is None else scene.speech.when(event.until)
    yield because(f"it may do this: {listed(event.scopes)}; it holds {until}")


def _revoked(scene: Scene, event: a.KeyRevoked) -> Reasons:
    yield author(scene, event.by)
    yield from _held(scene.doors.keys, event.key, "key")
    yield because(f"the reason given: {quoted(event.reason)}")


def _viewed(scene: Scene, event: a.RecordViewed) -> Reasons:
    session = scene.doors.sessions.get(event.session)
    if session is not None:
        yield because(f"{plain(session.event.agent)} was signed in", session)
    elif not event.session:
        yield because("nobody signs in there: it was at the machine itself")
    else:
        yield Doubt("by the events before it this session was not open")
    yield author(scene, event.by)


_TURNED_AWAY: Final = {
    "host": "they named another machine",
    "origin": "they came from another site's pages",
    "token": "what protects a form was missing or wrong",
    "session": "nobody was signed in by what they brought",
    "flood": "there were too many of them",
    "code": "they tried to sign in as nobody, or as somebody who is locked out",
}


def _turned_away(scene: Scene, event: a.RequestsRefused) -> Reasons:
    yield because(_TURNED_AWAY.get(event.reason) or f"the reason given: {plain(event.reason)}")
    locked = [each.seq for each in scene.doors.locked.values() if each.event.until > event.since]
    if event.reason == "code" and locked:
        yield because("these people were locked out", *locked)


DOORS: Final[Reasoners] = {
    a.InvitationIssued: _invited,
    a.InvitationWithdrawn: _withdrawn,
    a.InvitationAccepted: _accepted,
    a.AccountUnlinked: _unlinked,
    a.CustomerListed: _listed,
    a.CustomerUnlisted: _unlisted,
    a.SignInOffered: _offered,
    a.SignedIn: _signed_in,
    a.SignInFailed: _failed,
    a.LockedOut: _locked,
    a.SignedOut: _signed_out,
    a.SecondFactorSet: _factor_set,
    a.SecondFactorRemoved: _factor_removed,
    a.KeyIssued: _issued,
    a.KeyRevoked: _revoked,
    a.RecordViewed: _viewed,
    a.RequestsRefused: _turned_away,
}
