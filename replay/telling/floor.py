"""What happened on the floor, in a sentence each."""

from typing import Any, Final

from llmtb.events import floor as f
from llmtb.events.personal import HIRED
from replay.speech import Speech, counted, lasting, listed, plain, quoted, who
from replay.telling.teller import Tellers

KINDS: Final = {
    "normal": "a normal break",
    "urgent": "an urgent break",
    "emergency": "an emergency break",
    "meal": "a meal break",
}
REFUSALS: Final = {
    "not_present": "not present on a shift",
    "already_resting": "resting already",
    "emergency_used": "the emergency break of this day was used already",
    "emergency_taken": "the one emergency slot was taken",
    "blocked": "blocked after too many warnings",
    "meal_only": "a meal window was open, in which only meals and emergencies are granted",
    "meal_used": "the meal of this window was used already",
    "full": "no slot was free",
    "no_meal_window": "no meal window was open",
}
CAUSES: Final = {
    "opened": "the shift opened",
    "presence": "somebody came or left",
    "load": "the phone system told new figures",
    "policy": "the rules changed",
    "override": "a supervisor set it by hand",
    "override_ended": "what a supervisor had set by hand is over",
    "feed_lost": "the phone system's figures grew too old",
    "meal_opened": "a meal window opened",
    "meal_closed": "a meal window closed",
}
ENDINGS: Final = {
    "agent": "came back",
    "supervisor": "was called back by a supervisor",
    "shift_end": "rested until the shift ended",
    "check_out": "left while resting, which ended the break",
}
PHONES: Final = {
    "free": "is free",
    "in_call": "is in a call",
    "wrap": "wraps a call up",
    "away": "is away",
}
ASSIGNED: Final = {
    "roster": "as usual",
    "overtime": "as overtime",
    "change": "as a move from another shift",
}


def _person(e: Any, what: str) -> str:
    unread = e.hired_on in (None, HIRED.blank)
    hired = "" if unread else f", hired on {e.hired_on.isoformat()}"
    return f"{who(e.by)} {what} {plain(e.agent)}: {quoted(e.name)}, {e.role}{hired}"


def _ended(e: f.BreakEnded, s: Speech) -> str:
    late = f", {counted(e.late_seconds, 'second')} late" if e.late_seconds else ", in time"
    by = f" ({who(e.by)}: {quoted(e.reason)})" if e.ended_by == "supervisor" else ""
    held = "" if e.kind == "emergency" else f"; {counted(e.free, 'slot')} free"
    return f"{plain(e.agent)} {ENDINGS[e.ended_by]} from {KINDS[e.kind]}{by}{late}{held}"


def _warned(e: f.WarningIssued, s: Speech) -> str:
    late = f"not being back {counted(e.minute or 0, 'minute')} after the break was due"
    what = late if e.cause == "late" else "asking for a second meal in one window"
    return f"{plain(e.agent)} was warned for {what}: warning {e.count} of that day"


def _forgiven(e: f.WarningForgiven, s: Speech) -> str:
    what = f"at minute {e.minute}" if e.cause == "late" else "for a second meal"
    left = counted(e.count, "warning")
    return (
        f"{who(e.by)} forgave {plain(e.agent)} the latest warning, given {what}"
        f" ({quoted(e.reason) or 'no reason'}); {left} left on that day"
    )


def _load(e: f.LoadReported, s: Speech) -> str:
    waiting = "" if e.waiting is None else f", {e.waiting} waiting now"
    longest = e.longest_wait_seconds
    first = "" if longest is None else f", the first of them for {longest:g} s"
    return (
        f"{who(e.source)} told of {counted(e.calls, 'call')} in {e.interval_minutes} minutes,"
        f" {e.aht_seconds:g} s each on average{waiting}{first}"
    )


def _reported(e: f.ShiftReported, s: Speech) -> str:
    breaks = sum(len(each.breaks) for each in e.report.agents)
    refused = sum(e.report.refusals.values())
    return (
        f"the report of {plain(e.shift)} was written: {counted(len(e.report.agents), 'agent')},"
        f" {counted(breaks, 'break')}, {counted(refused, 'refusal')},"
        f" at most {e.report.peak_resting} resting at once"
    )


def _capacity(e: f.CapacityChanged, s: Speech) -> str:
    asked = "" if e.required is None else f", {e.required} needed for the calls"
    return (
        f"from now {e.capacity} may rest at once on {plain(e.shift)}, because {CAUSES[e.cause]}"
        f" ({e.present} present{asked})"
    )


def _refused(e: f.BreakRefused, s: Speech) -> str:
    free = "" if e.next_free is None else f"; a slot is likely free at {s.time(e.next_free)}"
    return f"{plain(e.agent)} asked for {KINDS[e.kind]} and was refused: {REFUSALS[e.reason]}{free}"


def _applied(e: f.DisciplineApplied, s: Speech) -> str:
    what = (
        "normal and urgent breaks are blocked until the shift ends"
        if e.action == "block"
        else "the supervisors are told"
    )
    return f"{plain(e.agent)} has had more warnings on one day than are allowed: {what}"


FLOOR: Final[Tellers] = {
    f.PolicyChanged: lambda e, s: f"{who(e.by)} changed the rules: {listed(e.changed)}",
    f.AgentAdded: lambda e, s: _person(e, "added"),
    f.AgentChanged: lambda e, s: _person(e, "changed what is known of"),
    f.AgentRemoved: lambda e, s: _person(e, "removed"),
    f.ShiftAssigned: lambda e, s: (
        f"{who(e.by)} put {plain(e.agent)} on the shift {plain(e.shift)} {ASSIGNED[e.reason]}"
    ),
    f.ShiftUnassigned: lambda e, s: (
        f"{who(e.by)} took {plain(e.agent)} off the shift {plain(e.shift)} {ASSIGNED[e.reason]}"
    ),
    f.ShiftOpened: lambda e, s: (
        f"the shift {plain(e.shift)} opened; it runs from {s.time(e.starts)} to {s.time(e.ends)}"
    ),
    f.ShiftClosed: lambda e, s: (
        f"the shift {plain(e.shift)} closed after {lasting(e.at - e.starts)}"
    ),
    f.CheckedIn: lambda e, s: (
        f"{plain(e.agent)} was checked in to {plain(e.shift)} by the roster"
        if e.by == "roster"
        else f"{plain(e.agent)} checked in to {plain(e.shift)}"
    ),
    f.CheckedOut: lambda e, s: (
        f"{plain(e.agent)} checked out of {plain(e.shift)}"
        if e.by == e.agent
        else f"{plain(e.agent)} was checked out of {plain(e.shift)} by {who(e.by)}"
    ),
    f.LoadReported: _load,
    f.PhoneStateChanged: lambda e, s: f"the phone of {plain(e.agent)} {PHONES[e.state]}",
    f.CapacityChanged: _capacity,
    f.OverrideSet: lambda e, s: (
        f"{who(e.by)} set the capacity of {plain(e.shift)} to {e.capacity} by hand"
        f" until {s.time(e.until)}: {quoted(e.reason)}"
    ),
    f.OverrideEnded: lambda e, s: (
        f"the capacity of {e.capacity} that was set by hand on {plain(e.shift)}"
        f" is over ({who(e.by)}): {quoted(e.reason)}"
    ),
    f.BreakStarted: lambda e, s: (
        f"{plain(e.agent)} started {KINDS[e.kind]}, due back at {s.time(e.due)};"
        f" {counted(e.free, 'slot')} left"
    ),
    f.BreakRefused: _refused,
    f.BreakEnded: _ended,
    f.BreakExtended: lambda e, s: (
        f"{who(e.by)} moved the end of {plain(e.agent)}'s break to {s.time(e.due)}:"
        f" {quoted(e.reason)}"
    ),
    f.WarningIssued: _warned,
    f.WarningForgiven: _forgiven,
    f.DisciplineApplied: _applied,
    f.WaitJoined: lambda e, s: f"{plain(e.agent)} asked to be told when a slot is free",
    f.WaitLeft: lambda e, s: f"{plain(e.agent)} waits for a slot no longer",
    f.SlotOffered: lambda e, s: f"{plain(e.agent)} was told that a slot is free",
    f.MealOpened: lambda e, s: (
        f"the meal window {plain(e.meal)} of {plain(e.shift)} opened; {e.capacity} may eat at once"
    ),
    f.MealClosed: lambda e, s: (
        f"the meal window {plain(e.meal)} of {plain(e.shift)} closed;"
        f" {e.capacity} may rest at once from now"
    ),
    f.MealReminderSent: lambda e, s: (
        f"{counted(len(e.agents), 'agent')} who could eat now"
        f" {'was' if len(e.agents) == 1 else 'were'} reminded of {plain(e.meal)}:"
        f" {listed(e.agents)}"
    ),
    f.ShiftReported: _reported,
}
