"""Makes a folder of data again from a backup: all of it, or as it was at an earlier moment.

Every event keeps its bytes and its hash. Snapshots are left out: they are made again.
"""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from llmtb.audit.giving.records import instant_of
from llmtb.audit.keeping.backups import (
    CHECKPOINT,
    JOURNAL,
    KEYS,
    Manifest,
    digest_of,
    manifest_of,
    prove,
)
from llmtb.audit.keeping.journals import EVERY, NewJournal, Tell, at_rest, proven, rows, storage
from llmtb.audit.keeping.whole import half, refuse_used
from llmtb.control import INPUT, Unable
from llmtb.events.errors import DamagedDatabase
from llmtb.events.stores.database import address
from llmtb.vault.store import KeyStore

ROW = "SELECT state, hash FROM stored_events WHERE seq = ?"


class Until(NamedTuple):
    """Up to where: an event, or an instant that its events did not happen after; None: all."""

    seq: int | None = None
    at: datetime | None = None


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What was restored.

    events: how many, and `ended` when the last of them happened; `head` its hash, in hex.
    left_out: how many later ones the backup has. keys: whether people's keys came with it.
    destroyed: keys that the backup still had, and the given newer key store no more.
    made_at: when the backup was begun.
    """

    events: int
    ended: datetime
    head: str
    left_out: int
    keys: bool
    destroyed: int
    made_at: str


def restore(backup: Path, target: Path, until: Until, newer: Path | None, tell: Tell) -> Restored:
    """Make the new folder `target` from a backup.

    newer: a key store whose destroyed keys stay destroyed.
    Raises Unable, JournalError, OSError; then there is no new folder.
    """
    refuse_used(target)
    manifest = manifest_of(backup)
    if newer is not None and not manifest.has_keys:
        raise Unable(INPUT, f"{backup}: there are no keys in it that {newer} could go with")
    prove(backup, manifest, tell)
    with half(target.parent, "restore") as making:
        last = _last(backup / JOURNAL, manifest, until, tell)
        with storage(backup / JOURNAL), closing(at_rest(backup / JOURNAL)) as database:
            ((state, mark),) = database.execute(ROW, (last,)).fetchall()
        with NewJournal(making.folder / JOURNAL) as journal:
            tell("copying the journal", 0, 0)
            journal.copy(backup / JOURNAL, last)
            journal.finish()
        if proven(making.folder / JOURNAL, tell).head != (last, mark):
            raise DamagedDatabase(making.folder / JOURNAL, "was not written as it was read")
        _copy_files(backup, making.folder, manifest)
        destroyed = 0
        if manifest.has_keys:
            destroyed = _settle_keys(making.folder / KEYS, newer)
        making.become(target)
    return Restored(
        events=last,
        ended=instant_of(state),
        head=mark.hex(),
        left_out=manifest.events - last,
        keys=manifest.has_keys,
        destroyed=destroyed,
        made_at=manifest.made_at,
    )


def _last(journal: Path, manifest: Manifest, until: Until, tell: Tell) -> int:
    """The last event that is to be restored. Raises Unable where it is none of the backup's."""
    if until.seq is not None:
        if not 1 <= until.seq <= manifest.events:
            raise Unable(
                INPUT, f"event {until.seq}: the backup holds events 1 to {manifest.events}"
            )
        return until.seq
    if until.at is None:
        return manifest.events
    with storage(journal), closing(at_rest(journal)) as database:
        for row in rows(database):
            if row[0] % EVERY == 0:
                tell("looking for the moment", row[0], manifest.events)
            if instant_of(row[4]) > until.at:
                if row[0] == 1:
                    raise Unable(INPUT, "nothing had happened by then: event 1 is later")
                return row[0] - 1
    return manifest.events


def _copy_files(backup: Path, folder: Path, manifest: Manifest) -> None:
    """Copy what is no journal. Raises DamagedDatabase for what changed since it was looked at."""
    for name, kept in manifest.files.items():
        if name not in (JOURNAL, CHECKPOINT):
            (folder / name).parent.mkdir(mode=0o700, exist_ok=True)
            if digest_of(backup / name, folder / name) != kept:
                raise DamagedDatabase(backup / name, "is not what was backed up")


def _settle_keys(path: Path, newer: Path | None) -> int:
    """Have the keys as the program keeps them, and those destroyed that `newer` has no more.

    Returns how many of these there were. Raises BadDatabase, StorageFailed.
    """
    with storage(path), closing(sqlite3.connect(address(path, "rw"), uri=True)) as database:
        database.execute("PRAGMA journal_mode = WAL")
    if newer is None:
        return 0
    with closing(KeyStore(newer, read_only=True)) as source, closing(KeyStore(path)) as store:
        return store.destroy_these(source.destroyed())
