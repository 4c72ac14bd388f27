"""What the audit works on: the records, and the keys of what is said in them."""

from pathlib import Path
from typing import NamedTuple

from llmtb.app import House
from llmtb.audit.vouching.checkpoints import Checkpoints
from llmtb.events.journal import Journal
from llmtb.settings import Settings
from llmtb.vault.keys import Vault


class Archive(NamedTuple):
    """The data of one company, open for writing."""

    house: House
    journal: Journal
    vault: Vault
    folder: Path
    settings: Settings
    checkpoints: Checkpoints
