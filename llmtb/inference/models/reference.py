"""The forward passes of encoders and decoders in plain numpy, to judge conversions by.

Slow and short on purpose, float32 throughout, straight from the source's own weights: what they
say is true, and CTranslate2 must say the same. One layer's weights are in memory at a time.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from llmtb.inference.models.conversions.decoder import Decoder, DecoderShape
from llmtb.inference.models.conversions.encoder import SentenceEncoder

Array = NDArray[np.float32]

_erf = np.frompyfunc(math.erf, 1, 1)


def sentence_vectors(encoder: SentenceEncoder, rows: Sequence[Sequence[int]]) -> Array:
    """A unit vector for each row of ids: the mean of the last layer over its tokens."""
    shape, take = encoder.shape, encoder.tensor

    def norm(states: Array, name: str) -> Array:
        centred = states - states.mean(-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(-1, keepdims=True) + shape.epsilon)
        return np.asarray(centred / spread * take(name + ".w") + take(name + ".b"), np.float32)

    words, positions, kind = take("emb.word"), take("emb.pos"), take("emb.type")[0]
    states = [
        norm(words[list(row)] + positions[: len(row)] + kind, "emb.ln").astype(np.float32)
        for row in rows
    ]
    for number in range(shape.layers):
        own = f"l{number}."
        weights = {
            name: (take(f"{own}{name}.w").T, take(f"{own}{name}.b"))
            for name in ("q", "k", "v", "ao", "fi", "fo")
        }

        def step(states: Array, name: str, by: dict[str, tuple[Array, Array]] = weights) -> Array:
            return states @ by[name][0] + by[name][1]

        for place, state in enumerate(states):
            q, k, v = (_heads(step(state, name), shape.heads) for name in "qkv")
            mixed = _attend(q, k, v, np.zeros((len(state), len(state)), np.float32))
            state = norm(state + step(mixed, "ao"), own + "aln")
            wide = step(state, "fi")
            wide = wide * 0.5 * (1 + _erf(wide / math.sqrt(2)).astype(np.float32))
            states[place] = norm(state + step(wide, "fo"), own + "oln")
    means = np.stack([state.mean(0) for state in states])
    return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), np.float32)


def logits(decoder: Decoder, rows: Sequence[Sequence[int]]) -> list[Array]:
    """For each row of ids, what may follow after each of them: one row of logits a position."""
    shape, take = decoder.shape, decoder.tensor
    words = take("token_embd.weight")
    states = [words[list(row)] for row in rows]
    for number in range(shape.layers):
        own = f"blk.{number}."
        weights = {
            name: take(f"{own}{name}.weight")
            for name in ("attn_norm", "ffn_norm", "attn_q", "attn_k", "attn_v", "attn_output")
        }
        weights |= {name: take(f"{own}{name}.weight") for name in ("ffn_gate", "ffn_up")}
        weights["ffn_down"] = take(f"{own}ffn_down.weight")
        if shape.family == "qwen2":
            weights |= {f"{n}_bias": take(f"{own}attn_{n}.bias") for n in "qkv"}
        if shape.family == "qwen3":
            weights |= {f"{n}_norm": take(f"{own}attn_{n}_norm.weight") for n in "qk"}
        states = [_decoder_layer(state, weights, shape) for state in states]
    end = words if shape.tied else take("output.weight")
    last = take("output_norm.weight")
    return [_scaled(state, last, shape.epsilon) @ end.T for state in states]


def _decoder_layer(state: Array, weights: dict[str, Array], shape: DecoderShape) -> Array:
    normed = _scaled(state, weights["attn_norm"], shape.epsilon)

    def project(name: str, heads: int) -> Array:
        found = normed @ weights[f"attn_{name}"].T
        if f"{name}_bias" in weights:
            found = found + weights[f"{name}_bias"]
        found = _heads(found, heads)
        if f"{name}_norm" in weights:
            found = _scaled(found, weights[f"{name}_norm"], shape.epsilon)
        return found if name == "v" else _turned(found, shape)

    q, k, v = project("q", shape.heads), project("k", shape.kv_heads), project("v", shape.kv_heads)
    shared = shape.heads // shape.kv_heads
    k, v = np.repeat(k, shared, axis=0), np.repeat(v, shared, axis=0)
    unseen = np.triu(np.full((len(state), len(state)), -np.inf, np.float32), 1)
    state = state + _attend(q, k, v, unseen) @ weights["attn_output"].T
    normed = _scaled(state, weights["ffn_norm"], shape.epsilon)
    gate = normed @ weights["ffn_gate"].T
    wide = gate / (1 + np.exp(-gate)) * (normed @ weights["ffn_up"].T)
    return np.asarray(state + wide @ weights["ffn_down"].T, np.float32)


def _scaled(states: Array, gain: Array, epsilon: float) -> Array:
    """Root mean square norm."""
    size = np.sqrt((states**2).mean(-1, keepdims=True) + epsilon)
    return np.asarray(states / size * gain, np.float32)


def _turned(heads: Array, shape: DecoderShape) -> Array:
    """Rotary positions: pairs of numbers turn by an angle that grows with the position."""
    size = heads.shape[-1]
    speeds = shape.rope_base ** (-np.arange(0, size, 2, dtype=np.float64) / size)
    angles = np.arange(heads.shape[1], dtype=np.float64)[:, None] * speeds
    cos, sin = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
    out = np.empty_like(heads)
    if shape.interleaved:
        first, second = heads[..., 0::2], heads[..., 1::2]
        out[..., 0::2], out[..., 1::2] = first * cos - second * sin, first * sin + second * cos
    else:
        half = size // 2
        first, second = heads[..., :half], heads[..., half:]
        out[..., :half], out[..., half:] = first * cos - second * sin, first * sin + second * cos
    return out


def _heads(states: Array, heads: int) -> Array:
    """(tokens, width) as (heads, tokens, width of one)."""
    return states.reshape(len(states), heads, -1).transpose(1, 0, 2)


def _attend(q: Array, k: Array, v: Array, unseen: Array) -> Array:
    """Scaled dot product attention; returns (tokens, width)."""
    scores = q @ k.transpose(0, 2, 1) / math.sqrt(q.shape[-1]) + unseen
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    scores /= scores.sum(-1, keepdims=True)
    mixed = np.asarray(scores @ v, np.float32).transpose(1, 0, 2)
    return mixed.reshape(len(mixed), -1)
