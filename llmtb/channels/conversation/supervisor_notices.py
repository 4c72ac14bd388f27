"""What supervisors are told: what asks for them, and what one of them has done."""

from collections.abc import Iterator
from datetime import datetime

from llmtb.channels.conversation import keyboards
from llmtb.channels.conversation.occasion import Notice, Occasion, to_supervisors
from llmtb.channels.conversation.planning import Feasibility, FeedLost
from llmtb.channels.conversation.step import Say
from llmtb.channels.conversation.tokens import short
from llmtb.channels.conversation.watching import report_files
from llmtb.channels.conversation.words import Speech
from llmtb.channels.port import Inline
from llmtb.events.chat import MessageFailed
from llmtb.events.floor import (
    DisciplineApplied,
    OverrideEnded,
    OverrideSet,
    PolicyChanged,
    ShiftReported,
    WarningIssued,
)


def warned(occasion: Occasion) -> Iterator[Notice]:
    """Somebody is late."""
    event: WarningIssued = occasion.event
    if event.cause != "late":
        return
    for chat, speech in to_supervisors(occasion, but=event.agent):
        text = speech.say(
            "{name} is {late} late from a rest. Warning {count}.",
            name=occasion.known.name(event.agent),
            late=speech.minutes(event.minute or 0),
            count=event.count,
        )
        yield Notice(chat, Say(text=text, keyboard=_see_to(speech, event.agent, event.at)))


def disciplined(occasion: Occasion) -> Iterator[Notice]:
    """Somebody has too many warnings."""
    event: DisciplineApplied = occasion.event
    name = occasion.known.name(event.agent)
    for chat, speech in to_supervisors(occasion, but=event.agent):
        text = speech.say("{name} has more warnings than are allowed.", name=name)
        if event.action == "block":
            text = speech.say(
                "{name} has more warnings than are allowed: normal and urgent rests are closed to "
                "them until the shift ends.",
                name=name,
            )
        yield Notice(chat, Say(text=text, keyboard=_see_to(speech, event.agent, event.at)))


def _see_to(speech: Speech, agent: str, at: datetime) -> Inline:
    return keyboards.one(speech.say("See to it"), "pc", short(agent), at=at)


def overridden(occasion: Occasion) -> Iterator[Notice]:
    """One of them set a capacity by hand."""
    event: OverrideSet = occasion.event
    for chat, speech in to_supervisors(occasion):
        text = speech.say(
            "{name} set the capacity of {shift} to {capacity} until {until}: {reason}",
            name=occasion.known.name(event.by),
            shift=event.shift[11:],
            capacity=event.capacity,
            until=event.until,
            reason=event.reason,
        )
        yield Notice(chat, Say(text=text))


def override_over(occasion: Occasion) -> Iterator[Notice]:
    """A capacity set by hand is over."""
    event: OverrideEnded = occasion.event
    for chat, speech in to_supervisors(occasion, but=event.by):
        text = speech.say("The rules decide the capacity of {shift}.", shift=event.shift[11:])
        yield Notice(chat, Say(text=text))


def policy(occasion: Occasion) -> Iterator[Notice]:
    """One of them changed the settings."""
    event: PolicyChanged = occasion.event
    if occasion.known.person(event.by) is None:
        return
    for chat, speech in to_supervisors(occasion, but=event.by):
        text = speech.say(
            "{name} changed the settings: {keys}",
            name=occasion.known.name(event.by),
            keys=", ".join(event.changed),
        )
        yield Notice(chat, Say(text=text))


def reported(occasion: Occasion) -> Iterator[Notice]:
    """A shift is over: what it was in a line, its picture and its files."""
    event: ShiftReported = occasion.event
    for chat, speech in to_supervisors(occasion):
        picture, *files = report_files(speech, event.shift)
        report = event.report
        lines = [
            picture.text,
            speech.say(
                "Most at once: {peak}. Refusals: {refusals}. Late: {late}. Warnings: {warnings}.",
                peak=report.peak_resting,
                refusals=sum(report.refusals.values()),
                late=sum(rest.late_seconds > 0 for each in report.agents for rest in each.breaks),
                warnings=sum(len(each.warnings) for each in report.agents),
            ),
        ]
        yield Notice(chat, Say(text="\n".join(lines), attachment=picture.attachment))
        yield from (Notice(chat, each) for each in files)


def unreachable(occasion: Occasion) -> Iterator[Notice]:
    """A warning that cannot arrive is the supervisors' to pass on."""
    event: MessageFailed = occasion.event
    member = occasion.known.member(event.chat)
    if member is None or not event.error.startswith("unreachable"):
        return
    for chat, speech in to_supervisors(occasion, but=member.id):
        text = speech.say(
            "{name} cannot be reached any more: the bot is blocked there.", name=member.person.name
        )
        yield Notice(chat, Say(text=text))


def planned(occasion: Occasion, plan: Feasibility | FeedLost) -> Iterator[Notice]:
    """What the supervisors hear because of the time; `occasion.event` is of no account."""
    for chat, speech in to_supervisors(occasion):
        if isinstance(plan, FeedLost):
            text = speech.say(
                "The phone system is silent since {time}: the number present decides.",
                time=plan.last,
            )
            yield Notice(chat, Say(text=text))
        else:
            yield Notice(chat, Say(text=_feasible(speech, plan), until=plan.meal.starts))


def _feasible(speech: Speech, plan: Feasibility) -> str:
    lines = [
        speech.say(
            "{meal} of {shift}, {span}:",
            meal=plan.meal.name,
            shift=plan.shift[11:],
            span=speech.span(plan.meal.starts, plan.meal.ends),
        ),
        speech.count(
            "{n} person, {minutes} each: at least {seats} at once.",
            "{n} people, {minutes} each: at least {seats} at once.",
            plan.people,
            minutes=speech.minutes(plan.minutes),
            seats=plan.at_once,
        ),
    ]
    if plan.left:
        lines.append(
            speech.count(
                "With a capacity of {capacity}, {n} person cannot eat in time.",
                "With a capacity of {capacity}, {n} people cannot eat in time.",
                plan.left,
                capacity=plan.capacity,
            )
        )
    else:
        text = speech.say("With a capacity of {n}, everybody can eat in time.", n=plan.capacity)
        lines.append(text)
    return "\n".join(lines)
