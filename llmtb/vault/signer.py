"""Signs checkpoints, with an Ed25519 key that is kept apart from the journal."""

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from llmtb.events.note import read_vkey, vkey_of
from llmtb.vault.files import SIZE, read_key, write_key
from llmtb.vault.master import NewBytes

FILE: Final = Path("keys") / "checkpoint.key"  # in the folder of the data


class Signer:
    """Signs texts.

    name: whose signature it is, such as the origin of the checkpoints. key: what verifies it, as
    it is handed out (`llmtb.events.note`). hash: the 4 bytes of it that a signature's line names.
    """

    def __init__(self, name: str, seed: bytes) -> None:
        """seed: 32 secret bytes. Raises ValueError for a name that no key can have."""
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.name = name
        self.key = vkey_of(name, self._key.public_key().public_bytes_raw())
        self.hash = read_vkey(self.key).hash

    @classmethod
    def at(cls, folder: Path, name: str, new_bytes: NewBytes) -> "Signer":
        """The signer of a folder of data; its key is made at the first use.

        Raises KeyRefused for a file that holds no key or that everybody can read, or OSError.
        """
        file = folder / FILE
        if not file.exists():
            write_key(file, new_bytes(SIZE))
        return cls(name, read_key(file))

    def sign(self, text: bytes) -> bytes:
        """The signature of a text; 64 bytes."""
        return self._key.sign(text)
