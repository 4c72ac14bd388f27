"""A BERT sentence encoder in a folder: config.json, safetensors, tokenizer.json."""

from pathlib import Path
from typing import TypeVar

import msgspec
from tokenizers import Tokenizer

from llmtb.inference.errors import ModelError
from llmtb.inference.models.conversions.encoder import Array, EncoderShape
from llmtb.inference.models.conversions.safetensors import Safetensors
from llmtb.inference.models.conversions.unsupported import refuse

_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln": "embeddings.LayerNorm",
}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_PART = {"w": "weight", "b": "bias"}


T = TypeVar("T")


class _Config(msgspec.Struct, frozen=True, kw_only=True):
    model_type: str
    num_hidden_layers: int
    num_attention_heads: int
    hidden_size: int
    vocab_size: int
    max_position_embeddings: int
    hidden_act: str = "gelu"
    layer_norm_eps: float = 1e-12
    position_embedding_type: str = "absolute"


class _Pooling(msgspec.Struct, frozen=True):
    pooling_mode_mean_tokens: bool = True


class _Sentences(msgspec.Struct, frozen=True):
    max_seq_length: int | None = None


class _Prompts(msgspec.Struct, frozen=True):
    prompts: dict[str, str] = {}


class BertFolder:
    """The encoder in a folder. query, passage: the prefixes that it says its texts need."""

    def __init__(self, folder: Path) -> None:
        """Read the folder's tables. Raises ModelError."""
        self._folder = folder
        try:
            config = msgspec.json.decode((folder / "config.json").read_bytes(), type=_Config)
            self._tokenizer = Tokenizer.from_str((folder / "tokenizer.json").read_text("utf-8"))
        except FileNotFoundError as error:
            raise ModelError(f"{error.filename}: missing; the folder is not whole") from None
        except msgspec.MsgspecError as error:
            raise ModelError(f"{folder / 'config.json'}: {error}") from None
        if config.model_type != "bert":
            raise refuse(folder, config.model_type)
        if config.hidden_act != "gelu" or config.position_embedding_type != "absolute":
            raise refuse(folder, "bert", "only GELU and learnt positions are known")
        if not self._read("1_Pooling/config.json", _Pooling).pooling_mode_mean_tokens:
            raise refuse(folder, "bert", "its vectors are not the mean over the tokens")
        longest = self._read("sentence_bert_config.json", _Sentences).max_seq_length
        prompts = self._read("config_sentence_transformers.json", _Prompts).prompts
        self.query = prompts.get("query", "")
        self.passage = prompts.get("passage", prompts.get("document", ""))
        self._weights = Safetensors(folder)
        self._prefix = "bert." if "bert." + _EMBEDDINGS["emb.word"] in self._weights.names() else ""
        words = [self._tokenizer.id_to_token(number) for number in range(config.vocab_size)]
        self.shape = EncoderShape(
            layers=config.num_hidden_layers,
            heads=config.num_attention_heads,
            width=config.hidden_size,
            positions=min(longest or 1 << 20, config.max_position_embeddings),
            epsilon=config.layer_norm_eps,
            vocabulary=tuple(w if w is not None else f"<unused-{n}>" for n, w in enumerate(words)),
            unknown=next((w for w in ("[UNK]", "<unk>") if w in words), ""),
        )

    def tensor(self, name: str) -> Array:
        """A tensor by our name. Raises ModelError."""
        if name in _EMBEDDINGS:
            return self._weights.tensor(self._prefix + _EMBEDDINGS[name])
        stem, _, part = name.rpartition(".")
        if stem in _EMBEDDINGS:
            return self._weights.tensor(f"{self._prefix}{_EMBEDDINGS[stem]}.{_PART[part]}")
        layer, _, step = stem.partition(".")
        where = f"encoder.layer.{layer.removeprefix('l')}.{_LAYER[step]}.{_PART[part]}"
        return self._weights.tensor(self._prefix + where)

    def tokenizer(self) -> Tokenizer:
        """The folder's own tokenizer, without its padding and cutting."""
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        return self._tokenizer

    def _read(self, name: str, kind: type[T]) -> T:
        path = self._folder / name
        try:
            return msgspec.json.decode(path.read_bytes() if path.is_file() else b"{}", type=kind)
        except msgspec.MsgspecError as error:
            raise ModelError(f"{path}: {error}") from None
