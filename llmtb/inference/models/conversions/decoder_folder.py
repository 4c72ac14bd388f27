"""A decoder in a folder as the hub has it: config.json, safetensors, tokenizer.json."""

from pathlib import Path

import msgspec
from tokenizers import Tokenizer

from llmtb.inference.errors import ModelError
from llmtb.inference.models.conversions.decoder import FAMILIES, Array, DecoderShape
from llmtb.inference.models.conversions.safetensors import Safetensors
from llmtb.inference.models.conversions.unsupported import ROPE, refuse

_TOP = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
_LAYER = {
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_BACK = {theirs: ours for ours, theirs in _LAYER.items()}
_TOP_BACK = {theirs: ours for ours, theirs in _TOP.items()}


class _Config(msgspec.Struct, frozen=True, kw_only=True):
    model_type: str
    num_hidden_layers: int
    num_attention_heads: int
    hidden_size: int
    vocab_size: int
    max_position_embeddings: int
    num_key_value_heads: int | None = None
    head_dim: int | None = None
    rope_theta: float | None = None
    rope_scaling: dict[str, object] | None = None
    rope_parameters: dict[str, object] | None = None
    rms_norm_eps: float = 1e-6
    tie_word_embeddings: bool = False
    use_sliding_window: bool | None = None
    sliding_window: int | None = None
    bos_token_id: int | list[int] | None = None
    eos_token_id: int | list[int] | None = None


class DecoderFolder:
    """A decoder in a folder."""

    def __init__(self, folder: Path) -> None:
        """Read the folder's tables. Raises ModelError."""
        self._folder = folder
        try:
            raw = (folder / "config.json").read_bytes()
            kind = msgspec.json.decode(raw, type=dict[str, object]).get("model_type")
            if kind not in FAMILIES:
                raise refuse(folder, str(kind))
            self._config = msgspec.json.decode(raw, type=_Config)
            self._tokenizer = Tokenizer.from_str((folder / "tokenizer.json").read_text("utf-8"))
        except FileNotFoundError as error:
            raise ModelError(f"{error.filename}: missing; the folder is not whole") from None
        except msgspec.MsgspecError as error:
            raise ModelError(f"{folder / 'config.json'}: {error}") from None
        self._refuse_variants()
        self._weights = Safetensors(folder)
        self._names = {_ours(name): name for name in self._weights.names()}
        self._tied = self._config.tie_word_embeddings or "output.weight" not in self._names
        if self._tied:
            self._names.pop("output.weight", None)
        self.shape = self._shape()

    def names(self) -> set[str]:
        """The names of all its tensors, as GGUF has them."""
        return set(self._names)

    def tensor(self, name: str) -> Array:
        """A tensor by GGUF's name."""
        return self._weights.tensor(self._names[name])

    def tokenizer(self) -> Tokenizer:
        """The folder's own tokenizer."""
        return self._tokenizer

    def chat_template(self) -> str:
        """The Jinja template of its prompts, or nothing."""
        own = self._folder / "chat_template.jinja"
        if own.is_file():
            return own.read_text("utf-8")
        settings = self._folder / "tokenizer_config.json"
        if not settings.is_file():
            return ""
        found = msgspec.json.decode(settings.read_bytes(), type=dict[str, object])
        template = found.get("chat_template", "")
        return template if isinstance(template, str) else ""

    def licence(self) -> str:
        """A folder does not say it where a program finds it."""
        return ""

    def _refuse_variants(self) -> None:
        config = self._config
        scaling = config.rope_scaling or config.rope_parameters or {}
        kind = scaling.get("rope_type", scaling.get("type", "default"))
        if kind != "default":
            raise refuse(self._folder, config.model_type, ROPE)
        if config.use_sliding_window or (
            config.model_type == "llama" and config.sliding_window is not None
        ):
            why = "CTranslate2 4.8 is wrong beyond a sliding window"
            raise refuse(self._folder, config.model_type, why)

    def _shape(self) -> DecoderShape:
        config = self._config
        theta = (config.rope_parameters or {}).get("rope_theta", config.rope_theta)
        known = self._tokenizer.get_vocab_size(with_added_tokens=True)
        words = [self._tokenizer.id_to_token(n) for n in range(min(known, config.vocab_size))]
        words += [None] * (config.vocab_size - len(words))
        # Rows that no text leads to have a name that no text has.
        vocabulary = tuple(w if w is not None else f"<unused-{n}>" for n, w in enumerate(words))

        def token(number: int | list[int] | None) -> str:
            first = number[0] if isinstance(number, list) and number else number
            known = isinstance(first, int) and 0 <= first < len(vocabulary)
            return vocabulary[first] if known and isinstance(first, int) else ""

        return DecoderShape(
            family=config.model_type,
            layers=config.num_hidden_layers,
            heads=config.num_attention_heads,
            kv_heads=config.num_key_value_heads or config.num_attention_heads,
            head_size=config.head_dim or config.hidden_size // config.num_attention_heads,
            rope_base=float(theta) if isinstance(theta, int | float) else 10000.0,
            epsilon=config.rms_norm_eps,
            context=config.max_position_embeddings,
            interleaved=False,
            tied=self._tied,
            vocabulary=vocabulary,
            begin=token(config.bos_token_id),
            end=token(config.eos_token_id),
        )


def _ours(name: str) -> str:
    """GGUF's name of a tensor; a name that it has none for stays."""
    if name in _TOP_BACK:
        return _TOP_BACK[name]
    start, _, rest = name.removeprefix("model.layers.").partition(".")
    middle, _, end = rest.rpartition(".")
    known = name.startswith("model.layers.") and start.isdigit() and middle in _BACK
    return f"blk.{start}.{_BACK[middle]}.{end}" if known else name
