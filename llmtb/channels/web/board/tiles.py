"""The numbers of the board, each beside its target, with a state that is a word and a shape, too.

Nothing here names anybody. What grows older by the second is given as the instant it counts
from: the page counts, so that the server need not draw it anew.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from llmtb.actors.desk import Desk
from llmtb.channels.conversation.words import Phrase, Speech, mark
from llmtb.policy import Policy
from llmtb.projections.board import Calls, ShiftNow
from llmtb.projections.wall import Wall

Signal = Literal["good", "warn", "bad", "calm"]

NEAR: Final = 0.10  # of the target: so much below it is not yet far off
LONG: Final = 3  # times the target: so long a wait is far off
PATIENT: Final = timedelta(minutes=5)  # a customer who waits for a person longer waits too long
ON: Final = mark("on target")
JUST_OFF: Final = mark("just off target")
OFF: Final = mark("off target")
UNKNOWN: Final = mark("not known")
_WORDS: Final[dict[Signal, str]] = {"good": ON, "warn": JUST_OFF, "bad": OFF, "calm": UNKNOWN}


class Tile(NamedTuple):
    """One number. signal: how it stands to its target; word: the same in words.

    since: the instant from which `aged` counts up, with the place `{age}` for the page to fill.
    """

    name: str
    label: Phrase
    value: Phrase
    target: Phrase
    signal: Signal
    word: Phrase
    note: Phrase | None = None
    since: datetime | None = None
    aged: Phrase | None = None


def centre_tiles(
    wall: Wall, desk: Desk, policy: Policy, speech: Speech, now: datetime
) -> Iterator[Tile]:
    """The numbers of the whole centre."""
    yield _level(wall, policy, speech)
    yield _waiting(wall.board.calls, policy, speech)
    yield _staffed(wall, speech)
    yield _for_a_person(desk, speech, now)


def rests_tile(shift: ShiftNow, speech: Speech, now: datetime) -> Tile:
    """The rests of a shift: in use, of the capacity, and when the next is due back."""
    over = shift.slots - shift.capacity
    signal: Signal = "bad" if over > 0 else "good" if shift.free else "warn"
    word = speech.count("{n} free", "{n} free", shift.free)
    if not shift.free:
        word = speech.say("more than the capacity") if over > 0 else speech.say("full")
    return Tile(
        name="rests",
        label=speech.say("Resting"),
        value=speech.figure(shift.slots, shift.capacity),
        target=speech.count("{n} may rest at once", "{n} may rest at once", shift.capacity),
        signal=signal,
        word=word,
        note=_next_back(shift, speech, now),
    )


def late_tile(shift: ShiftNow, policy: Policy, speech: Speech, now: datetime) -> Tile:
    """How many of a shift are late from a rest; past the last warning it is serious."""
    first = min((rest.due for rest in shift.resting if rest.due < now), default=None)
    last = timedelta(minutes=max(policy.breaks.warn_after_minutes, default=1))
    signal: Signal = "good" if first is None else "bad" if now - first >= last else "warn"
    return Tile(
        name="late",
        label=speech.say("Late"),
        value=speech.number(len(shift.late)),
        target=_target(speech, 0),
        signal=signal,
        word=speech.say(_WORDS[signal]),
        since=first,
        aged=_longest(speech) if first is not None else None,
    )


def length(speech: Speech, seconds: int) -> Phrase:
    """A length of time as minutes and seconds, such as 1:05."""
    minutes, rest = divmod(seconds, 60)
    return Phrase(f"{speech.number(minutes)}:{_two(speech, rest)}")


def clock(speech: Speech, instant: datetime) -> Phrase:
    """The local time of day to the second."""
    second = instant.astimezone(speech.zone).second
    return Phrase(f"{speech.clock(instant)}:{_two(speech, second)}")


def _level(wall: Wall, policy: Policy, speech: Speech) -> Tile:
    signal: Signal = "calm"
    target, value = policy.load.service_level, Phrase("–")
    if wall.level is not None:
        signal = _below(wall.level, target, target - NEAR)
        value = _percent(speech, wall.level)
    return Tile(
        name="level",
        label=speech.say("Service level, expected"),
        value=value,
        target=speech.say(
            "target: {share} within {seconds} s",
            share=_percent(speech, target),
            seconds=round(policy.load.service_seconds),
        ),
        signal=signal,
        word=speech.say(_WORDS[signal]),
        note=speech.say("by the formula") if wall.level is not None else None,
    )


def _waiting(calls: Calls | None, policy: Policy, speech: Speech) -> Tile:
    within = policy.load.service_seconds
    signal: Signal = "calm"
    value, note = Phrase("–"), None
    if calls is not None and calls.fresh and calls.waiting is not None:
        value, longest = speech.number(calls.waiting), calls.longest_wait_seconds
        signal = _waited(calls.waiting, longest, within)
        if calls.waiting and longest is not None:
            note = speech.say("longest: {age}", age=length(speech, round(longest)))
    return Tile(
        name="waiting",
        label=speech.say("Calls waiting"),
        value=value,
        target=speech.say("target: within {seconds} s", seconds=round(within)),
        signal=signal,
        word=speech.say(_WORDS[signal]),
        note=note,
    )


def _staffed(wall: Wall, speech: Speech) -> Tile:
    signal: Signal = "calm"
    target = speech.say("what the calls ask for is not known")
    if wall.required is not None:
        signal = _below(wall.staffed, wall.required, wall.required * (1 - NEAR))
        target = speech.count("the calls ask for {n}", "the calls ask for {n}", wall.required)
    return Tile(
        name="staffed",
        label=speech.say("Agents at work"),
        value=speech.number(wall.staffed),
        target=target,
        signal=signal,
        word=speech.say(_WORDS[signal]),
    )


def _for_a_person(desk: Desk, speech: Speech, now: datetime) -> Tile:
    first = min((each.since for each in desk.callbacks.values()), default=None)
    signal: Signal = "good" if first is None else "bad" if now - first > PATIENT else "warn"
    return Tile(
        name="callbacks",
        label=speech.say("Customers waiting for a person"),
        value=speech.number(len(desk.callbacks)),
        target=_target(speech, 0),
        signal=signal,
        word=speech.say(_WORDS[signal]),
        since=first,
        aged=_longest(speech) if first is not None else None,
    )


def _next_back(shift: ShiftNow, speech: Speech, now: datetime) -> Phrase:
    if shift.next_free is None:
        return speech.say("nobody is due back")
    if shift.next_free <= now:
        return speech.say("next back: any moment")
    return speech.say("next back: {time}", time=shift.next_free)


def _waited(waiting: int, longest: float | None, within: float) -> Signal:
    if not waiting:
        return "good"
    if longest is None:
        return "calm"
    return "good" if longest <= within else "warn" if longest <= within * LONG else "bad"


def _below(value: float, target: float, near: float) -> Signal:
    return "good" if value >= target else "warn" if value >= near else "bad"


def _percent(speech: Speech, share: float) -> Phrase:
    # Rounded down: what is short of the target never reads as if it had been reached.
    return speech.say("{n}%", n=int(share * 100 + 1e-9))


def _target(speech: Speech, n: int) -> Phrase:
    return speech.say("target: {n}", n=n)


def _longest(speech: Speech) -> Phrase:
    return speech.say("longest: {age}", age=Phrase("{age}"))


def _two(speech: Speech, n: int) -> Phrase:
    return Phrase(f"{speech.number(n // 10)}{speech.number(n % 10)}")
