"""`llmtb rescue`: what can be read of a damaged journal, and where and what cannot."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from llmtb.audit.keeping.rescuing import RESCUED, Gap, Rescue
from llmtb.audit.keeping.rescuing import rescue as rescued
from llmtb.control import Unable
from llmtb.events.published import instant
from llmtb.verbs.exits import DONE, Failed
from llmtb.verbs.place import failures
from llmtb.verbs.progress import say, shown

SHOWN = 20  # gaps and numbers in a text; all of them are in the JSON


def rescue(file: Path, target: Path, others: Sequence[Path], as_json: bool) -> int:
    """Write what can be read into a new folder, and say what it is. Raises Failed."""
    with failures():
        try:
            with shown() as tell:
                outcome = rescued(file, target, others, tell)
        except Unable as unable:
            raise Failed(unable.status, str(unable)) from unable
    say(outcome, list(_lines(file, target, outcome)), as_json)
    return DONE


def _lines(file: Path, target: Path, outcome: Rescue) -> Iterable[str]:
    yield _damage(file, outcome)
    if outcome.events:
        ended = f"; the last of them happened at {instant(outcome.ended)}" if outcome.ended else ""
        yield f"Events 1 to {outcome.events} are the new journal in {target}, and hold{ended}."
    else:
        yield f"The new journal in {target} is empty: event 1 cannot be read."
    for gap in outcome.gaps[:SHOWN]:
        yield _lost(gap)
    if len(outcome.gaps) > SHOWN:
        yield f"So are others, in {len(outcome.gaps) - SHOWN} more places; --json tells them."
    if outcome.later:
        yield f"{outcome.later} events from behind that are in {target / RESCUED}, to be read."
    if outcome.unproven:
        which = _numbers(outcome.unproven)
        yield f"Of these, nothing bears out what the first after a gap says: event {which}."
    if outcome.elsewhere:
        yield f"{outcome.elsewhere} events are there from the other files alone."
    if outcome.pages or outcome.missing or outcome.gaps:
        yield "Whether more was recorded after the last event that was found, nothing here tells."


def _damage(file: Path, outcome: Rescue) -> str:
    found = []
    if outcome.pages:
        found.append(f"page {_numbers(outcome.pages)} damaged")
    if outcome.missing is not None:
        first, last = outcome.missing
        found.append(f"pages {first} to {last} missing")
    if not found:
        found.append("no damaged page was found")
    return f"{file}: {'; '.join(found)}."


def _lost(gap: Gap) -> str:
    which = (
        f"Event {gap.first} is"
        if gap.first == gap.last
        else f"Events {gap.first} to {gap.last} are"
    )
    after = "" if gap.after is None else f" after {instant(gap.after)}"
    before = "" if gap.before is None else f" up to {instant(gap.before)}"
    return f"{which} lost: what happened{after}{before}."


def _numbers(numbers: Sequence[int]) -> str:
    """Numbers as people list them, runs from the first to the last."""
    runs = []
    for _, run in groupby(enumerate(numbers), lambda each: each[1] - each[0]):
        some = [number for _, number in run]
        runs.append(str(some[0]) if len(some) == 1 else f"{some[0]} to {some[-1]}")
    more = f" and {len(runs) - SHOWN} more" if len(runs) > SHOWN else ""
    return ", ".join(runs[:SHOWN]) + more
