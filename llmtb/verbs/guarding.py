"""The arguments of the verbs that guard the keys of what is said about people."""

import argparse
from collections.abc import Callable
from typing import Any

Place = Callable[[argparse.ArgumentParser], None]
"""Adds the arguments that say which settings and data are meant."""


def add(verbs: Any, place: Place) -> None:
    """Add the verbs."""
    keys = verbs.add_parser("keys", help="people's keys: status, rotate, abandon")
    acts = keys.add_subparsers(dest="act", metavar="ACT", required=True)
    status = acts.add_parser("status", help="how many there are, and what locks them")
    status.set_defaults(do=_status)
    rotate = acts.add_parser("rotate", help="lock them by another master key")
    rotate.set_defaults(do=_rotate)
    abandon = acts.add_parser("abandon", help="go on without keys that are lost")
    abandon.set_defaults(do=_abandon)
    for act in (status, rotate, abandon):
        place(act)
        act.add_argument("--json", action="store_true", help="say the outcome as JSON")


def _status(options: argparse.Namespace) -> int:
    from llmtb.verbs.keys import status

    return status((options.settings, options.data), options.json)


def _rotate(options: argparse.Namespace) -> int:
    from llmtb.verbs.keys import rotate

    return rotate((options.settings, options.data), options.json)


def _abandon(options: argparse.Namespace) -> int:
    from llmtb.verbs.keys import abandon

    return abandon((options.settings, options.data), options.json)
