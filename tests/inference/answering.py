"""Passages, hits and examples for the tests of the ladder."""

from typing import Literal

from llmtb.events.chat import Audience
from llmtb.inference.answering.calibration import Calibration, Wanted
from llmtb.inference.answering.confidence import TAKEN, Model
from llmtb.inference.answering.examples import Example, Kind, Labelled
from llmtb.inference.answering.signals import Signals
from llmtb.inference.knowledge.index import Hit
from llmtb.inference.knowledge.passage import Passage


def passage(
    number: int = 1,
    text: str = "Wait 30 seconds.",
    *,
    kind: Literal["faq", "text"] = "faq",
    question: str | None = "How do I restart the modem?",
    language: str = "en",
    entry: str = "",
    audience: Audience = "customer",
    reviewed: bool = True,
) -> Passage:
    return Passage(
        id=f"help@1#{number}",
        document="help",
        version=1,
        number=number,
        kind=kind,
        title="Help",
        section="Modem",
        text=text,
        language=language,
        question=question,
        entry=entry,
        audience=audience,
        reviewed=reviewed,
    )


def hit(number: int = 1, score: float = 0.5, **told: object) -> Hit:
    made = passage(number, **told)  # type: ignore[arg-type]
    return Hit(passage=made, score=score, cosine=score, words=0.0)


def signals(score: float, strange: tuple[str, ...] = ()) -> Signals:
    """Signals of which only the score tells anything."""
    return Signals(
        worth=score,
        score=score,
        cosine=score,
        words=0.5,
        margin=score / 2,
        lead=score / 2,
        covered=0.5,
        weighty=0.5,
        familiar=0.5,
        asked=0.5,
        alike=0.5,
        length=5,
        strange=strange,
    )


def example(
    number: int,
    kind: Kind,
    score: float,
    *,
    rank: int | None = None,
    language: str = "en",
    barred: bool = False,
) -> Example:
    entry = "right" if kind in ("answerable", "paraphrase") else None
    question = Labelled(
        id=f"{language}-{number}", language=language, text="?", kind=kind, entry=entry
    )
    return Example(question=question, signals=signals(score), rank=rank, barred=barred)


def by_score(low: float, high: float, *, encoder: str = "", index: str = "") -> Calibration:
    """A calibration whose confidence is 0.5 at a score of nought and grows with it."""
    weights = dict.fromkeys(TAKEN, 0.0) | {"score": 10.0}
    return Calibration(
        encoder=encoder,
        index=index,
        model=Model(weights=weights, bias=-3.0, offsets={}),
        low=low,
        high=high,
        wanted=Wanted(),
        languages={},
        questions=0,
    )
