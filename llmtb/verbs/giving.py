"""The arguments of the verbs that give the records out, and take them in again."""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from llmtb.events.audit import Shown

NewBytes = Callable[[int], bytes]
Place = Callable[[argparse.ArgumentParser], None]
"""Adds the arguments that say which settings and data are meant."""


def add(verbs: Any, place: Place, new_bytes: NewBytes) -> None:
    """Add the verbs. new_bytes: gives bytes that nobody can guess."""
    export = verbs.add_parser("export", help="the records, for auditors to check without us")
    export.add_argument("--out", type=Path, metavar="FOLDER", help="a new folder (default: here)")
    export.add_argument("--from", dest="first", metavar="WHEN", help="a position, or a time")
    export.add_argument("--to", dest="last", metavar="WHEN", help="a position, or a time")
    export.add_argument("--stream", help="one alone, such as agent/sara")
    export.add_argument("--person", help="what is about one person alone, by id")
    shown = export.add_mutually_exclusive_group()
    shown.add_argument("--sealed", action="store_true", help="what is said of people stays closed")
    shown.add_argument("--pseudonyms", action="store_true", help="nobody can be told by their id")
    place(export)
    export.add_argument("--json", action="store_true", help="say the outcome as JSON")
    export.set_defaults(do=partial(_export, new_bytes))

    import_ = verbs.add_parser("import", help="an export of everything, into an empty journal")
    import_.add_argument("export", type=Path, metavar="EXPORT", help="its folder")
    import_.add_argument(
        "--key", help="that the one who exported gave you: whose export it must be"
    )
    place(import_)
    import_.add_argument("--json", action="store_true", help="say the outcome as JSON")
    import_.set_defaults(do=_import)


def _export(new_bytes: NewBytes, options: argparse.Namespace) -> int:
    from llmtb.runtime.clock import WallClock
    from llmtb.verbs.export import Machine, Wish, run_export

    shown: Shown = "pseudonyms" if options.pseudonyms else "sealed" if options.sealed else "opened"
    wish = Wish(options.out, options.first, options.last, options.stream, options.person, shown)
    machine = Machine(WallClock(), new_bytes)
    return run_export((options.settings, options.data), wish, options.json, machine)


def _import(options: argparse.Namespace) -> int:
    from llmtb.verbs.importing import run_import

    return run_import((options.settings, options.data), options.export, options.key, options.json)
