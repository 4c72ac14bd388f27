"""Phrases that menus, notices and boards share."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from llmtb.actors.shift import Shift
from llmtb.channels.conversation.known import Known
from llmtb.channels.conversation.words import Phrase, Speech, mark, plain
from llmtb.events.floor import BreakRefused, RefusalReason, Role

KINDS: Final[Mapping[str, str]] = {
    "normal": mark("Normal"),
    "urgent": mark("Urgent"),
    "meal": mark("Meal"),
    "emergency": mark("Emergency"),
}
ROLES: Final[Mapping[Role, str]] = {
    "agent": mark("agent"),
    "supervisor": mark("supervisor"),
    "auditor": mark("auditor"),
    "customer": mark("customer"),
    "admin": mark("admin"),
}
REFUSALS: Final[Mapping[RefusalReason, str]] = {
    "not_present": mark("You are not checked in."),
    "already_resting": mark("You are resting already."),
    "emergency_used": mark("You have had your emergency rest of this shift date."),
    "emergency_taken": mark("Somebody else has the emergency rest now."),
    "blocked": mark("Normal and urgent rests are closed to you until your shift ends."),
    "meal_only": mark("It is meal time: only a meal or an emergency rest is open now."),
    "meal_used": mark("You have had your meal in this meal time."),
    "full": mark("All the slots are taken."),
    "no_meal_window": mark("It is not meal time now."),
}
CAUSES: Final[Mapping[str, str]] = {
    "opened": mark("by the number present"),
    "presence": mark("by the number present"),
    "load": mark("by the calls"),
    "policy": mark("by the company's settings"),
    "override": mark("set by hand"),
    "override_ended": mark("by the rules again"),
    "feed_lost": mark("by the number present: the phone system is silent"),
    "meal_opened": mark("so that everybody can eat"),
    "meal_closed": mark("by the rules again"),
}


def kind_name(speech: Speech, kind: str) -> Phrase:
    """A kind of rest."""
    return speech.say(KINDS[kind])


def role_name(speech: Speech, role: Role) -> Phrase:
    """A role."""
    return speech.say(ROLES[role])


def called(speech: Speech, name: str) -> Phrase:
    """What to call somebody, who may have given no name."""
    return speech.isolate(name) if name.strip() else speech.say("dear friend")


def as_written(text: str) -> str:
    """A text of several lines by somebody, without signs that turn what stands around it."""
    return "\n".join(plain(line) for line in text.strip().splitlines())


def customer_name(speech: Speech, known: Known, chat: str) -> Phrase:
    """What agents call a customer: by name if on the roster, else by the account's number."""
    member = known.member(chat)
    if member is not None:
        return speech.isolate(member.person.name)
    return speech.say("customer {number}", number=chat)


def live_capacity(speech: Speech, free: int, capacity: int) -> Phrase:
    """The line that ends what an agent is told about a rest."""
    return speech.say("Live capacity: {free} free of {capacity}", free=free, capacity=capacity)


def live_capacity_of(speech: Speech, shift: Shift) -> Phrase:
    """The same, for an open shift."""
    return live_capacity(speech, shift.free(), shift.capacity or 0)


def refusal(speech: Speech, event: BreakRefused, now: datetime) -> str:
    """Why not, and when a slot is likely free."""
    lines: list[str] = [speech.say(REFUSALS[event.reason])]
    if event.reason in ("full", "emergency_taken"):
        lines += likely_free(speech, event.next_free, now)
    return "\n".join(lines)


def likely_free(speech: Speech, next_free: datetime | None, now: datetime) -> list[str]:
    """When a slot is likely free, if anybody is due back; the late are due any moment."""
    if next_free is None:
        return []
    if next_free <= now:
        return [speech.say("One is likely free any moment.")]
    return [speech.say("One is likely free at {time}.", time=next_free)]


def minutes_left(now: datetime, until: datetime) -> int:
    """Whole minutes from now until an instant, rounded to the nearest; 0 if it is past."""
    return max(0, round((until - now).total_seconds() / 60))


def late_minutes(seconds: int) -> int:
    """Lateness in started minutes: nobody who is late is 0 minutes late."""
    return -(-seconds // 60)


def supervisors(known: Known) -> list[tuple[str, str]]:
    """The (id, chat) of every supervisor who has an account."""
    return [(member.id, member.chat) for member in known.members("supervisor")]
