"""What holds at an instant, as data: what `state` prints."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import msgspec

from llmtb.events.access import InvitationIssued, KeyIssued, LockedOut, SignedIn
from llmtb.events.audit import CheckpointSigned
from llmtb.events.desk import CallbackOpened, HandedOver
from llmtb.events.floor import OverrideSet, Role
from llmtb.events.knowledge import DocumentAdded
from llmtb.projections.board import Board
from replay.standings.scene import Scene
from replay.standings.seen import Seen


class PersonNow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is known; shifts: the names of those they are on for good."""

    agent: str
    name: str
    role: Role
    hired_on: date | None
    shifts: list[str]


class ConductNow(msgspec.Struct, frozen=True, kw_only=True):
    """What is held against an agent on the date of an open shift.

    warnings: the events that gave those not forgiven. emergency, disciplined, blocked: the events
    that used the emergency break, applied the discipline, and barred the breaks.
    """

    agent: str
    shift: str
    warnings: list[int]
    emergency: int | None
    disciplined: int | None
    blocked: int | None


class SetByHand(msgspec.Struct, frozen=True, kw_only=True):
    """A capacity that a supervisor set, also of a shift still to come."""

    seq: int
    shift: str
    capacity: int
    by: str
    until: datetime
    reason: str


class RulesNow(msgspec.Struct, frozen=True, kw_only=True):
    """The policy in force; seq: the event that changed it last, None: the defaults."""

    seq: int | None
    policy: dict[str, Any]


class Helped(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation that a person has, or a callback, where agent is None."""

    seq: int
    chat: str
    agent: str | None
    since: datetime
    reason: str
    question: str | None


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A question without an answer; offered: the event that offered choices, if any."""

    seq: int
    chat: str
    question: str
    since: datetime
    text: str
    offered: int | None


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """An open session of a chat; it ends by itself at `until`."""

    seq: int
    chat: str
    audience: str
    since: datetime
    until: datetime


class Unsent(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is neither sent nor given up."""

    seq: int
    chat: str
    message: str
    since: datetime


class Inside(msgspec.Struct, frozen=True, kw_only=True):
    """A session in the console."""

    seq: int
    agent: str
    since: datetime
    until: datetime
    second_factor: bool
    device: str


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """What opens a door until an instant (None: until it is revoked); or keeps one shut."""

    seq: int
    who: str
    until: datetime | None


class DocumentNow(msgspec.Struct, frozen=True, kw_only=True):
    """A document that is answered from."""

    seq: int
    document: str
    version: int
    title: str
    audience: str


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that held at `at`, after the event `seq`; missing: events that were left out.

    linked: whose each account is. checkpoint: the last event that signed one, and how many events
    it covers. calibration: the event that set it.
    """

    seq: int
    at: datetime
    missing: int
    rules: RulesNow
    floor: Board
    conduct: list[ConductNow]
    overrides: list[SetByHand]
    people: list[PersonNow]
    sessions: list[Asking]
    questions: list[Waiting]
    conversations: list[Helped]
    callbacks: list[Helped]
    unsent: list[Unsent]
    inside: list[Inside]
    invitations: list[Opening]
    locked: list[Opening]
    keys: list[Opening]
    linked: dict[str, str]
    customers: list[str]
    documents: list[DocumentNow]
    calibration: int | None
    checkpoint: tuple[int, int] | None
    forgotten: list[str]


def standing(scene: Scene, now: datetime) -> Standing:
    """What holds at `now`, an instant not before the last event that the scene holds."""
    floor, trail = scene.board(now), scene.trail
    chats = sorted(scene.talks.chats)
    doors, signed = scene.doors, scene.audited.last.get(CheckpointSigned)
    calibration = scene.library.calibration
    return Standing(
        seq=scene.seq,
        at=now,
        missing=scene.missing,
        rules=RulesNow(seq=trail.seq("rules"), policy=scene.floor.centre.policy.table()),
        floor=floor,
        conduct=list(_conduct(scene, floor)),
        overrides=list(_overrides(scene)),
        people=list(_people(scene)),
        sessions=[each for chat in chats for each in _session(scene, chat)],
        questions=[each for chat in chats for each in _questions(scene, chat)],
        conversations=[_helped(each) for _, each in sorted(scene.talks.held.items())],
        callbacks=[_helped(each) for _, each in sorted(scene.talks.callbacks.items())],
        unsent=[each for chat in chats for each in _unsent(scene, chat)],
        inside=[_inside(each) for each in doors.sessions.values()],
        invitations=[_opening(each) for each in doors.invitations.values()],
        locked=[_opening(each) for each in doors.locked.values()],
        keys=[_opening(each) for each in doors.keys.values()],
        linked={each: doors.owner(each) or "" for each in sorted(doors.accounts)},
        customers=sorted(doors.customers),
        documents=[_document(each) for _, each in sorted(scene.library.documents.items())],
        calibration=None if calibration is None else calibration.seq,
        checkpoint=None if signed is None else (signed.seq, signed.event.size),
        forgotten=sorted(scene.audited.forgotten),
    )


def _conduct(scene: Scene, floor: Board) -> Iterator[ConductNow]:
    for shift in floor.shifts:
        for agent in shift.present:
            day, conduct = scene.conducts.day(agent, shift.shift), scene.conducts.of(agent)
            blocked = conduct.blocked
            barred = blocked[1] if blocked is not None and blocked[0] == shift.shift else None
            if day.warnings or day.emergency or day.disciplined or barred:
                yield ConductNow(
                    agent=agent,
                    shift=shift.shift,
                    warnings=[each.seq for each in day.warnings],
                    emergency=day.emergency,
                    disciplined=day.disciplined,
                    blocked=barred,
                )


def _overrides(scene: Scene) -> Iterator[SetByHand]:
    for shift in sorted(scene.floor.centre.overrides):
        event: OverrideSet = scene.floor.centre.overrides[shift]
        yield SetByHand(
            seq=scene.trail.seq("override", shift) or 0,
            shift=shift,
            capacity=event.capacity,
            by=event.by,
            until=event.until,
            reason=event.reason,
        )


def _people(scene: Scene) -> Iterator[PersonNow]:
    standing = scene.roster.standing
    for agent, person in sorted(scene.roster.people.items()):
        yield PersonNow(
            agent=agent,
            name=person.name,
            role=person.role,
            hired_on=person.hired_on,
            shifts=sorted(shift for shift, on in standing.items() if agent in on),
        )


def _session(scene: Scene, chat: str) -> Iterator[Asking]:
    talk = scene.talks.of(chat)
    until, started = talk.until(), talk.session
    if until is not None and started is not None:
        yield Asking(
            seq=started.seq,
            chat=chat,
            audience=started.event.audience,
            since=started.event.at,
            until=until,
        )


def _questions(scene: Scene, chat: str) -> Iterator[Waiting]:
    for question, each in scene.talks.of(chat).open.items():
        yield Waiting(
            seq=each.asked.seq,
            chat=chat,
            question=question,
            since=each.asked.event.at,
            text=each.asked.event.text,
            offered=None if each.offered is None else each.offered.seq,
        )


def _unsent(scene: Scene, chat: str) -> Iterator[Unsent]:
    for message, each in scene.talks.of(chat).waiting.items():
        yield Unsent(seq=each.seq, chat=chat, message=message, since=each.event.at)


def _helped(seen: Seen[HandedOver] | Seen[CallbackOpened]) -> Helped:
    event = seen.event
    return Helped(
        seq=seen.seq,
        chat=event.chat,
        agent=event.agent if isinstance(event, HandedOver) else None,
        since=event.at,
        reason=event.reason,
        question=event.question,
    )


def _inside(seen: Seen[SignedIn]) -> Inside:
    event = seen.event
    return Inside(
        seq=seen.seq,
        agent=event.agent,
        since=event.at,
        until=event.until,
        second_factor=event.second_factor,
        device=event.device,
    )


def _opening(seen: Seen[InvitationIssued | LockedOut | KeyIssued]) -> Opening:
    event = seen.event
    who = event.name if isinstance(event, KeyIssued) else event.agent
    return Opening(seq=seen.seq, who=who, until=event.until)


def _document(seen: Seen[DocumentAdded]) -> DocumentNow:
    event = seen.event
    return DocumentNow(
        seq=seen.seq,
        document=event.document,
        version=event.edition,
        title=event.title,
        audience=event.audience,
    )
