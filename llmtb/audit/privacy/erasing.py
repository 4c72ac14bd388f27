"""Does what the journal says is to be destroyed; the only place where words are made unreadable.

It is done whenever the data are opened, before anything is shown: `PersonForgotten` and
`WordsExpired` are recorded first, then everything is closed and opened again. So whatever ends the
program meanwhile, the next opening does the rest; and where keys come back with an older backup,
they are destroyed once more. How far it has come is noted beside the keys themselves.
"""

from pathlib import Path
from typing import Final

from llmtb.channels.port import SITE, chat_number
from llmtb.channels.telegram.folder import forget_peer
from llmtb.channels.web.door.second_factor import drop_factor
from llmtb.events.audit import PersonForgotten, WordsExpired
from llmtb.events.journal import Journal
from llmtb.events.record import Recorded
from llmtb.projections.catalogue import VIEWS_FILE
from llmtb.vault.keys import Vault

NOTE: Final = "erased"
TOPICS: Final = (PersonForgotten.__name__, WordsExpired.__name__)


def left_to_erase(journal: Journal, vault: Vault) -> list[Recorded]:
    """What is recorded, and not known to be done, with these keys and this journal."""
    recorded = list(journal.read(topics=TOPICS))
    done = vault.noted(NOTE)
    for number, each in enumerate(recorded, 1):
        if _mark(each) == done:
            return recorded[number:]
    return recorded


def erase(journal: Journal, vault: Vault, folder: Path) -> int:
    """Destroy what is left to be, and whatever was made from it; returns how many events say so.

    Nothing else may use the data meanwhile. Raises StorageFailed or OSError; then it is done again.
    """
    left = left_to_erase(journal, vault)
    if left:
        for made in folder.glob(f"{VIEWS_FILE}*"):  # those that were set aside, too
            made.unlink()
        vault.renew_snapshots()
    for each in left:
        event = each.event
        if isinstance(event, PersonForgotten):
            vault.destroy(event.owners, event.upto)
            vault.destroy_days(event.texts, event.upto)
            _forget_outside(event, folder)
        elif isinstance(event, WordsExpired):
            vault.expire(event.kind, event.before, event.upto)
        vault.note(NOTE, _mark(each))
    return len(left)


def _forget_outside(event: PersonForgotten, folder: Path) -> None:
    """What is kept of them beside the journal: a second factor, and how Telegram knows them."""
    drop_factor(folder, event.person)
    for owner in event.owners:
        number = chat_number(owner.removeprefix("chat/"))
        if owner.startswith("chat/") and number is not None and number < SITE:
            forget_peer(folder / "telegram", number)


def _mark(recorded: Recorded) -> str:
    return f"{recorded.seq} {recorded.hash.hex()}"
