"""Sentence encoders of the BERT kind: their shape, their weights, and CTranslate2's layout.

Norms after each step, GELU by the error function, learnt positions from 0. All texts are of
token type 0, so its row is added to every position and the encoder has one input alone.
"""

from typing import Protocol

import msgspec
import numpy as np
from ctranslate2.converters import utils
from ctranslate2.specs import common_spec, transformer_spec
from numpy.typing import NDArray

Array = NDArray[np.float32]


class EncoderShape(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of an encoder. positions: the longest input, in tokens; unknown: a token."""

    layers: int
    heads: int
    width: int
    positions: int
    epsilon: float
    vocabulary: tuple[str, ...]
    unknown: str


class SentenceEncoder(Protocol):
    """An encoder's shape and weights, wherever they lie.

    Names: `emb.word`, `emb.pos`, `emb.type`, `emb.ln`; in layer N `lN.q`, `.k`, `.v`, `.ao`
    (attention's output), `.aln` (its norm), `.fi`, `.fo` (in and out of the wide part), `.oln`.
    Steps and norms have `.w` and `.b` behind their names.
    """

    @property
    def shape(self) -> EncoderShape: ...

    def tensor(self, name: str) -> Array: ...


def spec_of(encoder: SentenceEncoder) -> transformer_spec.TransformerEncoderModelSpec:
    """CTranslate2's specification with all weights in it. Raises ModelError."""
    shape = encoder.shape
    top = transformer_spec.TransformerEncoderSpec(
        shape.layers,
        shape.heads,
        pre_norm=False,
        activation=common_spec.Activation.GELU,
        layernorm_embedding=True,
    )
    spec = transformer_spec.TransformerEncoderModelSpec(top, pooling_layer=False)
    top.scale_embeddings = False
    top.embeddings[0].weight = encoder.tensor("emb.word")
    top.position_encodings.encodings = encoder.tensor("emb.pos") + encoder.tensor("emb.type")[0]

    def norm(place: common_spec.LayerNormSpec, name: str) -> None:
        place.gamma, place.beta = encoder.tensor(name + ".w"), encoder.tensor(name + ".b")

    def step(place: common_spec.LinearSpec, name: str) -> common_spec.LinearSpec:
        place.weight, place.bias = encoder.tensor(name + ".w"), encoder.tensor(name + ".b")
        return place

    norm(top.layernorm_embedding, "emb.ln")
    for number, layer in enumerate(top.layer):
        attention, ffn, own = layer.self_attention, layer.ffn, f"l{number}."
        parts = [step(common_spec.LinearSpec(), own + name) for name in "qkv"]
        utils.fuse_linear(attention.linear[0], parts)
        step(attention.linear[1], own + "ao")
        norm(attention.layer_norm, own + "aln")
        step(ffn.linear_0, own + "fi")
        step(ffn.linear_1, own + "fo")
        norm(ffn.layer_norm, own + "oln")
    spec.register_vocabulary(list(shape.vocabulary))
    spec.config.unk_token = shape.unknown
    spec.config.layer_norm_epsilon = shape.epsilon
    return spec
