"""Who was let in, what is known, and what the audit did, in a sentence each."""

from typing import Final

from llmtb.events import access as a
from llmtb.events import audit as u
from llmtb.events import knowledge as k
from replay.speech import Speech, counted, listed, plain, quoted, short, who
from replay.telling.teller import Tellers

WAYS: Final = {
    "link": "as a link by the bot",
    "code": "as a code in their own chat",
    "owner": "at the machine itself",
}
ENDINGS: Final = {
    "left": "they left",
    "revoked": "it was revoked",
    "expired": "its time was over",
    "replaced": "newer ones, or another account, took its place",
    "removed": "the person was removed",
}
SHOWN: Final = {
    "opened": "with words about people readable",
    "sealed": "with words about people sealed",
    "pseudonyms": "with ids replaced",
}
OCCASIONS: Final = {
    "daily": "as every day",
    "asked": "because it was asked for",
    "export": "for an export",
    "backup": "for a backup",
}


def _exported(e: u.ExportStarted, s: Speech) -> str:
    stream = "" if e.of_stream is None else f", of the stream {plain(e.of_stream)} alone"
    person = "" if e.person is None else f", about {plain(e.person)} alone"
    return (
        f"{who(e.by)} exported the events {e.first} to {e.last}{stream}{person}, {SHOWN[e.shown]}"
    )


def _signed_in(e: a.SignedIn, s: Speech) -> str:
    second = " with a second factor" if e.second_factor else ""
    return f"{plain(e.agent)} signed in to the console{second}, by {quoted(e.device)}"


ACCESS: Final[Tellers] = {
    a.InvitationIssued: lambda e, s: (
        f"{who(e.by)} invited {plain(e.agent)} as {e.role}; the invitation holds until"
        f" {s.when(e.until)}"
    ),
    a.InvitationWithdrawn: lambda e, s: (
        f"the invitation of {plain(e.agent)} opens nothing any more: {quoted(e.reason)}"
    ),
    a.InvitationAccepted: lambda e, s: (
        f"the account {plain(e.account)} accepted the invitation of {plain(e.agent)}, as {e.role}"
    ),
    a.AccountUnlinked: lambda e, s: (
        f"the account {plain(e.account)} is {plain(e.agent)}'s no more: {quoted(e.reason)}"
    ),
    a.CustomerListed: lambda e, s: (
        f"{who(e.by)} put the account {plain(e.account)} on the list of customers, level {e.level}"
    ),
    a.CustomerUnlisted: lambda e, s: (
        f"{who(e.by)} took the account {plain(e.account)} off the list of customers"
    ),
    a.SignInOffered: lambda e, s: (
        f"{plain(e.agent)} got what signs them in to the console once, {WAYS[e.way]}"
    ),
    a.SignedIn: _signed_in,
    a.SignInFailed: lambda e, s: (
        f"somebody could not sign in{f' as {plain(e.agent)}' if e.agent else ''}:"
        f" the {plain(e.reason)} was wrong, or too late"
    ),
    a.LockedOut: lambda e, s: (
        f"after too many failures nobody may guess at {plain(e.agent)}'s door until"
        f" {s.time(e.until)}"
    ),
    a.SignedOut: lambda e, s: f"a console session of {plain(e.agent)} is over: {ENDINGS[e.reason]}",
    a.SecondFactorSet: lambda e, s: f"{plain(e.agent)} signs in with a second factor from now on",
    a.SecondFactorRemoved: lambda e, s: (
        f"{plain(e.agent)} signs in without a second factor from now on"
    ),
    a.KeyIssued: lambda e, s: (
        f"{who(e.by)} issued the key {quoted(e.name)} to another system, for {listed(e.scopes)}"
    ),
    a.KeyRevoked: lambda e, s: f"{who(e.by)} revoked the key {quoted(e.name)}: {quoted(e.reason)}",
    a.RecordViewed: lambda e, s: (
        f"{who(e.by)} looked at the {plain(e.what)} of {plain(e.of)} in the console"
    ),
    a.RequestsRefused: lambda e, s: (
        f"the console turned {counted(e.count, 'request')} away since {s.time(e.since)}:"
        f" {plain(e.reason)}"
    ),
}

KNOWLEDGE: Final[Tellers] = {
    k.DocumentAdded: lambda e, s: (
        f"{who(e.by)} added version {e.edition} of the document {plain(e.document)},"
        f" {quoted(e.title)}, for {e.audience}s"
    ),
    k.DocumentRemoved: lambda e, s: (
        f"{who(e.by)} removed the document {plain(e.document)}: {quoted(e.reason)}"
    ),
    k.CalibrationSet: lambda e, s: (
        f"{who(e.by)} set how sure an answer must be, by {quoted(e.source)}"
    ),
}

AUDIT: Final[Tellers] = {
    u.CheckpointSigned: lambda e, s: (
        f"the first {counted(e.size, 'event')} were sealed by a signature, {OCCASIONS[e.occasion]}"
    ),
    u.ChainBroken: lambda e, s: (
        f"event {e.broken} was found not to be the one that was recorded; nothing is signed now"
    ),
    u.MismatchAccepted: lambda e, s: (
        f"{who(e.by)} accepted that the log is not the one that was signed: {quoted(e.reason)}"
    ),
    u.ExportStarted: _exported,
    u.BackupStarted: lambda e, s: (
        f"{who(e.by)} began a backup {'with' if e.keys else 'without'} people's keys"
    ),
    u.PersonDisclosed: lambda e, s: (
        f"{who(e.by)} put together everything held about {plain(e.person)}, to be handed to them"
    ),
    u.PersonForgotten: lambda e, s: (
        f"{who(e.by)} destroyed the keys to the words of {plain(e.person)}"
        f" ({listed(e.owners)}): {quoted(e.reason)}"
    ),
    u.WordsExpired: lambda e, s: (
        f"{who(e.by)} destroyed the {e.kind} from before {e.before.isoformat()},"
        " as the rule of retention says"
    ),
    u.MasterKeyRotated: lambda e, s: (
        f"{who(e.by)} changed the master key: {counted(e.keys, 'key')} of people are locked by"
        f" the new one, {short(e.key)}"
    ),
}
