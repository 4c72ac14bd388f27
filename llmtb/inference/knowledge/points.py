"""What of a passage is embedded, and how its texts become the points that are searched.

Measured on the sample company's free paraphrases (R@1 / R@5, base in English, questions in five
languages, centred, words added): question and answer in one text .42 / .73; question with its
variants in one text .68 / .90; the best of all texts .59 / .86; the mean of the four readings
below .71 / .92. Whitening, taking the first directions away, questions' own readings, sections
and tags, and keeping capitals made it worse or changed nothing. With the entries in Persian, and
half of them in Portuguese and Chinese, too: .77 / .96.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from llmtb.inference.knowledge.chunks import CHUNK, QUESTION, chunks_of, cut_off, parted
from llmtb.inference.knowledge.passage import Passage

Vectors = NDArray[np.float32]

# A point is the mean of its readings, a reading the mean of its texts.
Point = tuple[tuple[str, ...], ...]


def points_of(passage: Passage) -> list[Point]:
    """The points of a passage: one for a question with its answer, one for each chunk of prose."""
    if passage.question is None:
        return [((chunk,),) for chunk in chunks_of(passage)]
    question = cut_off(passage.question, QUESTION)
    variants = tuple(filter(None, (cut_off(each, QUESTION) for each in passage.variants)))
    answers = tuple(f"{question} {piece}" for piece in parted(passage.text, *CHUNK))
    together = " ".join((question, *variants))
    return [tuple(filter(None, ((together,), variants, answers, (question,))))]


def searched_words(passage: Passage) -> str:
    """The text whose words are compared with a question's."""
    known = (passage.question, *passage.variants, passage.section, *passage.tags, passage.text)
    return "\n".join(filter(None, known))


def meant(point: Sequence[Vectors]) -> Vectors:
    """The vector of a point from the vectors of its readings, a matrix each; of length one."""
    return unit(np.sum([unit(reading.sum(axis=0)) for reading in point], axis=0))


def unit(vectors: Vectors) -> Vectors:
    """Vectors of length one; what has no length stays nought."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12), np.float32)
