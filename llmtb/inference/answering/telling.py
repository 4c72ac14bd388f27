"""Puts replies together: what was found, where it ended on the ladder, and why."""

from collections.abc import Sequence

import msgspec

from llmtb.inference.answering.finding import Found
from llmtb.inference.answering.ladder import Step, climb
from llmtb.inference.answering.reply import Answered, Outcome, Reply, Rung, Why, Withheld


def climbed(found: Found) -> Step:
    """Where a question ends by what was found alone."""
    return climb(
        found.hits,
        found.confidence,
        found.bounds,
        held=found.held,
        strange=found.strange,
        again=found.again,
    )


def reply_of(found: Found, outcome: Outcome, rung: Rung, why: Why) -> Reply:
    """The reply to a question for which something was searched."""
    return Reply(outcome=outcome, hits=found.hits, rung=rung, why=why, language=found.language)


def without(language: str, outcome: Withheld, because: str) -> Reply:
    """A reply for which nothing was searched."""
    return Reply(
        outcome=outcome, hits=(), rung="withheld", why={"because": because}, language=language
    )


def again(kept: Reply, why: Why) -> Reply:
    """A reply out of the cache, and why it was taken."""
    if isinstance(kept.outcome, Answered):
        outcome = msgspec.structs.replace(kept.outcome, origin="cache")
        kept = msgspec.structs.replace(kept, outcome=outcome)
    return msgspec.structs.replace(kept, rung="cache", why={**kept.why, **why})


def why_of(found: Found, step: Step) -> Why:
    """The numbers that led to a step, for `llmtb ask --why`."""
    why: Why = {
        "because": step.because,
        "confidence": round(found.confidence, 3),
        "low": found.bounds.low,
        "high": found.bounds.high,
        "searched": found.text,
    }
    if found.signals:
        named = msgspec.to_builtins(found.signals)
        why |= {
            name: round(value, 3) if isinstance(value, float) else value
            for name, value in named.items()
        }
    if found.held:
        why["guard"] = f"{found.held.kind}: {found.held.words}"
    return why


def together(asks: Sequence[str], told: Sequence[Answered]) -> Answered:
    """Two answers in one, each below its question."""
    text = "\n\n".join(f"{ask}\n{each.text}" for ask, each in zip(asks, told, strict=True))
    originals = [each.original for each in told if each.original]
    return Answered(
        text=text,
        sources=tuple(source for each in told for source in each.sources),
        origin=told[0].origin,
        language=told[0].language,
        confidence=min(each.confidence for each in told),
        original="\n\n".join(originals) or None,
    )
