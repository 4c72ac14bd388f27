"""Writes down that records are given out, before they are."""

from typing import Any, Final

import msgspec

from llmtb.actors.audit import RecordBackup, RecordDisclosure, RecordExport
from llmtb.audit.archive import Archive
from llmtb.control import Note

_Record = RecordExport | RecordBackup | RecordDisclosure
RECORDS: Final = ("record_export", "record_backup", "record_disclosure")


async def record(archive: Archive, form: dict[str, Any], note: Note) -> None:
    """Have the audit record what a verb is about to give out; the form is the command itself."""
    command: _Record = msgspec.convert(form, _Record)
    await archive.house.audit(command)
