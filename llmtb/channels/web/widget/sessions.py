"""Sessions of visitors: a token that only this server can make, and nothing kept of it here.

A token is sixteen bytes of chance, the second it was made in, and a seal over both. The chat it
opens follows from the chance alone, so that a reload, another tab and a restart find it again.
"""

import os
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest, digest
from pathlib import Path
from typing import Final, NamedTuple

from llmtb.channels.port import SITE

LASTS: Final = timedelta(days=30)
KEY_FILE: Final = "widget.key"
_CHANCE, _TIME, _SEAL = 16, 6, 32  # bytes; together no bit of the text is idle
_SIGNS: Final = (_CHANCE + _TIME + _SEAL) * 4 // 3
_SHAPE: Final = re.compile(rf"[A-Za-z0-9_-]{{{_SIGNS}}}\Z")
_EARLY: Final = timedelta(minutes=5)  # by how much a clock may have been set back
_PURPOSE: Final = b"llm-t-b visitor 1\n"


class Session(NamedTuple):
    """A visitor's session: its token, the number of its chat, and until when it holds."""

    token: str
    chat: int
    until: datetime


class Sessions:
    """Makes tokens and knows its own again. key: 32 bytes that nobody else has."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def begin(self, chance: bytes, now: datetime) -> Session:
        """A new session. chance: 16 bytes that nobody can guess."""
        if len(chance) != _CHANCE:
            raise ValueError(f"{_CHANCE} bytes of chance are needed, not {len(chance)}")
        second = int(now.timestamp())
        content = chance + second.to_bytes(_TIME)
        token = urlsafe_b64encode(content + self._seal(content)).decode()
        return Session(token, _chat(chance), datetime.fromtimestamp(second, UTC) + LASTS)

    def resume(self, token: str, now: datetime) -> Session | None:
        """The session of a token; None for one that was forged, changed, or is too old."""
        if not _SHAPE.match(token):
            return None
        whole = urlsafe_b64decode(token)
        content, seal = whole[:-_SEAL], whole[-_SEAL:]
        if not compare_digest(seal, self._seal(content)):
            return None
        begun = datetime.fromtimestamp(int.from_bytes(content[_CHANCE:]), UTC)
        if not begun - _EARLY <= now < begun + LASTS:
            return None
        return Session(token, _chat(content[:_CHANCE]), begun + LASTS)

    def _seal(self, content: bytes) -> bytes:
        return digest(self._key, _PURPOSE + content, "sha256")


def kept_key(folder: Path, new_text: Callable[[int], str]) -> bytes:
    """The key of a data folder, made at first use; nobody but its owner may read the file.

    Raises OSError, and ValueError where the file holds no key.
    """
    path = folder / KEY_FILE
    if not path.exists():
        _write_once(path, sha256(new_text(32).encode()).hexdigest(), new_text(8))
    key = bytes.fromhex(path.read_text("ascii").strip())
    if len(key) != 32:
        raise ValueError(f"{path} holds no key: remove it, and visitors begin new chats")
    return key


def _write_once(path: Path, text: str, mark: str) -> None:
    """Have a file with all of the text, or the one that somebody else wrote at the same time."""
    draft = path.with_name(f"{path.name}.{sha256(mark.encode()).hexdigest()[:16]}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def _chat(chance: bytes) -> int:
    return SITE + (int.from_bytes(sha256(chance).digest()[:8]) >> 4)
