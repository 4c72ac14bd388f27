"""Keyboards: pure functions from what is known and a language to buttons.

The permanent verbs stand under the writing line; a press on one arrives as its label, in whatever
language it was drawn. Everything else hangs under one message and carries a token.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from llmtb.channels.conversation.phrases import KINDS
from llmtb.channels.conversation.tokens import encode
from llmtb.channels.conversation.words import Speech, Words, mark
from llmtb.channels.port import Button, Inline, Reply
from llmtb.events.floor import Kind, Role

REST: Final = "Rest(dnd)"
"""The label of the one button every agent knows; the same in every language."""

LABELS: Final[Mapping[str, str]] = {
    "rest": REST,
    "ask": mark("Ask me!"),
    "person": mark("A person"),
    "callbacks": mark("Callbacks"),
    "start": mark("Start"),
    "check_in": mark("Check in"),
    "check_out": mark("Check out"),
    "overtime": mark("Overtime"),
    "history": mark("My history"),
    "capacity": mark("Live capacity"),
    "language": mark("Language"),
    "help": mark("Help"),
    "board": mark("Live board"),
    "late": mark("Who is late"),
    "override": mark("Set capacity"),
    "breaks": mark("Rests"),
    "rosters": mark("Rosters"),
    "report": mark("Report"),
    "people": mark("People"),
}
"""The permanent verbs, and the message id of what each button says."""

COMMANDS: Final[Mapping[str, str]] = {
    "start": mark("Show the buttons"),
    "ask": mark("Ask a question"),
    "exit": mark("End the questions"),
    "rest": mark("Rest, or come back from it"),
    "help": mark("What this bot does"),
    "language": mark("Choose the language"),
    "cancel": mark("Leave what was begun"),
    "id": mark("Show my account's number"),
    "console": mark("Sign in to the console"),
}
"""What the app's menu offers, whatever the role."""

_FLOOR = (("rest",), ("check_in", "check_out"))
_ROWS: Final[Mapping[Role, tuple[tuple[str, ...], ...]]] = {
    "agent": (
        *_FLOOR,
        ("ask", "callbacks"),
        ("overtime", "history"),
        ("capacity", "language", "help"),
    ),
    "supervisor": (
        ("ask", "callbacks"),
        ("board", "late"),
        ("override", "breaks"),
        ("rosters", "report"),
        ("people", "language", "help"),
    ),
    "auditor": (("ask",), ("board", "late"), ("report", "language", "help")),
    "customer": (("ask", "person"), ("start", "language", "help")),
}

PAGE: Final = 12
"""Most people or shifts under one message."""


class Choice(NamedTuple):
    """A button to come: what it says, and the arguments of its token."""

    label: str
    args: tuple[str, ...]


class Offer(NamedTuple):
    """A kind of rest that is open now: how long it would last, and the slots free before it."""

    kind: Kind
    minutes: int
    free: int


def permanent(speech: Speech, role: Role, *, on_shifts: bool = False) -> Reply:
    """The permanent buttons of a role; a supervisor who is on shifts rests as agents do."""
    rows = _ROWS[role]
    if role == "supervisor" and on_shifts:
        rows = (*_FLOOR, *rows)
    return Reply(tuple(tuple(_label(speech, verb) for verb in row) for row in rows))


def verbs(words: Words) -> dict[str, str]:
    """What every label means, in whatever language it was drawn."""
    return {
        label: verb
        for verb, msgid in LABELS.items()
        for label in ([REST] if verb == "rest" else words.said_as(msgid))
    }


def rests(speech: Speech, offers: Iterable[Offer], at: datetime) -> Inline:
    """The kinds of rest that are open, each with its minutes and, if it takes one, free slots."""
    return Inline(tuple((_rest(speech, offer, at),) for offer in offers))


def button(label: str, verb: str, *args: str, at: datetime) -> Button:
    """A button that does something."""
    return Button(str(label), encode(verb, *args, at=at))


def one(label: str, verb: str, *args: str, at: datetime) -> Inline:
    """A single button."""
    return Inline(((button(label, verb, *args, at=at),),))


def listed(verb: str, choices: Iterable[Choice], at: datetime, *, wide: int = 1) -> Inline:
    """Buttons of one verb, `wide` to a row."""
    buttons = [button(label, verb, *args, at=at) for label, args in choices]
    rows = (tuple(buttons[place : place + wide]) for place in range(0, len(buttons), wide))
    return Inline(tuple(rows))


def paged(
    verb: str, choices: Sequence[Choice], page: int, turn: tuple[str, ...], at: datetime
) -> Inline:
    """One page of many buttons, with buttons that turn to the others.

    turn: the verb and arguments of those, to which the page's number is added.
    """
    last = max(0, (len(choices) - 1) // PAGE)
    page = min(max(0, page), last)
    rows = listed(verb, choices[page * PAGE : (page + 1) * PAGE], at, wide=2).rows
    turns = [(label, to) for label, to in (("‹", page - 1), ("›", page + 1)) if 0 <= to <= last]
    if not turns:
        return Inline(rows)
    return Inline((*rows, tuple(button(t, *turn, str(to), at=at) for t, to in turns)))


def page_of(args: tuple[str, ...]) -> int:
    """The page that a turning button asks for: its last argument."""
    return int(args[-1]) if args and args[-1].isascii() and args[-1].isdecimal() else 0


def stacked(*keyboards: Inline) -> Inline:
    """The rows of several keyboards, one below the other."""
    return Inline(tuple(row for keyboard in keyboards for row in keyboard.rows))


def _label(speech: Speech, verb: str) -> str:
    return REST if verb == "rest" else str(speech.say(LABELS[verb]))


def _rest(speech: Speech, offer: Offer, at: datetime) -> Button:
    kind = speech.say(KINDS[offer.kind])
    if offer.kind == "emergency":
        label = speech.say("{kind} · {minutes} min", kind=kind, minutes=offer.minutes)
    else:
        label = speech.count(
            "{kind} · {minutes} min · {n} free",
            "{kind} · {minutes} min · {n} free",
            offer.free,
            kind=kind,
            minutes=offer.minutes,
        )
    return button(label, "r", offer.kind, at=at)
