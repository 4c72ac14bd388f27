"""Messages under an authorisation key: opening the client's, sealing the server's."""

import secrets
from dataclasses import dataclass, field
from hashlib import sha1, sha256
from io import BytesIO
from typing import Any

from tests.wire.server import layer
from tests.wire.server.transport import WireError


@dataclass
class AuthKey:
    """A key that a client and the server share, for as long as the client keeps it."""

    secret: bytes
    salt: int
    authorised: bool = False
    id: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.id = sha1(self.secret, usedforsecurity=False).digest()[-8:]


@dataclass(frozen=True)
class Opened:
    """What a client's envelope held."""

    salt: int
    session: bytes
    message: Any


def open_envelope(payload: bytes, key: AuthKey) -> Opened:
    """Deciphers a client's payload; raises WireError when it is not what the key's owner sent."""
    message_key = payload[8:24]
    data = layer.ige_decrypt(payload[24:], *layer.derive(key.secret, message_key, from_client=True))
    if sha256(key.secret[88:120] + data).digest()[8:24] != message_key:
        raise WireError("a message key is wrong")
    salt = int.from_bytes(data[:8], "little", signed=True)
    return Opened(salt, data[8:16], layer.TLMessage.read(BytesIO(data[16:])))


def seal_envelope(message: Any, session: bytes, key: AuthKey) -> bytes:
    """The payload that carries a message to the client."""
    data = layer.write_long(key.salt) + session + message.write()
    data += secrets.token_bytes(12 + -(len(data) + 12) % 16)
    message_key = sha256(key.secret[96:128] + data).digest()[8:24]
    cipher = layer.derive(key.secret, message_key, from_client=False)
    return key.id + message_key + layer.ige_encrypt(data, *cipher)
