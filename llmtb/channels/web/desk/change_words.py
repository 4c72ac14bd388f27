"""A change in words: floor events as everywhere, access and documents as only the history tells."""

from collections.abc import Mapping
from typing import Final, get_type_hints

import msgspec

from llmtb.channels.conversation.known import Known
from llmtb.channels.conversation.words import Phrase, Speech, mark
from llmtb.channels.web.desk.telling import told
from llmtb.events.event import Event
from llmtb.projections.changes import KINDS, Change

_TYPES: Final[Mapping[str, type[Event]]] = {
    kind.__name__: kind for kinds in KINDS.values() for kind in kinds
}
_WORDS: Final[Mapping[str, str]] = {
    "InvitationIssued": mark("{name} was invited."),
    "InvitationWithdrawn": mark("The invitation of {name} was withdrawn."),
    "InvitationAccepted": mark("{name} accepted the invitation; the account was linked."),
    "AccountUnlinked": mark("The account of {name} was unlinked."),
    "CustomerListed": mark("The account {name} was put on the list of customers."),
    "CustomerUnlisted": mark("The account {name} was taken off the list of customers."),
    "DocumentAdded": mark("The document {name} was added."),
    "DocumentRemoved": mark("The document {name} was removed."),
    "CalibrationSet": mark("The thresholds of answers were set: {name}."),
}


def words_of(speech: Speech, known: Known, change: Change) -> Phrase:
    """What was changed, in a line."""
    if change.type in _WORDS:
        return speech.say(_WORDS[change.type], name=_subject(known, change))
    words = told(speech, known, _event(change))
    return words if words is not None else speech.isolate(change.type)


def _subject(known: Known, change: Change) -> str:
    """Whom or what a change of access or documents is about."""
    if change.agent is not None:
        return known.name(change.agent)
    for field in ("title", "document", "account", "source"):
        if change.detail.get(field):
            return str(change.detail[field])
    return "–"


def _event(change: Change) -> Event:
    """The event again, from what was kept of it."""
    kind = _TYPES[change.type]
    fields = {"at": change.at, "by": change.by, **change.detail}
    types = get_type_hints(kind, include_extras=True)
    return kind(**{name: msgspec.convert(value, types[name]) for name, value in fields.items()})
