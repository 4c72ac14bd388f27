"""Means take the language out of a vector, whichever languages and however few questions."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from llmtb.inference.knowledge.centring import CARRIED, Centring, blended, read_everyday
from llmtb.inference.knowledge.points import Vectors, unit

WIDE = 48
LANGUAGES = ("en", "fa", "zh")


def rows(seed: int, size: int, around: Vectors | float = 0.0) -> Vectors:
    return np.asarray(np.random.default_rng(seed).normal(size=(size, WIDE)) + around, np.float32)


def directions() -> dict[str, Vectors]:
    return dict(zip(LANGUAGES, 3 * rows(99, 3)))


@given(seed=st.integers(0, 1000))
def test_the_same_meaning_in_two_languages_becomes_the_nearest(seed: int) -> None:
    languages = directions()
    meanings = rows(seed, 40)
    spoken = {name: unit(meanings + way) for name, way in languages.items()}
    means = {name: vectors.mean(axis=0) for name, vectors in spoken.items()}
    centring = Centring(means, means, means)
    english = centring.passage(spoken["en"], "en")
    asked = np.stack([centring.query(vector, "zh") for vector in spoken["zh"]])
    assert_allclose(np.linalg.norm(asked, axis=1), 1, atol=1e-5)
    assert np.mean((asked @ english.T).argmax(axis=1) == np.arange(40)) > 0.9
    guesses = [centring.guess(vector) for vector in spoken["fa"]]
    assert [guess.language for guess in guesses if guess] == ["fa"] * 40


@given(size=st.integers(0, 50), weight=st.floats(1, 100))
def test_ones_own_take_over_as_they_grow(size: int, weight: float) -> None:
    shipped, own = {"en": rows(1, 30, 1)}, {"en": rows(2, size, -1)}
    mean = blended(shipped, own, weight)["en"]
    start = shipped["en"].mean(axis=0)
    if not size:
        assert_allclose(mean, start, rtol=1e-5)
        return
    end = own["en"].mean(axis=0)
    there = float((mean - start) @ (end - start) / ((end - start) @ (end - start)))
    # At least its own share of the way, never beyond the end.
    assert size / (size + weight) - 1e-3 <= there <= 1 + 1e-3


def test_a_language_without_questions_moves_with_the_others() -> None:
    shipped = {name: rows(n, 30, way) for n, (name, way) in enumerate(directions().items())}
    topic = rows(50, 1)[0]
    own = {name: shipped[name] + topic for name in ("en", "fa")}
    moved = blended(shipped, own, 30)["zh"] - shipped["zh"].mean(axis=0)
    assert_allclose(moved, CARRIED * topic * 60 / 90, atol=1e-4)


def test_a_language_nobody_knows_takes_the_middle_of_the_others() -> None:
    means = {"en": rows(1, 1)[0], "fa": rows(2, 1)[0]}
    centring = Centring(means, means, means)
    vector = rows(3, 1)[0]
    middle = (means["en"] + means["fa"]) / 2
    assert_allclose(centring.query(vector, "sw"), unit(vector - middle), atol=1e-6)
    assert blended({}, {"sw": rows(4, 5)}, 30)["sw"].shape == (WIDE,)


def test_without_any_mean_nothing_is_guessed() -> None:
    centring = Centring({}, {}, {})
    vector = unit(rows(1, 1))[0]
    assert centring.guess(vector) is None
    assert_allclose(centring.query(vector, "en"), vector, atol=1e-6)


def test_another_mean_is_another_state() -> None:
    one, two = {"en": rows(1, 1)[0]}, {"en": rows(2, 1)[0]}
    states = {Centring(q, p, one).state() for q in (one, two) for p in (one, two)}
    assert len(states) == 4


def test_everyday_questions_are_read_a_line_each(tmp_path: Path) -> None:
    (tmp_path / "en.txt").write_text("one?\n\n  two? \n", "utf-8")
    (tmp_path / "zh.txt").write_text("怎么?\n", "utf-8")
    assert read_everyday(tmp_path) == {"en": ("one?", "two?"), "zh": ("怎么?",)}


@pytest.mark.parametrize("language", ["en", "fa", "id", "pt", "zh"])
def test_the_shipped_questions_are_enough_for_a_mean_and_differ(language: str) -> None:
    folder = Path(__file__).parents[2] / "llmtb" / "sample" / "questions-of-everyday"
    questions = read_everyday(folder)[language]
    assert 20 <= len(questions) == len(set(questions))
