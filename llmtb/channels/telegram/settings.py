"""How the bot reaches Telegram, and how patiently and fast it works there."""

import base64
import binascii
from hashlib import sha1
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

Seconds = Annotated[float, Meta(gt=0, le=3600)]
Rate = Annotated[float, Meta(gt=0, le=1000)]

_PEM = "-----"
_INTEGER, _BIT_STRING, _SEQUENCE = 0x02, 0x03, 0x30


class PublicKey(NamedTuple):
    """The RSA key by which a server proves that it is the one that is meant."""

    modulus: int
    exponent: int

    @property
    def fingerprint(self) -> int:
        """How MTProto names the key: the low 64 bits, signed, of the SHA-1 of its numbers."""
        written = b"".join(_tl_bytes(_unsigned(number)) for number in self)
        digest = sha1(written, usedforsecurity=False).digest()
        return int.from_bytes(digest[-8:], "little", signed=True)

    @classmethod
    def from_pem(cls, text: str) -> "PublicKey":
        """Read a PEM file's text (`RSA PUBLIC KEY` or `PUBLIC KEY`).

        Raises ValueError when it is none.
        """
        try:
            body = "".join(line for line in text.split("\n") if not line.startswith(_PEM))
            return cls(*_rsa_numbers(base64.b64decode(body, validate=False)))
        except (binascii.Error, ValueError, IndexError, TypeError):
            raise ValueError("this is no RSA public key in PEM form") from None


class TelegramSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the gateway, its supervisor and the outbox are told. Times are in seconds.

    token, api_id, api_hash: the bot's, from BotFather and my.telegram.org. They are never shown.
    server: host and port of another MTProto server than Telegram's own; None: Telegram's.
    public_key: that server's key; None: the ones that the library knows.
    heartbeat: how often the server is asked whether an update went missing.
    connecting: how long a connection with its sign-in may take. request: how long an answer may.
    gap: how long a missing update is waited for before it is fetched.
    patience: how long an update is offered again to a handler that fails.
    first_retry, last_retry: the waits between attempts to connect double from one to the other.
    per_second: most messages to all chats. per_chat_second, chat_burst: most to one chat, and how
    many of them may come at once after a rest.
    flush: how long a stop waits for what can still be sent.
    """

    token: str
    api_id: int
    api_hash: str
    server: tuple[str, int] | None = None
    public_key: PublicKey | None = None
    heartbeat: Seconds = 60.0
    connecting: Seconds = 30.0
    request: Seconds = 15.0
    gap: Seconds = 0.5
    patience: Seconds = 300.0
    first_retry: Seconds = 0.5
    last_retry: Seconds = 60.0
    per_second: Rate = 30.0
    per_chat_second: Rate = 1.0
    chat_burst: Annotated[int, Meta(ge=1, le=20)] = 3
    flush: Annotated[float, Meta(ge=0, le=600)] = 10.0

    def __post_init__(self) -> None:
        bot, _, secret = self.token.partition(":")
        if not (bot.isascii() and bot.isdecimal() and secret):
            raise ValueError(
                "the bot's token is not of the form NUMBER:LETTERS that BotFather shows"
            )
        if self.api_id <= 0 or not self.api_hash:
            raise ValueError("an api id and an api hash are needed beside the token")

    @property
    def bot(self) -> int:
        """The bot's own numeric id, which its token begins with."""
        return int(self.token.partition(":")[0])

    def __repr__(self) -> str:
        return f"TelegramSettings(bot={self.bot}, server={self.server})"

    def __rich_repr__(self) -> "list[tuple[str, object]]":
        return [("bot", self.bot), ("server", self.server)]


def read_server(text: str) -> tuple[str, int]:
    """Read `HOST:PORT`; raises ValueError when it is not of that form."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{text!r} is not of the form HOST:PORT")
    return host.strip("[]"), int(port)


def _unsigned(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _tl_bytes(value: bytes) -> bytes:
    """A byte string as MTProto writes it, padded to whole words."""
    size = len(value)
    head = bytes([size]) if size < 254 else b"\xfe" + size.to_bytes(3, "little")
    return head + value + bytes(-(len(head) + size) % 4)


def _rsa_numbers(der: bytes) -> tuple[int, int]:
    """Modulus and exponent of a PKCS#1 key, or of a SubjectPublicKeyInfo around one."""
    tag, body, _ = _element(der)
    _expect(tag == _SEQUENCE)
    tag, first, rest = _element(body)
    if tag == _SEQUENCE:
        tag, bits, _ = _element(rest)
        _expect(tag == _BIT_STRING)
        return _rsa_numbers(bits[1:])
    second_tag, second, _ = _element(rest)
    _expect(tag == second_tag == _INTEGER)
    modulus, exponent = int.from_bytes(first, "big"), int.from_bytes(second, "big")
    _expect(modulus.bit_length() == 2048)  # the key exchange is made for nothing else
    return modulus, exponent


def _element(der: bytes) -> tuple[int, bytes, bytes]:
    """The first DER element: its tag, its body, and what follows it."""
    size, start = der[1], 2
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(der[2:start], "big")
    _expect(len(der) >= start + size)
    return der[0], der[start : start + size], der[start + size :]


def _expect(sound: bool) -> None:
    if not sound:
        raise ValueError
