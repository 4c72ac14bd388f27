"""The key exchange: how a client that knows the RSA key gets an authorisation key of its own."""

import secrets
from collections.abc import Callable
from hashlib import sha1
from typing import Any, Final

from tests.wire.server import layer
from tests.wire.server.rsa import ServerKey, prime
from tests.wire.server.transport import WireError

_GENERATOR: Final = 3
_FACTOR_BITS: Final = 24  # Telegram's are 31 bits long: these are found sooner


def _digest(*parts: bytes) -> bytes:
    return sha1(b"".join(parts), usedforsecurity=False).digest()


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little", signed=True)


def _bytes(number: int, size: int) -> bytes:
    return number.to_bytes(size, "little", signed=True)


class KeyExchange:
    """One client's exchange: answers its three requests in turn.

    `agreed(key, salt)` is called with the 256 bytes of the new key and the first salt.
    """

    def __init__(
        self, key: ServerKey, clock: Callable[[], float], agreed: Callable[[bytes, int], None]
    ) -> None:
        self._key = key
        self._clock = clock
        self._agreed = agreed
        self._server_nonce = secrets.token_bytes(16)
        self._new_nonce = b""
        self._pq = 0
        self._secret = 0

    def answer(self, request: Any) -> Any:
        """The answer to one request; raises WireError when the request does not fit."""
        match layer.name_of(request):
            case "ReqPqMulti" | "ReqPq":
                return self._offer(request)
            case "ReqDHParams":
                return self._parameters(request)
            case "SetClientDHParams":
                return self._agree(request)
            case other:
                raise WireError(f"{other} outside a session")

    def _offer(self, request: Any) -> Any:
        self._pq = prime(_FACTOR_BITS) * prime(_FACTOR_BITS)
        return layer.types.ResPQ(
            nonce=request.nonce,
            server_nonce=_number(self._server_nonce),
            pq=self._pq.to_bytes(8, "big"),
            server_public_key_fingerprints=[self._key.public.fingerprint],
        )

    def _parameters(self, request: Any) -> Any:
        plain = self._key.decrypt(request.encrypted_data)
        try:
            inner = layer.read(plain[20:])
        except KeyError as unknown:
            raise WireError("the client used another RSA key") from unknown
        self._require(plain[:20] == _digest(inner.write()), "the hash of the inner data")
        self._require(int.from_bytes(inner.pq, "big") == self._pq, "pq")
        p, q = (int.from_bytes(factor, "big") for factor in (request.p, request.q))
        self._require(p < q and p * q == self._pq, "the factors of pq")
        self._new_nonce = _bytes(inner.new_nonce, 32)
        self._secret = secrets.randbits(2048)
        data = layer.types.ServerDHInnerData(
            nonce=request.nonce,
            server_nonce=request.server_nonce,
            g=_GENERATOR,
            dh_prime=layer.DH_PRIME.to_bytes(256, "big"),
            g_a=pow(_GENERATOR, self._secret, layer.DH_PRIME).to_bytes(256, "big"),
            server_time=int(self._clock()),
        ).write()
        answer = _digest(data) + data
        answer += secrets.token_bytes(-len(answer) % 16)
        return layer.types.ServerDHParamsOk(
            nonce=request.nonce,
            server_nonce=request.server_nonce,
            encrypted_answer=layer.ige_encrypt(answer, *self._temporary()),
        )

    def _agree(self, request: Any) -> Any:
        plain = layer.ige_decrypt(request.encrypted_data, *self._temporary())
        inner = layer.read(plain[20:])
        self._require(plain[:20] == _digest(inner.write()), "the hash of the client's half")
        shared = pow(int.from_bytes(inner.g_b, "big"), self._secret, layer.DH_PRIME)
        key = shared.to_bytes(256, "big")
        salt = bytes(a ^ b for a, b in zip(self._new_nonce[:8], self._server_nonce[:8]))
        self._agreed(key, _number(salt))
        proof = _digest(self._new_nonce, b"\x01", _digest(key)[:8])
        return layer.types.DhGenOk(
            nonce=request.nonce,
            server_nonce=request.server_nonce,
            new_nonce_hash1=_number(proof[4:]),
        )

    def _temporary(self) -> tuple[bytes, bytes]:
        """The AES key and IV that cover the exchange's own secrets."""
        new, server = self._new_nonce, self._server_nonce
        middle = _digest(server, new)
        return _digest(new, server) + middle[:12], middle[12:] + _digest(new, new) + new[:4]

    def _require(self, right: bool, what: str) -> None:
        if not right:
            raise WireError(f"key exchange: {what} is wrong")
