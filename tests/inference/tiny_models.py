"""Writes tiny models with random weights in the formats that people bring."""

import json
import struct
import zipfile
from pathlib import Path

import numpy as np
from gguf import GGUFWriter
from numpy.typing import NDArray
from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE

Array = NDArray[np.float32]

WIDTH, HEADS, KV_HEADS, LAYERS, WIDE, CONTEXT = 32, 4, 2, 2, 48, 128
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
BYTES = sorted(pre_tokenizers.ByteLevel.alphabet())
VOCABULARY = [*SPECIAL, *BYTES, "Ġa", "he", "hel"]
MERGES = ["Ġ a", "h e", "he l"]


def decoder_weights(family: str, seed: int = 0, *, tied: bool = True) -> dict[str, Array]:
    """Random weights of a decoder, by GGUF's names, queries and keys in halves."""
    chance = np.random.default_rng(seed)
    size = head_size(family)

    def some(*shape: int) -> Array:
        return chance.normal(0, 0.3, shape).astype(np.float32)

    def gain(width: int) -> Array:
        return chance.uniform(0.5, 1.5, width).astype(np.float32)

    found = {"token_embd.weight": some(len(VOCABULARY), WIDTH), "output_norm.weight": gain(WIDTH)}
    if not tied:
        found["output.weight"] = some(len(VOCABULARY), WIDTH)
    for number in range(LAYERS):
        own = f"blk.{number}."
        found |= {own + "attn_norm.weight": gain(WIDTH), own + "ffn_norm.weight": gain(WIDTH)}
        for name, heads in (("q", HEADS), ("k", KV_HEADS), ("v", KV_HEADS)):
            found[f"{own}attn_{name}.weight"] = some(heads * size, WIDTH)
            if family == "qwen2":
                found[f"{own}attn_{name}.bias"] = some(heads * size)
        if family == "qwen3":
            found |= {f"{own}attn_{name}_norm.weight": gain(size) for name in "qk"}
        found[own + "attn_output.weight"] = some(WIDTH, HEADS * size)
        found |= {f"{own}ffn_{name}.weight": some(WIDE, WIDTH) for name in ("gate", "up")}
        found[own + "ffn_down.weight"] = some(WIDTH, WIDE)
    return found


def head_size(family: str) -> int:
    """Qwen3's heads have a size of their own."""
    return 12 if family == "qwen3" else WIDTH // HEADS


def turned_by_llama_cpp(weight: Array, heads: int) -> Array:
    """Rows of queries or keys as llama.cpp stores them: the halves of each head in turns."""
    rows = weight.reshape(heads, 2, -1, weight.shape[1])
    return np.ascontiguousarray(rows.swapaxes(1, 2).reshape(weight.shape))


def write_gguf(
    path: Path,
    family: str,
    weights: dict[str, Array],
    *,
    extra: dict[str, str | float | int] | None = None,
) -> Path:
    """A GGUF file as llama.cpp's own converter would write it."""
    writer = GGUFWriter(path, family)
    writer.add_block_count(LAYERS)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_key_length(head_size(family))
    writer.add_rope_freq_base(5000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm" if family == "llama" else "qwen2")
    writer.add_token_list(VOCABULARY)
    writer.add_token_types([3] * len(SPECIAL) + [1] * (len(VOCABULARY) - len(SPECIAL)))
    writer.add_token_merges(MERGES)
    writer.add_eos_token_id(2)
    writer.add_chat_template("{{ messages }}")
    writer.add_string("general.license", "apache-2.0")
    for key, value in (extra or {}).items():
        if isinstance(value, str):
            writer.add_string(key, value)
        elif isinstance(value, float):
            writer.add_float32(key, value)
        else:
            writer.add_uint32(key, value)
    for name, weight in weights.items():
        heads = {"attn_q.weight": HEADS, "attn_k.weight": KV_HEADS}.get(name.split(".", 2)[-1], 0)
        stored = turned_by_llama_cpp(weight, heads) if family == "llama" and heads else weight
        writer.add_tensor(name, stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


_HUB = {
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
_TOP = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}


def write_decoder_folder(
    folder: Path, family: str, weights: dict[str, Array], **config: object
) -> Path:
    """The same weights as a hub has them, the last of them in a file of its own."""
    folder.mkdir(parents=True)
    theirs = {}
    for name, weight in weights.items():
        if name in _TOP:
            theirs[_TOP[name]] = weight
        else:
            _, number, middle, end = name.split(".")
            theirs[f"model.layers.{number}.{_HUB[middle]}.{end}"] = weight
    names = list(theirs)
    shards = {"one.safetensors": names[:-3], "two.safetensors": names[-3:]}
    for file, inside in shards.items():
        write_safetensors(folder / file, {name: theirs[name] for name in inside})
    index = {name: file for file, inside in shards.items() for name in inside}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": index}))
    tables = {
        "model_type": family,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS,
        "head_dim": head_size(family),
        "hidden_size": WIDTH,
        "vocab_size": len(VOCABULARY),
        "max_position_embeddings": CONTEXT,
        "rope_theta": 5000.0,
        "rms_norm_eps": 1e-5,
        "tie_word_embeddings": "lm_head.weight" not in theirs,
        "eos_token_id": 2,
    }
    (folder / "config.json").write_text(json.dumps(tables | config))
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# A model\n")
    write_tokenizer(folder / "tokenizer.json")
    return folder


def write_tokenizer(path: Path) -> None:
    """A byte-level tokenizer over the tiny vocabulary."""
    merges = [(left, right) for left, right in (merge.split(" ") for merge in MERGES)]
    tokenizer = Tokenizer(BPE(vocab={t: n for n, t in enumerate(VOCABULARY)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.save(str(path))


def write_safetensors(path: Path, tensors: dict[str, Array], kind: str = "F32") -> Path:
    """Weights in the safetensors format, as float32, float16 or bfloat16 (cut, not rounded)."""
    head, blobs, at = {}, [], 0
    for name, tensor in tensors.items():
        if kind == "F32":
            blob = tensor.astype("<f4").tobytes()
        elif kind == "F16":
            blob = tensor.astype("<f2").tobytes()
        else:
            blob = (tensor.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes()
        head[name] = {
            "dtype": kind,
            "shape": list(tensor.shape),
            "data_offsets": [at, at + len(blob)],
        }
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(head).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))
    return path


def encoder_weights(pieces: int, seed: int = 0) -> dict[str, Array]:
    """Random weights of an encoder by the short names of E5S1 files."""
    chance = np.random.default_rng(seed)

    def some(*shape: int) -> Array:
        return chance.normal(0, 0.3, shape).astype(np.float32)

    found = {"emb.word": some(pieces, WIDTH), "emb.pos": some(CONTEXT, WIDTH)}
    found["emb.type"] = some(2, WIDTH)
    norms = ["emb.ln", *(f"l{n}.{name}" for n in range(LAYERS) for name in ("aln", "oln"))]
    for name in norms:
        found[name + ".w"] = chance.uniform(0.5, 1.5, WIDTH).astype(np.float32)
        found[name + ".b"] = some(WIDTH)
    for number in range(LAYERS):
        for name in ("q", "k", "v", "ao"):
            found[f"l{number}.{name}.w"] = some(WIDTH, WIDTH)
            found[f"l{number}.{name}.b"] = some(WIDTH)
        found[f"l{number}.fi.w"], found[f"l{number}.fi.b"] = some(WIDE, WIDTH), some(WIDE)
        found[f"l{number}.fo.w"], found[f"l{number}.fo.b"] = some(WIDTH, WIDE), some(WIDTH)
    return found


def packed(weights: Array) -> tuple[bytes, Array]:
    """Weights in E5S1's 4 bits, and what they are once read again."""
    blocks = weights.reshape(-1, 32)
    scale = (np.abs(blocks).max(1) / 7).astype("<f2")
    halves = np.clip(np.round(blocks / scale[:, None].astype(np.float32)) + 8, 0, 15)
    halves = halves.astype(np.uint8)
    stored = halves[:, :16] | halves[:, 16:] << 4
    raw = b"".join(s.tobytes() + h.tobytes() for s, h in zip(scale, stored, strict=True))
    again = (halves.astype(np.float32) - 8) * scale[:, None].astype(np.float32)
    return raw, again.reshape(weights.shape)


def write_e5(path: Path, pieces: list[str], seed: int = 0) -> dict[str, Array]:
    """An E5S1 file with more rows than pieces; returns the weights that it holds."""
    weights = encoder_weights(len(pieces) + 5, seed)
    blobs: dict[str, tuple[int, int, bytes]] = {}
    for name, weight in weights.items():
        if weight.ndim == 2 and name not in {"emb.pos", "emb.type"}:
            raw, weights[name] = packed(weight)
            blobs[name] = (1, weight.size, raw)
        else:
            blobs[name] = (0, weight.size, weight.astype("<f4").tobytes())
    text = "".join(pieces).encode()
    ends = np.cumsum([0, *(len(piece.encode()) for piece in pieces)]).astype("<u4")
    scores = np.linspace(-1, -9, len(pieces)).astype("<f4")
    head = b"E5S1" + struct.pack(
        "<I7ifi5iQ",
        *(1, WIDTH, LAYERS, HEADS, WIDE, len(pieces) + 5, CONTEXT, 2, 1e-12, 32),
        *(len(pieces), 0, 2, 1, 3, len(text)),
    )
    head += ends.tobytes() + scores.tobytes() + text + struct.pack("<II", 0, 0)
    directory = 4 + sum(2 + len(name.encode()) + 21 for name in blobs)
    at = len(head) + directory
    listed = struct.pack("<i", len(blobs))
    for name, (kind, items, raw) in blobs.items():
        listed += struct.pack("<H", len(name.encode())) + name.encode()
        listed += struct.pack("<BIQQ", kind, items, at, len(raw))
        at += len(raw)
    path.write_bytes(head + listed + b"".join(raw for _, _, raw in blobs.values()))
    return weights


_BERT = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln": "embeddings.LayerNorm",
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def write_bert(
    folder: Path, weights: dict[str, Array], kind: str = "F32", **config: object
) -> Path:
    """A folder of a BERT encoder with the tiny byte-level tokenizer."""
    folder.mkdir(parents=True)
    theirs = {}
    for name, weight in weights.items():
        stem, _, part = name.rpartition(".")
        if name in _BERT:
            theirs[_BERT[name]] = weight
            continue
        layer, _, step = stem.partition(".")
        where = _BERT[stem] if stem in _BERT else f"encoder.layer.{layer[1:]}.{_BERT[step]}"
        theirs[f"{where}.{'weight' if part == 'w' else 'bias'}"] = weight
    write_safetensors(folder / "model.safetensors", theirs, kind)
    tables = {
        "model_type": "bert",
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "hidden_size": WIDTH,
        "vocab_size": len(weights["emb.word"]),
        "max_position_embeddings": CONTEXT,
    }
    (folder / "config.json").write_text(json.dumps(tables | config))
    write_tokenizer(folder / "tokenizer.json")
    return folder


def write_zip(path: Path, files: dict[str, bytes]) -> Path:
    """A zip archive with these files, under whatever names."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path
