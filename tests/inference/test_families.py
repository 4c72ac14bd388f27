"""Each family of translation models is told the languages as it was trained to be told."""

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import sentencepiece

from llmtb.inference.models.model import Model
from llmtb.inference.models.store import Models
from llmtb.inference.translation.families import FAMILIES
from llmtb.inference.translation.pieces import Pieces

DATA = Path(__file__).parent / "data" / "translator"
MODEL = Models(DATA).get("tiny-translator")
MARKS = [
    *("__en__", "__fa__", "eng_Latn", "pes_Arab", "<2en>", "<2fa>", ">>pes<<", ">>eng<<"),
    *("<unk>", "<s>", "</s>"),
]


def made(
    folder: Path, family: str, *, marks: list[str] = MARKS, apart: bool = False, eos: bool = False
) -> Pieces:
    """The pieces of a model of that family whose vocabulary has these marks."""
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["the modem is slow", "مودم کند است"] * 20),
        model_prefix=str(folder / "sentencepiece"),
        vocab_size=60,
        hard_vocab_limit=False,
        character_coverage=1.0,
        user_defined_symbols=["<2en>", "<2fa>"],
        minloglevel=2,
    )
    path = folder / "sentencepiece.model"
    reader = sentencepiece.SentencePieceProcessor(model_file=str(path))
    known = [reader.id_to_piece(number) for number in range(reader.get_piece_size())]
    if apart:
        (folder / "source.spm").write_bytes(path.read_bytes())
        path.rename(folder / "target.spm")
    (folder / "shared_vocabulary.json").write_text(json.dumps([*marks, *known]))
    (folder / "config.json").write_text(json.dumps({"add_source_eos": eos}))
    card: Model = msgspec.structs.replace(MODEL, family=family, folder=folder)
    return Pieces(card)


@pytest.mark.parametrize(
    ("family", "before", "after", "prefix"),
    [
        ("m2m100", ["__en__"], ["</s>"], ["__fa__"]),
        ("nllb", ["eng_Latn"], ["</s>"], ["pes_Arab"]),
        ("madlad", ["▁", "<2fa>"], ["</s>"], []),
        ("t5", ["▁", "<2fa>"], ["</s>"], []),
        ("marian", [">>pes<<"], ["</s>"], []),
        ("opus", [">>pes<<"], ["</s>"], []),
        ("argos", [], [], []),
    ],
)
def test_the_marks_of_a_family(
    tmp_path: Path, family: str, before: list[str], after: list[str], prefix: list[str]
) -> None:
    marks = [mark for mark in MARKS if family != "m2m100" or not mark.endswith("_Latn")]
    pieces = made(tmp_path, family, marks=marks)
    tokens = pieces.tokens("modem is slow", "en", "fa")
    assert tokens[: len(before)] == before
    assert tokens[len(tokens) - len(after) :] == after
    inner = tokens[len(before) : len(tokens) - len(after)]
    assert inner
    assert not set(inner) & set(MARKS)
    assert pieces.text(inner) == "modem is slow"
    assert pieces.prefix("fa") == prefix
    assert pieces.supports("en", "fa")
    assert not pieces.supports("en", "zh")


def test_every_family_is_tried() -> None:
    parameters = test_the_marks_of_a_family.pytestmark[0].args[1]  # type: ignore[attr-defined]
    assert {each[0] for each in parameters} == FAMILIES.keys()


def test_one_pair_needs_no_mark_of_its_language(tmp_path: Path) -> None:
    pieces = made(tmp_path, "marian", marks=["<unk>", "</s>"], apart=True)
    assert pieces.tokens("slow", "en", "fa")[0].startswith("▁")
    assert pieces.supports("en", "fa")


def test_the_end_is_marked_once(tmp_path: Path) -> None:
    pieces = made(tmp_path, "marian", eos=True)
    assert "</s>" not in pieces.tokens("slow", "en", "fa")


def test_nllb_is_known_by_its_words(tmp_path: Path) -> None:
    assert made(tmp_path, "m2m100").prefix("fa") == ["pes_Arab"]


def test_a_process_that_ends_in_the_middle_ends_quietly() -> None:
    # CTranslate2 aborts a process that leaves it while it works.
    play = f"""
import asyncio
from pathlib import Path
from llmtb.inference.models.store import Models
from llmtb.inference.translation.translator import Translator

async def main():
    translator = await Translator.open([Models(Path({str(DATA)!r})).get("tiny-translator")])
    texts = ["Wait %d minutes and check the modem." % number for number in range(200)]
    asyncio.ensure_future(translator.attempt(texts, source="en", target="fa"))
    while not translator.statistics().waiting:
        await asyncio.sleep(0)
    await asyncio.sleep(0.01)

asyncio.run(main())
"""
    ended = subprocess.run(
        [sys.executable, "-c", play], capture_output=True, timeout=60, check=False, env=os.environ
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
