"""The pieces that a translation model reads and writes, and the words it knows."""

import json
from pathlib import Path

import sentencepiece

from llmtb.inference.errors import ModelError
from llmtb.inference.models.model import Model
from llmtb.inference.translation.families import END, family_of, missing_marks
from llmtb.inference.translation.unchanged import Untrusted

# Where a model's pieces lie: one file for both languages, or one for each.
SHARED = ("sentencepiece.model", "sentencepiece.bpe.model", "spiece.model")
APART = ("source.spm", "target.spm")
_VOCABULARIES = ("shared_vocabulary", "source_vocabulary")


class Pieces:
    """Texts to tokens and back, as a model wants them.

    Raises ModelError where a file is missing or damaged.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self.family, self.vocabulary = family_of(model.family), _vocabulary(model.folder)
        if model.family == "m2m100" and "eng_Latn" in self.vocabulary:
            # NLLB is of the same build, and its converted form does not say which of them it is.
            self.family = family_of("nllb")
        source, target = _files(model.folder)
        self._source = _processor(source)
        self._target = self._source if target == source else _processor(target)
        self._ends = self.family.ends and not _adds_end(model.folder)

    def supports(self, source: str, target: str) -> bool:
        """Whether the model was made for this pair, and can be told to translate it."""
        model = self._model
        if model.pairs and f"{source}-{target}" not in model.pairs:
            return False
        if model.languages and not {source, target} <= set(model.languages):
            return False
        if not (model.pairs or model.languages or self.family.before or self.family.said):
            return False
        said = self._said(target).strip()
        if said and said not in self.vocabulary and f"▁{said}" not in self.vocabulary:
            return False
        return not missing_marks(self.family, self.vocabulary, source, target)

    def tokens(self, text: str, source: str, target: str) -> list[str]:
        """The tokens of a sentence. Raises Untrusted where it has letters the model never saw."""
        pieces: list[str] = self._source.encode(self._said(target) + text, out_type=str)
        unknown = [each for each in pieces if each not in self.vocabulary]
        if spelt := [each for each in unknown if any(map(str.isalnum, each))]:
            raise Untrusted(f"{self._model.name} cannot read {spelt[0].strip('▁')!r}")
        known = [each for each in pieces if each in self.vocabulary]
        asked = self.family.mark(self.family.asked, target)
        marks = [self.family.mark(self.family.before, source), asked]
        before = [mark for mark in marks if mark and mark in self.vocabulary]
        return [*before, *known, *([END] if self._ends else [])]

    def prefix(self, target: str) -> list[str]:
        """The tokens that the translation must begin with."""
        mark = self.family.mark(self.family.prefix, target)
        return [mark] if mark else []

    def text(self, tokens: list[str]) -> str:
        """A translation's tokens, without its prefix, as text."""
        decoded: str = self._target.decode(tokens)
        return decoded.strip()

    def _said(self, target: str) -> str:
        mark = self.family.mark(self.family.said, target)
        return f"{mark} " if mark else ""


def _files(folder: Path) -> tuple[Path, Path]:
    if all((folder / name).is_file() for name in APART):
        return folder / APART[0], folder / APART[1]
    shared = next((folder / name for name in SHARED if (folder / name).is_file()), None)
    if shared is None:
        raise ModelError(
            f"{folder}: neither {SHARED[0]} nor {' and '.join(APART)} in it; copy what lay beside"
            " the model that it was converted from"
        )
    return shared, shared


def _processor(path: Path) -> sentencepiece.SentencePieceProcessor:
    try:
        return sentencepiece.SentencePieceProcessor(model_file=str(path))
    except (OSError, RuntimeError) as error:
        raise ModelError(f"{path}: no SentencePiece model ({error}); copy it again") from None


def _vocabulary(folder: Path) -> frozenset[str]:
    for name in _VOCABULARIES:
        as_json, as_text = folder / f"{name}.json", folder / f"{name}.txt"
        if as_json.is_file():
            try:
                return frozenset(json.loads(as_json.read_bytes()))
            except (ValueError, TypeError) as error:
                raise ModelError(f"{as_json}: damaged ({error}); install it again") from None
        if as_text.is_file():
            return frozenset(as_text.read_text(encoding="utf-8").split("\n"))
    raise ModelError(f"{folder}: no {_VOCABULARIES[0]}.json in it; convert the model again")


def _adds_end(folder: Path) -> bool:
    """Whether the engine marks the source's end itself, as some converters have it do."""
    path = folder / "config.json"
    if not path.is_file():
        return False
    try:
        settings = json.loads(path.read_bytes())
    except ValueError as error:
        raise ModelError(f"{path}: damaged ({error}); install it again") from None
    return isinstance(settings, dict) and bool(settings.get("add_source_eos", False))
