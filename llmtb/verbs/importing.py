"""`llmtb import`: a journal again, from an export of everything."""

import sys
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import Progress

from llmtb.audit.giving.importing import Imported, take_in
from llmtb.control import Unable
from llmtb.data import JOURNAL_FILE, KEYS_FILE
from llmtb.verbs.exits import DONE, Failed
from llmtb.verbs.place import failures, folder_of, settings_of


def run_import(
    place: tuple[Path | None, Path | None], export: Path, key: str | None, as_json: bool
) -> int:
    """Make the journal of an export; nothing may run over the data. Raises Failed."""
    folder = folder_of(settings_of(place[0]), place[1])
    console = Console(stderr=True)
    with (
        failures(),
        Progress(console=console, transient=True, disable=not console.is_terminal) as bar,
    ):
        task = bar.add_task("events", total=None)
        try:
            imported = take_in(
                export,
                folder / JOURNAL_FILE,
                key,
                lambda done, of: bar.update(task, completed=done, total=of),
            )
        except Unable as unable:
            raise Failed(unable.status, str(unable)) from unable
    _tell(folder, imported, as_json, named=key is None)
    return DONE


def _tell(folder: Path, imported: Imported, as_json: bool, *, named: bool) -> None:
    events, commands, mark, sealed, key = imported
    locked = bool(sealed) and not (folder / KEYS_FILE).exists()
    if as_json:
        told = {
            "events": events,
            "commands": commands,
            "hash": mark.hex(),
            "sealed": sealed,
            "keys": not locked,
            "key": key,
        }
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
        return
    sys.stdout.write(
        f"{events} events and {commands} command ids are in {folder / JOURNAL_FILE},"
        f" every one as it was; the last one's hash is {mark.hex()}.\n"
    )
    if named:
        sys.stdout.write(
            f"The export itself names who signed it: {key}\n"
            "See that this is the key you were told, or say it with --key.\n"
        )
    if locked:
        sys.stdout.write(
            f"What {sealed} of the events say about people is sealed: put {KEYS_FILE} and the"
            f" folder keys from a backup into {folder}, or it stays closed.\n"
        )
