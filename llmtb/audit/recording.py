"""Writes down that records are given out, before they are.

What leaves as a whole is signed as well: the auditors then hold what an export or a backup must
agree with, whatever becomes of it on the way.
"""

from typing import Any, Final

import msgspec

from llmtb.actors.audit import RecordBackup, RecordDisclosure, RecordExport
from llmtb.audit.archive import Archive
from llmtb.control import Note
from llmtb.events.audit import Occasion

_Record = RecordExport | RecordBackup | RecordDisclosure
_SIGNED: Final[dict[type[_Record], Occasion]] = {RecordExport: "export", RecordBackup: "backup"}
RECORDS: Final = ("record_export", "record_backup", "record_disclosure")


async def record(archive: Archive, form: dict[str, Any], note: Note) -> dict[str, Any] | None:
    """Have the audit record what a verb is about to give out; the form is the command itself.

    Returns the checkpoint that goes with it, see `Checkpoints.sign`; None for what is one person's.
    """
    command: _Record = msgspec.convert(form, _Record)
    await archive.house.audit(command)
    occasion = _SIGNED.get(type(command))
    if occasion is None:
        return None
    note("checking what is new in the journal")
    return await archive.checkpoints.sign(command.by, occasion)
