"""`llmtb checkpoint`: signs everything that is recorded by now."""

import sys
from pathlib import Path
from typing import Any

import msgspec

from llmtb.channels.web.viewer import OWNER
from llmtb.data import JOURNAL_FILE
from llmtb.verbs.exits import DONE, INPUT, Failed
from llmtb.verbs.place import folder_of, settings_of
from llmtb.verbs.reach import done


def checkpoint(place: tuple[Path | None, Path | None], accept: str | None, as_json: bool) -> int:
    """Print a fresh checkpoint. Raises Failed.

    accept: why to go on with a journal that does not match; None: it has to.
    """
    folder = folder_of(settings_of(place[0]), place[1])
    if not (folder / JOURNAL_FILE).exists():
        raise Failed(INPUT, f"{folder}: there is no journal here")
    request: dict[str, Any] = {"do": "checkpoint", "by": OWNER}
    if accept is not None:
        request = {"do": "accept", "by": OWNER, "reason": accept}
    told = done(*place, request)
    if as_json:
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
        return DONE
    sys.stdout.write(told["note"])
    sys.stderr.write(f"{told['size']} events: {told['file']}\nIts key: {told['key']}\n")
    return DONE
