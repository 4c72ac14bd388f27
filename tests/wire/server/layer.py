"""The installed library's own layer, whichever version it is: the one untyped seam of the server.

Everything the server puts on the wire is built from, and read by, the library under test, so the
server follows whatever layer is installed (158 of pyrogram 2.0.106, 229 of kurigram, later ones).
"""

import inspect
from collections.abc import Iterable
from io import BytesIO
from typing import Any, Final

from pyrogram import raw
from pyrogram.crypto import aes, mtproto, prime
from pyrogram.raw import core

types: Final[Any] = raw.types
functions: Final[Any] = raw.functions
TLMessage: Final[Any] = core.Message
Container: Final[Any] = core.MsgContainer
Zipped: Final[Any] = core.GzipPacked
FutureSalts: Final[Any] = core.FutureSalts
FutureSalt: Final[Any] = core.FutureSalt
DH_PRIME: Final[int] = prime.CURRENT_DH_PRIME

_VECTOR: Final = 0x1CB5C415
_TRUE: Final = 0x997275B5
_EMPTY: Final[dict[str, Any]] = {"int": 0, "str": "", "bool": False, "bytes": b""}


class Yes:
    """The result of a call that only says it was done; the library's own is bare bytes."""

    def write(self) -> bytes:
        return _TRUE.to_bytes(4, "little")


class Vector:
    """A bare vector as the result of a call; the library's own `Vector` cannot be nested."""

    def __init__(self, items: Iterable[Any]) -> None:
        self._items = list(items)

    def write(self) -> bytes:
        head = _VECTOR.to_bytes(4, "little") + len(self._items).to_bytes(4, "little")
        return head + b"".join(item.write() for item in self._items)


def read(data: bytes) -> Any:
    """The boxed object that `data` begins with; KeyError when its constructor is unknown."""
    return core.TLObject.read(BytesIO(data))


def boxed(items: Iterable[Any]) -> list[Any]:
    """The objects of a vector that the library may have taken for numbers.

    Its reader knows no types inside a bare vector, and takes objects of 4 or 8 bytes for ints.
    """
    return [read(_four_or_eight(item)) if isinstance(item, int) else item for item in items]


def _four_or_eight(value: int) -> bytes:
    short = -(1 << 31) <= value < 1 << 31
    return value.to_bytes(4 if short else 8, "little", signed=True)


def write_bytes(value: bytes) -> bytes:
    """`value` as a TL string."""
    written: bytes = core.Bytes(value)
    return written


def write_long(value: int) -> bytes:
    """`value` as a signed TL long."""
    return value.to_bytes(8, "little", signed=True)


def name_of(thing: Any) -> str:
    """What the schema calls an object or a call: `messages.SendMessage`, `KeyboardButton`."""
    return str(thing.QUALNAME).split(".", 1)[1]


def fields_of(thing: Any) -> dict[str, Any]:
    """The fields of an object or a call by name."""
    return {field: getattr(thing, field) for field in thing.__slots__}


def blank(kind: Any, **given: Any) -> Any:
    """An object of `kind` with the `given` fields; what else the layer demands is left empty."""
    for field, parameter in inspect.signature(kind.__init__).parameters.items():
        if parameter.default is inspect.Parameter.empty and field not in {"self", *given}:
            wanted = parameter.annotation
            given[field] = _EMPTY.get(getattr(wanted, "__name__", str(wanted)), [])
    return kind(**given)


def ige_encrypt(data: bytes, key: bytes, iv: bytes) -> bytes:
    """AES-256-IGE, as the library does it."""
    encrypted: bytes = aes.ige256_encrypt(data, key, iv)
    return encrypted


def ige_decrypt(data: bytes, key: bytes, iv: bytes) -> bytes:
    """AES-256-IGE, as the library does it."""
    decrypted: bytes = aes.ige256_decrypt(data, key, iv)
    return decrypted


def ctr(data: bytes, key: bytes, iv: bytearray, state: bytearray) -> bytes:
    """AES-256-CTR; `iv` and `state` carry the stream's position and are moved on in place."""
    turned: bytes = aes.ctr256_encrypt(data, key, iv, state)
    return turned


def derive(auth_key: bytes, message_key: bytes, *, from_client: bool) -> tuple[bytes, bytes]:
    """The AES key and IV of one message, by the direction it travels in."""
    key, iv = mtproto.kdf(auth_key, message_key, from_client)
    return key, iv
