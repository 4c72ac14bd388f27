"""Why documents count or do not, and what the audit did with the records."""

from typing import Final

from llmtb.events import audit as u
from llmtb.events import knowledge as k
from llmtb.events.event import Event
from replay.reasons.reason import Doubt, Reasoners, Reasons, agree, author, because
from replay.speech import counted, plain, quoted, short
from replay.standings.scene import Scene

OCCASIONS: Final = {
    "daily": "it is signed once a day",
    "asked": "somebody asked for it",
    "export": "an export is vouched for by it",
    "backup": "a backup is vouched for by it",
}


def _added(scene: Scene, event: k.DocumentAdded) -> Reasons:
    yield author(scene, event.by)
    before = scene.library.documents.get(event.document)
    if before is None:
        yield because("it was not answered from before")
    else:
        yield because(f"it takes the place of version {before.event.edition}", before)
        if event.edition <= before.event.edition:
            yield Doubt("by the events before it this version is not newer")
    yield because(f"its bytes are known by the digest {short(event.sha256)}…")


def _removed(scene: Scene, event: k.DocumentRemoved) -> Reasons:
    yield author(scene, event.by)
    yield because(f"the reason given: {quoted(event.reason)}")
    held = scene.library.documents.get(event.document)
    if held is None:
        yield Doubt("the events before it do not tell of this document")
    else:
        yield because(f"version {held.event.edition} was answered from until then", held)
        yield from agree("the version", event.edition, held.event.edition)


def _calibrated(scene: Scene, event: k.CalibrationSet) -> Reasons:
    yield author(scene, event.by)
    before = scene.library.calibration
    if before is None:
        yield because("until then it was as the program ships it")
    else:
        yield because(f"until then it was set by {quoted(before.event.source)}", before)


def _last(scene: Scene, kind: type[Event], words: str) -> Reasons:
    """The last event of a type of the audit, if there is one."""
    before = scene.audited.last.get(kind)
    if before is not None:
        at = scene.speech.when(before.event.at)
        yield because(f"{words} was at {at}, by {plain(before.event.by)}", before)


def _signed(scene: Scene, event: u.CheckpointSigned) -> Reasons:
    yield because(OCCASIONS[event.occasion])
    if event.occasion != "daily":
        yield author(scene, event.by)
    before = scene.audited.last.get(u.CheckpointSigned)
    if before is not None:
        size = counted(before.event.size, "event")
        yield because(f"the signature before it covered {size}", before)
        if event.size < before.event.size:
            yield Doubt("it covers fewer events than the one before it")
    if event.size > scene.seq:
        yield Doubt(f"it covers {event.size} events, and only {scene.seq} come before it")


def _broken(scene: Scene, event: u.ChainBroken) -> Reasons:
    yield because(f"the events were checked against their hashes: {plain(event.why)}", event.broken)
    yield from _last(scene, u.CheckpointSigned, "the last signature")
    if event.broken > scene.seq:
        yield Doubt(f"it speaks of event {event.broken}, and only {scene.seq} come before it")


def _accepted(scene: Scene, event: u.MismatchAccepted) -> Reasons:
    yield author(scene, event.by)
    yield because(f"what does not match: {plain(event.why)}")
    yield because(f"the reason given: {quoted(event.reason)}")
    yield from _last(scene, u.ChainBroken, "the finding that the log is not what was recorded")
    yield from _last(scene, u.CheckpointSigned, "the last signature")
    if event.size > scene.seq:
        yield Doubt(f"it speaks of {event.size} events, and only {scene.seq} come before it")


def _exported(scene: Scene, event: u.ExportStarted) -> Reasons:
    yield author(scene, event.by)
    yield because("whatever takes records out is written down before it begins")
    yield from _last(scene, u.ExportStarted, "the export before it")


def _backed_up(scene: Scene, event: u.BackupStarted) -> Reasons:
    yield author(scene, event.by)
    yield because("whatever copies records is written down before it begins")
    yield from _last(scene, u.BackupStarted, "the backup before it")


def _disclosed(scene: Scene, event: u.PersonDisclosed) -> Reasons:
    yield author(scene, event.by)
    person = scene.trail.of("person", event.person)
    yield because(f"{plain(event.person)} may know everything that is held about them", person)
    forgotten = scene.audited.forgotten.get(event.person)
    if forgotten is not None:
        yield because("what was destroyed before can be told no more", forgotten)


def _forgotten(scene: Scene, event: u.PersonForgotten) -> Reasons:
    yield author(scene, event.by)
    yield because(f"the reason given: {quoted(event.reason)}")
    yield because(
        f"keys up to number {event.upto} are destroyed; the events stay, and the chain holds",
        scene.trail.of("person", event.person),
        scene.audited.forgotten.get(event.person),
    )


def _expired(scene: Scene, event: u.WordsExpired) -> Reasons:
    yield because(f"the rule of retention for {event.kind} destroys what is older than its time")
    yield author(scene, event.by)
    yield from _last(scene, u.WordsExpired, "the last time words were destroyed so")


def _rotated(scene: Scene, event: u.MasterKeyRotated) -> Reasons:
    yield author(scene, event.by)
    yield because("the keys of people stay; only what locks them is another one")
    yield from _last(scene, u.MasterKeyRotated, "the change before it")


RECORDS: Final[Reasoners] = {
    k.DocumentAdded: _added,
    k.DocumentRemoved: _removed,
    k.CalibrationSet: _calibrated,
    u.CheckpointSigned: _signed,
    u.ChainBroken: _broken,
    u.MismatchAccepted: _accepted,
    u.ExportStarted: _exported,
    u.BackupStarted: _backed_up,
    u.PersonDisclosed: _disclosed,
    u.PersonForgotten: _forgotten,
    u.WordsExpired: _expired,
    u.MasterKeyRotated: _rotated,
}
