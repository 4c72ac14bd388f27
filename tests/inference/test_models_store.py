"""The folder of models: a model is there whole or not at all, and damage is told."""

import json
import shutil
from pathlib import Path

import pytest

from llmtb.inference.errors import ModelError
from llmtb.inference.models.adding import Wish, add
from llmtb.inference.models.card import CARD, digest, verify
from llmtb.inference.models.catalogue import CATALOGUE, DEFAULTS
from llmtb.inference.models.model import Model
from llmtb.inference.models.progress import Silent
from llmtb.inference.models.store import Models
from tests.inference.tiny_models import decoder_weights, write_e5, write_gguf

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "a", "b"]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filled")
    models = Models(folder / "models")
    source = write_gguf(folder / "Tiny One.gguf", "llama", decoder_weights("llama"))
    add(models, Wish(what=str(source)), Silent())
    write_e5(folder / "tiny.bin", PIECES)
    wish = Wish(what=str(folder / "tiny.bin"), name="aa", compute_type="float32")
    add(models, wish, Silent())
    return folder


@pytest.fixture
def models(filled: Path, tmp_path: Path) -> Models:
    shutil.copytree(filled / "models", tmp_path / "models")
    return Models(tmp_path / "models")


def line(error: pytest.ExceptionInfo[ModelError]) -> str:
    assert "\n" not in str(error.value)
    return str(error.value)


def test_what_was_added_is_installed(models: Models) -> None:
    encoder, generator = models.installed()
    assert (encoder.name, encoder.kind, encoder.compute_type) == ("aa", "encoder", "float32")
    assert (generator.name, generator.kind) == ("tiny-one", "generator")
    assert generator.source == "file:Tiny One.gguf"
    assert generator.sha256 == digest(generator.folder / "model.bin")
    assert generator.identity == f"tiny-one:int8:{generator.sha256[:12]}"
    assert models.get("aa") == encoder
    assert verify(generator.folder) == generator
    assert models.default("encoder") == encoder
    assert models.default("translator") is None
    assert str(models.folder) not in (generator.folder / CARD).read_text()


def test_the_preferred_model_is_the_default(models: Models) -> None:
    shutil.copytree(models.folder / "aa", models.folder / "e5-small")
    card = models.folder / "e5-small" / CARD
    card.write_text(card.read_text().replace('"aa"', '"e5-small"'))
    chosen = models.default("encoder")
    assert chosen is not None
    assert chosen.name == "e5-small"


def test_a_missing_model_says_what_to_run(models: Models) -> None:
    with pytest.raises(ModelError) as error:
        models.get("e5-small")
    assert "llmtb models add e5-small" in line(error)
    assert Models(models.folder / "nothing").installed() == []


@pytest.mark.parametrize("name", ["../aa", "", ".", "A", "a/b", "a" * 65, ".half-x"])
def test_what_is_no_name_is_refused(models: Models, name: str) -> None:
    for work in (models.get, models.remove):
        with pytest.raises(ModelError) as error:
            work(name)
        line(error)
    with pytest.raises(ModelError), models.room_for(name):
        pass


@pytest.mark.parametrize("name", ["model.bin", "tokenizer.model", "config.json"])
def test_a_file_of_another_size_is_noticed_at_once(models: Models, name: str) -> None:
    path = models.folder / "aa" / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelError) as error:
        models.get("aa")
    assert name in line(error)
    path.unlink()
    with pytest.raises(ModelError, match="missing"):
        models.get("aa")
    assert [model.name for model in models.installed()] == ["tiny-one"]


def test_a_changed_byte_is_found_by_the_full_look(models: Models) -> None:
    path = models.folder / "aa" / "model.bin"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    models.get("aa")
    with pytest.raises(ModelError, match="wrong hash"):
        verify(models.folder / "aa")


@pytest.mark.parametrize("listed", ["../../secret", "/etc/hostname", ""])
def test_a_card_cannot_point_elsewhere(models: Models, listed: str) -> None:
    card = models.folder / "aa" / CARD
    form = json.loads(card.read_text())
    form["files"][listed] = {"size": 1, "sha256": "0"}
    card.write_text(json.dumps(form))
    with pytest.raises(ModelError, match="list of files"):
        models.get("aa")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "aa"}', "null"])
def test_a_damaged_card_is_told(models: Models, text: str) -> None:
    (models.folder / "aa" / CARD).write_text(text)
    with pytest.raises(ModelError) as error:
        models.get("aa")
    assert "aa" in line(error)


def test_a_model_is_removed_and_a_damaged_one_too(models: Models) -> None:
    (models.folder / "aa" / "model.bin").unlink()
    models.remove("aa")
    assert models.names() == ["tiny-one"]
    models.remove("tiny-one")
    assert [path.name for path in models.folder.iterdir()] == [".lock"]
    with pytest.raises(ModelError, match="llmtb models list"):
        models.remove("aa")


def test_a_model_that_fails_to_be_made_leaves_the_old_one(models: Models) -> None:
    before = models.get("aa")
    room = models.room_for("aa")
    (room.__enter__().made / "model.bin").write_bytes(b"half")
    failure = ZeroDivisionError()
    assert not room.__exit__(ZeroDivisionError, failure, None)
    assert models.get("aa") == before
    assert not list(models.folder.glob(".half-*"))


def test_a_model_is_exchanged_for_one_of_its_name(models: Models, filled: Path) -> None:
    before = models.get("aa")
    wish = Wish(what=str(filled / "tiny.bin"), name="aa", compute_type="int8")
    after = add(models, wish, Silent())
    assert (before.compute_type, after.compute_type) == ("float32", "int8")
    assert models.get("aa") == after


def test_two_do_not_change_the_folder_at_once(models: Models) -> None:
    with models.room_for("one"), pytest.raises(ModelError) as error, models.room_for("two"):
        pass
    assert "another process" in line(error)


def test_a_model_of_ours_from_another_machine_is_taken(models: Models, tmp_path: Path) -> None:
    other = Models(tmp_path / "other")
    taken = add(other, Wish(what=str(models.folder / "aa"), name="bb"), Silent())
    assert taken.sha256 == models.get("aa").sha256
    assert (taken.name, taken.compute_type, taken.source) == ("bb", "float32", "file:tiny.bin")
    weights = models.folder / "aa" / "model.bin"
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    with pytest.raises(ModelError):
        add(other, Wish(what=str(models.folder / "aa"), name="cc"), Silent())


def test_the_real_defaults_are_whole(e5_small: Model, smollm2: Model) -> None:
    assert {e5_small.name, smollm2.name} == set(DEFAULTS)
    for model in (e5_small, smollm2):
        known = CATALOGUE[model.name]
        assert verify(model.folder) == model
        assert (model.kind, model.family, model.source) == (known.kind, known.family, known.source)
        assert (model.query, model.passage) == (known.query, known.passage)
