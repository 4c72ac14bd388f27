"""Why so many may rest at once."""

from typing import Any, Final

from llmtb.events import floor as f
from llmtb.projections.board import Calls, ShiftNow, Why
from replay.reasons.reason import Reason, Reasoners, Reasons, agree, author, because, rule, setter
from replay.speech import counted, plain, quoted, who
from replay.standings.scene import Scene

TRIGGERS: Final = {
    "opened": "opened",
    "presence": "presence",
    "load": "load",
    "policy": "rules",
    "override": "override",
    "override_ended": "override_ended",
    "feed_lost": "load",
    "meal_opened": "meal",
    "meal_closed": "meal_closed",
}
"""Where the trail keeps the event that each cause of a change speaks of."""
OF_ALL: Final = ("load", "rules")  # of the whole centre, and not of one shift


def reckoned(scene: Scene, shift: ShiftNow, calls: Calls | None) -> Reasons:
    """How the capacity of an open shift came about, step by step."""
    why = shift.why
    if why.override is not None:
        by_hand = why.override
        until = scene.speech.time(by_hand.until)
        yield because(
            f"{who(by_hand.by)} had set it by hand to {by_hand.capacity} until {until}:"
            f" {quoted(by_hand.reason)}",
            scene.trail.of("override", shift.shift),
        )
        return
    yield _ratio(scene, why)
    if why.required is not None and calls is not None:
        yield _required(scene, why, calls)
    elif why.mode in ("erlang_c", "erlang_a"):
        yield _without_figures(scene, why)
    lowest = why.ratio if why.spare is None else min(why.ratio, why.spare)
    if lowest < why.floor:
        floor = rule(scene, "breaks.floor", why.floor)
        yield Reason(f"it never falls below {why.floor} by itself: {floor.text}", floor.seqs)
    if why.seats is not None and shift.meal is not None:
        yield because(
            f"while {plain(shift.meal.meal)} is open, at least {why.seats} may eat at once,"
            f" so that all {why.present} can in time",
            scene.trail.of("meal", shift.shift),
        )


def _ratio(scene: Scene, why: Why) -> Reason:
    if why.mode == "steps" and why.feed == "fresh":
        setting, rests_on = "load.steps", scene.trail.of("load")
    else:
        setting, rests_on = "breaks.every", None
    changed = scene.trail.of("policy", setting)
    by = setter(scene, changed)
    return because(
        f"{why.present} were present, and for every {why.every} present {why.allow} may rest"
        f" ({setting}, {by}): that gives {why.ratio}",
        changed,
        None if setting == "load.steps" else scene.trail.of("policy", "breaks.allow"),
        rests_on,
    )


def _required(scene: Scene, why: Why, calls: Calls) -> Reason:
    load = scene.floor.centre.policy.load
    return because(
        f"the last {calls.interval_minutes} minutes had {counted(calls.calls, 'call')} of"
        f" {calls.aht_seconds:g} s: to answer {load.service_level:.0%} within"
        f" {load.service_seconds:g} s, and to be busy {load.max_occupancy:.0%} of the time at"
        f" most, takes {why.required} agents; {why.present} present less {why.required} leaves"
        f" {why.spare} who may rest",
        scene.trail.of("load"),
        scene.trail.of("policy", "load.mode"),
        scene.trail.of("policy", "load.service_level"),
        scene.trail.of("policy", "load.service_seconds"),
        scene.trail.of("policy", "load.max_occupancy"),
    )


def _without_figures(scene: Scene, why: Why) -> Reason:
    if why.feed == "none":
        return because("the phone system had told no figures yet, so presence alone decides")
    stale = scene.floor.centre.policy.load.stale_after_seconds
    return because(
        f"the phone system's last figures were {counted(stale, 'second')} old or more, and count"
        " as none: presence alone decides",
        scene.trail.of("load"),
        scene.trail.of("policy", "load.stale_after_seconds"),
    )


def standing_number(scene: Scene, shift: ShiftNow, calls: Calls | None) -> Reasons:
    """Why the capacity in force is what it is, and since when."""
    changed = scene.trail.of("capacity", shift.shift)
    if changed is not None:
        at, moved = scene.speech.time(changed.event.at), trigger(scene, changed.event)
        how = "" if moved is None else f", when {moved.text}"
        seqs = () if moved is None else moved.seqs
        yield because(f"the capacity was {shift.capacity} since {at}{how}", changed, *seqs)
    yield from reckoned(scene, shift, calls)


def trigger(scene: Scene, event: f.CapacityChanged) -> Reason | None:
    """What moved a capacity; None where the log does not hold it."""
    key = TRIGGERS[event.cause]
    seen = scene.trail.of(key) if key in OF_ALL else scene.trail.of(key, event.shift)
    if seen is None or seen.event.at > event.at:
        return None
    return because(_moved(event, seen.event), seen)


def _moved(event: f.CapacityChanged, by: Any) -> str:
    match event.cause:
        case "presence" if isinstance(by, f.CheckedOut):
            return f"{plain(by.agent)} left"
        case "presence":
            return f"{plain(by.agent)} came"
        case "load":
            return f"new figures came: {counted(by.calls, 'call')} of {by.aht_seconds:g} s"
        case "policy":
            return f"{who(by.by)} changed the rules"
        case "override":
            return f"{who(by.by)} set it by hand: {quoted(by.reason)}"
        case "override_ended":
            return "what was set by hand was over"
        case "feed_lost":
            return "the last figures had grown too old"
        case "meal_opened" | "meal_closed":
            return f"the meal window {plain(by.meal)} {event.cause.removeprefix('meal_')}"
        case _:
            return "the shift opened"


def _changed(scene: Scene, event: f.CapacityChanged) -> Reasons:
    moved = trigger(scene, event)
    if moved is not None:
        yield moved
    drawn = scene.board(event.at)
    shift = next((each for each in drawn.shifts if each.shift == event.shift), None)
    before = scene.trail.of("capacity", event.shift)
    if before is not None:
        yield because(f"it was {before.event.capacity} before", before)
    if shift is None:
        yield because(f"the log does not say that {plain(event.shift)} is open")
        return
    yield from reckoned(scene, shift, drawn.calls)
    yield from agree("the capacity", event.capacity, shift.why.number)
    yield from agree("the number present", event.present, shift.why.present)
    by_hand = shift.why.override is not None
    yield from agree("the number needed", event.required, None if by_hand else shift.why.required)


def _set(scene: Scene, event: f.OverrideSet) -> Reasons:
    yield author(scene, event.by)
    yield because(f"the reason they gave: {quoted(event.reason)}")
    shift = scene.shift(event.shift, event.at)
    if shift is not None:
        yield because(
            f"until then {shift.capacity} could rest at once",
            scene.trail.of("capacity", event.shift),
        )


def _ended(scene: Scene, event: f.OverrideEnded) -> Reasons:
    was = scene.trail.of("override", event.shift)
    if was is not None:
        yield because(
            f"{who(was.event.by)} had set {was.event.capacity} until"
            f" {scene.speech.time(was.event.until)}: {quoted(was.event.reason)}",
            was,
        )
        yield from agree("the capacity", event.capacity, was.event.capacity)
    if event.by == "clock":
        over = event.at >= event.until
        yield because("its time was over" if over else "the shift was over before its time was")
    else:
        yield author(scene, event.by)


CAPACITY: Final[Reasoners] = {
    f.CapacityChanged: _changed,
    f.OverrideSet: _set,
    f.OverrideEnded: _ended,
}
