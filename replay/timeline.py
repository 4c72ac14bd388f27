"""`timeline`: what happened to a person, in a shift or in a chat, in order."""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import tzinfo
from pathlib import Path
from typing import TextIO

import msgspec

from llmtb.events.access import AccountUnlinked, InvitationAccepted
from llmtb.events.floor import PolicyChanged, ShiftClosed, ShiftOpened
from llmtb.events.published import publish
from llmtb.events.record import Recorded
from replay.exits import DONE, INPUT, Failed
from replay.pictures.drawing import picture
from replay.pictures.ladder import Rung, ladder
from replay.pictures.panels import Panels
from replay.reading.source import open_source
from replay.speech import Speech
from replay.telling.told import chat_of, people_of, told
from replay.zone import add_zone, first_zone, speech_of, zone_in

MOST_ROWS = 20_000  # of one picture of a chat
FORMS = ("text", "json", "svg")


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("path", type=Path, metavar="PATH", help="an export, or a journal.db")
    about = parser.add_mutually_exclusive_group(required=True)
    about.add_argument("--person", metavar="ID", help="whom or by whom")
    about.add_argument("--shift", metavar="DATE/NAME", help="an instance of a shift")
    about.add_argument("--chat", metavar="ID", help="a conversation")
    parser.add_argument(
        "--format", choices=FORMS, default="text", help="lines, a line of JSON each, or a picture"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it to a file")
    add_zone(parser)


def run(options: argparse.Namespace) -> int:
    """Tell it. Raises Failed where there is nothing of this person, shift or chat."""
    speech = speech_of(options.zone)
    with open_source(options.path) as source, _out(options.out) as out:
        zone = first_zone(source)
        if options.format == "svg":
            found = _draw(source.events(), options, zone, speech, out)
        else:
            say = _as_json if options.format == "json" else _as_text
            events = about(source.events(), zone, options.person, options.shift, options.chat)
            found = say(events, speech, out)
        if not found:
            what = options.person or options.shift or options.chat
            raise Failed(INPUT, f"{options.path}: it tells nothing of {what}")
    return DONE


def about(
    events: Iterable[Recorded],
    zone: tzinfo,
    person: str | None = None,
    shift: str | None = None,
    chat: str | None = None,
) -> Iterator[tuple[Recorded, Speech]]:
    """The events about somebody or something, each with how the company said instants then.

    zone: the company's, until its policy is read.
    """
    wanted: Callable[[Recorded], bool]
    if person is not None:
        wanted = _Person(person)
    elif shift is not None:
        wanted = _Shift(shift)
    else:
        wanted = lambda recorded: chat_of(recorded) == chat  # noqa: E731 - as the other two
    for recorded in events:
        if isinstance(recorded.event, PolicyChanged):
            zone = zone_in(recorded.event.policy)
        if wanted(recorded):
            yield recorded, Speech(zone)


class _Person:
    """Whether an event is about a person, or was caused by them; their chats are theirs."""

    def __init__(self, person: str) -> None:
        self.person = person
        self.chats: set[str] = set()

    def __call__(self, recorded: Recorded) -> bool:
        event = recorded.event
        chat = chat_of(recorded)
        theirs = chat is not None and chat in self.chats
        if isinstance(event, InvitationAccepted) and event.agent == self.person:
            self.chats.add(event.account)
        if isinstance(event, AccountUnlinked) and event.agent == self.person:
            self.chats.discard(event.account)
        return theirs or chat == self.person or self.person in people_of(event)


class _Shift:
    """Whether an event is of a shift, or changed the rules while it was open."""

    def __init__(self, shift: str) -> None:
        self.shift = shift
        self.open = False

    def __call__(self, recorded: Recorded) -> bool:
        event = recorded.event
        if getattr(event, "shift", None) != self.shift:
            return self.open and isinstance(event, PolicyChanged)
        if isinstance(event, ShiftOpened | ShiftClosed):
            self.open = isinstance(event, ShiftOpened)
        return True


@contextmanager
def _out(path: Path | None) -> Iterator[TextIO]:
    """The file that is asked for, which is there only once it is whole; else the terminal.

    Raises Failed.
    """
    if path is None:
        yield sys.stdout
        return
    part = path.with_name(f"{path.name}.part")
    try:
        try:
            with part.open("w", encoding="utf-8", newline="\n") as file:
                yield file
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise Failed(INPUT, f"{path}: cannot be written: {error.strerror}") from error


def _as_text(events: Iterable[tuple[Recorded, Speech]], asked: Speech | None, out: TextIO) -> bool:
    """A line each, under its local date."""
    date = None
    for recorded, company in events:
        event, speech = recorded.event, asked or company
        if speech.date(event.at) != date:
            date = speech.date(event.at)
            out.write(f"{date} ({speech.zone})\n")
        out.write(f"  {speech.clock(event.at)}  #{recorded.seq}  {told(event, speech)}\n")
    return date is not None


def _as_json(events: Iterable[tuple[Recorded, Speech]], asked: Speech | None, out: TextIO) -> bool:
    """A line of JSON each: `seq`, `at`, `local`, `type`, `said`, and the published event."""
    found = False
    for recorded, company in events:
        event, speech, found = recorded.event, asked or company, True
        form = publish(recorded)
        line = {
            "seq": recorded.seq,
            "at": form["at"],
            "local": speech.local(event.at).isoformat(),
            "type": form["type"],
            "said": told(event, speech),
            "event": form,
        }
        out.write(msgspec.json.encode(line).decode() + "\n")
    return found


def _draw(
    events: Iterable[Recorded],
    options: argparse.Namespace,
    zone: tzinfo,
    asked: Speech | None,
    out: TextIO,
) -> bool:
    """One picture: shifts as panels, a chat as a ladder. Raises Failed for too long a chat."""
    if options.chat is not None:
        rungs: list[Rung] = []
        speech = asked or Speech(zone)
        for recorded, company in about(events, zone, chat=options.chat):
            event, speech = recorded.event, asked or company
            rungs.append(Rung(recorded.seq, event.at, type(event), told(event, speech)))
            if len(rungs) > MOST_ROWS:
                raise Failed(INPUT, f"chat {options.chat} is too long for a picture")
        out.write(ladder(rungs, f"Chat {options.chat}", speech) if rungs else "")
        return bool(rungs)
    panels = Panels(options.shift, options.person)
    for recorded in events:
        if isinstance(recorded.event, PolicyChanged):
            zone = zone_in(recorded.event.policy)
        panels.note(recorded)
    drawn = list(panels.panels())
    if drawn:
        title = f"Shift {options.shift}" if options.shift else f"Person {options.person}"
        out.write(picture(drawn, title, asked or Speech(zone)))
    return bool(drawn)
