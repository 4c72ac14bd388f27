"""The ladder: from what was found to an answer, a choice, or a person. Pure.

A reviewed answer, a passage word for word, a question back, nothing: the first rung that bears.
The cache and generated text, which need more than the hits, are tried by `answering` in between.
"""

from collections.abc import Sequence
from typing import NamedTuple

from llmtb.inference.answering.guards import Guarded, hidden
from llmtb.inference.answering.reply import Reason, Rung
from llmtb.inference.knowledge.index import Hit

CHOICES = 3


class Bounds(NamedTuple):
    """Of confidence, 0 to 1: from `high` up an entry is shown, from `low` up some are offered."""

    low: float
    high: float


class Step(NamedTuple):
    """Where a question ended. hits: the one that answers, or those offered."""

    rung: Rung
    hits: tuple[Hit, ...] = ()
    reason: Reason | None = None
    because: str = ""


def showable(hits: Sequence[Hit]) -> list[Hit]:
    """Those that may be shown: not an unreviewed passage with words for the program in it."""
    return [hit for hit in hits if hit.passage.reviewed or not hidden(hit.passage)]


def climb(
    hits: Sequence[Hit],
    confidence: float,
    bounds: Bounds,
    *,
    held: Guarded | None = None,
    strange: Sequence[str] = (),
    again: bool = False,
) -> Step:
    """The rung that bears, for distinct hits, best first.

    held: a guard that lets entries be offered, but none be shown as the answer. strange: numbers
    and names that the first passage does not know; they hold, too. again: the first passage was
    the last answer already, so it is not simply told a second time.
    """
    if not hits:
        return Step("withheld", reason="nothing_found", because="nothing was found")
    if held and held.stops:
        return Step("guard", reason=held.reason, because=f"{held.kind}: {held.words}")
    if confidence < bounds.low:
        return _refused(confidence, bounds, held, strange)
    holding = _holding(held, strange, again)
    if holding or confidence < bounds.high:
        return Step("offer", tuple(hits[:CHOICES]), because=holding or "between the thresholds")
    passage = hits[0].passage
    rung: Rung = "faq" if passage.kind == "faq" and passage.reviewed else "passage"
    return Step(rung, (hits[0],), because="above the high threshold")


def _holding(held: Guarded | None, strange: Sequence[str], again: bool) -> str:
    if held:
        return f"{held.kind}: {held.words}"
    if strange:
        return f"not in the passage: {', '.join(strange)}"
    return "the same passage as before" if again else ""


def _refused(
    confidence: float, bounds: Bounds, held: Guarded | None, strange: Sequence[str]
) -> Step:
    if held:
        return Step("guard", reason=held.reason, because=f"{held.kind}: {held.words}")
    if strange:
        because = f"not in the passage: {', '.join(strange)}"
        return Step("withheld", reason="numbers", because=because)
    near = confidence >= bounds.low / 2
    reason: Reason = "unsure" if near else "out_of_scope"
    return Step("withheld", reason=reason, because="below the low threshold")
