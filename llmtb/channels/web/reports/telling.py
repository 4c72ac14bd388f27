"""A person's day in words."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from llmtb.channels.conversation.phrases import late_minutes
from llmtb.channels.conversation.words import Phrase, Speech
from llmtb.projections.history import Day, PastBreak, PastRefusal, PastWarning
from llmtb.report.terms import ENDED_BY, KINDS, REFUSED, WARNED


class Rested(NamedTuple):
    """A break of the day; `late` is empty for one that ended in time."""

    shift: str
    kind: Phrase
    start: Phrase
    due: Phrase
    over: str
    late: str
    ended_by: str


class Warned(NamedTuple):
    """A warning of the day. forgiven: by whom and why, empty for one that stands."""

    shift: str
    at: Phrase
    cause: Phrase
    minute: str
    forgiven: str


class Refused(NamedTuple):
    """A break that was refused."""

    shift: str
    at: Phrase
    kind: Phrase
    reason: Phrase


class Told(NamedTuple):
    """A day; `date` is its name in the language, `key` the same as ISO."""

    key: str
    date: Phrase
    breaks: Sequence[Rested]
    warnings: Sequence[Warned]
    refusals: Sequence[Refused]


def day_of(speech: Speech, names: Mapping[str, str], day: Day) -> Told:
    """A shift date, newest first as it is kept. names: of people, by id."""
    return Told(
        key=day.date,
        date=speech.day(date.fromisoformat(day.date)),
        breaks=[_rested(speech, each) for each in day.breaks],
        warnings=[_warned(speech, names, each) for each in day.warnings],
        refusals=[_refused(speech, each) for each in day.refusals],
    )


def _rested(speech: Speech, rest: PastBreak) -> Rested:
    seconds = rest.late_seconds or 0
    return Rested(
        shift=speech.isolate(rest.shift[11:]),
        kind=speech.say(KINDS[rest.kind]),
        start=speech.clock(rest.start),
        due=speech.clock(rest.due),
        over="–" if rest.over is None else speech.clock(rest.over),
        late=speech.minutes(late_minutes(seconds)) if seconds else "",
        ended_by="" if rest.ended_by is None else speech.say(ENDED_BY[rest.ended_by]),
    )


def _warned(speech: Speech, names: Mapping[str, str], warning: PastWarning) -> Warned:
    by = warning.forgiven_by
    forgiven = ""
    if by is not None:
        who, why = speech.isolate(names.get(by, by)), speech.isolate(warning.forgiven_why or "")
        forgiven = speech.say("{name}: {reason}", name=who, reason=why)
    return Warned(
        shift=speech.isolate(warning.shift[11:]),
        at=speech.clock(warning.at),
        cause=speech.say(WARNED[warning.cause]),
        minute="" if warning.minute is None else speech.number(warning.minute),
        forgiven=forgiven,
    )


def _refused(speech: Speech, refusal: PastRefusal) -> Refused:
    return Refused(
        shift=speech.isolate(refusal.shift[11:]),
        at=speech.clock(refusal.at),
        kind=speech.say(KINDS[refusal.kind]),
        reason=speech.say(REFUSED[refusal.reason]),
    )
