"""Closed shifts' reports, found in the views and drawn as files."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from llmtb.channels.conversation.words import Words
from llmtb.channels.port import Attachment
from llmtb.events.chat import Attached
from llmtb.projections.capacity import Capacity
from llmtb.projections.engine import Views
from llmtb.projections.people import People
from llmtb.projections.projection import Read
from llmtb.projections.shift_report import report_of
from llmtb.report.document import Document
from llmtb.report.listing import as_csv
from llmtb.report.text import text
from llmtb.report.timeline import as_png
from llmtb.report.workbook import as_xlsx

DRAW: dict[str, Callable[[Document], bytes]] = {
    "text": lambda document: text(document).encode(),
    "csv": as_csv,
    "xlsx": as_xlsx,
    "png": as_png,
}
PATIENCE = 10.0  # seconds for the views to catch up
SUFFIXES = {"text": "txt", "csv": "csv", "xlsx": "xlsx", "png": "png"}


async def document_of(read: Read, shift: str, words: Words, language: str) -> Document | None:
    """The report of a shift (`DATE/NAME`) as one language shows it; None if there is none."""
    kept = await report_of(read, shift)
    if kept is None:
        return None
    people, capacity = People(), Capacity()
    await people.restore(read)
    await capacity.restore(read)
    return Document(
        kept.report,
        words.speech(language, capacity.centre.policy.zone),
        people.names,
        tuple((meal.meal, meal.opened, meal.closed) for meal in kept.meals),
    )


def file_name(shift: str, form: str) -> str:
    """What a report's file is called: `2026-11-21-morning.png`."""
    return f"{shift.replace('/', '-').replace(' ', '-')}.{SUFFIXES[form]}"


class Reports:
    """Draws the files that the outbox sends; see `llmtb.channels.port.Attachments`."""

    def __init__(self, views: Views, words: Words) -> None:
        self._views = views
        self._words = words

    async def __call__(self, attached: Attached) -> Attachment:
        """The file, drawn beside the event loop. Raises LookupError if there is no such report.

        Raises TimeoutError or ViewsUnusable while the views do not follow the journal.
        """
        async with asyncio.timeout(PATIENCE):
            # Whoever asks for a file may be quicker than the view that it is drawn from.
            await self._views.reached(self._views.position + self._views.behind)
        async with self._views.snapshot() as read:
            document = await document_of(read, attached.shift, self._words, attached.language)
        if document is None:
            raise LookupError(f"the shift {attached.shift} has no report")
        content = await asyncio.to_thread(DRAW[attached.form], document)
        return Attachment(file_name(attached.shift, attached.form), content, attached.form == "png")


def write_files(document: Document, folder: Path) -> None:
    """Write every form of a report into a folder, made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    for form, draw in DRAW.items():
        (folder / file_name(document.report.shift, form)).write_bytes(draw(document))
