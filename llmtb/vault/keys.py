"""Seals people's words and opens them, each person, sort of words and day with a key of its own.

Keys are made in memory, so that sealing touches no disk, and kept by `settle` before what they
sealed is. A key that is destroyed leaves its row; nothing that it sealed can be told again.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple, Self, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from llmtb.events.errors import DamagedDatabase, StorageFailed
from llmtb.events.personal import Kind
from llmtb.events.sealing import SALT, Box, commitment
from llmtb.vault.files import SIZE
from llmtb.vault.locks import ADVICE, NONCE, Locks
from llmtb.vault.master import Master, Masters, NewBytes
from llmtb.vault.store import (
    BEFORE,
    LOCKED_BY,
    OF_DAYS,
    OF_OWNERS,
    OF_SNAPSHOTS,
    ROTATIONS,
    UNTOLD,
    Key,
    KeyStore,
)

PROFILE: Final = "profile"  # the sort of words that has one key for all days
SNAPSHOTS: Final = "snapshots"  # the owner of the key that seals these
KEPT: Final = 10_000  # keys that are kept at hand, for sealing and for opening each
ID: Final = 8  # bytes
_STATE: Final = b"llmtb snapshot 2\n"

K = TypeVar("K")
V = TypeVar("V")


class KeyMissing(DamagedDatabase):
    """A key was never here, or its row was taken away: it was not destroyed as it should be."""

    def __init__(self, path: Path, key: int) -> None:
        super().__init__(path, f"key {key} is not in it, but the journal needs it; {ADVICE}")


class Status(NamedTuple):
    """What there is: by sort of words, how many keys, and how many were destroyed.

    locked_by, source: the name of the master key, and where it is from.
    """

    keys: dict[str, int]
    destroyed: dict[str, int]
    locked_by: str
    source: str


class Rotation(NamedTuple):
    """One exchange of the master key: which, the name of the new one, how many keys it locked."""

    number: int
    locked_by: str
    keys: int


class _Live(NamedTuple):
    """A key that seals at the moment."""

    id: int
    cipher: AESGCM


class _Made(NamedTuple):
    """A key that no disk holds yet."""

    row: Key
    key: bytes


class Vault:
    """The keys of one folder of data; see `llmtb.events.sealing.Keys`.

    `seal`, `wrap` and `retire` are for the thread of the event loop, all else for any thread.
    """

    def __init__(
        self, store: KeyStore, reads: KeyStore, masters: Masters, new_bytes: NewBytes
    ) -> None:
        """store, reads: two openings of the same file, one of them for reading alone."""
        self._store = store
        self._reads = reads
        self._masters = masters
        self._new_bytes = new_bytes
        self._lock = Lock()  # for what is at hand
        self._writing = Lock()
        self._live: dict[tuple[str, str, str], _Live] = {}
        self._known: dict[int, AESGCM | None] = {}
        self._pending: dict[int, _Made] = {}
        self._locks = Locks(masters, reads.path, reads.about(LOCKED_BY) or "", new_bytes)
        self._last = reads.last()
        self._snapshots = self._newest_of(SNAPSHOTS)

    @classmethod
    def at(
        cls, path: Path, masters: Masters, new_bytes: NewBytes, *, read_only: bool = False
    ) -> Self:
        """The vault of a file, which is made if there is none, unless it is only read.

        It ends what a rotation that was broken off has begun.
        Raises KeyRefused, BadDatabase or what kind of it it is, StorageFailed, or OSError.
        """
        if not read_only and not KeyStore.is_there(path):
            KeyStore.create(path, masters.first().name)
        reads = KeyStore(path, read_only=True)
        store = reads if read_only else KeyStore(path)
        try:
            vault = cls(store, reads, masters, new_bytes)
            if not read_only:
                masters.keep(vault.locked_by)
                if vault._snapshots is None:
                    vault.renew_snapshots()
        except BaseException:
            store.close()
            reads.close()
            raise
        return vault

    @property
    def locked_by(self) -> str:
        """The name of the master key that locks the keys."""
        return self._locks.holds.name

    @property
    def path(self) -> Path:
        """The file."""
        return self._reads.path

    # Sealing and opening.

    def seal(self, owner: str, kind: Kind, at: datetime, place: bytes, words: bytes) -> Box:
        """Seal somebody's words; no disk is touched for it."""
        day = "" if kind == PROFILE else _day(at)
        live = self._live.get((owner, kind, day)) or self._make(owner, kind, day)
        fresh = self._new_bytes(NONCE + SALT)
        nonce, salted = fresh[:NONCE], fresh[NONCE:] + words
        return Box(live.id, nonce, live.cipher.encrypt(nonce, salted, place), commitment(salted))

    def open(self, box: Box, place: bytes) -> bytes | None:
        """The salt and the words of a box; None if its key is destroyed.

        Raises ValueError for a box that is not the one that was sealed for this place,
        DamagedDatabase for a key that should be there, and StorageFailed.
        """
        cipher = self._cipher(box.key)
        if cipher is None:
            return None
        try:
            salted = cipher.decrypt(box.nonce, box.ciphertext, place)
        except InvalidTag:
            raise ValueError("a box of words is not the one that was sealed here") from None
        if commitment(salted) != box.commitment:
            raise ValueError("a box holds other words than those it was committed to")
        return salted

    def settle(self) -> None:
        """Make the keys that were used durable. Raises StorageFailed; then they wait on."""
        if self._pending:
            with self._writing:
                self._settle()

    def wrap(self, state: bytes, place: bytes) -> bytes:
        """A snapshot's bytes, sealed until `renew_snapshots`."""
        if self._snapshots is None:
            raise StorageFailed(f"{self.path} was opened for reading only")
        nonce = self._new_bytes(NONCE)
        sealed = self._snapshots.cipher.encrypt(nonce, state, _STATE + place)
        return self._snapshots.id.to_bytes(ID, "big") + nonce + sealed

    def unwrap(self, state: bytes, place: bytes) -> bytes | None:
        """The bytes of a snapshot; None if somebody was forgotten since, or it is another's.

        Without it only the recovery takes longer. Raises StorageFailed or DamagedDatabase.
        """
        live = self._snapshots
        if live is None or int.from_bytes(state[:ID], "big") != live.id:
            return None
        try:
            nonce, sealed = state[ID : ID + NONCE], state[ID + NONCE :]
            return live.cipher.decrypt(nonce, sealed, _STATE + place)
        except (InvalidTag, ValueError):
            return None

    # Destroying.

    def retire(self, owners: Collection[str]) -> int:
        """From now on, seal with new keys what these owners say.

        Returns the highest id so far: all their keys up to it are those from before.
        """
        for entry in [each for each in self._live if each[0] in owners]:
            del self._live[entry]
        return self._last

    def destroy(self, owners: Collection[str], upto: int) -> int:
        """Destroy the keys of owners with an id up to this one; returns how many there were.

        It may be repeated. Raises StorageFailed.
        """
        return self._destroy(OF_OWNERS, [(upto, owner) for owner in owners])

    def destroy_days(self, texts: Collection[str], upto: int) -> int:
        """Destroy the keys of messages of owners and days, such as `chat/4711 2026-11-21`."""
        apart = [text.rpartition(" ") for text in texts]
        return self._destroy(OF_DAYS, [(upto, owner, day) for owner, _, day in apart])

    def expire(self, kind: Kind, before: date, upto: int) -> int:
        """Destroy the keys of a sort of words from before a day; a profile's are of no day."""
        return self._destroy(BEFORE, [(upto, kind, before.isoformat())])

    def renew_snapshots(self) -> None:
        """Destroy the key of all snapshots and take another. Raises StorageFailed."""
        with self._writing:
            self._settle()
            with self._lock:
                row, key = self._made(SNAPSHOTS, SNAPSHOTS, "")
            self._store.destroy(OF_SNAPSHOTS, [(row.id,)], [self._locks.lock(row, key)])
            self._snapshots = _Live(row.id, AESGCM(key))
            self._store.clean()

    def oldest(self, kind: Kind) -> date | None:
        """The first day of which there is a key of a sort of words; None if there is none."""
        self.settle()
        with self._lock:
            found = self._reads.oldest(kind)
        return None if found is None else date.fromisoformat(found)

    def noted(self, name: str) -> str | None:
        """What was noted under a name."""
        with self._lock:
            return self._reads.about(name)

    def note(self, name: str, value: str) -> None:
        """Keep a note with the keys, in place of an earlier one. Raises StorageFailed."""
        with self._writing:
            self._store.note(name, value)

    def readable(self, owner: str) -> bool:
        """Whether any key of an owner is left."""
        with self._lock:
            if any(made.row.owner == owner for made in self._pending.values()):
                return True
            return self._reads.latest(owner) is not None

    # The master key.

    def rotate(self, master: Master) -> int:
        """Lock every key by another master key, all or none; returns how many.

        Raises StorageFailed. Others who read the file at the moment find the new one by themselves.
        """
        with self._writing:
            self._settle()
            locks, held = self._locks, self._locks.holds.name
            locks.take(master)
            count = self._store.rewrap(
                lambda row: locks.lock(row, locks.unlock(row, held), master), master.name
            )
            locks.holds = master
            self._store.clean()
        return count

    def exchange(self) -> int:
        """Take the next master key for the one that holds now; returns how many keys it locks.

        Whenever it is broken off, the next opening ends it or finds everything as it was.
        Raises KeyRefused, which says what to do, StorageFailed, or OSError.
        """
        count = self.rotate(self._masters.next(self._locks.holds))
        self._masters.keep(self.locked_by)
        self._locks.holds = self._masters.named(self.locked_by, self.path)  # by its name of now
        return count

    def untold(self) -> Rotation | None:
        """The last exchange, if no event tells of it yet."""
        with self._lock:
            keys, number = self._reads.about(UNTOLD), self._reads.about(ROTATIONS)
        return None if keys is None else Rotation(int(number or 0), self.locked_by, int(keys))

    def told(self) -> None:
        """The last exchange is recorded. Raises StorageFailed."""
        with self._writing:
            self._store.forget_note(UNTOLD)

    def lose(self, keys: Collection[int]) -> int:
        """Put down that keys are gone for good, unless they are here; returns how many are."""
        with self._writing:
            lost = self._store.lose(keys)
            self._last = self._store.last()
        return lost

    def status(self) -> Status:
        """What there is. Raises StorageFailed or DamagedDatabase."""
        with self._lock:
            counted = self._reads.counted()
        return Status(
            {kind: keys for kind, keys, _ in counted},
            {kind: gone for kind, _, gone in counted},
            self.locked_by,
            self._locks.holds.source,
        )

    def close(self) -> None:
        """Give the file back."""
        with self._writing, self._lock:
            self._reads.close()
            self._store.close()  # last, so that nothing is left beside the file

    # Within.

    def _make(self, owner: str, kind: str, day: str) -> _Live:
        """A new key; older ones of the same owner and day stay good for opening."""
        with self._lock:
            made = self._made(owner, kind, day)
            live = _Live(made.row.id, AESGCM(made.key))
            self._pending[live.id] = made
            _keep(self._known, live.id, live.cipher)
        _keep(self._live, (owner, kind, day), live)
        return live

    def _made(self, owner: str, kind: str, day: str) -> _Made:
        self._last += 1
        return _Made(Key(self._last, owner, kind, day, b""), self._new_bytes(SIZE))

    def _settle(self) -> None:
        with self._lock:
            made = list(self._pending.values())
        if made:
            self._store.add([self._locks.lock(*each) for each in made])
            with self._lock:
                for row, _ in made:
                    del self._pending[row.id]

    def _destroy(self, which: str, each: list[tuple[object, ...]]) -> int:
        with self._writing:
            self._settle()
            gone = set(self._store.destroy(which, each))
            with self._lock:
                self._known.update(dict.fromkeys(gone & self._known.keys()))
            for entry in [key for key, live in list(self._live.items()) if live.id in gone]:
                self._live.pop(entry, None)
            self._store.clean()
        return len(gone)

    def _cipher(self, number: int) -> AESGCM | None:
        """What opens a key's boxes; None once it is destroyed."""
        with self._lock:
            try:
                return self._known[number]
            except KeyError:
                pass
            made = self._pending.get(number)
            key = made.key if made is not None else self._found(number)
            cipher = None if key is None else AESGCM(key)
            _keep(self._known, number, cipher)
            return cipher

    def _found(self, number: int) -> bytes | None:
        found = self._reads.find(number)
        if found is None:
            raise KeyMissing(self.path, number)
        row, locked_by = found
        return None if row.wrapped == b"" else self._locks.unlock(row, locked_by)

    def _newest_of(self, owner: str) -> _Live | None:
        number = self._reads.latest(owner)
        key = None if number is None else self._found(number)
        return None if number is None or key is None else _Live(number, AESGCM(key))


def _day(at: datetime) -> str:
    return (at if at.tzinfo is UTC else at.astimezone(UTC)).date().isoformat()


def _keep(kept: dict[K, V], key: K, value: V) -> None:
    """Put something at hand; what has been there longest makes room."""
    if len(kept) >= KEPT:
        del kept[next(iter(kept))]
    kept[key] = value
