"""`llmtb console link`: a link that signs a person in to the console of the running program."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import msgspec

from llmtb import control
from llmtb.control import Unable
from llmtb.verbs.exits import DONE, INPUT, Failed
from llmtb.verbs.place import failures, folder_of, settings_of


def link(place: tuple[Path | None, Path | None], request: dict[str, Any], as_json: bool) -> int:
    """Print the link. Raises Failed, also where no program runs over the data."""
    settings_file, data = place
    settings = settings_of(settings_file)
    folder = folder_of(settings, data)
    form = {"do": "console_link", **request}
    with failures():
        try:
            told = asyncio.run(control.ask(folder, form, _unheard))
        except (FileNotFoundError, ConnectionRefusedError) as error:
            line = f"{folder}: nothing runs over these data; start it first: llmtb run"
            raise Failed(INPUT, line) from error
        except Unable as unable:
            raise Failed(unable.status, str(unable)) from unable
    if as_json:
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
    else:
        sys.stdout.write(f"{told['link']}\n")
        sys.stderr.write(
            f"For {told['name']} ({told['agent']}); it opens once, until {told['until']}\n"
        )
    return DONE


def _unheard(text: str, *, piece: bool = False) -> None:
    """Nobody waits for notes about how far it is."""
