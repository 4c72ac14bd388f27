"""An event explained: what it was, why, and what does not agree; and the causes behind it."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final

import msgspec

from llmtb.events.record import Recorded
from replay.reasons.breaks import BREAKS
from replay.reasons.capacity import CAPACITY
from replay.reasons.chats import CHATS
from replay.reasons.doors import DOORS
from replay.reasons.messages import MESSAGES
from replay.reasons.reason import Doubt, Reason, Reasoners
from replay.reasons.records import RECORDS
from replay.reasons.shifts import SHIFTS
from replay.reasons.waiting import WAITING
from replay.speech import counted
from replay.standings.scene import Scene, scenes
from replay.telling.told import told

REASONERS: Final[Reasoners] = {
    **SHIFTS,
    **CAPACITY,
    **BREAKS,
    **WAITING,
    **CHATS,
    **MESSAGES,
    **DOORS,
    **RECORDS,
}
"""For each published type of event, what says why it happened."""
MOST_CAUSES: Final = 400  # events explained in one tree


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """One event, and why: reasons with the events they rest on; doubts: what does not agree."""

    seq: int
    at: datetime
    stream: str
    type: str
    by: str
    what: str
    reasons: list[Reason]
    doubts: list[str]


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """An explained event, and the explained events that its reasons rest on."""

    event: Explanation
    causes: list["Cause"]


def explain(scene: Scene, recorded: Recorded) -> Explanation:
    """Why an event happened, from the scene as it was before it."""
    event = recorded.event
    given = list(REASONERS[type(event)](scene, event))
    doubts = [each.text for each in given if isinstance(each, Doubt)]
    missing = scene.missing + max(0, recorded.seq - scene.seq - 1)
    if doubts and missing:
        left_out = counted(missing, "earlier event")
        doubts.append(f"{left_out} cannot be read here, which may be why it does not add up")
    return Explanation(
        seq=recorded.seq,
        at=event.at,
        stream=recorded.stream,
        type=type(event).__name__,
        by=event.by,
        what=told(event, scene.speech),
        reasons=[each for each in given if isinstance(each, Reason)],
        doubts=doubts,
    )


def explained(
    events: Iterable[Recorded], wanted: frozenset[int], scene: Scene
) -> Iterator[Explanation]:
    """Explain the events at these positions, from a scene that is still empty."""
    last = max(wanted, default=0)
    for recorded in scenes(events, scene):
        if recorded.seq > last:
            return
        if recorded.seq in wanted:
            yield explain(scene, recorded)


def causes(
    read: Callable[[], Iterable[Recorded]],
    seq: int,
    depth: int,
    begin: Callable[[], Scene] = Scene,
) -> Cause | None:
    """The tree of causes of an event; None if it is not there.

    read: the events from the beginning; it is called once for each level, so that memory does not
    grow with their number. depth: 1 explains the event alone. Each event is explained once, where
    it is first named. begin: makes the empty scene of each reading.
    """
    known: dict[int, Explanation] = {}
    wanted = frozenset([seq])
    for _ in range(depth):
        for each in explained(read(), wanted, begin()):
            known.setdefault(each.seq, each)
        named = {s for each in known.values() for reason in each.reasons for s in reason.seqs}
        room = max(0, MOST_CAUSES - len(known))
        wanted = frozenset(sorted(named - known.keys(), reverse=True)[:room])
        if not wanted:
            break
    first = known.pop(seq, None)
    return None if first is None else _grown(first, known)


def _grown(first: Explanation, known: dict[int, Explanation]) -> Cause:
    """The tree below an event, its nearest causes first; takes from `known` what it places."""
    root = Cause(event=first, causes=[])
    level = [root]
    while level:
        following: list[Cause] = []
        for cause in level:
            for seq in [seq for reason in cause.event.reasons for seq in reason.seqs]:
                below = known.pop(seq, None)
                if below is not None:
                    cause.causes.append(Cause(event=below, causes=[]))
            following += cause.causes
        level = following
    return root
