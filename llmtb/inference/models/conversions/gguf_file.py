"""GGUF files: their tables, their weights and their tokenizer. Nothing in them is run."""

from pathlib import Path

import numpy as np
from gguf import GGUFReader
from gguf.quants import dequantize
from tokenizers import Tokenizer

from llmtb.inference.errors import ModelError
from llmtb.inference.models.conversions.byte_pairs import byte_pair_tokenizer
from llmtb.inference.models.conversions.decoder import FAMILIES, Array, DecoderShape
from llmtb.inference.models.conversions.unsupported import ROPE, refuse

MAGIC = b"GGUF"
Value = str | int | float | bool | list[str] | list[int] | None


class GGUFFile:
    """A decoder in a GGUF file."""

    def __init__(self, path: Path) -> None:
        """Open the file and read its tables. Raises ModelError."""
        self._path = path
        try:
            with path.open("rb") as file:
                if file.read(4) != MAGIC:
                    raise ModelError(f"{path}: not a GGUF file")
            self._reader = GGUFReader(path)
            self._tensors = {each.name: each for each in self._reader.tensors}
        except (ValueError, IndexError, KeyError, OverflowError, MemoryError) as error:
            raise ModelError(f"{path}: not a whole GGUF file ({error}); fetch it again") from None
        self.shape = self._shape()

    def names(self) -> set[str]:
        """The names of all its tensors."""
        return set(self._tensors)

    def tensor(self, name: str) -> Array:
        """A tensor, dequantised."""
        stored = self._tensors[name]
        try:
            array = dequantize(stored.data, stored.tensor_type)
        except NotImplementedError:
            kind = stored.tensor_type.name
            raise ModelError(f"{self._path}: weights in {kind} cannot be read; take Q8_0") from None
        return np.array(array, dtype=np.float32)  # a copy: what is mapped cannot be changed

    def tokenizer(self) -> Tokenizer:
        """The tokenizer that the file's tables describe. Raises ModelError."""
        model = self._text("tokenizer.ggml.model")
        if model != "gpt2":
            raise ModelError(
                f"{self._path}: its tokenizer is {model!r}, only byte-level BPE is read here;"
                " give the model's folder with its tokenizer.json instead"
            )
        kinds = self._numbers("tokenizer.ggml.token_type")
        merges = self._texts("tokenizer.ggml.merges")
        cut = self._text("tokenizer.ggml.pre")
        return byte_pair_tokenizer(self.shape.vocabulary, kinds, merges, cut)

    def chat_template(self) -> str:
        """The Jinja template of its prompts, or nothing."""
        return self._text("tokenizer.chat_template")

    def licence(self) -> str:
        """What the file says of its licence, or nothing."""
        return self._text("general.license")

    def _shape(self) -> DecoderShape:
        family = self._text("general.architecture")
        if family not in FAMILIES:
            raise refuse(self._path, family)
        self._refuse_variants(family)
        heads = self._number(f"{family}.attention.head_count")
        width = self._number(f"{family}.embedding_length")
        tokens = self._texts("tokenizer.ggml.tokens")

        def token(name: str) -> str:
            number = self._get(f"tokenizer.ggml.{name}_token_id")
            known = isinstance(number, int) and 0 <= number < len(tokens)
            return tokens[number] if known and isinstance(number, int) else ""

        return DecoderShape(
            family=family,
            layers=self._number(f"{family}.block_count"),
            heads=heads,
            kv_heads=self._number(f"{family}.attention.head_count_kv", heads),
            head_size=self._number(f"{family}.attention.key_length", width // max(heads, 1)),
            rope_base=float(self._number_or(f"{family}.rope.freq_base", 10000.0)),
            epsilon=float(self._number_or(f"{family}.attention.layer_norm_rms_epsilon", 1e-5)),
            context=self._number(f"{family}.context_length"),
            interleaved=family == "llama",
            tied="output.weight" not in self._tensors,
            vocabulary=tuple(tokens),
            begin=token("bos"),
            end=token("eos"),
            unknown=token("unknown"),
        )

    def _refuse_variants(self, family: str) -> None:
        scaling = self._get(f"{family}.rope.scaling.type")
        factor = self._get(f"{family}.rope.scaling.factor")
        if "rope_freqs.weight" in self._tensors or (
            scaling not in (None, "none") and factor not in (None, 1, 1.0)
        ):
            raise refuse(self._path, family, ROPE)
        if self._get(f"{family}.attention.sliding_window"):
            why = "CTranslate2 4.8 is wrong beyond a sliding window"
            raise refuse(self._path, family, why)
        if self._get(f"{family}.expert_count"):
            raise refuse(self._path, family, "experts are not supported")
        if self._get("split.count") not in (None, 0, 1):
            raise refuse(self._path, family, "one part of a split file is not the whole")

    def _get(self, key: str) -> Value:
        field = self._reader.get_field(key)
        contents: Value = None if field is None else field.contents()
        return contents

    def _text(self, key: str) -> str:
        value = self._get(key)
        return value if isinstance(value, str) else ""

    def _number(self, key: str, default: int | None = None) -> int:
        value = self._get(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, int) or value <= 0:
            raise ModelError(f"{self._path}: {key} is missing or no number; the file is damaged")
        return value

    def _number_or(self, key: str, default: float) -> float:
        value = self._get(key)
        return value if isinstance(value, int | float) else default

    def _texts(self, key: str) -> list[str]:
        value = self._get(key)
        if not isinstance(value, list):
            raise ModelError(f"{self._path}: {key} is missing; the file is damaged")
        return [each for each in value if isinstance(each, str)]

    def _numbers(self, key: str) -> list[int]:
        value = self._get(key)
        if not isinstance(value, list):
            raise ModelError(f"{self._path}: {key} is missing; the file is damaged")
        return [each for each in value if isinstance(each, int)]
