"""`llmtb backup`: a proven copy of the data, also while the bot runs over them."""

import sys
from collections.abc import Callable
from pathlib import Path

from llmtb.audit.keeping.backing_up import Order, back_up
from llmtb.audit.keeping.backups import Manifest
from llmtb.control import Unable
from llmtb.data import JOURNAL_FILE
from llmtb.runtime.clock import Clock
from llmtb.vault.signer import Signer
from llmtb.verbs.exits import DONE, INPUT, Failed
from llmtb.verbs.place import failures, folder_of, settings_of
from llmtb.verbs.progress import say, shown
from llmtb.verbs.reach import done

BY = "owner"


def backup(
    place: tuple[Path | None, Path | None],
    folder: Path,
    keys: bool,
    as_json: bool,
    machine: tuple[Clock, Callable[[int], bytes]],
) -> int:
    """Make a backup in a folder; the journal says first that it is made. Raises Failed.

    machine: its clock, and bytes that nobody can guess.
    """
    clock, new_bytes = machine
    settings = settings_of(place[0])
    data = folder_of(settings, place[1])
    if not (data / JOURNAL_FILE).exists():
        raise Failed(INPUT, f"{data}: there is no journal here")
    with failures():
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            done(*place, {"do": "record_backup", "by": BY, "keys": keys})
            origin = settings.audit.origin
            signer = Signer.at(data, origin, new_bytes)
            with shown() as tell:
                order = Order(data, keys, clock.now(), origin)
                target, manifest = back_up(order, folder, signer, tell)
        except Unable as unable:
            raise Failed(unable.status, str(unable)) from unable
    for name in manifest.damaged:
        sys.stderr.write(f"llmtb: {name}: is not the document that was added; add it again\n")
    say({"folder": str(target), "manifest": manifest}, _lines(target, manifest), as_json)
    return DONE


def _lines(target: Path, manifest: Manifest) -> list[str]:
    lines = [f"{manifest.events} events are in {target}, and hold."]
    if manifest.has_keys:
        key = "People's keys are in it, but not the master key that opens them: keep that apart."
        lines.append(key)
    else:
        lines.append("No keys are in it: what is said of people cannot be read in it.")
    return lines
