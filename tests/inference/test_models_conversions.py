"""A converted model says what a plain forward pass over its source says; others are refused."""

import json
from collections.abc import Callable
from pathlib import Path

import ctranslate2
import numpy as np
import pytest
import sentencepiece
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from llmtb.inference.errors import ModelError
from llmtb.inference.models import reference
from llmtb.inference.models.conversions.byte_pairs import byte_pair_tokenizer
from llmtb.inference.models.conversions.making import carry_out, open_decoder, open_encoder
from llmtb.inference.models.conversions.orders import Order
from llmtb.inference.models.conversions.safetensors import Safetensors
from llmtb.inference.models.model import Model
from tests.inference.tiny_models import (
    MERGES,
    SPECIAL,
    VOCABULARY,
    decoder_weights,
    encoder_weights,
    write_bert,
    write_decoder_folder,
    write_e5,
    write_gguf,
    write_safetensors,
)

FAMILIES = ["llama", "qwen2", "qwen3"]
ROWS = [[1, 40, 200, 7, 7, 90, 13, 255, 60, 2], [5], [258, 260, 31, 30, 29, 100, 120]]
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "a", "b", "c", "ab", "▁a", "<mask>", "é", "س"]


def made(source: Path, into: Path, compute_type: str = "float32") -> Model:
    into.mkdir()
    order = Order(name="tiny", source=str(source), into=str(into), compute_type=compute_type)
    return carry_out(order)


def said(folder: Path, rows: list[list[int]]) -> list[np.ndarray]:
    generator = ctranslate2.Generator(str(folder), compute_type="float32")
    return [np.array(generator.forward_batch([row]))[0] for row in rows]


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_gguf_decoder_is_converted_exactly(family: str, tied: bool, tmp_path: Path) -> None:
    weights = decoder_weights(family, 3, tied=tied)
    source = write_gguf(tmp_path / "tiny.gguf", family, weights)
    model = made(source, tmp_path / "out")
    assert (model.kind, model.family, model.licence) == ("generator", family, "apache-2.0")
    assert model.max_tokens == 128
    true = reference.logits(open_decoder(source), ROWS)
    for expected, found in zip(true, said(tmp_path / "out", ROWS), strict=True):
        assert np.ptp(expected) > 1
        np.testing.assert_allclose(found, expected, atol=2e-4)
    assert (tmp_path / "out" / "chat_template.jinja").read_text() == "{{ messages }}"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_folder_and_a_file_of_the_same_weights_say_the_same(family: str, tmp_path: Path) -> None:
    weights = decoder_weights(family, 4)
    made(write_gguf(tmp_path / "tiny.gguf", family, weights), tmp_path / "file")
    model = made(write_decoder_folder(tmp_path / "hub", family, weights), tmp_path / "folder")
    assert (model.family, model.licence) == (family, "mit")
    pairs = zip(said(tmp_path / "file", ROWS), said(tmp_path / "folder", ROWS), strict=True)
    for one, other in pairs:
        np.testing.assert_allclose(one, other, atol=2e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_greedy_text_is_the_reference_s(family: str, tmp_path: Path) -> None:
    source = write_gguf(tmp_path / "tiny.gguf", family, decoder_weights(family, 5))
    made(source, tmp_path / "out")
    generator = ctranslate2.Generator(str(tmp_path / "out"), compute_type="float32")
    prompt = [VOCABULARY[number] for number in ROWS[0]]
    result = generator.generate_batch([prompt], max_length=12, include_prompt_in_result=False)
    new = list(result[0].sequences_ids[0])
    logits = reference.logits(open_decoder(source), [ROWS[0] + new])[0]
    assert logits[len(ROWS[0]) - 1 : -1].argmax(1).tolist() == new


def test_int8_is_close_to_the_source(tmp_path: Path) -> None:
    source = write_gguf(tmp_path / "tiny.gguf", "llama", decoder_weights("llama", 6))
    model = made(source, tmp_path / "out", "int8")
    assert model.compute_type == "int8"
    true = reference.logits(open_decoder(source), ROWS)
    generator = ctranslate2.Generator(str(tmp_path / "out"), compute_type="int8")
    for row, expected in zip(ROWS, true, strict=True):
        found = np.array(generator.forward_batch([row]))[0]
        assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.99


def vectors(folder: Path, rows: list[list[int]]) -> np.ndarray:
    encoder = ctranslate2.Encoder(str(folder), compute_type="float32")
    found = [np.array(encoder.forward_batch([row]).last_hidden_state)[0].mean(0) for row in rows]
    return np.stack([vector / np.linalg.norm(vector) for vector in found])


def test_an_e5_file_is_converted_exactly(tmp_path: Path) -> None:
    source = tmp_path / "tiny-q4.bin"
    weights = write_e5(source, PIECES)
    model = made(source, tmp_path / "out")
    assert (model.kind, model.family, model.dimensions, model.max_tokens) == (
        *("encoder", "e5"),
        *(32, 128),
    )
    opened = open_encoder(source)
    np.testing.assert_array_equal(opened.tensor("emb.word"), weights["emb.word"][: len(PIECES)])
    np.testing.assert_array_equal(opened.tensor("l1.fi.w"), weights["l1.fi.w"])
    rows = [[0, 5, 6, 9, 2], [0, 2], [0, *range(4, 12), 2]]
    true = reference.sentence_vectors(opened, rows)
    np.testing.assert_allclose(vectors(tmp_path / "out", rows), true, atol=2e-5)


def test_the_tokenizer_of_an_e5_file_is_written_anew(tmp_path: Path) -> None:
    write_e5(tmp_path / "tiny-q4.bin", PIECES)
    made(tmp_path / "tiny-q4.bin", tmp_path / "out")
    tokenizer = sentencepiece.SentencePieceProcessor(
        model_file=str(tmp_path / "out" / "tokenizer.model")
    )
    assert [tokenizer.id_to_piece(number) for number in range(len(PIECES))] == PIECES
    assert tokenizer.encode("ab a", out_type=str) == ["▁", "ab", "▁a"]
    assert (tokenizer.bos_id(), tokenizer.pad_id(), tokenizer.eos_id()) == (0, 1, 2)
    assert PIECES.index("<mask>") not in tokenizer.encode("a<mask>b")
    assert tokenizer.get_score(4) == pytest.approx(np.linspace(-1, -9, len(PIECES))[4])


@pytest.mark.parametrize("kind", ["F32", "F16", "BF16"])
def test_a_bert_folder_is_converted_exactly(kind: str, tmp_path: Path) -> None:
    weights = encoder_weights(len(VOCABULARY), 7)
    source = write_bert(tmp_path / "bert", weights, kind)
    (source / "config_sentence_transformers.json").write_text(
        json.dumps({"prompts": {"query": "query: ", "passage": "passage: "}})
    )
    (source / "sentence_bert_config.json").write_text('{"max_seq_length": 64}')
    model = made(source, tmp_path / "out")
    assert (model.family, model.max_tokens, model.query) == ("bert", 64, "query: ")
    true = reference.sentence_vectors(open_encoder(source), ROWS)
    np.testing.assert_allclose(vectors(tmp_path / "out", ROWS), true, atol=2e-5)


@given(st.text())
def test_a_byte_level_tokenizer_gives_every_text_back(text: str) -> None:
    kinds = [3] * len(SPECIAL) + [1] * (len(VOCABULARY) - len(SPECIAL))
    tokenizer = byte_pair_tokenizer(VOCABULARY, kinds, MERGES, "smollm")
    assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == text


def test_control_tokens_are_one_token_and_digits_stand_alone(tmp_path: Path) -> None:
    made(write_gguf(tmp_path / "t.gguf", "qwen2", decoder_weights("qwen2")), tmp_path / "out")
    tokenizer = Tokenizer.from_file(str(tmp_path / "out" / "tokenizer.json"))
    tokens = tokenizer.encode("<|im_start|>hel 12").tokens
    assert tokens == ["<|im_start|>", "hel", "Ġ", "1", "2"]


def refusal(work: Callable[[], object]) -> str:
    with pytest.raises(ModelError) as error:
        work()
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"llama.rope.scaling.type": "linear", "llama.rope.scaling.factor": 4.0}, "scaling"),
        ({"llama.attention.sliding_window": 64}, "window"),
        ({"llama.expert_count": 8}, "experts"),
        ({"split.count": 3}, "split"),
    ],
)
def test_what_would_run_wrongly_is_refused(
    extra: dict[str, str | float | int], words: str, tmp_path: Path
) -> None:
    source = write_gguf(tmp_path / "t.gguf", "llama", decoder_weights("llama"), extra=extra)
    assert words in refusal(lambda: made(source, tmp_path / "out"))


@pytest.mark.parametrize("family", ["gemma3", "phi3", "granite", "rwkv"])
def test_an_unknown_architecture_is_refused_with_its_reason(family: str, tmp_path: Path) -> None:
    source = write_gguf(tmp_path / "t.gguf", family, decoder_weights("llama"))
    line = refusal(lambda: made(source, tmp_path / "out"))
    assert repr(family) in line
    assert "Qwen" in line


def test_scaled_rope_and_windows_in_a_folder_are_refused(tmp_path: Path) -> None:
    weights = decoder_weights("llama")
    scaled = write_decoder_folder(
        tmp_path / "scaled", "llama", weights, rope_scaling={"rope_type": "llama3", "factor": 8.0}
    )
    assert "scaling" in refusal(lambda: made(scaled, tmp_path / "one"))
    windowed = write_decoder_folder(tmp_path / "w", "llama", weights, sliding_window=64)
    assert "window" in refusal(lambda: made(windowed, tmp_path / "two"))


def test_tensors_that_have_no_place_are_refused(tmp_path: Path) -> None:
    weights = decoder_weights("llama")
    weights["blk.0.attn_q.bias"] = np.zeros(32, np.float32)
    source = write_gguf(tmp_path / "t.gguf", "llama", weights)
    assert "attn_q.bias" in refusal(lambda: made(source, tmp_path / "one"))
    del weights["blk.0.attn_q.bias"], weights["blk.1.ffn_up.weight"]
    source = write_gguf(tmp_path / "u.gguf", "llama", weights)
    assert "blk.1.ffn_up.weight" in refusal(lambda: made(source, tmp_path / "two"))


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.6, 0.98])
@pytest.mark.parametrize("kind", ["gguf", "e5", "safetensors"])
def test_a_file_that_was_cut_off_is_refused(kind: str, share: float, tmp_path: Path) -> None:
    if kind == "gguf":
        file = source = write_gguf(tmp_path / "t.gguf", "llama", decoder_weights("llama"))
    elif kind == "e5":
        file = source = tmp_path / "t.bin"
        write_e5(file, PIECES)
    else:
        source = write_bert(tmp_path / "bert", encoder_weights(len(VOCABULARY)))
        file = source / "model.safetensors"
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    assert str(source) in refusal(lambda: made(source, tmp_path / "out"))


@given(st.binary(max_size=200), st.sampled_from([b"GGUF", b"E5S1", b"PK\x03\x04", b""]))
def test_rubbish_is_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, rubbish: bytes, magic: bytes
) -> None:
    folder = tmp_path_factory.mktemp("rubbish")
    (folder / "file").write_bytes(magic + rubbish)
    refusal(lambda: made(folder / "file", folder / "out"))


@pytest.mark.parametrize("kind", ["m2m_100", "marian", "t5"])
def test_a_translator_needs_the_usual_converters(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "config.json").write_text(json.dumps({"model_type": kind}))
    line = refusal(lambda: made(tmp_path / "source", tmp_path / "out"))
    assert "pip install transformers torch" in line
    assert "ct2-transformers-converter" in line


def test_another_kind_than_wished_for_is_refused(tmp_path: Path) -> None:
    write_e5(tmp_path / "t.bin", PIECES)
    (tmp_path / "out").mkdir()
    order = Order(
        name="tiny", source=str(tmp_path / "t.bin"), into=str(tmp_path / "out"), kind="generator"
    )
    assert "encoder" in refusal(lambda: carry_out(order))


def test_weights_outside_the_folder_are_not_read(tmp_path: Path) -> None:
    write_safetensors(tmp_path / "secret.safetensors", {"a": np.zeros(3, np.float32)})
    (tmp_path / "model").mkdir()
    index = {"weight_map": {"a": "../secret.safetensors"}}
    (tmp_path / "model" / "model.safetensors.index.json").write_text(json.dumps(index))
    assert "elsewhere" in refusal(lambda: Safetensors(tmp_path / "model"))


def test_a_ready_model_is_taken_as_it_is(tmp_path: Path) -> None:
    source = write_gguf(tmp_path / "t.gguf", "llama", decoder_weights("llama"))
    made(source, tmp_path / "ready")
    model = made(tmp_path / "ready", tmp_path / "again")
    assert model.kind == "generator"
    assert (tmp_path / "again" / "model.bin").read_bytes() == (
        tmp_path / "ready" / "model.bin"
    ).read_bytes()
    (tmp_path / "ready" / "model.bin").write_bytes(b"\x06\0\0\0\x04\0evil" + bytes(100))
    assert "CTranslate2" in refusal(lambda: made(tmp_path / "ready", tmp_path / "third"))
