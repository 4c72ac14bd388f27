"""All that is known, ready to be searched: one shelf for each audience. Immutable."""

from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple, get_args

import msgspec
import numpy as np

from llmtb.events.chat import Audience
from llmtb.inference.knowledge.centring import (
    SHIPPED_PASSAGES,
    SHIPPED_QUESTIONS,
    Centring,
    Guess,
    blended,
)
from llmtb.inference.knowledge.passage import Passage
from llmtb.inference.knowledge.points import Vectors
from llmtb.inference.knowledge.shelf import Hit, Shelf

FORM = "1"  # of the points and the score; another one means other thresholds

__all__ = ["Hit", "Index", "Shipped"]


class Shipped(NamedTuple):
    """Vectors of the questions of everyday life by language, as questions and as passages."""

    questions: Mapping[str, Vectors]
    passages: Mapping[str, Vectors]


class Index:
    """Searches passages by meaning and words.

    identity: names everything on which a score depends: encoder, passages, means, form. What is
    calibrated is calibrated for one identity.
    """

    def __init__(
        self,
        encoder: str,
        passages: Sequence[Passage],
        points: Sequence[Vectors],
        shipped: Shipped,
        questions: Mapping[str, Vectors],
    ) -> None:
        """Build it, which takes a while: do so in a thread.

        points: of each passage, in order, as `meant` gives them, a matrix each. questions: of the
        company itself by language, as an encoder's `queries` gave them. Raises ValueError where
        two passages have one id.
        """
        if len({passage.id for passage in passages}) != len(passages):
            raise ValueError("two passages have one id")
        own: dict[str, list[Vectors]] = {}
        for passage, rows in zip(passages, points, strict=True):
            own.setdefault(passage.language, []).append(rows)
        together = {language: np.concatenate(rows) for language, rows in own.items()}
        self.centring = Centring(
            blended(shipped.questions, questions, SHIPPED_QUESTIONS),
            blended(shipped.passages, together, SHIPPED_PASSAGES),
            # Not the company's own: what it speaks of would pass for a language.
            blended(shipped.questions, {}, SHIPPED_QUESTIONS),
        )
        centred = [
            self.centring.passage(rows, passage.language)
            for passage, rows in zip(passages, points, strict=True)
        ]
        # A shelf is built of what its audience may see, and so cannot show anything else.
        self._shelves: dict[Audience, Shelf] = {}
        for audience in get_args(Audience):
            places = [n for n, each in enumerate(passages) if _may_see(audience, each)]
            self._shelves[audience] = Shelf(
                [passages[place] for place in places],
                np.concatenate(
                    [np.zeros((0, _width(points)), np.float32)]
                    + [centred[place] for place in places]
                ),
                [len(centred[place]) for place in places],
            )
        self.passages = tuple(passages)
        told = msgspec.msgpack.encode([FORM, encoder, list(passages)])
        self.identity = sha256(told + self.centring.state()).hexdigest()[:16]

    def __len__(self) -> int:
        return len(self.passages)

    @property
    def points(self) -> int:
        """How many vectors a search of an agent compares."""
        return self._shelves["agent"].points

    def search(
        self,
        vector: Vectors,
        text: str,
        *,
        language: str | None,
        audience: Audience,
        level: int = 0,
        departments: Collection[str] | None = None,
        k: int = 5,
    ) -> list[Hit]:
        """The passages that may answer a question, best first, each entry once.

        vector, text: of the question, as an encoder's `queries` gave it. language: of the one who
        asks, None where it is not known; of an entry in several languages that version is given.
        audience, level: who asks; what they may not see cannot be found. departments: None looks
        everywhere. At most `k`.
        """
        if language is None:
            guess = self.centring.guess(vector)
            language = guess.language if guess else ""
        centred = self.centring.query(vector, language)
        return self._shelves[audience].search(
            centred, text, language=language, level=level, departments=departments, k=k
        )

    def language_of(self, vector: Vectors) -> Guess | None:
        """The language that a question's vector speaks."""
        return self.centring.guess(vector)


def _may_see(audience: Audience, passage: Passage) -> bool:
    return audience == "agent" or passage.audience == "customer"


def _width(points: Sequence[Vectors]) -> int:
    return next((rows.shape[1] for rows in points), 0)
