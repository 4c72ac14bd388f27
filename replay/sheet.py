"""What held at an instant, on a sheet for people."""

from collections.abc import Iterator
from datetime import timedelta

from llmtb.projections.board import Calls, Resting, ShiftNow, Why
from replay.speech import Speech, counted, lasting, listed, plain, quoted, who
from replay.standings.standing import ConductNow, Standing


def sheet(found: Standing, speech: Speech) -> Iterator[str]:
    """The lines of the sheet."""
    yield f"At {speech.date(found.at)} {speech.clock(found.at)}, after event #{found.seq}"
    if found.missing:
        yield f"! {counted(found.missing, 'earlier event')} cannot be read here."
    for part in (_floor, _rules, _people, _chats, _doors, _records):
        yield ""
        yield from part(found, speech)


def _floor(found: Standing, speech: Speech) -> Iterator[str]:
    floor = found.floor
    yield f"Shifts open: {listed(shift.shift for shift in floor.shifts)}"
    for shift in floor.shifts:
        conduct = [each for each in found.conduct if each.shift == shift.shift]
        yield from (f"  {line}" for line in _shift(shift, conduct, speech))
    if floor.emergency is not None:
        held = floor.emergency
        yield f"The emergency slot: {plain(held.agent)}, due back at {speech.time(held.due)}"
    else:
        yield "The emergency slot: free"
    yield _calls(floor.calls, speech)
    for each in found.overrides:
        yield (
            f"Set by hand on {plain(each.shift)}: {each.capacity} until {speech.when(each.until)}"
            f" by {who(each.by)}, {quoted(each.reason)} (#{each.seq})"
        )


def _shift(shift: ShiftNow, conduct: list[ConductNow], speech: Speech) -> Iterator[str]:
    time = speech.time
    yield f"{plain(shift.shift)}, {time(shift.starts)} to {time(shift.ends)}"
    yield f"  present: {len(shift.present)}: {listed(shift.present, len(shift.present))}"
    for rest in shift.resting:
        yield f"  resting: {_rest(rest, speech)}"
    yield f"  slots: {shift.slots} of {shift.capacity} taken, {shift.free} free"
    since = f"since {time(shift.why.since)}, because of {shift.why.cause}"
    yield f"  capacity: {shift.capacity} {since}: {_why(shift.why)}"
    if shift.line:
        yield f"  waiting for a slot: {listed(shift.line, len(shift.line))}"
    if shift.meal is not None:
        meal = shift.meal
        yield (
            f"  meal window {plain(meal.meal)} until {time(meal.ends)}: {meal.seats} at once;"
            f" {len(meal.eaten)} have eaten, {len(meal.hungry)} have not"
        )
    for each in conduct:
        yield f"  {_conduct(each)}"


def _rest(rest: Resting, speech: Speech) -> str:
    late = ""
    if rest.late_seconds:
        warned = counted(rest.warned, "warning")
        late = f", late by {lasting(timedelta(seconds=rest.late_seconds))} ({warned})"
    since, due = speech.time(rest.since), speech.time(rest.due)
    return f"{plain(rest.agent)}, {rest.kind}, since {since}, due back at {due}{late}"


def _why(why: Why) -> str:
    if why.override is not None:
        return f"set by hand by {who(why.override.by)}, {quoted(why.override.reason)}"
    parts = [f"{why.allow} for every {why.every} of {why.present} present is {why.ratio}"]
    if why.required is not None:
        parts.append(f"the calls take {why.required}, which leaves {why.spare}")
    elif why.mode in ("erlang_c", "erlang_a"):
        parts.append("no fresh figures of calls")
    parts.append(f"never below {why.floor}")
    if why.seats is not None:
        parts.append(f"{why.seats} must be able to eat at once")
    return "; ".join(parts)


def _conduct(each: ConductNow) -> str:
    parts = []
    if each.warnings:
        seqs = ", ".join(f"#{seq}" for seq in each.warnings)
        parts.append(f"{counted(len(each.warnings), 'warning')} on this day ({seqs})")
    if each.emergency is not None:
        parts.append(f"emergency break used (#{each.emergency})")
    if each.disciplined is not None:
        parts.append(f"too many warnings (#{each.disciplined})")
    if each.blocked is not None:
        parts.append(f"normal and urgent breaks blocked (#{each.blocked})")
    return f"{plain(each.agent)}: {'; '.join(parts)}"


def _calls(calls: Calls | None, speech: Speech) -> str:
    if calls is None:
        return "The phone system has told no figures."
    fresh = "they count" if calls.fresh else "too old, they count as none"
    waiting = "" if calls.waiting is None else f", {calls.waiting} waiting"
    return (
        f"The phone system's figures of {speech.time(calls.at)},"
        f" {lasting(timedelta(seconds=calls.age_seconds))} old ({fresh}):"
        f" {counted(calls.calls, 'call')} in {calls.interval_minutes} minutes of"
        f" {calls.aht_seconds:g} s{waiting}"
    )


def _rules(found: Standing, speech: Speech) -> Iterator[str]:
    rules = found.rules
    yield "Rules: " + ("the defaults" if rules.seq is None else f"as set last by #{rules.seq}")
    for key, value in rules.policy.items():
        inner = value if isinstance(value, dict) else {"": value}
        for name, each in inner.items():
            yield f"  {key}{f'.{name}' if name else ''} = {plain(str(each))}"


def _people(found: Standing, speech: Speech) -> Iterator[str]:
    yield f"People: {len(found.people)}"
    for each in found.people:
        shifts = f", on {listed(each.shifts)}" if each.shifts else ""
        yield f"  {plain(each.agent)}: {quoted(each.name)}, {each.role}{shifts}"


def _chats(found: Standing, speech: Speech) -> Iterator[str]:
    yield f"Chats that ask: {len(found.sessions)}"
    for session in found.sessions:
        yield f"  {plain(session.chat)}, as {session.audience}, until {speech.time(session.until)}"
    yield f"Questions without an answer: {len(found.questions)}"
    for each in found.questions:
        offered = "" if each.offered is None else f"; choices were offered (#{each.offered})"
        yield f"  {plain(each.question)}: {quoted(each.text)} (#{each.seq}){offered}"
    yield f"Conversations that a person has: {len(found.conversations)}"
    for held in found.conversations:
        since = speech.when(held.since)
        yield f"  {plain(held.chat)}: {plain(held.agent or 'a person')} since {since} (#{held.seq})"
    yield f"To be called back: {len(found.callbacks)}"
    for held in found.callbacks:
        since = speech.when(held.since)
        yield f"  {plain(held.chat)} since {since}, {plain(held.reason)} (#{held.seq})"
    yield f"Messages under way: {len(found.unsent)}"


def _doors(found: Standing, speech: Speech) -> Iterator[str]:
    yield f"Signed in to the console: {len(found.inside)}"
    for each in found.inside:
        device, until = quoted(each.device), speech.when(each.until)
        yield f"  {plain(each.agent)}, by {device}, until {until} (#{each.seq})"
    for title, opened in (
        ("Open invitations", found.invitations),
        ("Locked out", found.locked),
        ("Keys of other systems", found.keys),
    ):
        yield f"{title}: {len(opened)}"
        for one in opened:
            until = (
                "until it is revoked" if one.until is None else f"until {speech.when(one.until)}"
            )
            yield f"  {plain(one.who)}, {until} (#{one.seq})"
    yield f"Accounts of people: {len(found.linked)}; customers on the list: {len(found.customers)}"


def _records(found: Standing, speech: Speech) -> Iterator[str]:
    yield f"Documents answered from: {len(found.documents)}"
    for each in found.documents:
        yield f"  {plain(each.document)} version {each.version}, {quoted(each.title)} (#{each.seq})"
    if found.checkpoint is not None:
        seq, size = found.checkpoint
        yield f"Last signature: over {counted(size, 'event')} (#{seq})"
    if found.forgotten:
        yield f"Forgotten: {listed(found.forgotten)}"
