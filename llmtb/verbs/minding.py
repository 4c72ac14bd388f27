"""The verbs of people's own data: `forget`."""

import argparse
from collections.abc import Callable
from typing import Any


def add(verbs: Any, place: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add the verbs; `place` adds the arguments that say where the data are."""
    forget = verbs.add_parser("forget", help="destroy the keys of a person's words")
    forget.add_argument("person", metavar="PERSON", help="an agent's id; chat/ID of a customer")
    forget.add_argument("--reason", help="why, for the journal; nothing personal")
    forget.add_argument("--yes", action="store_true", help="do not ask whether it is meant")
    forget.set_defaults(do=_forget)

    place(forget)
    forget.add_argument("--json", action="store_true", help="say the outcome as JSON")


def _forget(options: argparse.Namespace) -> int:
    from llmtb.verbs.forget import forget

    place = (options.settings, options.data)
    return forget(place, options.person, options.reason, options.yes, options.json)
