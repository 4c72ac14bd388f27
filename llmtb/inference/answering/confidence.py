"""How sure a first hit is: a logistic sum of signals, kept as plain numbers."""

import math
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from llmtb.inference.answering.signals import Signals

Matrix = NDArray[np.float64]

# More of each can only speak for the hit, so no weight is negative.
TAKEN = (
    "score",
    "cosine",
    "words",
    "margin",
    "lead",
    "covered",
    "weighty",
    "familiar",
    "asked",
    "alike",
)
PULL = 8.0  # of the ridge on weights of standardised signals
PULL_OFFSET = 2.0  # towards no difference between languages
STEPS = 1500
SETTLED = 1e-7  # of a step, when nothing moves any more


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """confidence = 1 / (1 + exp(-(bias + offset of the language + sum of weight · signal)))."""

    weights: dict[str, float]
    bias: float
    offsets: dict[str, float]

    def confidence(self, signals: Signals, language: str) -> float:
        """From 0 to 1."""
        taken = row(signals)
        total = self.bias + self.offsets.get(language, 0.0)
        total += sum(self.weights.get(name, 0.0) * each for name, each in zip(TAKEN, taken))
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, total))))


def row(signals: Signals) -> list[float]:
    """The signals in the order of `TAKEN`."""
    return [float(getattr(signals, name)) for name in TAKEN]


def fit(
    found: Sequence[Signals], languages: Sequence[str], right: Sequence[bool], pull: float = PULL
) -> Model:
    """The model under which what was found right is likeliest, pulled towards no weight.

    Maximum a posteriori, weights kept from below nought (Nesterov's gradient with projection;
    convex, so the same every time). Raises ValueError where there is nothing of either kind.
    """
    if not any(right) or all(right):
        raise ValueError("it takes questions that are answered rightly, and others")
    known = sorted(set(languages))
    raw = np.array([row(each) for each in found], dtype=np.float64)
    mean, spread = raw.mean(axis=0), raw.std(axis=0)
    spread[spread < 1e-9] = 1.0
    spoken = np.array([[float(each == name) for name in known] for each in languages])
    table = np.hstack([(raw - mean) / spread, spoken, np.ones((len(raw), 1))])
    ridge = np.concatenate([np.full(len(TAKEN), pull), np.full(len(known), PULL_OFFSET), [0.0]])
    solved = _descend(table, np.array(right, dtype=np.float64), ridge)
    weights = solved[: len(TAKEN)] / spread
    bias = float(solved[-1] - weights @ mean)
    return Model(
        weights={name: round(float(each), 6) for name, each in zip(TAKEN, weights)},
        bias=round(bias, 6),
        offsets={name: round(float(each), 6) for name, each in zip(known, solved[len(TAKEN) : -1])},
    )


def _descend(table: Matrix, right: Matrix, ridge: Matrix) -> Matrix:
    step = 1 / (0.25 * float(np.linalg.norm(table, 2)) ** 2 + float(ridge.max()))
    at = ahead = np.zeros(table.shape[1])
    speed = 1.0
    for _ in range(STEPS):
        likely = 1 / (1 + np.exp(-np.clip(table @ ahead, -60, 60)))
        new = ahead - step * (table.T @ (likely - right) + ridge * ahead)
        new[: len(TAKEN)] = np.maximum(new[: len(TAKEN)], 0.0)
        if float(np.abs(new - at).max()) < SETTLED:
            return new
        faster = (1 + math.sqrt(1 + 4 * speed * speed)) / 2
        ahead = new + (speed - 1) / faster * (new - at)
        at, speed = new, faster
    return at
