"""The encoder and the search, measured: `python -m benchmarks.retrieval`.

- sentences a second of the encoder, in batches as the background sends them, and of questions one
  by one. Where BENCH_PYTHON names a Python that has sentence-transformers and BENCH_MODEL the
  folder of all-MiniLM-L6-v2 as its package brings it, the same sentences go through both, in
  turn, on the same two cores; the target is three times as many;
- searches a second in the sample company's index, and in one of 50 000 points, with the recall
  of the latter's graph against comparing all;
- how often the sample's labelled questions find their entry first, among five, and the mean of
  1/rank, by language, for all and for the half that nothing was chosen on; AUC: how often the
  best score of an answerable question lies above that of one that is out of scope.

Models are looked for in `models/` or $LLMTB_MODELS. The exit status is 1 if a target is missed:
of free paraphrases in the held-out half .70 first and .95 among five.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import msgspec
import numpy as np

from llmtb.inference.embedding.encoder import Encoder
from llmtb.inference.embedding.weights import Weights, batches
from llmtb.inference.knowledge import shelf
from llmtb.inference.knowledge.base import KnowledgeBase
from llmtb.inference.knowledge.centring import read_everyday
from llmtb.inference.knowledge.passage import Passage
from llmtb.inference.knowledge.points import unit
from llmtb.inference.knowledge.shelf import Shelf
from llmtb.inference.models.store import Models

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "llmtb" / "sample"
ROUNDS = 5
LONG = " Please tell me in detail what I should do now, step by step, and whom I may call."

REFERENCE = """
import json, sys, time
import torch
from sentence_transformers import SentenceTransformer
torch.set_num_threads(2)
model = SentenceTransformer(sys.argv[1], device="cpu")
texts = json.load(sys.stdin)
model.encode(texts[:32], batch_size=32)
start = time.perf_counter()
model.encode(texts, batch_size=32)
print(len(texts) / (time.perf_counter() - start))
"""


class Question(msgspec.Struct, frozen=True):
    """A labelled question of the sample."""

    id: str
    language: str
    text: str
    kind: str
    audience: str
    entry: str | None = None

    @property
    def held_out(self) -> bool:
        """Whether it lies in the half on which nothing was chosen."""
        return int(sha256(self.id.encode()).hexdigest(), 16) % 2 == 1


class Entry(msgspec.Struct, frozen=True):
    """An entry of the sample company."""

    id: str
    audience: str
    department: str
    question: str
    answer: str
    variants: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    section: str = ""


class File(msgspec.Struct, frozen=True):
    """One language of the sample company."""

    language: str
    title: str
    entries: tuple[Entry, ...]


class Asked(NamedTuple):
    """A question with the rank of its entry (None: not among ten) and the best score."""

    question: Question
    rank: int | None
    top: float


def passages() -> list[Passage]:
    """Return the sample company's entries in all its languages."""
    found: list[Passage] = []
    for path in sorted((SAMPLE / "knowledge").glob("*.json")):
        file = msgspec.json.decode(path.read_bytes(), type=File)
        for number, entry in enumerate(file.entries, 1):
            form = {
                **msgspec.structs.asdict(entry),
                "id": f"{path.stem}@1#{number}",
                "document": path.stem,
                "version": 1,
                "number": number,
                "kind": "faq",
                "title": file.title,
                "language": file.language,
                "entry": entry.id,
                "text": entry.answer,
            }
            found.append(msgspec.convert(form, Passage))
    return found


def questions() -> list[Question]:
    """Return the sample's labelled questions."""
    paths = sorted((SAMPLE / "questions").glob("*.json"))
    return [
        q for path in paths for q in msgspec.json.decode(path.read_bytes(), type=list[Question])
    ]


def sentences(weights: Weights, texts: Sequence[str]) -> float:
    """Return how many texts a second are embedded, in batches of near lengths."""
    start = perf_counter()
    rows = [weights.passage(text).ids for text in texts]
    for batch in batches([len(row) for row in rows]):
        weights.encode([rows[place] for place in batch])
    return len(texts) / (perf_counter() - start)


def reference(texts: Sequence[str]) -> float | None:
    """Return the same of sentence-transformers, or None where it is not to be had."""
    python, model = os.environ.get("BENCH_PYTHON"), os.environ.get("BENCH_MODEL")
    if not python or not model:
        return None
    done = subprocess.run(  # noqa: S603 - the Python that the caller names
        [python, "-c", REFERENCE, model],
        input=json.dumps(list(texts)),
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout.split()[-1])


def encoders(models: Models) -> bool:
    """Print the speed of every encoder; return whether no target was missed."""
    english = [q.text for q in questions() if q.language == "en"] * 4
    met = True
    for name, texts in (
        ("short", english),
        ("long", [text + LONG * 4 for text in english[:100]]),
    ):
        for model in models.installed():
            if model.kind != "encoder":
                continue
            weights = Weights(model, threads=2)
            sentences(weights, texts[:32])
            ours, ratios = [], []
            for _ in range(ROUNDS if model.family == "bert" else 2):
                ours.append(sentences(weights, texts))
                theirs = reference(texts) if model.family == "bert" else None
                if theirs is not None:
                    ratios.append(ours[-1] / theirs)
            line = f"{model.name:12s} {name:5s} {statistics.median(ours):7.0f} sentences/s"
            if ratios:
                middle = statistics.median(ratios)
                met = met and middle >= 3
                line += f"  x{middle:.2f} sentence-transformers (target x3.00)"
            print(line)
    return met


def large() -> None:
    """Print how fast and how well an index of 50 000 points is searched."""
    chance = np.random.default_rng(1)
    heaps = chance.normal(size=(400, 384))
    rows = heaps[chance.integers(0, 400, 50_000)] + 0.8 * chance.normal(size=(50_000, 384))
    points = unit(rows.astype(np.float32))
    known = [
        Passage(
            id=f"large@1#{n}",
            document="large",
            version=1,
            number=n,
            kind="text",
            title="",
            text=f"number {n} of many",
            language="en",
        )
        for n in range(50_000)
    ]
    asks = unit(points[:200] + 0.03 * chance.normal(size=(200, 384)).astype(np.float32))
    found: list[list[set[str]]] = []
    for most in (10**9, shelf.EXACT):
        shelf.EXACT, before = most, shelf.EXACT
        built = Shelf(known, points, [1] * 50_000)
        shelf.EXACT = before
        start = perf_counter()
        hits = [
            built.search(ask, "a question", language="en", level=0, departments=None, k=10)
            for ask in asks
        ]
        rate = len(asks) / (perf_counter() - start)
        found.append([{hit.passage.id for hit in each} for each in hits])
        print(
            f"50 000 points, {'by graph' if most < 10**8 else 'all compared':12s}"
            f" {rate:7.0f} searches/s"
        )
    same = sum(len(a & b) for a, b in zip(*found, strict=True))
    print(f"recall@10 of the graph: {same / (10 * len(asks)):.3f}")


async def sample(models: Models) -> bool:
    """Print how well the sample's questions are answered; return whether targets are met."""
    model = models.get("e5-small")
    encoder = await Encoder.open(model, threads=2)
    everyday = read_everyday(SAMPLE / "questions-of-everyday")
    base = await KnowledgeBase.open(encoder, cache=None, everyday=everyday)
    start = perf_counter()
    index = await base.rebuild(passages())
    print(f"{len(index)} passages, {index.points} points in {perf_counter() - start:.1f} s")
    asked: list[Asked] = []
    start = perf_counter()
    for question in questions():
        found = await base.search(
            question.text,
            language=question.language,
            audience="agent" if question.audience == "agent" else "customer",
            k=10,
        )
        entries = [hit.passage.entry for hit in found.hits]
        rank = entries.index(question.entry) if question.entry in entries else None
        asked.append(Asked(question, rank, found.hits[0].score if found.hits else -1.0))
    rate = len(asked) / (perf_counter() - start)
    print(f"{rate:.0f} questions/s, embedded and searched, one by one")
    await base.close()
    await encoder.close()
    for kind in ("answerable", "paraphrase"):
        for name, chosen in (
            ("all", asked),
            ("held out", [a for a in asked if a.question.held_out]),
        ):
            told(f"{kind}, {name}", [each for each in chosen if each.question.kind == kind])
    separation(asked)
    held = [a for a in asked if a.question.held_out and a.question.kind == "paraphrase"]
    return share(held, 1) >= 0.70 and share(held, 5) >= 0.95


def share(asked: Sequence[Asked], most: int) -> float:
    """Return how many found their entry among the first `most`, from 0 to 1."""
    return statistics.mean(each.rank is not None and each.rank < most for each in asked)


def told(name: str, asked: Sequence[Asked]) -> None:
    """Print one line: by language and for all."""
    cells = []
    for language in [*sorted({each.question.language for each in asked}), "all"]:
        rows = [each for each in asked if language in {each.question.language, "all"}]
        cells.append(f"{language} {share(rows, 1):.2f}/{share(rows, 5):.2f}")
    mean = statistics.mean(0 if each.rank is None else 1 / (1 + each.rank) for each in asked)
    print(f"{name:22s} R@1/R@5  {'  '.join(cells)}  MRR {mean:.3f}  n {len(asked)}")


def separation(asked: Sequence[Asked]) -> None:
    """Print the AUC of the best score by language."""
    cells = []
    for language in sorted({each.question.language for each in asked}):
        rows = [each for each in asked if each.question.language == language]
        inside = np.array([each.top for each in rows if each.question.entry])
        outside = np.array([each.top for each in rows if each.question.kind == "out_of_scope"])
        cells.append(f"{language} {np.mean(inside[:, None] > outside[None]):.3f}")
    print(f"{'answerable or not':22s} AUC      {'  '.join(cells)}")


def main() -> int:
    """Run it all."""
    models = Models(Path(os.environ.get("LLMTB_MODELS", ROOT / "models")))
    met = asyncio.run(sample(models))
    met &= encoders(models)
    large()
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
