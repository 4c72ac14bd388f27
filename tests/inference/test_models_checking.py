"""A check passes what was made from its source and fails what was not."""

from pathlib import Path

import pytest

from llmtb.inference.errors import ModelError
from llmtb.inference.models.adding import Wish, add
from llmtb.inference.models.checking import Figure, check
from llmtb.inference.models.progress import Silent
from llmtb.inference.models.store import Models
from llmtb.runtime.clock import WallClock
from tests.inference.tiny_models import (
    VOCABULARY,
    decoder_weights,
    encoder_weights,
    write_bert,
    write_decoder_folder,
    write_e5,
)

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", *"abcdefghijklmnopqrstuvwxyz"]


@pytest.fixture
def models(tmp_path: Path) -> Models:
    return Models(tmp_path / "models")


def exact(figures: tuple[Figure, ...]) -> bool:
    """Whether the float32 figure, which is the first, keeps its bound."""
    assert figures[0].what.startswith("float32")
    return figures[0].passed


@pytest.mark.parametrize("kind", ["e5", "bert"])
def test_an_encoder_is_what_its_source_says(kind: str, models: Models, tmp_path: Path) -> None:
    sources = tmp_path / "right", tmp_path / "wrong"
    for seed, source in enumerate(sources):
        if kind == "e5":
            write_e5(source, PIECES, seed)
        else:
            write_bert(source, encoder_weights(len(VOCABULARY), seed))
    add(models, Wish(what=str(sources[0]), name="tiny"), Silent())
    found = check(models, "tiny", Silent(), WallClock(), sources[0])
    assert found.passed, found.figures
    assert exact(found.figures)
    assert {figure.what for figure in found.figures if "sentences/s" in figure.what}
    assert not check(models, "tiny", Silent(), WallClock(), sources[1]).passed


def test_a_decoder_is_what_its_source_says(models: Models, tmp_path: Path) -> None:
    right, wrong = (
        write_decoder_folder(tmp_path / str(seed), "qwen3", decoder_weights("qwen3", seed))
        for seed in range(2)
    )
    add(models, Wish(what=str(right), name="tiny", compute_type="float32"), Silent())
    found = check(models, "tiny", Silent(), WallClock(), right)
    assert found.passed, found.figures
    assert found.figures[1].value == pytest.approx(0, abs=1e-6)
    assert not check(models, "tiny", Silent(), WallClock(), wrong).passed


def test_a_source_that_only_its_owner_has_is_asked_for(models: Models, tmp_path: Path) -> None:
    write_e5(tmp_path / "tiny.bin", PIECES)
    add(models, Wish(what=str(tmp_path / "tiny.bin")), Silent())
    with pytest.raises(ModelError, match="--source PATH"):
        check(models, "tiny", Silent(), WallClock())


def test_a_damaged_model_is_not_compared_at_all(models: Models, tmp_path: Path) -> None:
    write_e5(tmp_path / "tiny.bin", PIECES)
    model = add(models, Wish(what=str(tmp_path / "tiny.bin")), Silent())
    weights = bytearray((model.folder / "model.bin").read_bytes())
    weights[-50] ^= 1
    (model.folder / "model.bin").write_bytes(weights)
    with pytest.raises(ModelError, match="wrong hash"):
        check(models, "tiny", Silent(), WallClock(), tmp_path / "tiny.bin")


def test_a_figure_that_is_no_number_keeps_no_bound() -> None:
    assert not Figure("x", float("nan"), least=0.5).passed
    assert not Figure("x", float("nan"), most=0.5).passed
    assert Figure("x", 0.5, least=0.5, most=0.5).passed
