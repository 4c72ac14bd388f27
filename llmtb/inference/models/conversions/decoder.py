"""Language models of the Llama kind: their shape, their weights, and CTranslate2's layout.

Covers `llama` without rope scaling, `qwen2` (a bias on queries, keys and values) and `qwen3`
(queries and keys normed a head at a time, heads of their own size). Weights go by GGUF's names.
"""

from collections.abc import Iterator
from typing import Protocol

import msgspec
import numpy as np
from ctranslate2.converters import utils
from ctranslate2.specs import common_spec, transformer_spec
from numpy.typing import NDArray

from llmtb.inference.errors import ModelError

Array = NDArray[np.float32]

FAMILIES = ("llama", "qwen2", "qwen3")


class DecoderShape(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of a decoder. context: in tokens. begin, end, unknown: tokens, `""` for none.

    interleaved: whether the rows of queries and keys are stored as llama.cpp turns them (a
    pair of neighbours is one angle) rather than in halves. tied: no matrix of its own at the end.
    """

    family: str
    layers: int
    heads: int
    kv_heads: int
    head_size: int
    rope_base: float
    epsilon: float
    context: int
    interleaved: bool
    tied: bool
    vocabulary: tuple[str, ...]
    begin: str = ""
    end: str = ""
    unknown: str = ""


class Decoder(Protocol):
    """A decoder's shape and weights, wherever they lie; one tensor at a time, as float32."""

    @property
    def shape(self) -> DecoderShape: ...

    def names(self) -> set[str]: ...

    def tensor(self, name: str) -> Array: ...


def names_of(shape: DecoderShape) -> Iterator[str]:
    """Every tensor that a decoder of this shape has, and no other."""
    yield from ("token_embd.weight", "output_norm.weight")
    if not shape.tied:
        yield "output.weight"
    layer = ["attn_norm.weight", "ffn_norm.weight", "attn_output.weight"]
    layer += [f"attn_{each}.weight" for each in "qkv"]
    layer += [f"ffn_{each}.weight" for each in ("gate", "up", "down")]
    if shape.family == "qwen2":
        layer += [f"attn_{each}.bias" for each in "qkv"]
    if shape.family == "qwen3":
        layer += ["attn_q_norm.weight", "attn_k_norm.weight"]
    for number in range(shape.layers):
        yield from (f"blk.{number}.{name}" for name in layer)


def check(decoder: Decoder) -> None:
    """Refuse a model that has other tensors than its family. Raises ModelError."""
    shape = decoder.shape
    expected, there = set(names_of(shape)), decoder.names()
    if missing := sorted(expected - there):
        raise ModelError(f"{shape.family}: {missing[0]} is missing; the file is not whole")
    if extra := sorted(there - expected):
        raise ModelError(
            f"{shape.family}: {extra[0]} has no place in this conversion"
            " (scaled rope, experts or a variant), so it would answer wrongly; take another model"
        )
    rows = decoder.tensor("token_embd.weight").shape[0]
    if rows != len(shape.vocabulary):
        raise ModelError(f"{rows} rows of embeddings for {len(shape.vocabulary)} tokens")


def spec_of(decoder: Decoder) -> transformer_spec.TransformerDecoderModelSpec:
    """CTranslate2's specification with all weights in it; a large one takes time and memory.

    Raises ModelError for a model that it would not run exactly.
    """
    check(decoder)
    shape = decoder.shape
    own_size = shape.family == "qwen3"
    spec = transformer_spec.TransformerDecoderModelSpec.from_config(
        shape.layers,
        shape.heads,
        activation=common_spec.Activation.SWISH,
        pre_norm=True,
        ffn_glu=True,
        rms_norm=True,
        rotary_dim=shape.head_size if own_size else 0,
        rotary_interleave=False,
        rotary_base=shape.rope_base,
        num_heads_kv=None if shape.kv_heads == shape.heads else shape.kv_heads,
        head_dim=shape.head_size if own_size else None,
        qk_norm=own_size,
    )
    top = spec.decoder
    top.scale_embeddings = False
    top.embeddings.weight = decoder.tensor("token_embd.weight")
    top.layer_norm.gamma = decoder.tensor("output_norm.weight")
    # The very same array where the two are tied: it is then stored once.
    top.projection.weight = top.embeddings.weight if shape.tied else decoder.tensor("output.weight")
    for number, layer in enumerate(top.layer):
        _fill(layer, decoder, f"blk.{number}.")
    spec.register_vocabulary(list(shape.vocabulary))
    spec.config.layer_norm_epsilon = shape.epsilon
    spec.config.bos_token, spec.config.eos_token = shape.begin or shape.end, shape.end
    spec.config.unk_token = shape.unknown
    return spec


def _fill(
    layer: transformer_spec.TransformerDecoderLayerSpec, decoder: Decoder, prefix: str
) -> None:
    shape = decoder.shape
    attention, ffn = layer.self_attention, layer.ffn
    attention.layer_norm.gamma = decoder.tensor(prefix + "attn_norm.weight")
    ffn.layer_norm.gamma = decoder.tensor(prefix + "ffn_norm.weight")
    if shape.family == "qwen3":
        attention.q_norm.gamma = decoder.tensor(prefix + "attn_q_norm.weight")
        attention.k_norm.gamma = decoder.tensor(prefix + "attn_k_norm.weight")
    parts = []
    for name, heads in (("q", shape.heads), ("k", shape.kv_heads), ("v", 0)):
        part = common_spec.LinearSpec()
        part.weight = decoder.tensor(f"{prefix}attn_{name}.weight")
        if shape.interleaved and heads:
            part.weight = utils.permute_for_sliced_rotary(part.weight, heads)
        if shape.family == "qwen2":
            part.bias = decoder.tensor(f"{prefix}attn_{name}.bias")
        parts.append(part)
    utils.fuse_linear(attention.linear[0], parts)
    attention.linear[1].weight = decoder.tensor(prefix + "attn_output.weight")
    ffn.linear_0.weight = decoder.tensor(prefix + "ffn_gate.weight")
    ffn.linear_0_noact.weight = decoder.tensor(prefix + "ffn_up.weight")
    ffn.linear_1.weight = decoder.tensor(prefix + "ffn_down.weight")
