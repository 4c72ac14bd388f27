"""A folder of data: the one way in which its journal and the keys beside it are opened."""

import asyncio
import secrets
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Final, NamedTuple

from llmtb.audit.privacy.erasing import erase, left_to_erase
from llmtb.audit.vouching.checkpoints import Signing
from llmtb.audit.vouching.matching import guard
from llmtb.events.chain import Row
from llmtb.events.codec import CODEC, Codec
from llmtb.events.errors import BadDatabase, UnreadableEvent
from llmtb.events.journal import Journal
from llmtb.events.personal import plan_of
from llmtb.events.reading import PAGE
from llmtb.events.sealing import is_sealed, parts_of
from llmtb.events.stores.sqlite import CHECKED, SQLiteStore
from llmtb.events.stores.store import Store
from llmtb.settings import Audit
from llmtb.vault.files import KeyRefused
from llmtb.vault.keys import KeyMissing, Vault
from llmtb.vault.locks import ADVICE
from llmtb.vault.master import Masters
from llmtb.vault.signer import Signer
from llmtb.vault.store import KeyStore

JOURNAL_FILE: Final = "journal.db"
KEYS_FILE: Final = "keys.db"
CHECKPOINTS: Final = "checkpoints"
PERSONAL: Final = [topic for topic, type_ in CODEC.types.items() if plan_of(type_) is not None]


class Opened(NamedTuple):
    """A journal, and the keys that it seals and opens people's words with.

    vault: None where the journal is only read, and has never had keys. signing: what checkpoints
    are made with; None where the journal is only read.
    """

    journal: Journal
    vault: Vault | None
    signing: Signing | None

    async def close(self) -> None:
        """Commit what is waiting, and give both back."""
        await self.journal.close()
        if self.vault is not None:
            self.vault.close()


def open_vault(
    folder: Path, audit: Audit, environment: Mapping[str, str], *, read_only: bool = False
) -> Vault:
    """The keys of a folder of data, made if there are none, unless they are only read.

    Only who owns the journal may write them. Raises JournalError, or OSError.
    """
    masters = _masters(folder, audit, environment)
    return Vault.at(folder / KEYS_FILE, masters, secrets.token_bytes, read_only=read_only)


def _masters(folder: Path, audit: Audit, environment: Mapping[str, str]) -> Masters:
    return Masters(folder, audit.master_key, environment, secrets.token_bytes)


async def open_journal(
    folder: Path, audit: Audit, environment: Mapping[str, str], *, read_only: bool = False
) -> Opened:
    """The journal of a folder of data, and its keys; both are made if there are none.

    A journal that is not the one that was signed takes nothing; see `Journal.refusal`. In one that
    is, what was recorded to be destroyed is destroyed first, if anything of it is left.
    read_only: beside the program that runs over them. Raises JournalError, or OSError; for one,
    where the keys are missing or not this journal's: what is sealed is never taken for redacted.
    """
    store = SQLiteStore(folder / JOURNAL_FILE, read_only=read_only)
    vault = None
    try:
        keys = folder / KEYS_FILE
        there = KeyStore.is_there(keys)
        if not there and any(_sealed(store)):
            raise BadDatabase(keys, f"is missing, and {JOURNAL_FILE} needs it; {ADVICE}")
        if there or not read_only:
            vault = open_vault(folder, audit, environment, read_only=read_only)
            _prove(store, CODEC.with_keys(vault), keys)
        journal = await Journal.open(store, codec=CODEC.with_keys(vault))
        signing = None if read_only else await _guarded(journal, store, folder, audit)
        if vault is not None and journal.refusal is None:
            _finish(journal, vault, folder, read_only=read_only)
        return Opened(journal, vault, signing)
    except BaseException:
        store.close()
        if vault is not None:
            vault.close()
        raise


async def _guarded(journal: Journal, store: SQLiteStore, folder: Path, audit: Audit) -> Signing:
    """See whether the journal is the one that was signed; else it takes nothing more.

    So it is where events are there, but would not be found among those of their streams.
    """
    signer = Signer.at(folder, audit.origin, secrets.token_bytes)
    kept = Path(audit.checkpoints) if audit.checkpoints else folder / CHECKPOINTS
    edge = await guard(journal, signer.key, kept)
    if edge is not None and (why := await asyncio.to_thread(store.unsound)) is not None:
        journal.refuse(why)
    return Signing(signer, kept, audit.origin, edge)


def _finish(journal: Journal, vault: Vault, folder: Path, *, read_only: bool) -> None:
    """Destroy what is recorded to be destroyed, before anybody sees it; who only reads waits."""
    if not read_only:
        erase(journal, vault, folder)
    elif left_to_erase(journal, vault):
        why = "somebody is being forgotten; ask again in a moment, or start `llmtb run`"
        raise BadDatabase(vault.path, why)


def abandon_keys(folder: Path, audit: Audit, environment: Mapping[str, str]) -> int:
    """Go on without the keys that are lost: what they sealed reads as redacted for ever.

    Nothing is deleted: a file of keys that cannot be opened, or is another journal's, is set aside.
    Returns how many keys were lost. Raises JournalError, or OSError.
    """
    store = SQLiteStore(folder / JOURNAL_FILE)  # its owner, so that nothing runs over it
    keys = folder / KEYS_FILE
    try:
        if not _fit(store, folder, audit, environment):
            _masters(folder, audit, environment).first()  # without one, nothing is moved
            _set_aside(keys)
        with closing(open_vault(folder, audit, environment)) as vault:
            return vault.lose({box.key for row in _sealed(store) for box in parts_of(row[4]).boxes})
    finally:
        store.close()


def _fit(store: Store, folder: Path, audit: Audit, environment: Mapping[str, str]) -> bool:
    """Whether all keys that are there are those of the journal; some may be missing."""
    try:
        if not KeyStore.is_there(folder / KEYS_FILE):
            return True
        with closing(open_vault(folder, audit, environment, read_only=True)) as vault:
            codec = CODEC.with_keys(vault)
            for row in _sealed(store):
                with suppress(KeyMissing):
                    codec.unsealed(row)
    except (KeyRefused, UnreadableEvent, BadDatabase):
        return False
    return True


def _set_aside(keys: Path) -> None:
    """Rename a file of keys, and what belongs to it; an earlier one is kept, too."""
    number = 1
    while (aside := keys.with_name(f"{keys.name}.{number}")).exists():
        number += 1
    for end in ("-wal", "-shm", ""):
        file = keys.with_name(keys.name + end)
        if file.exists():
            file.rename(aside.with_name(aside.name + end))


def _prove(store: Store, codec: Codec, keys: Path) -> None:
    """See to it that the keys are this journal's, by its newest events. Raises BadDatabase."""
    for row in store.rows(max(0, store.head().seq - CHECKED), CHECKED):
        try:
            codec.unsealed(row)
        except UnreadableEvent as error:
            raise BadDatabase(keys, f"is not of this journal: {error.why}; {ADVICE}") from error


def _sealed(store: Store) -> Iterator[Row]:
    """Everything in a journal that only keys can open."""
    after = 0
    while rows := store.rows(after, PAGE, PERSONAL):
        yield from (row for row in rows if is_sealed(row[4]))
        after = rows[-1][0]
