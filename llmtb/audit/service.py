"""Does what verbs ask of the audit: in the program that runs, or in the verb's own process.

A request is a dict; its `do` names one of `REQUESTS`. What takes long, or shows much, happens in
the verb's own process: here it is written down first, by the only one that may write.
"""

import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from llmtb.audit.archive import Archive
from llmtb.audit.privacy.forgetting import forget
from llmtb.audit.privacy.rotating import rotate
from llmtb.audit.recording import RECORDS, record
from llmtb.audit.vouching.matching import Mismatch
from llmtb.audit.vouching.signing import accept, checkpoint
from llmtb.control import DATABASE, FAULT, INPUT, STORAGE, Note, Unable
from llmtb.events.errors import JournalError, StorageFailed
from llmtb.runtime.errors import Refused, Unanswered

Handler = Callable[[Archive, dict[str, Any], Note], Awaitable[Any]]
"""Does one kind of request; what JSON can hold. Raises Unable, msgspec.ValidationError for a form
that cannot be asked, and what the house, the journal and the vault raise."""

_HANDLERS: Final[Mapping[str, Handler]] = {
    **dict.fromkeys(RECORDS, record),
    "forget": forget,
    "rotate": rotate,
    "checkpoint": checkpoint,
    "accept": accept,
}
REQUESTS: Final = frozenset(_HANDLERS)
"""The requests that are the audit's."""


class Auditing:
    """Carries out the audit's requests over an archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    async def do(self, request: dict[str, Any], note: Note) -> Any:
        """Do what a request says; the outcome, as JSON can hold it. Raises Unable."""
        try:
            return await _HANDLERS[request["do"]](self._archive, request, note)
        except StorageFailed as error:
            raise Unable(STORAGE, str(error)) from error
        except JournalError as error:
            raise Unable(DATABASE, str(error)) from error
        except Mismatch as mismatch:
            raise Unable(DATABASE, str(mismatch)) from mismatch
        except (Refused, msgspec.ValidationError) as error:
            raise Unable(INPUT, str(error)) from error
        except sqlite3.Error as error:
            raise Unable(STORAGE, f"the keys or the views: {error}") from error
        except OSError as error:
            place = Path(str(error.filename)).name if error.filename else "the disk"
            raise Unable(STORAGE, f"{place}: {error.strerror or error}") from error
        except Unanswered as error:
            raise Unable(FAULT, f"{error}; ask again") from error
