"""Why a break was granted or refused, why it ended, and what was held against whom."""

from datetime import timedelta
from typing import Final

from llmtb.events import floor as f
from llmtb.projections.board import Board, Resting, ShiftNow
from replay.reasons.capacity import standing_number
from replay.reasons.reason import Doubt, Reasoners, Reasons, agree, author, because, rule
from replay.speech import counted, lasting, listed, plain, quoted
from replay.standings.conduct import Day
from replay.standings.scene import Scene
from replay.telling.floor import KINDS

LENGTHS: Final = {
    "normal": ("breaks.normal_minutes",),
    "urgent": ("breaks.urgent_minutes",),
    "emergency": ("emergency.minutes",),
    "meal": ("breaks.normal_minutes", "meals_extra_minutes"),
}
"""Which settings say how long a break lasts: their sum."""


def _shift_of(drawn: Board, instance: str | None) -> ShiftNow | None:
    return next((each for each in drawn.shifts if each.shift == instance), None)


def _rest_of(shift: ShiftNow | None, agent: str) -> Resting | None:
    return next((each for each in shift.resting if each.agent == agent), None) if shift else None


def _unknown(what: str) -> Doubt:
    return Doubt(f"the events before it do not tell of {what}")


# --- refused -----------------------------------------------------------------------------------


def _refused(scene: Scene, event: f.BreakRefused) -> Reasons:
    drawn = scene.board(event.at)
    present = next((s for s in drawn.shifts if event.agent in s.present), None)
    yield from _REFUSED[event.reason](scene, event, drawn, present)
    if present is not None and event.reason != "not_present":
        yield from agree("the capacity", event.capacity, present.capacity)
        yield from agree("the number resting", event.resting, present.slots)
        yield from agree("the shift", event.shift, present.shift)


def _not_present(
    scene: Scene, event: f.BreakRefused, drawn: Board, present: ShiftNow | None
) -> Reasons:
    left = scene.trail.of("out", event.agent)
    since = "" if left is None else f" since {scene.speech.when(left.event.at)}"
    yield because(f"{plain(event.agent)} was checked in to no open shift{since}", left)
    if event.shift is not None:
        yield because(
            f"{plain(event.agent)} is on the roster of {plain(event.shift)}, which is open",
            scene.trail.of("opened", event.shift),
        )
    if present is not None:
        yield Doubt(f"by the events before it {plain(event.agent)} was present")


def _already(
    scene: Scene, event: f.BreakRefused, drawn: Board, present: ShiftNow | None
) -> Reasons:
    rest = _rest_of(present, event.agent)
    if rest is None:
        yield _unknown("a break that was running")
        return
    yield from _resting(scene, rest)


def _used(scene: Scene, event: f.BreakRefused, drawn: Board, present: ShiftNow | None) -> Reasons:
    day = scene.conducts.day(event.agent, event.shift or "")
    if day.emergency is None:
        yield _unknown("an emergency break on this day")
    yield because("there is one emergency break for each agent on each day", day.emergency)


def _taken(scene: Scene, event: f.BreakRefused, drawn: Board, present: ShiftNow | None) -> Reasons:
    held = drawn.emergency
    if held is None:
        yield _unknown("an emergency break that was running")
        return
    yield because(
        f"{plain(held.agent)} had the one emergency slot of the whole centre, due back at"
        f" {scene.speech.time(held.due)}",
        scene.trail.of("break", held.agent),
    )
    yield from agree("when a slot is likely free", event.next_free, held.due)


def _blocked(
    scene: Scene, event: f.BreakRefused, drawn: Board, present: ShiftNow | None
) -> Reasons:
    blocked = scene.conducts.of(event.agent).blocked
    if blocked is None:
        yield _unknown("a block")
        return
    yield because(
        "normal and urgent breaks were blocked after too many warnings, until the shift ends",
        blocked[1],
    )
    yield from _warnings(scene, scene.conducts.day(event.agent, event.shift or ""))


def _meal_only(
    scene: Scene, event: f.BreakRefused, drawn: Board, present: ShiftNow | None
) -> Reasons:
    meal = present.meal if present is not None else None
    if meal is None:
        yield _unknown("an open meal window")
        return
    yield because(
        f"the meal window {plain(meal.meal)} was open until {scene.speech.time(meal.ends)}; in it"
        " only meals and emergencies are granted",
        scene.trail.of("meal", event.shift or ""),
    )


def _meal_used(
    scene: Scene, event: f.BreakRefused, drawn: Board, present: ShiftNow | None
) -> Reasons:
    eaten = scene.trail.of("eaten", event.shift or "", event.agent)
    if eaten is None:
        yield _unknown("a meal in this window")
    yield because("there is one meal for each agent in each window", eaten)
    day = scene.conducts.day(event.agent, event.shift or "")
    yield because(
        "asking for a second one draws a warning", day.warnings[-1].seq if day.warnings else None
    )


def _no_window(
    scene: Scene, event: f.BreakRefused, drawn: Board, present: ShiftNow | None
) -> Reasons:
    name = (event.shift or "").partition("/")[2]
    meals = [each for each in scene.floor.centre.policy.meals if each.shift == name]
    told = listed(f"{each.name} from {each.start} to {each.end}" for each in meals)
    yield because(f"the meals of this shift: {told}", scene.trail.of("policy", "meals"))
    if present is not None and present.meal is not None:
        yield Doubt(f"by the events before it {plain(present.meal.meal)} was open")


def _full(scene: Scene, event: f.BreakRefused, drawn: Board, present: ShiftNow | None) -> Reasons:
    if present is None:
        yield _unknown(f"{plain(event.agent)} being present")
        return
    are = "was" if present.slots == 1 else "were"
    yield because(
        f"{present.slots} {are} resting and {present.capacity} may rest at once, so no slot was"
        " free"
    )
    for rest in present.resting:
        if rest.kind != "emergency":
            yield from _resting(scene, rest)
    yield from standing_number(scene, present, drawn.calls)
    yield from agree("when a slot is likely free", event.next_free, present.next_free)
    if present.free > 0:
        yield Doubt(f"by the events before it {counted(present.free, 'slot')} free")


_REFUSED: Final = {
    "not_present": _not_present,
    "already_resting": _already,
    "emergency_used": _used,
    "emergency_taken": _taken,
    "blocked": _blocked,
    "meal_only": _meal_only,
    "meal_used": _meal_used,
    "no_meal_window": _no_window,
    "full": _full,
}


def _resting(scene: Scene, rest: Resting) -> Reasons:
    time = scene.speech.time
    late = f", late by {lasting(timedelta(seconds=rest.late_seconds))}" if rest.late_seconds else ""
    yield because(
        f"{plain(rest.agent)} was on {KINDS[rest.kind]} since {time(rest.since)}, due back at"
        f" {time(rest.due)}{late}",
        scene.trail.of("break", rest.agent),
        scene.trail.of("due", rest.agent),
    )


def _warnings(scene: Scene, day: Day) -> Reasons:
    seqs = [each.seq for each in day.warnings]
    yield because(f"{counted(len(seqs), 'warning')} stood on that day", *seqs)


# --- granted, running, over --------------------------------------------------------------------


def _started(scene: Scene, event: f.BreakStarted) -> Reasons:
    drawn = scene.board(event.at)
    shift = _shift_of(drawn, event.shift)
    if shift is None:
        yield _unknown(f"the shift {plain(event.shift)} being open")
        return
    yield because(
        f"{plain(event.agent)} was present on {plain(event.shift)}, and not resting",
        scene.trail.of("in", event.agent),
    )
    if event.agent not in shift.present or _rest_of(shift, event.agent) is not None:
        yield Doubt(f"by the events before it {plain(event.agent)} could not rest")
    if event.kind == "emergency":
        yield because(
            "nobody had the one emergency slot of the centre, and this agent had had no emergency"
            " break on this day"
        )
        if drawn.emergency or scene.conducts.day(event.agent, event.shift).emergency:
            yield Doubt("by the events before it the emergency break was used or taken")
        yield from agree("the number of slots left", event.free, shift.free)
    else:
        yield because(f"{shift.slots} of {shift.capacity} slots were taken before it")
        yield from standing_number(scene, shift, drawn.calls)
        yield from agree("the number of slots left", event.free, shift.free - 1)
    yield from _length(scene, event, shift)


def _length(scene: Scene, event: f.BreakStarted, shift: ShiftNow) -> Reasons:
    policy = scene.floor.centre.policy
    minutes = {
        "normal": policy.breaks.normal_minutes,
        "urgent": policy.breaks.urgent_minutes,
        "emergency": policy.emergency.minutes,
        "meal": policy.meal_minutes,
    }[event.kind]
    settings = LENGTHS[event.kind]
    yield because(
        f"it lasts {counted(minutes, 'minute')} ({' and '.join(settings)})",
        *(scene.trail.of("policy", each) for each in settings),
    )
    lasts = event.due - event.at
    if event.kind == "meal" and shift.meal is not None and event.due == shift.meal.ends:
        if lasts < timedelta(minutes=minutes):
            yield because("it ends with the meal window", scene.trail.of("meal", event.shift))
    else:
        yield from agree("its length", lasting(lasts), lasting(timedelta(minutes=minutes)))


def _ended(scene: Scene, event: f.BreakEnded) -> Reasons:
    shift = _shift_of(scene.board(event.at), event.shift)
    rest = _rest_of(shift, event.agent)
    if rest is None:
        yield _unknown("the break that it ends")
    else:
        yield from _resting(scene, rest)
        yield from agree("the kind", event.kind, rest.kind)
        late = max(0, int((event.at - rest.due).total_seconds()))
        yield from agree("the seconds late", event.late_seconds, late)
    if shift is not None and rest is not None:
        free = max(0, shift.capacity - shift.slots + (event.kind != "emergency"))
        yield from agree("the number of slots free", event.free, free)
    if event.ended_by == "supervisor":
        yield author(scene, event.by)
        yield because(f"the reason they gave: {quoted(event.reason) or 'none'}")
    elif event.ended_by == "shift_end":
        yield because("the shift was over", scene.trail.of("opened", event.shift))
    elif event.ended_by == "check_out":
        yield because(f"{plain(event.agent)} left the shift")
    else:
        yield because(f"{plain(event.agent)} came back by themselves")


def _extended(scene: Scene, event: f.BreakExtended) -> Reasons:
    yield author(scene, event.by)
    yield because(f"the reason they gave: {quoted(event.reason)}")
    rest = _rest_of(_shift_of(scene.board(event.at), event.shift), event.agent)
    if rest is None:
        yield _unknown("the break that it extends")
    else:
        yield from _resting(scene, rest)


# --- warnings ----------------------------------------------------------------------------------


def _warned(scene: Scene, event: f.WarningIssued) -> Reasons:
    day = scene.conducts.day(event.agent, event.shift)
    if event.cause == "late":
        rest = _rest_of(_shift_of(scene.board(event.at), event.shift), event.agent)
        if rest is None:
            yield _unknown("the break that was late")
        else:
            yield from _late(scene, event, rest)
    else:
        eaten = scene.trail.of("eaten", event.shift, event.agent)
        if eaten is None:
            yield _unknown("a meal in this window")
        yield because("the meal of this window was used already", eaten)
    if day.warnings:
        yield from _warnings(scene, day)
    yield from agree("the number of warnings", event.count, len(day.warnings) + 1)


def _late(scene: Scene, event: f.WarningIssued, rest: Resting) -> Reasons:
    yield from _resting(scene, rest)
    minutes = listed(scene.floor.centre.policy.breaks.warn_after_minutes)
    yield rule(scene, "breaks.warn_after_minutes", minutes)
    past = (event.at - rest.due).total_seconds() / 60
    yield from agree("the minute after due", float(event.minute or 0), past)


def _forgiven(scene: Scene, event: f.WarningForgiven) -> Reasons:
    yield author(scene, event.by)
    yield because(f"the reason they gave: {quoted(event.reason) or 'none'}")
    day = scene.conducts.day(event.agent, event.shift)
    if not day.warnings:
        yield _unknown("a warning that stands")
        return
    last = day.warnings[-1]
    yield because(f"it is the latest of {counted(len(day.warnings), 'warning')}", last.seq)
    yield from agree("the number of warnings left", event.count, len(day.warnings) - 1)
    yield from agree("the minute", event.minute, last.minute)


def _disciplined(scene: Scene, event: f.DisciplineApplied) -> Reasons:
    breaks = scene.floor.centre.policy.breaks
    day = scene.conducts.day(event.agent, event.shift)
    yield from _warnings(scene, day)
    yield rule(scene, "breaks.max_warnings", breaks.max_warnings)
    yield rule(scene, "breaks.on_too_many", breaks.on_too_many)
    if len(day.warnings) <= breaks.max_warnings:
        yield Doubt(f"by the events before it {counted(len(day.warnings), 'warning')} stood")
    yield from agree("what follows", event.action, breaks.on_too_many)


BREAKS: Final[Reasoners] = {
    f.BreakStarted: _started,
    f.BreakRefused: _refused,
    f.BreakEnded: _ended,
    f.BreakExtended: _extended,
    f.WarningIssued: _warned,
    f.WarningForgiven: _forgiven,
    f.DisciplineApplied: _disciplined,
}
