"""The audit: it records what was signed, given out, copied and destroyed, before it is done."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from llmtb.actors.command import AgentId, Command, Reason
from llmtb.events.audit import (
    STREAM,
    BackupStarted,
    ChainBroken,
    CheckpointSigned,
    ExportStarted,
    MasterKeyRotated,
    MismatchAccepted,
    Occasion,
    PersonDisclosed,
    PersonForgotten,
    Shown,
    WordsExpired,
)
from llmtb.events.event import Event
from llmtb.events.personal import Kind
from llmtb.runtime.errors import Refused

Position = Annotated[int, Meta(ge=0)]
Note = Annotated[str, Meta(max_length=10_000)]
PersonId = Annotated[str, Meta(pattern=r"^(chat/)?[^/\s]{1,64}\Z")]
"""An agent's id, or a customer's chat."""
Owner = Annotated[str, Meta(pattern=r"^(agent|chat)/", max_length=100)]


# --- state -------------------------------------------------------------------------------------


class Audit(msgspec.Struct):
    """signed: the last checkpoint; None while there is none. broken: the event at which the chain
    was found broken, until the owner goes on all the same. forgotten: by person, the last time's
    key id. expired: by sort of words, the day up to which they are gone.
    """

    signed: CheckpointSigned | None = None
    broken: int | None = None
    forgotten: dict[str, int] = {}
    expired: dict[str, date] = {}


# --- commands ----------------------------------------------------------------------------------


class RecordCheckpoint(Command, frozen=True, kw_only=True, tag="record_checkpoint"):
    """A checkpoint was signed; see CheckpointSigned."""

    by: AgentId
    size: Position
    root: str
    note: Note
    occasion: Occasion


class RecordBreak(Command, frozen=True, kw_only=True, tag="record_break"):
    """The chain was found broken; see ChainBroken."""

    by: AgentId
    broken: Position
    why: str


class AcceptMismatch(Command, frozen=True, kw_only=True, tag="accept_mismatch"):
    """Go on with a journal that is not the one that was signed; see MismatchAccepted."""

    by: AgentId
    size: Position
    why: str
    note: Note
    reason: Reason


class RecordExport(Command, frozen=True, kw_only=True, tag="record_export"):
    """Records leave the program; see ExportStarted."""

    by: AgentId
    first: Position
    last: Position
    stream: str | None
    person: str | None
    shown: Shown


class RecordBackup(Command, frozen=True, kw_only=True, tag="record_backup"):
    """A backup is being made; see BackupStarted."""

    by: AgentId
    keys: bool


class RecordDisclosure(Command, frozen=True, kw_only=True, tag="record_disclosure"):
    """Everything about somebody is being put together; see PersonDisclosed."""

    by: AgentId
    person: PersonId


class ForgetPerson(Command, frozen=True, kw_only=True, tag="forget_person"):
    """Somebody's keys are to be destroyed; see PersonForgotten."""

    by: AgentId
    person: PersonId
    owners: list[Owner]
    upto: Position
    texts: list[str]
    reason: Reason


class ExpireWords(Command, frozen=True, kw_only=True, tag="expire_words"):
    """Words of a sort from before a day are to be destroyed; see WordsExpired."""

    by: AgentId
    kind: Kind
    before: date
    upto: Position


class RecordRotation(Command, frozen=True, kw_only=True, tag="record_rotation"):
    """The master key was exchanged; see MasterKeyRotated."""

    by: AgentId
    key: str
    keys: Position


AuditCommand = (
    RecordCheckpoint
    | RecordBreak
    | AcceptMismatch
    | RecordExport
    | RecordBackup
    | RecordDisclosure
    | ForgetPerson
    | ExpireWords
    | RecordRotation
)


# --- decide ------------------------------------------------------------------------------------


def record_checkpoint(audit: Audit, command: RecordCheckpoint, now: datetime) -> Iterator[Event]:
    """The checkpoint. Raises Refused where a longer one was signed already."""
    if audit.signed is not None and command.size < audit.signed.size:
        raise Refused(f"a checkpoint of {audit.signed.size} events was signed already")
    yield CheckpointSigned(
        at=now,
        by=command.by,
        size=command.size,
        root=command.root,
        note=command.note,
        occasion=command.occasion,
    )


def record_break(audit: Audit, command: RecordBreak, now: datetime) -> Iterator[Event]:
    """That the chain is broken, unless that was found there before."""
    if audit.broken != command.broken:
        yield ChainBroken(at=now, by=command.by, broken=command.broken, why=command.why)


def accept_mismatch(command: AcceptMismatch, now: datetime) -> Iterator[Event]:
    """That the owner goes on; auditors see it, and what it contradicts."""
    yield MismatchAccepted(
        at=now,
        by=command.by,
        size=command.size,
        why=command.why,
        note=command.note,
        reason=command.reason,
    )


def record_export(command: RecordExport, now: datetime) -> Iterator[Event]:
    """That records are given out. Raises Refused for a range that ends before it begins."""
    if command.last < command.first:
        raise Refused(f"events {command.first} to {command.last} are none")
    yield ExportStarted(
        at=now,
        by=command.by,
        first=command.first,
        last=command.last,
        of_stream=command.stream,
        person=command.person,
        shown=command.shown,
    )


def forget_person(command: ForgetPerson, now: datetime) -> Iterator[Event]:
    """That the keys of somebody are destroyed; what is done about them follows from the event."""
    yield PersonForgotten(
        at=now,
        by=command.by,
        person=command.person,
        owners=command.owners,
        upto=command.upto,
        texts=command.texts,
        reason=command.reason,
    )


def expire_words(audit: Audit, command: ExpireWords, now: datetime) -> Iterator[Event]:
    """That old words are destroyed, unless those up to that day are gone already."""
    gone = audit.expired.get(command.kind)
    if gone is None or gone < command.before:
        yield WordsExpired(
            at=now, by=command.by, kind=command.kind, before=command.before, upto=command.upto
        )


# --- evolve ------------------------------------------------------------------------------------


def evolve(audit: Audit, event: Event) -> None:
    """Take in one event of the audit; others change nothing."""
    match event:
        case CheckpointSigned():
            audit.signed = event
        case ChainBroken():
            audit.broken = event.broken
        case MismatchAccepted():
            audit.signed = audit.broken = None
        case PersonForgotten():
            audit.forgotten[event.person] = event.upto
        case WordsExpired():
            audit.expired[event.kind] = event.before
        case _:
            pass


# --- actor -------------------------------------------------------------------------------------


class AuditBehaviour:
    """How the audit is decided, for the runtime's event-sourced actor; there is one of it."""

    format = "audit.2"

    def initial(self) -> Audit:
        return Audit()

    def decide(self, state: Audit, command: Command, now: datetime) -> Iterator[Event]:
        """Yield the events; raises Refused, or TypeError for a command of another actor."""
        match command:
            case RecordCheckpoint():
                yield from record_checkpoint(state, command, now)
            case RecordBreak():
                yield from record_break(state, command, now)
            case AcceptMismatch():
                yield from accept_mismatch(command, now)
            case RecordExport():
                yield from record_export(command, now)
            case RecordBackup():
                yield BackupStarted(at=now, by=command.by, keys=command.keys)
            case RecordDisclosure():
                yield PersonDisclosed(at=now, by=command.by, person=command.person)
            case ForgetPerson():
                yield from forget_person(command, now)
            case ExpireWords():
                yield from expire_words(state, command, now)
            case RecordRotation():
                yield MasterKeyRotated(at=now, by=command.by, key=command.key, keys=command.keys)
            case _:
                raise TypeError(f"the audit cannot {type(command).__name__}")

    def evolve(self, state: Audit, event: Event) -> Audit:
        evolve(state, event)
        return state

    def stream(self, event: Event) -> str:
        return STREAM

    def due(self, state: Audit, after: datetime | None) -> datetime | None:
        """Nothing falls due by itself: the program that runs looks at the day."""
        return None

    def elapse(self) -> Command | None:
        return None

    def encode(self, state: Audit) -> bytes:
        return msgspec.msgpack.encode(state)

    def decode(self, state: bytes) -> Audit:
        return msgspec.msgpack.decode(state, type=Audit)
