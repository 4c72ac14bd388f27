"""Why somebody waited for a slot, waited no longer, or was told of one."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from llmtb.events import floor as f
from llmtb.projections.board import ShiftNow
from replay.reasons.reason import Doubt, Reasoners, Reasons, because
from replay.speech import plain
from replay.standings.scene import Scene


def _slots(scene: Scene, instance: str, at: datetime) -> Reasons:
    shift = scene.shift(instance, at)
    if shift is not None:
        yield because(f"{shift.slots} of {shift.capacity} slots were taken")


def _joined(scene: Scene, event: f.WaitJoined) -> Reasons:
    yield because(
        f"{plain(event.agent)}, who was present and not resting, asked to be told",
        scene.trail.of("in", event.agent),
    )
    yield from _slots(scene, event.shift, event.at)


def _left_line(scene: Scene, event: f.WaitLeft) -> Reasons:
    waited = scene.trail.of("wait", event.agent)
    since = "" if waited is None else f" since {scene.speech.time(waited.event.at)}"
    yield because(f"{plain(event.agent)} waited{since}", waited)
    granted = scene.trail.of("break", event.agent)
    if granted is not None:
        yield because("the break that they waited for was granted", granted)
    else:
        yield because(f"{plain(event.agent)} wished to wait no longer, or was leaving the shift")


def _offered(scene: Scene, event: f.SlotOffered) -> Reasons:
    waited = scene.trail.of("wait", event.agent)
    shift = scene.shift(event.shift, event.at)
    place = _place(shift, event.agent)
    first = "" if place is None else f", number {place} in the line"
    yield because(f"{plain(event.agent)} waited for a slot{first}", waited)
    freed = scene.trail.of("freed", event.shift)
    at_once = waited is not None and waited.seq == scene.seq
    if at_once:
        yield because("a slot was free at that moment")
    elif freed is not None:
        yield because(_freeing(freed.event), freed)
    if shift is not None:
        yield because(f"{shift.slots} of {shift.capacity} slots were taken")
        if shift.free == 0:
            yield Doubt("by the events before it no slot was free")


def _place(shift: ShiftNow | None, agent: str) -> int | None:
    line: Iterator[tuple[int, str]] = enumerate(shift.line, 1) if shift else iter(())
    return next((place for place, each in line if each == agent), None)


def _freeing(event: f.BreakEnded | f.CapacityChanged) -> str:
    if isinstance(event, f.CapacityChanged):
        return f"the capacity had risen to {event.capacity}"
    return f"{plain(event.agent)} had given a slot back"


WAITING: Final[Reasoners] = {
    f.WaitJoined: _joined,
    f.WaitLeft: _left_line,
    f.SlotOffered: _offered,
}
