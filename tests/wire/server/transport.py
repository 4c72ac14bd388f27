"""One TCP connection: whatever framing and obfuscation its client opens with, seen as payloads."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol
from zlib import crc32

from tests.wire.server import layer

_Read = Callable[[int], Awaitable[bytes]]

_ABRIDGED: Final = b"\xef"
_INTERMEDIATE: Final = b"\xee" * 4
_PADDED: Final = b"\xdd" * 4
_LONGEST: Final = 16 * 1024 * 1024


class WireError(Exception):
    """The client sent something that no MTProto transport allows."""


class _Framing(Protocol):
    async def unwrap(self, read: _Read) -> bytes: ...

    def wrap(self, payload: bytes) -> bytes: ...


class _Abridged:
    async def unwrap(self, read: _Read) -> bytes:
        words = (await read(1))[0]
        if words == 0x7F:
            words = int.from_bytes(await read(3), "little")
        return await read(_checked(words * 4))

    def wrap(self, payload: bytes) -> bytes:
        words = len(payload) // 4
        if words < 0x7F:
            return bytes([words]) + payload
        return b"\x7f" + words.to_bytes(3, "little") + payload


class _Intermediate:
    async def unwrap(self, read: _Read) -> bytes:
        return await read(_checked(int.from_bytes(await read(4), "little")))

    def wrap(self, payload: bytes) -> bytes:
        return len(payload).to_bytes(4, "little") + payload


class _Padded(_Intermediate):
    async def unwrap(self, read: _Read) -> bytes:
        payload = await super().unwrap(read)
        if payload[:8] == bytes(8):
            return payload[: 20 + int.from_bytes(payload[16:20], "little")]
        return payload[: len(payload) - (len(payload) - 24) % 16]


class _Full:
    def __init__(self) -> None:
        self._sent = 0

    async def unwrap(self, read: _Read) -> bytes:
        head = await read(8)
        rest = await read(_checked(int.from_bytes(head[:4], "little")) - 8)
        if crc32(head + rest[:-4]) != int.from_bytes(rest[-4:], "little"):
            raise WireError("a frame's checksum is wrong")
        return rest[:-4]

    def wrap(self, payload: bytes) -> bytes:
        frame = (len(payload) + 12).to_bytes(4, "little") + self._sent.to_bytes(4, "little")
        self._sent += 1
        frame += payload
        return frame + crc32(frame).to_bytes(4, "little")


def _checked(length: int) -> int:
    if length > _LONGEST:
        raise WireError(f"a frame of {length} bytes")
    return length


class _Cipher:
    """One direction of an obfuscated connection."""

    def __init__(self, key: bytes, iv: bytes) -> None:
        self._key, self._iv, self._state = key, bytearray(iv), bytearray(1)

    def __call__(self, data: bytes) -> bytes:
        return layer.ctr(data, self._key, self._iv, self._state)


class Link:
    """The server's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._framing: _Framing | None = None
        self._decipher: _Cipher | None = None
        self._encipher: _Cipher | None = None
        self._ahead = b""

    async def receive(self) -> bytes | None:
        """The next payload, or None when the connection is gone; raises WireError on nonsense."""
        try:
            if self._framing is None:
                self._framing = await self._opening()
            return await self._framing.unwrap(self._read)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    def send(self, payload: bytes) -> None:
        """Puts a payload on its way; quietly nothing when the connection is gone."""
        if self._framing is None or self._writer.transport.is_closing():
            return
        frame = self._framing.wrap(payload)
        self._writer.write(self._encipher(frame) if self._encipher else frame)

    def cut(self) -> None:
        """Drops the connection at once; what was not yet sent is lost."""
        self._writer.transport.abort()

    async def _read(self, size: int) -> bytes:
        taken, self._ahead = self._ahead[:size], self._ahead[size:]
        if len(taken) == size:
            return taken
        data = await self._reader.readexactly(size - len(taken))
        return taken + (self._decipher(data) if self._decipher else data)

    async def _opening(self) -> _Framing:
        head = await self._read(1)
        if head == _ABRIDGED:
            return _Abridged()
        head += await self._read(3)
        if head == _INTERMEDIATE:
            return _Intermediate()
        if head == _PADDED:
            return _Padded()
        head += await self._read(4)
        if head[4:] == bytes(4):
            self._ahead = head
            return _Full()
        return self._obfuscated(head + await self._read(56))

    def _obfuscated(self, head: bytes) -> _Framing:
        backwards = head[8:56][::-1]
        self._decipher = _Cipher(head[8:40], head[40:56])
        self._encipher = _Cipher(backwards[:32], backwards[32:])
        tag = self._decipher(head)[56:60]
        if tag == _ABRIDGED * 4:
            return _Abridged()
        if tag == _INTERMEDIATE:
            return _Intermediate()
        if tag == _PADDED:
            return _Padded()
        raise WireError(f"an obfuscated transport that calls itself {tag.hex()}")
