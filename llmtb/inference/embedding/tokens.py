"""From a text to the ids that an encoder reads; one class for each kind of tokenizer."""

from pathlib import Path
from typing import NamedTuple, Protocol

import sentencepiece
from tokenizers import Tokenizer

from llmtb.inference.errors import ModelError
from llmtb.inference.models.model import Model

# No piece of a vocabulary is longer, so what lies behind is never read; it saves the work.
_LONGEST = 32  # characters


class Row(NamedTuple):
    """What is embedded: ids with the special ones around them, and whether the end is missing."""

    ids: list[int]
    cut: bool


class Tokens(Protocol):
    """Makes rows of at most `limit` ids; `size` is one more than the largest id it gives."""

    size: int

    def row(self, text: str, limit: int) -> Row: ...


class Pieces:
    """SentencePiece with XLM-R's special ids, which multilingual e5 reads."""

    START, END = 0, 2

    def __init__(self, path: Path) -> None:
        try:
            self._pieces = sentencepiece.SentencePieceProcessor(model_file=str(path))
        except (OSError, RuntimeError) as error:
            raise ModelError(f"{path}: no tokenizer ({error}); install the model again") from error
        self.size = self._pieces.vocab_size()

    def row(self, text: str, limit: int) -> Row:
        ids: list[int] = self._pieces.encode(text[: limit * _LONGEST], out_type=int)
        cut = len(ids) > limit - 2 or len(text) > limit * _LONGEST
        return Row([self.START, *ids[: limit - 2], self.END], cut)


class WordPieces:
    """A `tokenizer.json`, as BERT and MiniLM bring it; it adds its own special ids."""

    def __init__(self, path: Path) -> None:
        try:
            self._tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises no narrower one
            raise ModelError(f"{path}: no tokenizer ({error}); install the model again") from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self.size = max(self._tokenizer.get_vocab().values(), default=-1) + 1

    def row(self, text: str, limit: int) -> Row:
        ids = self._tokenizer.encode(text[: limit * _LONGEST]).ids
        cut = len(ids) > limit or len(text) > limit * _LONGEST
        return Row([*ids[: limit - 1], ids[-1]] if len(ids) > limit else ids, cut)


def tokens_of(model: Model) -> Tokens:
    """The tokenizer that lies beside a model. Raises ModelError."""
    if model.family == "e5":
        return Pieces(model.folder / "tokenizer.model")
    if model.family == "bert":
        return WordPieces(model.folder / "tokenizer.json")
    raise ModelError(f"{model.name}: encoders of the family {model.family!r} are not known here")
