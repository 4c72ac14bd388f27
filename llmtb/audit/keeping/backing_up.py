"""Copies a folder of data while the program runs over it and writes, and proves the copy.

Whoever calls this has had the journal record it first.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec

from llmtb import __version__
from llmtb.audit.giving.exporting import Signer
from llmtb.audit.keeping.backups import (
    CHECKPOINT,
    DOCUMENTS,
    JOURNAL,
    KEYS,
    MANIFEST,
    Kept,
    Manifest,
    digest_of,
)
from llmtb.audit.keeping.journals import Proven, Tell, at_rest, proven, storage
from llmtb.audit.keeping.whole import half
from llmtb.events.errors import DamagedDatabase, StorageFailed
from llmtb.events.note import Checkpoint, signed, text_of
from llmtb.events.published import instant
from llmtb.events.stores.database import address, create

STEP = 256  # pages copied at once
BUSY = frozenset((sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED))
TRIES = 40  # times that a locked file is looked at again
PAUSE = 0.25  # seconds between two looks


Step = Callable[[int, int], object]
"""Takes how many pages are copied, and how many there are."""


class Order(NamedTuple):
    """What is to be backed up: the folder of data, whether with keys, when, and whose it is."""

    data: Path
    keys: bool
    at: datetime
    origin: str


def back_up(order: Order, folder: Path, signer: Signer, tell: Tell) -> tuple[Path, Manifest]:
    """Make a backup in `folder`, as a new folder that is named by the instant and the events.

    Raises Unable, JournalError, OSError; then there is none.
    """
    with half(folder, "backup") as making:
        here = making.folder
        copy_database(order.data / JOURNAL, here / JOURNAL, partial(tell, "copying the journal"))
        # After the journal: so the key of whatever is sealed in the copy is there as well.
        if order.keys and (order.data / KEYS).is_file():
            copy_database(order.data / KEYS, here / KEYS, partial(tell, "copying the keys"))
            _check(here / KEYS)
        damaged = list(_documents(order.data / DOCUMENTS, here / DOCUMENTS, tell))
        found = proven(here / JOURNAL, tell)
        manifest = Manifest(
            software=__version__,
            made_at=instant(order.at),
            events=found.head.seq,
            head=found.head.hash.hex(),
            root=found.root.hex(),
            origin=order.origin,
            key=signer.key,
            files=dict(_files(here)),
            damaged=damaged,
        )
        _write(here / CHECKPOINT, _note(order.origin, found, signer))
        _write(here / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
        target = folder / f"{order.at:%Y%m%dT%H%M%SZ}-{found.head.seq}"
        making.become(target)
    return target, manifest


def copy_database(source: Path, target: Path, tell: Step) -> None:
    """Copy a database as it is at this moment; whoever writes it meanwhile is not held up.

    The copy is one file, with nothing beside it. Raises StorageFailed, DamagedDatabase, OSError.
    """
    tries = 0

    def told(status: int, left: int, pages: int) -> None:
        nonlocal tries
        tries += status in BUSY
        if tries > TRIES:
            raise StorageFailed(f"{source}: another program keeps the file locked; end it")
        tell(pages - left, pages)

    create(target)
    with (
        storage(target, source),
        closing(sqlite3.connect(address(source, "ro"), uri=True, isolation_level=None)) as old,
        closing(sqlite3.connect(address(target, "rw"), uri=True, isolation_level=None)) as new,
    ):
        # Held open, it is this moment that is read to the end; else each write would begin it anew.
        old.execute("BEGIN")
        old.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        new.execute("PRAGMA synchronous = OFF")  # all of it is synced at the end
        old.backup(new, pages=STEP, progress=told, sleep=PAUSE)
        new.execute("PRAGMA journal_mode = DELETE")


def _check(path: Path) -> None:
    with storage(path), closing(at_rest(path)) as database:
        ((found,),) = database.execute("PRAGMA quick_check(1)").fetchall()
    if found != "ok":
        raise DamagedDatabase(path, f"is damaged: {' '.join(str(found).split())}")


def _documents(source: Path, target: Path, tell: Tell) -> Iterator[str]:
    """Copy the documents; yields the names of those that are not what was added."""
    names = sorted(path.name for path in source.glob("[0-9a-f]*")) if source.is_dir() else []
    if names:
        target.mkdir(mode=0o700)
    for number, name in enumerate(names):
        tell("copying documents", number, len(names))
        kept = digest_of(source / name, target / name)
        if kept.sha256 != Path(name).stem:
            (target / name).unlink()
            yield name


def _files(folder: Path) -> Iterator[tuple[str, Kept]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), digest_of(path)


def _note(origin: str, found: Proven, signer: Signer) -> bytes:
    text = text_of(Checkpoint(origin, found.head.seq, found.root))
    return signed(text, signer.name, signer.hash, signer.sign(text.encode())).encode()


def _write(path: Path, content: bytes) -> None:
    create(path)
    path.write_bytes(content)
