"""The events of the audit: what was signed, given out, copied, and destroyed, by whom.

Whatever shows or takes records is written here before it happens; a key, and words about a person,
never are. The names and fields are the published language; fields are only ever appended, with a
default.
"""

from datetime import date
from typing import Literal

from llmtb.events.event import Event
from llmtb.events.personal import Kind

STREAM = "desk/audit"
"""The stream of all events of the audit."""

Occasion = Literal["daily", "asked", "export", "backup"]
Shown = Literal["opened", "sealed", "pseudonyms"]


class CheckpointSigned(Event, frozen=True, kw_only=True):
    """The journal up to an event was sealed by a signature that is kept elsewhere.

    size: how many events it covers, from the first. root: their Merkle root, in hex. note: the
    signed checkpoint itself, in the C2SP `tlog-checkpoint` form.
    """

    size: int
    root: str
    note: str
    occasion: Occasion


class ChainBroken(Event, frozen=True, kw_only=True):
    """An event of the journal is not the one that was recorded; nothing is signed any more.

    broken: the position of the first that does not hold. why: in a line.
    """

    broken: int
    why: str


class MismatchAccepted(Event, frozen=True, kw_only=True):
    """The owner goes on with a journal that is not the one that was signed; it cannot be undone.

    size: how many events the journal had. why: what does not match. note: the checkpoint that it
    contradicts, as it was signed; empty where it is the chain alone that is broken.
    reason: the owner's; nothing personal belongs in it.
    """

    size: int
    why: str
    note: str
    reason: str


class ExportStarted(Event, frozen=True, kw_only=True):
    """Records were asked for outside of the program, and are being written.

    first, last: positions. of_stream, person: that were chosen; None: all.
    shown: whether words about people can be read in it, stay sealed, or ids are replaced as well.
    """

    first: int
    last: int
    of_stream: str | None
    person: str | None
    shown: Shown


class BackupStarted(Event, frozen=True, kw_only=True):
    """A copy of the journal is being made. keys: whether people's keys are copied with it."""

    keys: bool


class PersonDisclosed(Event, frozen=True, kw_only=True):
    """Everything held about somebody is being put together, to be handed to them."""

    person: str


class PersonForgotten(Event, frozen=True, kw_only=True):
    """The keys of somebody's words are destroyed: nothing recorded before can tell them again.

    person: the id. owners: whose words they are in the journal, such as `agent/a17` and the chats
    of that person. upto: keys with a greater id came later, and stay.
    texts: further owners and days (`chat/4711 2026-11-21`) whose messages named the person, and
    whose keys are destroyed as well. reason: nothing personal belongs in it; it stays.
    """

    person: str
    owners: list[str]
    upto: int
    texts: list[str]
    reason: str


class WordsExpired(Event, frozen=True, kw_only=True):
    """By the company's rule of retention, words of a sort from before a day are destroyed.

    upto: keys with a greater id stay.
    """

    kind: Kind
    before: date
    upto: int


class MasterKeyRotated(Event, frozen=True, kw_only=True):
    """People's keys are locked by another master key. key: the first 8 bytes of its digest, in hex.

    keys: how many were locked anew.
    """

    key: str
    keys: int


AUDIT_EVENTS: tuple[type[Event], ...] = (
    CheckpointSigned,
    ChainBroken,
    MismatchAccepted,
    ExportStarted,
    BackupStarted,
    PersonDisclosed,
    PersonForgotten,
    WordsExpired,
    MasterKeyRotated,
)
