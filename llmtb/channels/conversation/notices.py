"""From an event to what people are told of it: pure, and in each one's own language.

What is too old to be of use is told to nobody: a start after a long night must not wake people
with yesterday's rests.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from llmtb.channels.conversation import agent_notices as agents
from llmtb.channels.conversation import answers
from llmtb.channels.conversation import audit_notices as audits
from llmtb.channels.conversation import handing_notices as handing
from llmtb.channels.conversation import supervisor_notices as supervisors
from llmtb.channels.conversation.occasion import Notice, Occasion
from llmtb.channels.conversation.step import Say
from llmtb.events.audit import ChainBroken, CheckpointSigned, MismatchAccepted
from llmtb.events.chat import (
    AnswerGiven,
    AnswerWithheld,
    ChoicesOffered,
    MessageFailed,
    QuestionAsked,
    QuestionRefused,
    SessionEnded,
)
from llmtb.events.desk import CallbackOpened, HandedOver, MessageRelayed, TakenBack
from llmtb.events.event import Event
from llmtb.events.floor import (
    AgentChanged,
    BreakEnded,
    BreakExtended,
    BreakRefused,
    BreakStarted,
    CapacityChanged,
    CheckedIn,
    CheckedOut,
    DisciplineApplied,
    MealClosed,
    MealReminderSent,
    OverrideEnded,
    OverrideSet,
    PolicyChanged,
    ShiftAssigned,
    ShiftReported,
    ShiftUnassigned,
    SlotOffered,
    WarningForgiven,
    WarningIssued,
)

Tell = Callable[[Occasion], Iterator[Notice]]


class Rule:
    """How an event is told. fresh: for how long that is of use. tells: to whom, in which words."""

    __slots__ = ("fresh", "tells")

    def __init__(self, fresh: timedelta, *tells: Tell) -> None:
        self.fresh = fresh
        self.tells = tells


def notices(occasion: Occasion, now: datetime) -> Iterator[Notice]:
    """Who is told what of an event, unless it is too late for that."""
    rule = RULES.get(type(occasion.event))
    if rule is None:
        return
    until = occasion.event.at + rule.fresh
    if now < until:
        for tell in rule.tells:
            for notice in tell(occasion):
                yield notice._replace(say=_until(notice.say, until))


def _until(say: Say, until: datetime) -> Say:
    return msgspec.structs.replace(say, until=min(say.until or until, until))


_SOON: Final = timedelta(minutes=10)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_MONTH: Final = timedelta(days=31)

RULES: Final[Mapping[type[Event], Rule]] = {
    BreakStarted: Rule(_SOON, agents.started),
    BreakRefused: Rule(_SOON, agents.refused),
    BreakEnded: Rule(_HOUR, agents.ended),
    BreakExtended: Rule(_HOUR, agents.extended),
    SlotOffered: Rule(_SOON, agents.offered),
    WarningIssued: Rule(_HOUR, agents.warned, supervisors.warned),
    WarningForgiven: Rule(_DAY, agents.forgiven),
    DisciplineApplied: Rule(_DAY, agents.disciplined, supervisors.disciplined),
    CapacityChanged: Rule(_SOON, agents.opened),
    CheckedIn: Rule(_SOON, agents.checked_in),
    CheckedOut: Rule(_SOON, agents.checked_out),
    ShiftAssigned: Rule(_DAY, agents.assigned),
    ShiftUnassigned: Rule(_DAY, agents.unassigned),
    AgentChanged: Rule(_DAY, agents.changed),
    MealReminderSent: Rule(_DAY, agents.reminded),
    MealClosed: Rule(_HOUR, agents.meal_closed),
    OverrideSet: Rule(_HOUR, supervisors.overridden),
    OverrideEnded: Rule(_HOUR, supervisors.override_over),
    PolicyChanged: Rule(_DAY, supervisors.policy),
    ShiftReported: Rule(_DAY, supervisors.reported),
    AnswerGiven: Rule(_DAY, answers.given),
    ChoicesOffered: Rule(_HOUR, answers.offered),
    AnswerWithheld: Rule(_DAY, answers.withheld, answers.gap),
    QuestionAsked: Rule(_DAY, handing.asked_meanwhile),
    QuestionRefused: Rule(_SOON, answers.refused),
    SessionEnded: Rule(_SOON, answers.session_over),
    HandedOver: Rule(_DAY, handing.handed_over),
    CallbackOpened: Rule(_DAY, handing.called_back),
    MessageRelayed: Rule(_DAY, handing.relayed),
    TakenBack: Rule(_DAY, handing.taken_back),
    CheckpointSigned: Rule(_MONTH, audits.signed),
    ChainBroken: Rule(_MONTH, audits.broken),
    MismatchAccepted: Rule(_MONTH, audits.accepted),
    MessageFailed: Rule(_DAY, supervisors.unreachable, handing.unreachable),
}
"""By type of event, who is told what, and for how long that is worth telling."""
