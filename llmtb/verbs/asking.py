"""`llmtb ask`: one question to the knowledge, outside of any chat."""

import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from llmtb.inference.answering.reply import Reply
from llmtb.library.requests import AskOnce, NotUnderstood, request
from llmtb.verbs.ask import as_json, render
from llmtb.verbs.exits import DONE, INPUT, Failed
from llmtb.verbs.reach import done

_MARK: Final = "DRAFT – read and correct it before it is sent"


def ask(
    place: tuple[Path | None, Path | None], given: dict[str, Any], why: bool, in_json: bool
) -> int:
    """Ask, and print the answer with its sources; a draft as it is written. Raises Failed."""
    try:
        wanted = request(AskOnce, **given)
    except NotUnderstood as error:
        raise Failed(INPUT, str(error)) from error
    draft: list[str] = []

    def piece(text: str) -> None:
        if not in_json:
            sys.stdout.write(text if draft else f"{_MARK}\n\n{text}")
            sys.stdout.flush()
        draft.append(text)

    outcome = done(*place, wanted, piece=piece)
    reply = msgspec.convert(outcome["reply"], Reply)
    if in_json:
        form = msgspec.json.decode(as_json(reply))
        form |= {"draft": "".join(draft)} if wanted.draft else {}
        sys.stdout.write(f"{msgspec.json.format(msgspec.json.encode(form), indent=2).decode()}\n")
        return DONE
    if wanted.draft:
        sys.stdout.write("\n\nWhat would be answered:\n\n")
    sys.stdout.write(render(reply, why=why))
    if outcome["sample"]:
        sys.stdout.write("(The made-up company answers: `llmtb knowledge add` brings your own.)\n")
    return DONE
