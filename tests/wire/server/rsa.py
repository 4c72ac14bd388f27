"""The server's RSA key: made for the test, known to the client by its fingerprint."""

import base64
import math
import secrets
import textwrap
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha1
from typing import Final

from tests.wire.server import layer

_EXPONENT: Final = 65537
_ROUNDS: Final = 8
_SMALL: Final = math.prod(n for n in range(3, 2000, 2) if all(n % d for d in range(3, n, 2)))


@dataclass(frozen=True)
class PublicKey:
    """What a client must know to trust the server."""

    modulus: int
    exponent: int

    @cached_property
    def fingerprint(self) -> int:
        """The low 64 bits, signed, of the key's SHA-1, as MTProto names keys."""
        written = layer.write_bytes(_big(self.modulus)) + layer.write_bytes(_big(self.exponent))
        return int.from_bytes(
            sha1(written, usedforsecurity=False).digest()[-8:], "little", signed=True
        )

    @cached_property
    def pem(self) -> str:
        """The key as a `RSA PUBLIC KEY` file (PKCS#1)."""
        body = _der(0x02, _signed(self.modulus)) + _der(0x02, _signed(self.exponent))
        lines = "\n".join(textwrap.wrap(base64.b64encode(_der(0x30, body)).decode(), 64))
        return f"-----BEGIN RSA PUBLIC KEY-----\n{lines}\n-----END RSA PUBLIC KEY-----\n"


@dataclass(frozen=True)
class ServerKey:
    """A key pair."""

    public: PublicKey
    secret: int

    def decrypt(self, block: bytes) -> bytes:
        """The 255 bytes that a client encrypted in `block`."""
        plain = pow(int.from_bytes(block, "big"), self.secret, self.public.modulus)
        return plain.to_bytes(256, "big")[1:]


@cache
def server_key() -> ServerKey:
    """A key of 2048 bits, made once in this process: it takes about half a second."""
    while True:
        p, q = prime(1024), prime(1024)
        order = math.lcm(p - 1, q - 1)
        if p != q and math.gcd(order, _EXPONENT) == 1:
            return ServerKey(PublicKey(p * q, _EXPONENT), pow(_EXPONENT, -1, order))


def prime(bits: int) -> int:
    """A random prime whose two highest bits are set, so that two of them fill their product."""
    while True:
        candidate = secrets.randbits(bits) | 3 << (bits - 2) | 1
        if _is_prime(candidate):
            return candidate


def _is_prime(n: int) -> bool:
    if math.gcd(n, _SMALL) > 1:
        return False
    twos = (n - 1 & 1 - n).bit_length() - 1
    return all(_passes(n, twos, secrets.randbelow(n - 3) + 2) for _ in range(_ROUNDS))


def _passes(n: int, twos: int, base: int) -> bool:
    """One round of Miller-Rabin."""
    power = pow(base, n - 1 >> twos, n)
    if power in {1, n - 1}:
        return True
    for _ in range(twos - 1):
        power = power * power % n
        if power == n - 1:
            return True
    return False


def _big(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _signed(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1, "big")


def _der(tag: int, body: bytes) -> bytes:
    size = _big(len(body))
    length = size if len(body) < 0x80 else bytes([0x80 | len(size)]) + size
    return bytes([tag]) + length + body
