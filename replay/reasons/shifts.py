"""Why rules changed, people came and went, and shifts and meals opened, closed, were reported."""

from collections.abc import Mapping
from typing import Any, Final

from llmtb.events import floor as f
from llmtb.events.report import ShiftReport
from replay.agreement import differs
from replay.reasons.capacity import reckoned
from replay.reasons.reason import Doubt, Reasoners, Reasons, agree, author, because, rule, setter
from replay.speech import counted, listed, plain, quoted, who
from replay.standings.scene import Scene
from replay.telling.floor import PHONES


def flat(policy: Mapping[str, Any]) -> dict[str, Any]:
    """A policy's settings by their dotted names."""
    found: dict[str, Any] = {}
    for key, value in policy.items():
        if isinstance(value, Mapping):
            found |= {f"{key}.{name}": each for name, each in value.items()}
        else:
            found[key] = value
    return found


def _policy(scene: Scene, event: f.PolicyChanged) -> Reasons:
    yield author(scene, event.by)
    before, after = flat(scene.floor.centre.policy.table()), flat(event.policy)
    for setting in event.changed:
        old, new = (plain(str(each.get(setting))) for each in (before, after))
        earlier = scene.trail.of("policy", setting)
        was = setter(scene, earlier)
        yield because(f"{plain(setting)} was {old}, {was}, and is {new} from now on", earlier)
    really = sorted(key for key in after if key in before and before[key] != after[key])
    yield from agree("what changed", listed(event.changed), listed(really))


def _person(scene: Scene, event: f.AgentAdded | f.AgentChanged | f.AgentRemoved) -> Reasons:
    yield author(scene, event.by)
    known, earlier = scene.roster.people.get(event.agent), scene.trail.of("person", event.agent)
    if known is None:
        yield because(f"{plain(event.agent)} was not known before", earlier)
    else:
        yield because(
            f"{plain(event.agent)} was known as {quoted(known.name)}, {known.role}", earlier
        )
    if (known is None) != isinstance(event, f.AgentAdded):
        yield Doubt(f"by the events before it {plain(event.agent)} was added or removed otherwise")


def _assigned(scene: Scene, event: f.ShiftAssigned | f.ShiftUnassigned) -> Reasons:
    yield author(scene, event.by)
    earlier = scene.trail.of("roster", event.agent, event.shift)
    if earlier is None:
        yield because("nothing was said of this person and this shift before")
    else:
        on = isinstance(earlier.event, f.ShiftAssigned)
        yield because(
            f"{who(earlier.event.by)} had {'put them on' if on else 'taken them off'} it", earlier
        )
    person = scene.trail.of("person", event.agent)
    if person is None:
        yield Doubt(f"the events before it do not tell of {plain(event.agent)}")
    else:
        yield because(f"{plain(event.agent)} was known as {person.event.role}", person)


def _opened(scene: Scene, event: f.ShiftOpened) -> Reasons:
    name = event.shift.partition("/")[2]
    times = scene.floor.centre.policy.shift(name)
    if times is None:
        yield Doubt(f"by the events before it there is no shift {plain(name)}")
    else:
        yield because(
            f"the rules have {plain(name)} from {times.start} to {times.end}",
            scene.trail.of("policy", "shifts"),
        )
    late = (event.at - event.starts).total_seconds()
    if late > 0:
        minutes = counted(int(late // 60), "minute")
        yield because(f"it opened {minutes} after its start: the program or the rules began then")
    else:
        yield because("its first instant had come")


def _closed(scene: Scene, event: f.ShiftClosed) -> Reasons:
    yield because(
        f"it was open since {scene.speech.when(event.starts)}",
        scene.trail.of("opened", event.shift),
    )
    if event.at >= event.ends:
        yield because("its end had come")
    else:
        yield because(
            "the rules do not have it any more, and nobody was present in it",
            scene.trail.of("policy", "shifts"),
        )
    shift = scene.shift(event.shift, event.at)
    if shift is None:
        yield Doubt("by the events before it this shift was not open")
    elif shift.resting:
        yield Doubt(f"by the events before it {counted(len(shift.resting), 'break')} still ran")


def _came(scene: Scene, event: f.CheckedIn) -> Reasons:
    on = _on_roster(scene, event.agent, event.shift)
    if event.by == "roster":
        yield rule(scene, "presence", scene.floor.centre.policy.presence)
        yield because(f"{plain(event.agent)} was on the roster of {plain(event.shift)}", on)
        if not scene.roster.holds(event.agent, event.shift):
            yield Doubt(f"by the events before it {plain(event.agent)} was not on the roster")
    else:
        yield because(f"{who(event.by)} said that {plain(event.agent)} was there", on)
    yield because(f"{plain(event.shift)} was open", scene.trail.of("opened", event.shift))


def _left(scene: Scene, event: f.CheckedOut) -> Reasons:
    came = scene.trail.of("in", event.agent)
    since = "" if came is None else f" since {scene.speech.time(came.event.at)}"
    yield because(f"{plain(event.agent)} was present{since}", came)
    off = _on_roster(scene, event.agent, event.shift)
    if event.by == event.agent:
        yield because(f"{plain(event.agent)} said so")
    elif off is not None and not scene.roster.holds(event.agent, event.shift):
        yield because(f"{who(event.by)} had taken them off the roster of this shift", off)
    else:
        yield author(scene, event.by)


def _on_roster(scene: Scene, agent: str, shift: str) -> Any:
    """What said last whether an agent is on an instance's roster."""
    name = shift.partition("/")[2]
    said = [scene.trail.of("roster", agent, each) for each in (name, shift)]
    return max((each for each in said if each), default=None, key=lambda each: each.seq)


def _load(scene: Scene, event: f.LoadReported) -> Reasons:
    before = scene.trail.of("load")
    yield because(f"{plain(event.source)} counted it and told it, as it does at its own pace")
    if before is None:
        yield because("they are the first figures in the log")
    else:
        yield because(
            f"the figures before, of {scene.speech.time(before.event.at)}, were"
            f" {counted(before.event.calls, 'call')} of {before.event.aht_seconds:g} s",
            before,
        )


def _phone(scene: Scene, event: f.PhoneStateChanged) -> Reasons:
    before = scene.trail.of("phone", event.agent)
    if before is None:
        yield because(f"{who(event.by)} told it for the first time")
    else:
        at = scene.speech.time(before.event.at)
        state = PHONES[before.event.state]
        yield because(f"{who(event.by)} told it; the word before, at {at}: it {state}", before)


def _meal_opened(scene: Scene, event: f.MealOpened) -> Reasons:
    name = event.shift.partition("/")[2]
    policy = scene.floor.centre.policy
    meal = next((m for m in policy.meals if (m.shift, m.name) == (name, event.meal)), None)
    if meal is None:
        yield Doubt(f"by the events before it there is no meal {plain(event.meal)}")
        return
    yield because(
        f"the rules have {plain(event.meal)} from {meal.start} to {meal.end}",
        scene.trail.of("policy", "meals"),
    )
    shift = scene.after(event)
    if shift is None:
        yield Doubt("by the events before it this shift was not open")
        return
    yield from reckoned(scene, shift, scene.board(event.at).calls)
    yield from agree("how many may eat at once", event.capacity, shift.why.number)


def _meal_closed(scene: Scene, event: f.MealClosed) -> Reasons:
    opened = scene.trail.of("meal", event.shift)
    since = "" if opened is None else f" since {scene.speech.time(opened.event.at)}"
    yield because(f"{plain(event.meal)} was open{since}", opened)
    open_now = scene.shift(event.shift, event.at)
    if open_now is not None and open_now.meal is not None:
        ended = open_now.meal.ends <= event.at
        yield because("its end had come" if ended else "the shift, or the window itself, was over")
    shift = scene.after(event)
    if shift is None:
        yield Doubt("by the events before it this shift was not open")
        return
    yield from reckoned(scene, shift, scene.board(event.at).calls)
    yield from agree("how many may rest at once", event.capacity, shift.why.number)


def _reminded(scene: Scene, event: f.MealReminderSent) -> Reasons:
    shift = scene.shift(event.shift, event.at)
    if shift is None or shift.meal is None:
        yield Doubt("by the events before it no meal window was open")
        return
    yield because(
        f"{plain(event.meal)} was open until {scene.speech.time(shift.meal.ends)}",
        scene.trail.of("meal", event.shift),
    )
    every = scene.floor.centre.policy.meals_remind_every_minutes
    yield rule(scene, "meals_remind_every_minutes", every)
    are = "was" if shift.free == 1 else "were"
    yield because(f"{counted(shift.free, 'slot')} {are} free")
    resting = {rest.agent for rest in shift.resting}
    calling = {agent for agent, state in shift.phones.items() if state == "in_call"}
    hungry = [each for each in shift.meal.hungry if each not in resting | calling]
    yield because("they were present, had not eaten, did not rest, and were not in a call")
    yield from agree("who was reminded", listed(event.agents), listed(hungry))


def _reported(scene: Scene, event: f.ShiftReported) -> Reasons:
    yield because(
        f"{plain(event.shift)} had closed, and every closed shift is reported",
        scene.trail.of("closed", event.shift),
    )
    ledger = scene.ledgers.get(event.shift)
    if ledger is None:
        yield Doubt("the events before it do not tell of this shift")
        return
    again: ShiftReport = ledger.report(scene.roster.on(event.shift))
    difference = differs(event.report, again)
    if difference is None:
        yield because("drawn again from the events before it, the report is the same")
    else:
        yield Doubt(f"drawn again from the events before it, the report differs: {difference}")


SHIFTS: Final[Reasoners] = {
    f.PolicyChanged: _policy,
    f.AgentAdded: _person,
    f.AgentChanged: _person,
    f.AgentRemoved: _person,
    f.ShiftAssigned: _assigned,
    f.ShiftUnassigned: _assigned,
    f.ShiftOpened: _opened,
    f.ShiftClosed: _closed,
    f.CheckedIn: _came,
    f.CheckedOut: _left,
    f.LoadReported: _load,
    f.PhoneStateChanged: _phone,
    f.MealOpened: _meal_opened,
    f.MealClosed: _meal_closed,
    f.MealReminderSent: _reminded,
    f.ShiftReported: _reported,
}
