"""Translation models: ready packages of Argos, and CTranslate2's own converters for others."""

import importlib.util
import re
import shutil
from pathlib import Path

import msgspec

from llmtb.inference.errors import ModelError
from llmtb.inference.models.archives import take_argos

FAMILIES = {"m2m_100": "m2m100", "marian": "marian", "t5": "madlad"}
# The tokenizers that lie beside such models, by the names their makers gave them.
TOKENIZERS = (
    *("sentencepiece.model", "sentencepiece.bpe.model", "spiece.model"),
    *("source.spm", "target.spm"),
)
_PAIR = re.compile(r"opus-mt-(?:tc-big-)?([a-z]{2,3})-([a-z]{2,3})")


class Made(msgspec.Struct, frozen=True):
    """What is known of a translation model. pairs: SOURCE-TARGET; empty: any of its languages."""

    family: str
    pairs: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    licence: str = ""


class _Argos(msgspec.Struct, frozen=True):
    from_code: str
    to_code: str
    license: str = ""


def from_argos(package: Path, into: Path) -> Made:
    """Unpack a package of Argos, which holds a CTranslate2 model already. Raises ModelError."""
    take_argos(package, into)
    if not any((into / name).is_file() for name in TOKENIZERS):
        raise ModelError(f"{package}: no SentencePiece file in it; no other is known")
    return described(into, str(package))


def described(folder: Path, where: str) -> Made:
    """What a ready folder says of itself. Raises ModelError."""
    if not (folder / "metadata.json").is_file():
        return Made("m2m100" if (folder / "sentencepiece.bpe.model").is_file() else "marian")
    try:
        found = msgspec.json.decode((folder / "metadata.json").read_bytes(), type=_Argos)
    except msgspec.MsgspecError as error:
        raise ModelError(f"{where or folder}: its metadata.json is damaged: {error}") from None
    pair = f"{found.from_code}-{found.to_code}"
    return Made("argos", (pair,), (found.from_code, found.to_code), found.license)


def from_folder(source: Path, into: Path, kind: str, compute_type: str, origin: str = "") -> Made:
    """Convert by CTranslate2's own converter, which needs transformers and torch.

    origin: where the folder is from; an OPUS model's pair of languages is read from its name.

    Raises ModelError where they are missing or the model is refused.
    """
    if any(importlib.util.find_spec(name) is None for name in ("transformers", "torch")):
        raise ModelError(
            f"{source}: a {kind} model is converted by transformers and torch, which are not"
            " installed: `.venv/bin/pip install transformers torch`, or convert it elsewhere with"
            " ct2-transformers-converter and give that folder"
        )
    from ctranslate2.converters import TransformersConverter

    copied = [name for name in TOKENIZERS if (source / name).is_file()]
    if not copied:
        raise ModelError(f"{source}: no SentencePiece file in it ({', '.join(TOKENIZERS)})")
    try:
        converter = TransformersConverter(str(source), low_cpu_mem_usage=True)
        quantisation = None if compute_type == "float32" else compute_type
        converter.convert(str(into), quantization=quantisation, force=True)
    except (ValueError, RuntimeError, NotImplementedError, KeyError) as error:
        raise ModelError(f"{source}: CTranslate2's converter refuses it: {error}") from None
    for name in copied:
        shutil.copyfile(source / name, into / name)
    match = _PAIR.search(f"{origin} {source.name}")
    pairs = (f"{match[1]}-{match[2]}",) if match else ()
    return Made(FAMILIES[kind], pairs)
