"""The page that tells a person everything held about them: one file, to be read and printed."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from html import escape
from typing import Any, Final

from llmtb.audit.privacy.disclosing import LEFT_OUT, Told
from llmtb.channels.conversation.words import Speech, mark
from llmtb.events.access import ACCESS_EVENTS
from llmtb.events.audit import AUDIT_EVENTS
from llmtb.events.desk import DESK_EVENTS

PAGE: Final = "index.html"
EVENTS: Final = "events.json"
_LEFTWARD: Final = ("fa",)
ABOUT_OTHERS: Final = mark(
    "Other people are named by their part alone, and their words are left out. Words that were"
    " destroyed cannot be told. The same is in {file}, for programs."
)
OTHER: Final = mark("What you did, and other records")
SUBJECTS: Final[Mapping[str, tuple[str, ...]]] = {
    mark("Who you are here"): ("AgentAdded", "AgentChanged", "AgentRemoved"),
    mark("Your shifts"): (
        *("ShiftAssigned", "ShiftUnassigned", "CheckedIn", "CheckedOut"),
        "PhoneStateChanged",
    ),
    mark("Your rests"): (
        *("BreakStarted", "BreakRefused", "BreakEnded", "BreakExtended"),
        *("WaitJoined", "WaitLeft", "SlotOffered", "MealReminderSent"),
    ),
    mark("Warnings"): ("WarningIssued", "WarningForgiven", "DisciplineApplied"),
    mark("Your lines in the reports of shifts"): ("ShiftReported",),
    mark("Questions and answers"): (
        *("SessionStarted", "SessionEnded", "QuestionAsked", "QuestionRefused"),
        *("PassagesFound", "AnswerGiven", "ChoicesOffered", "AnswerWithheld", "AnswerRated"),
        "DraftWritten",
    ),
    mark("Conversations with people"): tuple(each.__name__ for each in DESK_EVENTS),
    mark("Messages"): (
        *("MessageQueued", "MessageSent", "MessageFailed", "LanguageChosen", "DialogueMoved"),
        *("BoardShown", "BoardHidden"),
    ),
    mark("Accounts, invitations and signing in"): tuple(each.__name__ for each in ACCESS_EVENTS),
    mark("What the audit recorded"): tuple(each.__name__ for each in AUDIT_EVENTS),
    OTHER: (),
}
"""By subject, the types of events that belong to it."""
_SUBJECT: Final = {type_: subject for subject, types in SUBJECTS.items() for type_ in types}
_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111}
h1{font-size:1.6rem}h2{font-size:1.2rem;border-bottom:1px solid #999;margin-top:2.5rem}
section{break-inside:auto}article{break-inside:avoid;margin:.7rem 0}
time{color:#555}dl{display:grid;grid-template-columns:max-content 1fr;gap:0 1rem;margin:.2rem 0}
dt{color:#555}dd{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
@media print{body{margin:0;max-width:none}}
"""


def page(person: str, told: Iterable[Told], speech: Speech, now: datetime) -> str:
    """The page about a person, in a language; everything in it is escaped."""
    groups: dict[str, list[Told]] = {subject: [] for subject in SUBJECTS}
    for each in told:
        groups[_SUBJECT.get(each.type, OTHER)].append(each)
    title = speech.say("What is held about you")
    direction = "rtl" if speech.language in _LEFTWARD else "ltr"
    parts = [
        f'<!doctype html><html lang="{speech.language}" dir="{direction}"><head>'
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(title)}</h1>",
        _line(
            speech.say(mark("This is about {person}, as of {day}."), person=person, day=now.date())
        ),
        _line(speech.say(ABOUT_OTHERS, file=EVENTS)),
    ]
    for subject, events in groups.items():
        if events:
            parts.append(f"<section><h2>{escape(speech.say(subject))}</h2>")
            parts += [_article(each, speech) for each in events]
            parts.append("</section>")
    return "\n".join([*parts, "</body></html>", ""])


def _article(told: Told, speech: Speech) -> str:
    at = datetime.fromisoformat(told.form["at"])
    day, time = speech.day(at.astimezone(speech.zone).date()), speech.clock(at)
    facts = "".join(
        f'<dt dir="ltr">{escape(name)}</dt><dd dir="auto">{escape(value)}</dd>'
        for name, value in _facts(told.form, speech)
    )
    return (
        f'<article><time datetime="{escape(told.form["at"])}">{escape(day)}, {escape(time)}</time>'
        f" <b>{escape(_spaced(told.type))}</b><dl>{facts}</dl></article>"
    )


def _facts(form: Mapping[str, Any], speech: Speech) -> Iterator[tuple[str, str]]:
    """What an event says, a line each; what says nothing is passed over."""
    for name, value in form.items():
        if name in ("seq", "at", "type") or value in (None, "", [], {}):
            continue
        yield _spaced(name), _said(value, speech)


def _said(value: Any, speech: Speech) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{_spaced(name)}: {text}" for name, text in _facts(value, speech))
    if isinstance(value, list):
        return "\n".join(_said(each, speech) for each in value)
    text = str(value)
    return str(speech.say("(left out)")) if text == LEFT_OUT else text


def _line(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _spaced(name: str) -> str:
    """`BreakStarted` and `late_seconds` as words."""
    parted = "".join(f" {c.lower()}" if c.isupper() else c for c in name).replace("_", " ").strip()
    return parted[:1].upper() + parted[1:]
