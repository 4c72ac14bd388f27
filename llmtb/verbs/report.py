"""`llmtb report`: a closed shift's report again, from the views, else from the journal itself."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from rich.console import Console

from llmtb.channels.attachments import DRAW, document_of, write_files
from llmtb.channels.conversation.words import Words
from llmtb.data import JOURNAL_FILE, open_journal
from llmtb.events.published import instant
from llmtb.projections.catalogue import VIEWS_FILE, projections
from llmtb.projections.database import ViewsUnusable, reading
from llmtb.projections.engine import Views
from llmtb.projections.projection import Read
from llmtb.projections.shift_report import latest_reports, report_of
from llmtb.report.document import Document
from llmtb.report.text import text
from llmtb.settings import Audit
from llmtb.verbs.exits import DONE, INPUT, Failed
from llmtb.verbs.place import failures, folder_of, settings_of

LISTED = 30  # shifts in the list
SHOWN = 24  # lines of the report after the example day


def report(
    settings_file: Path | None,
    data: Path | None,
    shift: str | None,
    form: str,
    out: Path | None,
    language: str,
) -> int:
    """Print or write one report, or list the shifts that have one. Raises Failed."""
    settings = settings_of(settings_file)
    folder = folder_of(settings, data)
    if not (folder / JOURNAL_FILE).exists():
        raise Failed(INPUT, f"{folder}: there is no journal here")
    with failures():
        content = asyncio.run(_content(folder, settings.audit, shift, form, language))
        if out is not None:
            out.write_bytes(content)
        else:
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
    return DONE


def write_all(folder: Path, audit: Audit, language: str, console: Console) -> None:
    """Write the files of every report in a folder of data; show that of the largest shift."""
    documents, files = asyncio.run(_documents(folder, audit, language)), folder / "reports"
    for document in documents:
        write_files(document, files)
    shown = max(documents, key=lambda document: len(document.report.agents), default=None)
    if shown is not None:
        lines = text(shown).splitlines()
        more = ["…"] if len(lines) > SHOWN else []
        head = "\n".join([*lines[:SHOWN], *more])
        console.print(head, highlight=False, markup=False, soft_wrap=True)
    console.print(
        f"\nThe reports of {len(documents)} shifts (text, CSV, XLSX, PNG) are in {files}."
    )


async def _content(
    folder: Path, audit: Audit, shift: str | None, form: str, language: str
) -> bytes:
    """What is asked for, from the views where they have it, else from views made for this."""
    try:
        async with reading(folder / VIEWS_FILE) as read:
            if shift is not None and await report_of(read, shift):
                return await _draw(read, shift, form, language)
    except ViewsUnusable:
        pass  # the journal has it all
    async with _made(folder, audit) as read:
        return await _draw(read, shift, form, language)


async def _draw(read: Read, shift: str | None, form: str, language: str) -> bytes:
    if shift is None:
        return await _list(read, form)
    if form == "json":
        kept = await report_of(read, shift)
        if kept is not None:
            return msgspec.json.encode(kept.report) + b"\n"
    else:
        document = await document_of(read, shift, Words.load(), language)
        if document is not None:
            return DRAW[form](document)
    raise Failed(INPUT, f"{shift}: there is no report; `llmtb report` lists those there are")


async def _list(read: Read, form: str) -> bytes:
    found = await latest_reports(read, LISTED)
    if form == "json":
        return b"".join(msgspec.json.encode(each) + b"\n" for each in found)
    lines = [f"{each.shift}  {instant(each.starts)} – {instant(each.ends)}\n" for each in found]
    return "".join(lines or ["No shift has been closed yet.\n"]).encode()


@asynccontextmanager
async def _made(folder: Path, audit: Audit) -> AsyncIterator[Read]:
    """Views made from the journal, for once; the bot may be running meanwhile."""
    opened = await open_journal(folder, audit, os.environ, read_only=True)
    try:
        with TemporaryDirectory() as scratch:
            views = await Views.open(Path(scratch) / VIEWS_FILE, projections(), opened.journal)
            try:
                await views.catch_up()
                async with views.snapshot() as read:
                    yield read
            finally:
                await views.close()
    finally:
        await opened.close()


async def _documents(folder: Path, audit: Audit, language: str) -> list[Document]:
    words = Words.load()
    async with _made(folder, audit) as read:
        found = await latest_reports(read, LISTED)
        documents = [await document_of(read, each.shift, words, language) for each in found]
    return [document for document in documents if document is not None]
