"""The board as regions of HTML: the feed, the numbers of the centre, the shifts.

Whether it names anybody is the company's choice (`wall.names`); it tells how many, else.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, Literal, NamedTuple

from llmtb.channels.conversation.known import Known
from llmtb.channels.conversation.phrases import kind_name
from llmtb.channels.conversation.words import Phrase, Speech, mark, plain
from llmtb.channels.web.board.live import view_of
from llmtb.channels.web.board.tiles import (
    Tile,
    centre_tiles,
    clock,
    late_tile,
    rests_tile,
)
from llmtb.channels.web.board.why import why_lines
from llmtb.channels.web.page import drawn
from llmtb.projections.board import Calls, MealNow, Resting
from llmtb.projections.wall import STATES, State, Wall, WallShift, wall

MOST_SHIFTS: Final = 4  # on a wall, where nobody scrolls
MOST_NAMES: Final = 6  # of one shift
MOST_SLOTS: Final = 24  # that are drawn one by one
LABELS: Final[Mapping[State, str]] = {
    "free": mark("free"),
    "in_call": mark("in a call"),
    "wrap": mark("wrapping up"),
    "away": mark("away"),
    "at_work": mark("at work"),
    "resting": mark("at rest"),
    "late": mark("late"),
    "absent": mark("absent"),
}
_UNTOLD: Final = frozenset(("free", "in_call", "wrap", "away"))  # where no phone says anything
Names = Literal["none", "initials", "full"]


class Count(NamedTuple):
    """How many agents are in a state; some: any at all."""

    state: State
    label: Phrase
    n: Phrase
    some: bool


class Feed(NamedTuple):
    """Whether there are figures of the calls, in words, and since when."""

    state: Literal["none", "fresh", "stale"]
    words: Phrase
    since: datetime | None
    aged: Phrase


class Panel(NamedTuple):
    """One open shift. slots: for each slot, whether it is in use; empty where there are too many.

    people: who rests or is late, as far as the company has it told.
    """

    title: Phrase
    span: Phrase
    rests: Tile
    late: Tile
    slots: list[bool]
    why: list[Phrase]
    counts: list[Count]
    notes: list[Phrase]
    people: list[Phrase]


def regions(known: Known, speech: Speech, now: datetime, *, most: int | None) -> dict[str, str]:
    """The board, by the id of the element that each part fills. most: shifts; None: all."""
    floor = known.floor
    policy = floor.centre.policy
    seen = wall(view_of(floor), floor.centre.roster, now)
    shown = seen.shifts[:most]
    panels = [_panel(each, known, speech, now) for each in shown]
    left = len(seen.shifts) - len(shown)
    return {
        "board-feed": drawn(
            "board/feed.html",
            speech,
            day=speech.day(now.astimezone(speech.zone).date()),
            feed=feed(seen.board.calls, speech),
            emergency=_emergency(seen, speech),
        ),
        "board-numbers": drawn(
            "board/numbers.html",
            speech,
            tiles=list(centre_tiles(seen, floor.desk, policy, speech, now)),
        ),
        "board-shifts": drawn("board/shifts.html", speech, panels=panels, left=left),
    }


def feed(calls: Calls | None, speech: Speech) -> Feed:
    """How old the figures of the calls are, in plain sight."""
    aged = speech.say("{age} old", age=Phrase("{age}"))
    if calls is None:
        return Feed("none", speech.say("No figures of the calls"), None, aged)
    at = clock(speech, calls.at)
    if calls.fresh:
        return Feed("fresh", speech.say("Figures of {time}", time=at), calls.at, aged)
    words = speech.say("Old figures: the phone system is silent since {time}", time=at)
    return Feed("stale", words, calls.at, aged)


def shown_as(name: str, names: Names) -> str:
    """A name as the company has it shown: whole, or the first letters of its first words."""
    if names == "full":
        return plain(name) or "?"
    return " ".join(f"{word[0]}." for word in plain(name).split()[:2]) or "?"


def _panel(shift: WallShift, known: Known, speech: Speech, now: datetime) -> Panel:
    policy, seen = known.floor.centre.policy, shift.now
    names = policy.wall.names
    return Panel(
        title=speech.isolate(seen.shift.partition("/")[2]),
        span=speech.span(seen.starts, seen.ends),
        rests=rests_tile(seen, speech, now),
        late=late_tile(seen, policy, speech, now),
        slots=_slots(seen.slots, seen.capacity),
        why=list(why_lines(speech, seen.why, policy.breaks, told=names == "full")),
        counts=list(_counts(shift, speech)),
        notes=list(_notes(shift, speech)),
        people=[] if names == "none" else list(_people(seen.resting, known, names, speech)),
    )


def _slots(used: int, capacity: int) -> list[bool]:
    most = max(used, capacity)
    return [place < used for place in range(most)] if most <= MOST_SLOTS else []


def _counts(shift: WallShift, speech: Speech) -> Iterator[Count]:
    told = bool(shift.now.phones)
    for state in STATES:
        n = shift.total(state)
        if n or (state != "at_work" and (told or state not in _UNTOLD)):
            # Beside what phones tell, "at work" would read as if the others were not.
            here = told and state == "at_work"
            label = speech.say("here") if here else speech.say(LABELS[state])
            yield Count(state, label, speech.number(n), n > 0)


def _notes(shift: WallShift, speech: Speech) -> Iterator[Phrase]:
    now = shift.now
    if now.meal is not None:
        yield from _meal(now.meal, speech)
    if now.line:
        yield speech.count("{n} waits for a slot", "{n} wait for a slot", len(now.line))
    if now.mismatches:
        yield speech.count(
            "{n} rests, and is in a call by phone",
            "{n} rest, and are in a call by phone",
            len(now.mismatches),
        )


def _meal(meal: MealNow, speech: Speech) -> Iterator[Phrase]:
    yield speech.say("{meal} until {ends}", meal=meal.meal, ends=meal.ends)
    if meal.hungry:
        n = len(meal.hungry)
        yield speech.count("{n} has not eaten yet", "{n} have not eaten yet", n)
    else:
        yield speech.say("everybody has eaten")


def _people(resting: list[Resting], known: Known, names: Names, speech: Speech) -> Iterator[Phrase]:
    """Those who rest, by due, hence the late first."""
    for rest in resting[:MOST_NAMES]:
        name, kind = shown_as(known.name(rest.agent), names), kind_name(speech, rest.kind)
        if rest.late_seconds:
            yield speech.say("{name}: {kind}, late since {due}", name=name, kind=kind, due=rest.due)
        else:
            yield speech.say("{name}: {kind} until {due}", name=name, kind=kind, due=rest.due)
    if len(resting) > MOST_NAMES:
        yield speech.count("… and {n} more", "… and {n} more", len(resting) - MOST_NAMES)


def _emergency(seen: Wall, speech: Speech) -> Phrase:
    taken = seen.board.emergency
    if taken is None:
        return speech.say("Emergency slot: free")
    return speech.say("Emergency slot: taken until {time}", time=taken.due)
