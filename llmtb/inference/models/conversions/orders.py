"""What is asked of a conversion in another process, and how it ended."""

import msgspec

from llmtb.inference.models.model import Model, ModelKind


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """Make a model of `source` in the folder `into`.

    kind: what it must be, or None for whatever it is. origin, licence, languages, query, passage:
    as in `Model`; what is empty is taken from the source where it says it.
    """

    name: str
    source: str = ""
    into: str
    compute_type: str = "int8"
    kind: ModelKind | None = None
    origin: str = ""
    licence: str = ""
    languages: tuple[str, ...] = ()
    query: str = ""
    passage: str = ""


class _Plain(msgspec.Struct, frozen=True):
    model: dict[str, object] | None = None
    error: str = ""
    errno: int = 0
    file: str = ""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The model that was made, or the line of an error, or the number of the system's and where."""

    model: Model | None = None
    error: str = ""
    errno: int = 0
    file: str = ""

    def encoded(self) -> bytes:
        """As JSON, without the model's folder."""
        fields = None
        if self.model is not None:
            names = (name for name in self.model.__struct_fields__ if name != "folder")
            fields = {name: getattr(self.model, name) for name in names}
        return msgspec.json.encode(_Plain(fields, self.error, self.errno, self.file))

    @classmethod
    def decoded(cls, raw: bytes) -> "Outcome":
        """The outcome in what `encoded` gave. Raises msgspec.MsgspecError."""
        plain = msgspec.json.decode(raw, type=_Plain)
        model = None if plain.model is None else msgspec.convert(plain.model, Model)
        return cls(model=model, error=plain.error, errno=plain.errno, file=plain.file)
