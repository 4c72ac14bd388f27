"""The door's own key: what is sealed with it came from here, and was not changed."""

import hmac
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

FILE: Final = "door.key"


class Seal:
    """Seals texts for one purpose each."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    @classmethod
    def kept(cls, folder: Path, new_text: Callable[[int], str]) -> "Seal":
        """The key of a data folder, made if there is none, for the owner's eyes alone."""
        path = folder / FILE
        if not path.exists() or not path.stat().st_size:  # a key of nothing is anybody's
            _write(path, new_text(32))
        return cls(path.read_text("ascii"))

    def of(self, purpose: str, text: str) -> str:
        """The seal of a text: 64 hex digits."""
        return hmac.new(self._key, f"{purpose}\n{text}".encode(), sha256).hexdigest()

    def sealed(self, purpose: str, text: str) -> str:
        """The text with its seal."""
        return f"{text}.{self.of(purpose, text)}"

    def opened(self, purpose: str, sealed: str) -> str | None:
        """The text of what was sealed here; None for anything else."""
        text, _, seal = sealed.rpartition(".")
        return text if is_same(seal, self.of(purpose, text)) else None


def _write(path: Path, key: str) -> None:
    """Have a file with all of the key, whatever ends the program meanwhile."""
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def is_same(given: str, wanted: str) -> bool:
    """Whether two secrets are the same, in a time that does not tell how much of them is."""
    return hmac.compare_digest(given.encode(), wanted.encode())
