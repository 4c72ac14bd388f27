"""The arguments of the verbs that keep the records: backup, restore, rescue."""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

NewBytes = Callable[[int], bytes]
Place = Callable[[argparse.ArgumentParser], None]
"""Adds the arguments that say which settings and data are meant."""


def add(verbs: Any, place: Place, new_bytes: NewBytes) -> None:
    """Add the verbs. new_bytes: gives bytes that nobody can guess."""
    backup = verbs.add_parser("backup", help="a proven copy of the data, also while the bot runs")
    backup.add_argument("folder", type=Path, metavar="FOLDER", help="it gets a folder in this one")
    backup.add_argument(
        "--without-keys", action="store_true", help="what is said of people cannot be read in it"
    )
    place(backup)
    backup.add_argument("--json", action="store_true", help="say the outcome as JSON")
    backup.set_defaults(do=partial(_backup, new_bytes))

    restore = verbs.add_parser("restore", help="a new folder of data, from a backup")
    restore.add_argument("backup", type=Path, metavar="BACKUP", help="the backup's own folder")
    until = restore.add_mutually_exclusive_group()
    until.add_argument("--at", metavar="TIME", help="as it was then (default: all of it)")
    until.add_argument("--seq", type=int, metavar="N", help="up to this event")
    restore.add_argument(
        "--keys", type=Path, metavar="FILE", help="a newer keys.db: what it forgot stays forgotten"
    )
    restore.add_argument(
        "--data", type=Path, metavar="NEWFOLDER", required=True, help="where it is made"
    )
    restore.add_argument("--json", action="store_true", help="say the outcome as JSON")
    restore.set_defaults(do=_restore)

    rescue = verbs.add_parser("rescue", help="what can be read of a damaged journal, and where not")
    rescue.add_argument("file", type=Path, metavar="FILE", help="the journal.db; it is left alone")
    rescue.add_argument(
        "--to", type=Path, metavar="NEWFOLDER", required=True, help="where what is rescued goes"
    )
    rescue.add_argument(
        "--with",
        type=Path,
        dest="others",
        action="append",
        default=[],
        metavar="EXPORT",
        help="an export or a backup that may fill gaps; again for another",
    )
    rescue.add_argument("--json", action="store_true", help="say the outcome as JSON")
    rescue.set_defaults(do=_rescue)


def _backup(new_bytes: NewBytes, options: argparse.Namespace) -> int:
    from llmtb.runtime.clock import WallClock
    from llmtb.verbs.backup import backup

    place = (options.settings, options.data)
    with_keys = not options.without_keys
    return backup(place, options.folder, with_keys, options.json, (WallClock(), new_bytes))


def _restore(options: argparse.Namespace) -> int:
    from llmtb.verbs.restore import Wish, restore

    wish = Wish(options.backup, options.data, options.at, options.seq, options.keys)
    return restore(wish, options.json)


def _rescue(options: argparse.Namespace) -> int:
    from llmtb.verbs.rescue import rescue

    return rescue(options.file, options.to, options.others, options.json)
