"""Thresholds for a wanted error rate, from labelled questions; and how sure they are."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from llmtb.inference.answering.confidence import Model, fit
from llmtb.inference.answering.examples import Example
from llmtb.inference.answering.ladder import Bounds
from llmtb.inference.answering.signals import Signals

FOLDS = 5
ENOUGH = 100  # labelled questions of a language, from which its own thresholds count half


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The rates asked for: of answerable questions answered wrongly, of others answered at all.

    offered: the least share of the answerable, rightly found, that are answered or offered.
    """

    wrong: float = 0.02
    out_of_scope: float = 0.03
    adversarial: float = 0.10
    offered: float = 0.98


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """So many of so many, and the interval (95 %, Clopper–Pearson) in which the rate lies."""

    count: int
    of: int
    least: float
    most: float

    @property
    def rate(self) -> float:
        """The share; 0 of none."""
        return self.count / self.of if self.of else 0.0


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """The thresholds of a language, and what they gave on questions they were not fitted to.

    own: the weight of its own questions against all languages', 0 to 1.
    """

    low: float
    high: float
    questions: int
    own: float
    right: Figure
    wrong: Figure
    out_of_scope: Figure
    adversarial: Figure


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """Plain numbers, to be stored; it holds for this encoder and this index alone.

    low, high: of languages that were not seen. notes: sentences for whoever reads it.
    """

    encoder: str
    index: str
    model: Model
    low: float
    high: float
    wanted: Wanted
    languages: dict[str, Language]
    questions: int
    notes: tuple[str, ...] = ()

    def bounds(self, language: str) -> Bounds:
        """The thresholds for a language; those of all where it was not seen."""
        known = self.languages.get(language)
        return Bounds(known.low, known.high) if known else Bounds(self.low, self.high)

    def confidence(self, signals: Signals, language: str) -> float:
        """How sure the first hit is, 0 to 1."""
        return self.model.confidence(signals, language)


class _Judged(NamedTuple):
    example: Example
    confidence: float


def calibrate(
    examples: Sequence[Example], *, encoder: str, index: str, wanted: Wanted | None = None
) -> Calibration:
    """Fit the confidence and its thresholds.

    The thresholds are set on confidences by cross-validation: each question is judged by a model
    that has not seen it. Raises ValueError where there are too few of either kind.
    """
    wanted = wanted or Wanted()
    found = [each for each in examples if each.signals is not None]
    model = _fitted(found)
    judged = _crosswise(found)
    pooled = _thresholds(judged, wanted)
    languages: dict[str, Language] = {}
    notes: list[str] = []
    for name in sorted({each.question.language for each in found}):
        own = [each for each in judged if each.example.question.language == name]
        weight = len(own) / (len(own) + ENOUGH)
        mine = _thresholds(own, wanted)
        mixed = (weight * a + (1 - weight) * b for a, b in zip(mine, pooled))
        bounds = Bounds(*(math.ceil(each * 10_000) / 10_000 for each in mixed))
        languages[name] = _told(own, bounds, weight)
        if weight < 0.5:
            notes.append(
                f"{name}: {len(own)} labelled questions are few, so its thresholds lean "
                f"{1 - weight:.0%} on those of all languages"
            )
    return Calibration(
        encoder=encoder,
        index=index,
        model=model,
        low=round(pooled.low, 4),
        high=round(pooled.high, 4),
        wanted=wanted,
        languages=languages,
        questions=len(examples),
        notes=tuple(notes),
    )


def _signals(examples: Sequence[Example]) -> list[Signals]:
    return [each.signals for each in examples if each.signals is not None]


def _fitted(examples: Sequence[Example]) -> Model:
    # What a guard keeps back teaches nothing about how near an entry must be.
    examples = [each for each in examples if not each.barred]
    right = [each.right for each in examples]
    if min(sum(right), len(right) - sum(right)) < FOLDS - 1:
        raise ValueError(f"it takes {FOLDS} questions that are found rightly, and {FOLDS} others")
    return fit(_signals(examples), [each.question.language for each in examples], right)


def _stratum(example: Example) -> tuple[bool, bool, str, str]:
    # Neighbours go to different folds, so each fold has its share of either kind.
    return example.barred, example.right, example.question.kind, example.question.id


def _crosswise(examples: Sequence[Example]) -> list[_Judged]:
    ordered = sorted(examples, key=_stratum)
    judged: list[_Judged] = []
    for fold in range(FOLDS):
        rest = [each for at, each in enumerate(ordered) if at % FOLDS != fold]
        model = _fitted(rest)
        for each, seen in zip(ordered[fold::FOLDS], _signals(ordered[fold::FOLDS])):
            judged.append(_Judged(each, model.confidence(seen, each.question.language)))
    return judged


def _thresholds(judged: Sequence[_Judged], wanted: Wanted) -> Bounds:
    high = max(
        _highest(judged, "wrong", wanted.wrong), _highest(judged, "off", wanted.out_of_scope)
    )
    high = max(high, _highest(judged, "adversarial", wanted.adversarial))
    found = sorted(
        (
            each.confidence
            for each in judged
            if each.example.question.answerable and (each.example.rank or 9) <= 3
        ),
        reverse=True,
    )
    kept = math.ceil(wanted.offered * len(found))
    low = found[kept - 1] if kept else high
    return Bounds(min(low, high), high)


def _highest(judged: Sequence[_Judged], kind: str, rate: float) -> float:
    """The least threshold at which no more than the rate of a kind are answered (and shouldn't)."""
    of = [each for each in judged if _is(each.example, kind)]
    bad = sorted(
        (each.confidence for each in of if not each.example.right and not each.example.barred),
        reverse=True,
    )
    allowed = math.floor(rate * len(of))
    if len(bad) <= allowed:
        return 0.0
    # Half way to the next that is right, so that a hair more does not tip it.
    worst = bad[allowed]
    above = [each.confidence for each in judged if each.confidence > worst]
    return (worst + min(above, default=1.0)) / 2


def _is(example: Example, kind: str) -> bool:
    if kind == "wrong":
        return example.question.answerable
    return example.question.kind == ("out_of_scope" if kind == "off" else "adversarial")


def _told(judged: Sequence[_Judged], bounds: Bounds, weight: float) -> Language:
    def answered(kind: str, right: bool) -> Figure:
        of = [each.example for each in judged if _is(each.example, kind)]
        shown = [
            each
            for each in judged
            if _is(each.example, kind) and each.confidence >= bounds.high
            if not each.example.barred and each.example.right == right
        ]
        return figure(len(shown), len(of))

    return Language(
        low=bounds.low,
        high=bounds.high,
        questions=len(judged),
        own=round(weight, 3),
        right=answered("wrong", True),
        wrong=answered("wrong", False),
        out_of_scope=answered("off", False),
        adversarial=answered("adversarial", False),
    )


def figure(count: int, of: int, sure: float = 0.95) -> Figure:
    """A count with its exact interval (Clopper and Pearson 1934), by bisection."""
    tail = (1 - sure) / 2
    least = _solve(lambda p: 1 - _at_most(count - 1, of, p) < tail) if count else 0.0
    most = _solve(lambda p: _at_most(count, of, p) > tail) if count < of else 1.0
    return Figure(count=count, of=of, least=round(least, 4), most=round(most if of else 1.0, 4))


def _at_most(count: int, of: int, rate: float) -> float:
    if rate <= 0 or rate >= 1:
        return float(rate <= 0 or count >= of)
    yes, no, all_ways = math.log(rate), math.log1p(-rate), math.lgamma(of + 1)
    return sum(
        math.exp(all_ways - math.lgamma(n + 1) - math.lgamma(of - n + 1) + n * yes + (of - n) * no)
        for n in range(count + 1)
    )


def _solve(below: Callable[[float], bool]) -> float:
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) else (low, middle)
    return (low + high) / 2
