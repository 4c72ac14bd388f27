"""What the audit works on: the records, the keys of what is said in them, and what shows them."""

from pathlib import Path
from typing import Any, NamedTuple

from llmtb.app import House
from llmtb.events.journal import Journal
from llmtb.projections.engine import Views
from llmtb.settings import Settings


class Archive(NamedTuple):
    """The data of one company, open for writing. views: None where nothing follows them now."""

    house: House
    journal: Journal
    vault: Any
    views: Views | None
    folder: Path
    settings: Settings
