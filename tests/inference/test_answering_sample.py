"""The sample company answers its own questions: the held-out half, in five languages."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from llmtb.actors.knowledge import Library
from llmtb.inference.answering.answering import Answering
from llmtb.inference.answering.calibration import Calibration, calibrate
from llmtb.inference.answering.examples import Labelled, halves, read_questions
from llmtb.inference.answering.judge import ALL, Verdict, examples, judge, table
from llmtb.inference.embedding.encoder import Encoder
from llmtb.inference.knowledge.base import KnowledgeBase
from llmtb.inference.knowledge.centring import read_everyday
from llmtb.inference.models.model import Model
from llmtb.library.catalogue import Catalogue
from llmtb.library.shelf import Shelf
from tests.inference.answering import by_score

SAMPLE = Path(__file__).parents[2] / "llmtb" / "sample"


def questions() -> list[Labelled]:
    files = sorted((SAMPLE / "questions").glob("*.json"))
    return [each for file in files for each in read_questions(file)]


async def judged(model: Model, folder: Path) -> tuple[Calibration, Verdict]:
    """Calibrate on one half, judge the other."""
    encoder = await Encoder.open(model, threads=2)
    base = await KnowledgeBase.open(
        encoder,
        cache=folder / "vectors.db",
        everyday=read_everyday(SAMPLE / "questions-of-everyday"),
    )
    catalogue = Catalogue(Shelf(folder / "documents"))
    passages, missing = await catalogue.passages(Library(), sample=True)
    assert missing == []
    await base.rebuild(passages)
    answering = Answering(base, encoder, by_score(0.0, 1.0))
    tuned, held = halves(questions())
    made = calibrate(
        await examples(tuned, answering), encoder=encoder.identity, index=base.index.identity
    )
    answering.recalibrate(made)
    verdict = await judge(held, answering)
    await base.close()
    await encoder.close()
    return made, verdict


@pytest.mark.timeout(600)
def test_the_sample_answers_what_it_was_not_tuned_on(
    e5_small: Model, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    made, verdict = asyncio.run(judged(e5_small, tmp_path))
    print(table(verdict))  # noqa: T201 - pytest shows it where the test fails, or with -s
    tally = verdict.languages[ALL]
    record_property("table", table(verdict))
    assert tally.helped.rate >= 0.92
    assert tally.wrong.rate <= 0.02
    assert tally.out_of_scope.rate <= 0.03
    assert tally.adversarial.rate <= 0.10
    assert tally.paraphrase1.rate >= 0.70
    assert tally.paraphrase5.rate >= 0.95
    assert tally.right.rate >= 0.40  # asking back is no way out
    assert msgspec.json.decode(msgspec.json.encode(made), type=Calibration) == made
