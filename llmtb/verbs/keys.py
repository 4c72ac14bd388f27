"""`llmtb keys`: how many keys of people's words there are; another master key; lost keys."""

import os
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from llmtb.data import JOURNAL_FILE, KEYS_FILE, abandon_keys, open_vault
from llmtb.verbs.exits import DONE, INPUT, Failed
from llmtb.verbs.place import failures, folder_of, settings_of
from llmtb.verbs.reach import done

Place = tuple[Path | None, Path | None]
"""The settings file and the folder of the data that were named."""

MADE = "the first start makes it, unless the journal needs the one that is gone"


def status(place: Place, as_json: bool) -> int:
    """Print how many keys there are; the bot may be running. Raises Failed."""
    settings = settings_of(place[0])
    folder = folder_of(settings, place[1])
    if not (folder / KEYS_FILE).exists():
        raise Failed(INPUT, f"{folder}: there is no {KEYS_FILE} here; {MADE}")
    with failures(), closing(open_vault(folder, settings.audit, os.environ, read_only=True)) as it:
        found = it.status()
    told = [f"{count} {kind}" for kind, count in found.keys.items() if count]
    gone = sum(found.destroyed.values())
    return _say(
        as_json,
        found._asdict(),
        f"{sum(found.keys.values())} keys ({', '.join(told)}); {gone} were destroyed.\n"
        f"They are locked by master key {found.locked_by}, from {found.source}.",
    )


def rotate(place: Place, as_json: bool) -> int:
    """Have the keys locked by another master key. Raises Failed."""
    _journal_of(place)
    outcome = done(*place, {"do": "rotate"})
    line = f"{outcome['keys']} keys are locked by master key {outcome['key']} from now."
    return _say(as_json, outcome, line)


def abandon(place: Place, as_json: bool) -> int:
    """Go on without keys that are lost; the bot must not be running. Raises Failed."""
    folder, settings = _journal_of(place)
    with failures():
        lost = abandon_keys(folder, settings.audit, os.environ)
    line = f"{lost} keys are lost; what they sealed reads as redacted from now."
    return _say(as_json, {"lost": lost}, line if lost else "No key is missing; nothing is changed.")


def _journal_of(place: Place) -> tuple[Path, Any]:
    settings = settings_of(place[0])
    folder = folder_of(settings, place[1])
    if not (folder / JOURNAL_FILE).exists():
        raise Failed(INPUT, f"{folder}: there is no journal here")
    return folder, settings


def _say(as_json: bool, outcome: dict[str, Any], line: str) -> int:
    sys.stdout.write((msgspec.json.encode(outcome).decode() if as_json else line) + "\n")
    return DONE
