"""Whether a log, played under its own policy, gives itself: so far the tool and the floor agree."""

from collections.abc import Iterable
from itertools import zip_longest

import msgspec

from llmtb.events.event import Event
from llmtb.events.floor import AgentChanged, PolicyChanged, stream_of
from llmtb.events.personal import REDACTED, divide, plan_of
from llmtb.policy import Policy
from replay.whatif.log import Log
from replay.whatif.playing import play


def check_of(log: Log) -> int | None:
    """Whether the log's own policy, played, gives the log: None, or the first event that differs.

    It is counted from 1 in the range, the floor's events alone. Words about people do not count,
    for they may be sealed in one event and shown in another. A log that ends within an instant may
    lack some of what falls due at it.
    """
    played: list[Event] = []
    play(log.scene, played.append)
    ours, theirs = _told(played), _told(log.recorded)
    for place, (one, other) in enumerate(zip_longest(ours, theirs)):
        if other is None and one is not None and one[1].at == log.scene.ends:
            return None
        if one is None or other is None or not _same(one[1], other[1]):
            return other[0] if other is not None else place + 1
    return None


def said_check(log: Log, check: int | None) -> str:
    """The check in words."""
    if check is None:
        return f"the log's own policy, played, gives all {len(log.recorded)} events of the floor"
    return (
        f"PLAYED UNDER ITS OWN POLICY THE LOG DIFFERS from event {check} of the floor in this range"
        " on: another version of the rules wrote it, ids were replaced in it, or it was changed"
    )


def _told(events: Iterable[Event]) -> list[tuple[int, Event]]:
    """The events and their places, without changes of nothing but words that are not shown."""
    return [
        (place, event)
        for place, event in enumerate(events, 1)
        if not (isinstance(event, AgentChanged) and event.name == REDACTED)
    ]


def _same(played: Event, recorded: Event) -> bool:
    """Whether two events are one; a log from before some setting holds no value for it."""
    if played == recorded:
        return True
    if isinstance(played, PolicyChanged) and isinstance(recorded, PolicyChanged):
        whole = msgspec.convert(recorded.policy, Policy).table()
        return played == msgspec.structs.replace(recorded, policy=whole)
    return type(played) is type(recorded) and _blank(played) == _blank(recorded)


def _blank(event: Event) -> Event:
    """The event without words about people."""
    plan = plan_of(type(event))
    if plan is None:
        return event
    blank: Event = divide(event, plan, stream_of(event), lambda *_: None)
    return blank
