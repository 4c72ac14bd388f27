"""Judges the answering by labelled questions: what was right, wrong, withheld, and how fast."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from llmtb.inference.answering.asked import Asked
from llmtb.inference.answering.calibration import Figure, figure
from llmtb.inference.answering.examples import Example, Labelled
from llmtb.inference.answering.reply import Answered, Offered, Reply
from llmtb.inference.answering.signals import entry_of

ALL = "all"


class Answers(Protocol):
    """What is judged."""

    async def answer(self, asked: Asked) -> Reply: ...

    async def example(self, question: Labelled, asked: Asked) -> Example: ...


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One question and what came of it; `entry`: of the passage shown, or the first offered."""

    question: str
    language: str
    kind: str
    outcome: str
    rung: str
    entry: str
    milliseconds: int


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """Of one language, or of all.

    right: answerable questions answered with the right entry; offered: offered with it among the
    three; wrong: answered with another; missed: offered without it; withheld: the rest.
    out_of_scope, adversarial: answered, though nothing should have been. recall1, recall5: of all
    answerable questions, the right entry found first, or among five, whatever came of it.
    paraphrase1, paraphrase5: the same of free paraphrases alone. p50, p95: milliseconds.
    """

    right: Figure
    offered: Figure
    wrong: Figure
    missed: Figure
    withheld: Figure
    out_of_scope: Figure
    adversarial: Figure
    recall1: Figure
    recall5: Figure
    paraphrase1: Figure
    paraphrase5: Figure
    p50: float
    p95: float

    @property
    def helped(self) -> Figure:
        """Answerable questions answered rightly, or offered with the right entry."""
        return figure(self.right.count + self.offered.count, self.right.of)


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the judging gave, by language and in all; `failures`: what a person should look at."""

    languages: dict[str, Tally]
    judged: tuple[Judged, ...]
    failures: tuple[str, ...]


class _Seen(msgspec.Struct, frozen=True, kw_only=True):
    question: Labelled
    reply: Reply
    rank: int | None
    at: float  # milliseconds


async def judge(questions: Sequence[Labelled], answers: Answers) -> Verdict:
    """Ask every question once, one after the other, each as a chat of its own."""
    loop = asyncio.get_running_loop()
    seen: list[_Seen] = []
    for question in questions:
        asked = asked_of(question)
        started = loop.time()
        reply = await answers.answer(asked)
        spent = (loop.time() - started) * 1000
        example = await answers.example(question, asked)
        seen.append(_Seen(question=question, reply=reply, rank=example.rank, at=spent))
    names = sorted({each.question.language for each in seen})
    tallies = {name: _tally([s for s in seen if s.question.language == name]) for name in names}
    return Verdict(
        languages={**tallies, ALL: _tally(seen)},
        judged=tuple(map(_judged, seen)),
        failures=tuple(line for each in seen if (line := _failure(each))),
    )


async def examples(questions: Iterable[Labelled], answers: Answers) -> list[Example]:
    """What the calibration learns from: what was found for each question."""
    return [await answers.example(question, asked_of(question)) for question in questions]


def asked_of(question: Labelled) -> Asked:
    """A labelled question as it is asked in a chat of its own."""
    return Asked(
        question=question.id,
        chat=f"judge-{question.id}",
        text=question.text,
        language=question.language,
        audience=question.audience,
        level=question.level,
    )


def _entry(reply: Reply) -> str:
    match reply.outcome:
        case Answered(sources=sources):
            shown = {hit.passage.id: hit.passage for hit in reply.hits}
            first = next((each.passage for each in sources if each.passage in shown), "")
            return entry_of(shown[first]) if first else ""
        case Offered(choices=choices):
            return entry_of(choices[0].passage)
        case _:
            return ""


def _judged(seen: _Seen) -> Judged:
    return Judged(
        question=seen.question.id,
        language=seen.question.language,
        kind=seen.question.kind,
        outcome=_outcome(seen),
        rung=seen.reply.rung,
        entry=_entry(seen.reply),
        milliseconds=round(seen.at),
    )


def _outcome(seen: _Seen) -> str:
    """`right`, `offered`, `wrong`, `missed` or `withheld`; `answered` where nothing should be."""
    wanted, outcome = seen.question.entry, seen.reply.outcome
    if isinstance(outcome, Answered):
        if not seen.question.answerable:
            return "answered"
        return "right" if _entry(seen.reply) == wanted else "wrong"
    if isinstance(outcome, Offered):
        entries = {entry_of(hit.passage) for hit in outcome.choices}
        return "offered" if seen.question.answerable and wanted in entries else "missed"
    return "withheld"


def _tally(seen: Sequence[_Seen]) -> Tally:
    answerable = [each for each in seen if each.question.answerable]
    free = [each for each in answerable if each.question.kind == "paraphrase"]
    times = sorted(each.at for each in seen)

    def came(of: Sequence[_Seen], outcome: str) -> Figure:
        return figure(sum(_outcome(each) == outcome for each in of), len(of))

    def found(of: Sequence[_Seen], most: int) -> Figure:
        return figure(sum((each.rank or most + 1) <= most for each in of), len(of))

    return Tally(
        right=came(answerable, "right"),
        offered=came(answerable, "offered"),
        wrong=came(answerable, "wrong"),
        missed=came(answerable, "missed"),
        withheld=came(answerable, "withheld"),
        out_of_scope=came([e for e in seen if e.question.kind == "out_of_scope"], "answered"),
        adversarial=came([e for e in seen if e.question.kind == "adversarial"], "answered"),
        recall1=found(answerable, 1),
        recall5=found(answerable, 5),
        paraphrase1=found(free, 1),
        paraphrase5=found(free, 5),
        p50=_quantile(times, 0.50),
        p95=_quantile(times, 0.95),
    )


def _quantile(ordered: Sequence[float], share: float) -> float:
    if not ordered:
        return 0.0
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)


def _failure(seen: _Seen) -> str:
    outcome = _outcome(seen)
    wanted = seen.question.entry or "nothing"
    if outcome in ("right", "offered") or (outcome != "answered" and not seen.question.answerable):
        return ""
    shown = f", not {_entry(seen.reply)}" if _entry(seen.reply) else ""
    return f"{seen.question.id}: {outcome}: {seen.question.text!r} is answered by {wanted}{shown}"


_COLUMNS = (
    *("right", "offered", "helped", "wrong", "missed", "withheld"),
    *("out_of_scope", "adversarial", "recall1", "recall5", "paraphrase1", "paraphrase5"),
)
_TITLES = {
    "out_of_scope": "off-scope",
    "adversarial": "advers.",
    "recall1": "R@1",
    "recall5": "R@5",
    "paraphrase1": "free R@1",
    "paraphrase5": "free R@5",
}


def table(verdict: Verdict) -> str:
    """The verdict for people: a line for each language, then what failed."""
    heads = ["", *(_TITLES.get(name, name) for name in _COLUMNS), "p50 ms", "p95 ms"]
    lines = [
        [
            name,
            *(_share(getattr(tally, column)) for column in _COLUMNS),
            f"{tally.p50:.1f}",
            f"{tally.p95:.1f}",
        ]
        for name, tally in verdict.languages.items()
    ]
    widths = [max(map(len, column)) for column in zip(heads, *lines)]
    rows = [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in (heads, *lines)
    ]
    return "\n".join([*rows, "", *verdict.failures]).rstrip() + "\n"


def _share(figure: Figure) -> str:
    return f"{figure.rate:.1%} {figure.count}/{figure.of}" if figure.of else "-"
