"""What a backup is: a folder of files, each named with its SHA-256, that is whole or not there.

journal.db      all events up to an instant; a SQLite file that needs nothing beside it
keys.db         people's keys, locked by the master key, which is never in a backup
documents/      those that are answered from, each under its SHA-256
checkpoint      the journal's Merkle root, signed
manifest.json   what is in it (`Manifest`)
"""

import os
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from llmtb.audit.keeping.journals import Proven, Tell, proven
from llmtb.control import INPUT, Unable
from llmtb.events.codec import UNREADABLE
from llmtb.events.errors import DamagedDatabase
from llmtb.events.note import LONGEST as NOTE
from llmtb.events.note import Checkpoint, NoteError, opened

FORMAT: Final = "llmtb-backup 1"
JOURNAL: Final = "journal.db"
KEYS: Final = "keys.db"
DOCUMENTS: Final = "documents"
CHECKPOINT: Final = "checkpoint"
MANIFEST: Final = "manifest.json"
PIECE: Final = 1 << 20  # bytes read at once
LONGEST: Final = 64 * 1024 * 1024  # bytes of a manifest; it has a line for each document

Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Name = Annotated[
    str, Meta(pattern=r"^(journal\.db|keys\.db|documents/[^/.][^/]*)\Z", max_length=100)
]


class Kept(msgspec.Struct, frozen=True):
    """A file of a backup: its bytes, and their SHA-256."""

    size: int
    sha256: Digest


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a backup.

    made_at: when it was begun (ISO 8601, UTC). events, head: how many, and the last one's hash.
    root, origin, key: what is signed, whose it is, and what the signature is checked against.
    files: by their names within the folder. damaged: documents that were not what was added, and
    are not in it.
    """

    format: Literal["llmtb-backup 1"] = FORMAT
    software: str
    made_at: str
    events: Annotated[int, Meta(ge=1)]
    head: Digest
    root: Digest
    origin: str
    key: str
    files: dict[Name, Kept]
    damaged: list[str]

    @property
    def has_keys(self) -> bool:
        """Whether people's keys are in it."""
        return KEYS in self.files


def digest_of(source: Path, copy: Path | None = None) -> Kept:
    """The size and SHA-256 of a file, which is copied meanwhile to a new one that its owner alone
    can read. Raises OSError.
    """
    digest, size = sha256(), 0
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    handle = os.open(os.devnull, os.O_WRONLY) if copy is None else os.open(copy, flags, 0o600)
    with open(handle, "wb") as written, source.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            written.write(piece)
            size += len(piece)
    return Kept(size, digest.hexdigest())


def manifest_of(backup: Path) -> Manifest:
    """What a folder says that it holds. Raises Unable, OSError."""
    try:
        with (backup / MANIFEST).open("rb") as file:
            return msgspec.json.decode(file.read(LONGEST), type=Manifest)
    except (FileNotFoundError, NotADirectoryError):
        raise Unable(INPUT, f"{backup}: is no backup: there is no {MANIFEST} in it") from None
    except UNREADABLE as error:
        why = " ".join(str(error).split())
        raise Unable(INPUT, f"{backup / MANIFEST}: is not that of a backup: {why}") from error


def _text_of(note: Path) -> str:
    with note.open("rb") as file:
        return file.read(4 * NOTE + 1).decode("utf-8")


def prove(backup: Path, manifest: Manifest, tell: Tell) -> Proven:
    """See that a backup is what its manifest says, and that its journal holds.

    Raises BadDatabase, BrokenChain, StorageFailed or OSError.
    """
    for number, (name, kept) in enumerate(manifest.files.items()):
        tell("checking files", number, len(manifest.files))
        path = backup / name
        if not path.is_file() or digest_of(path) != kept:
            raise DamagedDatabase(path, "is not what was backed up; take another backup")
    found = proven(backup / JOURNAL, tell)
    size, head = found.head.seq, found.head.hash.hex()
    if (size, head, found.root.hex()) != (manifest.events, manifest.head, manifest.root):
        raise DamagedDatabase(backup / JOURNAL, "is not the journal that was backed up")
    try:
        checkpoint = opened(_text_of(backup / CHECKPOINT), manifest.key)
    except (NoteError, UnicodeDecodeError) as error:
        raise DamagedDatabase(backup / CHECKPOINT, f"is damaged: {error}") from error
    if checkpoint != Checkpoint(manifest.origin, size, found.root):
        raise DamagedDatabase(backup / CHECKPOINT, "is not of this journal")
    return found
