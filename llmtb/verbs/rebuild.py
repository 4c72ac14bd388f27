"""`llmtb rebuild`: all views again, from the journal alone."""

import asyncio
import os
import sys
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import Progress

from llmtb.data import JOURNAL_FILE, open_journal
from llmtb.projections.catalogue import VIEWS_FILE, projections
from llmtb.projections.engine import Views
from llmtb.settings import Audit
from llmtb.verbs.exits import DONE, INPUT, Failed
from llmtb.verbs.place import failures, folder_of, settings_of


def rebuild(settings_file: Path | None, data: Path | None, as_json: bool) -> int:
    """Make every view again; the bot must not be running. Raises Failed."""
    settings = settings_of(settings_file)
    folder = folder_of(settings, data)
    if not (folder / JOURNAL_FILE).exists():
        raise Failed(INPUT, f"{folder}: there is no journal here")
    with failures():
        events = asyncio.run(_rebuild(folder, settings.audit))
    if as_json:
        sys.stdout.write(msgspec.json.encode({"events": events}).decode() + "\n")
    else:
        sys.stdout.write(f"All views are made again from {events} events.\n")
    return DONE


async def _rebuild(folder: Path, audit: Audit) -> int:
    opened = await open_journal(folder, audit, os.environ)
    journal = opened.journal
    try:
        views = await Views.open(folder / VIEWS_FILE, projections(), journal)
        try:
            views.rebuild()
            with Progress(console=Console(stderr=True), transient=True) as progress:
                task = progress.add_task("views", total=journal.head)
                await views.catch_up(lambda done, _: progress.update(task, completed=done))
        finally:
            await views.close()
        return journal.head
    finally:
        await opened.close()
