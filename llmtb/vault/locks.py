"""Locks people's keys with the master key, for the file that keeps them, and unlocks them again."""

from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from llmtb.events.errors import DamagedDatabase
from llmtb.vault.master import Master, Masters, NewBytes
from llmtb.vault.store import Key

NONCE: Final = 12  # bytes
ADVICE: Final = "put the right file back, or see `llmtb keys abandon`"


class Locks:
    """The master key that holds now, and any other by which a key may still be locked.

    holds: the one that new keys are locked by.
    """

    def __init__(self, masters: Masters, path: Path, locked_by: str, new_bytes: NewBytes) -> None:
        """path: of the keys. locked_by: the name of their master key. Raises KeyRefused."""
        self._masters = masters
        self._path = path
        self._new_bytes = new_bytes
        self._ciphers: dict[str, AESGCM] = {}
        self.holds = masters.named(locked_by, path)
        self.take(self.holds)

    def take(self, master: Master) -> None:
        """Unlock what this master key has locked, too."""
        self._ciphers[master.name] = AESGCM(master.key)

    def lock(self, row: Key, key: bytes, master: Master | None = None) -> Key:
        """The row with its key, locked by the master key that holds unless another is given."""
        nonce = self._new_bytes(NONCE)
        cipher = self._ciphers[(master or self.holds).name]
        return row._replace(wrapped=nonce + cipher.encrypt(nonce, key, _place(row)))

    def unlock(self, row: Key, locked_by: str) -> bytes:
        """The key of a row that is not destroyed. Raises DamagedDatabase, or KeyRefused."""
        if locked_by not in self._ciphers:  # another process exchanged it
            self.take(self._masters.named(locked_by, self._path))
        try:
            nonce, locked = row.wrapped[:NONCE], row.wrapped[NONCE:]
            return self._ciphers[locked_by].decrypt(nonce, locked, _place(row))
        except (InvalidTag, TypeError, ValueError):  # a damaged row may even hold another type
            why = f"key {row.id} is not what it was; {ADVICE}"
            raise DamagedDatabase(self._path, why) from None


def _place(row: Key) -> bytes:
    """What a locked key is bound to."""
    return f"llmtb key 1\n{row.id}\n{row.owner}\n{row.kind}\n{row.day}".encode()
