"""The verbs of people's own data: `forget`, `disclose`."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from llmtb.settings import languages


def add(verbs: Any, place: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add the verbs; `place` adds the arguments that say where the data are."""
    forget = verbs.add_parser("forget", help="destroy the keys of a person's words")
    forget.add_argument("person", metavar="PERSON", help="an agent's id; chat/ID of a customer")
    forget.add_argument("--reason", help="why, for the journal; nothing personal")
    forget.add_argument("--yes", action="store_true", help="do not ask whether it is meant")
    forget.set_defaults(do=_forget)

    disclose = verbs.add_parser("disclose", help="give a person everything held about them")
    disclose.add_argument("person", metavar="PERSON", help="an agent's id; chat/ID of a customer")
    disclose.add_argument(
        "--out", type=Path, help="the new folder (default: llmtb-disclosure- and the person, here)"
    )
    disclose.add_argument("--language", default="en", choices=languages(), help="of its words")
    disclose.set_defaults(do=_disclose)

    for verb in (forget, disclose):
        place(verb)
        verb.add_argument("--json", action="store_true", help="say the outcome as JSON")


def _forget(options: argparse.Namespace) -> int:
    from llmtb.verbs.forget import forget

    place = (options.settings, options.data)
    return forget(place, options.person, options.reason, options.yes, options.json)


def _disclose(options: argparse.Namespace) -> int:
    from llmtb.verbs.disclose import Wish, disclose

    wish = Wish(options.person, options.out, options.language)
    return disclose((options.settings, options.data), wish, options.json)
