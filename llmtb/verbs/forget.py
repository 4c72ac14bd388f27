"""`llmtb forget`: destroys the keys of a person's words, once whoever asks has seen what goes."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from llmtb.audit.privacy.forgetting import Found, found
from llmtb.control import Unable
from llmtb.data import JOURNAL_FILE, open_journal
from llmtb.settings import Settings
from llmtb.verbs.exits import DONE, INPUT, Failed
from llmtb.verbs.place import failures, folder_of, settings_of
from llmtb.verbs.reach import done

SORTS: Final = {
    "profile": "names, dates of hire, devices",
    "reasons": "supervisors' reasons",
    "questions": "questions and answers",
    "conversations": "conversations with people",
    "messages": "messages",
}


def forget(
    place: tuple[Path | None, Path | None],
    person: str,
    reason: str | None,
    yes: bool,
    as_json: bool,
) -> int:
    """Say what goes, ask, and have it done. Raises Failed."""
    settings_file, data = place
    settings = settings_of(settings_file)
    folder = folder_of(settings, data)
    if not (folder / JOURNAL_FILE).exists():
        raise Failed(INPUT, f"{folder}: there is no journal here")
    if not yes and not sys.stdin.isatty():
        raise Failed(INPUT, "nobody can be asked whether they are sure; say --yes")
    with failures():
        told = asyncio.run(_found(settings, folder, person))
    sys.stderr.writelines(f"{line}\n" for line in _lines(told))
    if not yes and not _sure():
        raise Failed(INPUT, "nothing was done")
    request: dict[str, Any] = {"do": "forget", "person": person}
    if reason is not None:
        request["reason"] = reason
    outcome = done(settings_file, data, request)
    if as_json:
        sys.stdout.write(msgspec.json.encode(outcome).decode() + "\n")
    else:
        sys.stdout.write(f"{told.person} is forgotten.\n")
    return DONE


async def _found(settings: Settings, folder: Path, person: str) -> Found:
    opened = await open_journal(folder, settings.audit, os.environ, read_only=True)
    try:
        return (await found(opened.journal, person))[2]
    except Unable as unable:
        raise Failed(unable.status, str(unable)) from unable
    finally:
        await opened.close()


def _lines(told: Found) -> list[str]:
    """What goes and what stays, for whoever is to be sure of it."""
    lines = [f"What is about {told.person}, and cannot be read by anybody any more:"]
    lines += [f"  {SORTS[sort]}: in {_count(n, 'event')}" for sort, n in told.words.items()]
    lines.append(f"  their own {_count(told.chats, 'chat')}, in every copy of the journal")
    if told.days:
        lines.append(
            f"  all messages of {_count(told.days, 'day')} in {_count(told.others_chats, 'chat')}"
            " of others, which name them or repeat their words"
        )
    if told.others:
        lines.append(
            f"Words of others that name them, and stay: in {_count(told.others, 'event')}."
        )
    if told.here:
        lines.append("They are on the roster, and are removed from it first.")
    lines.append("What was given out before (exports, reports, messages on phones) stays there.")
    return lines


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _sure() -> bool:
    sys.stderr.write("This cannot be undone. Type yes to go on: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() == "yes"
