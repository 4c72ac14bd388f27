"""`llmtb ask`: one question to the knowledge, outside of any chat."""

import sys
from pathlib import Path
from typing import Any

import msgspec

from llmtb.inference.answering.reply import Reply
from llmtb.library.requests import AskOnce
from llmtb.verbs.ask import as_json, render
from llmtb.verbs.exits import DONE, INPUT, Failed
from llmtb.verbs.reach import done


def ask(
    place: tuple[Path | None, Path | None], request: dict[str, Any], why: bool, in_json: bool
) -> int:
    """Ask, and print the answer with its sources; a draft as it is written. Raises Failed."""
    try:
        wanted = msgspec.convert(request, AskOnce)
    except msgspec.ValidationError as error:
        raise Failed(INPUT, str(error)) from error
    if wanted.draft and not in_json:
        sys.stdout.write("DRAFT – read and correct it before it is sent\n\n")
    outcome = done(*place, wanted, piece=None if in_json else _piece)
    reply = msgspec.convert(outcome["reply"], Reply)
    if in_json:
        sys.stdout.write(f"{as_json(reply)}\n")
        return DONE
    if wanted.draft:
        sys.stdout.write("\n\nfrom:\n\n")
    sys.stdout.write(render(reply, why=why))
    if outcome["sample"]:
        sys.stdout.write("(The made-up company answers: `llmtb knowledge add` brings your own.)\n")
    return DONE


def _piece(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
