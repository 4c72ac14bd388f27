"""`llmtb disclose`: gives a person everything held about them, as a page and as JSON."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from llmtb.audit.keeping.whole import half, refuse_used
from llmtb.audit.privacy.disclosing import others_of, told_of
from llmtb.audit.privacy.disclosure_page import EVENTS, PAGE, page
from llmtb.audit.privacy.retention import policy_of
from llmtb.audit.privacy.tracing import known, who
from llmtb.channels.conversation.words import Words
from llmtb.control import Unable
from llmtb.data import JOURNAL_FILE, Opened, open_journal
from llmtb.runtime.clock import Clock, WallClock
from llmtb.verbs.exits import DONE, INPUT, Failed
from llmtb.verbs.place import failures, folder_of, settings_of
from llmtb.verbs.reach import done

T = TypeVar("T")


class Wish(NamedTuple):
    """What was typed: about whom, where it shall be, in which language."""

    person: str
    out: Path | None
    language: str


def disclose(
    place: tuple[Path | None, Path | None],
    wish: Wish,
    as_json: bool,
    clock: Clock | None = None,
) -> int:
    """Write it; the journal says first that it is done. Raises Failed."""
    settings = settings_of(place[0])
    folder = folder_of(settings, place[1])
    if not (folder / JOURNAL_FILE).exists():
        raise Failed(INPUT, f"{folder}: there is no journal here")
    out = wish.out or Path(f"llmtb-disclosure-{wish.person.replace('/', '-')}")

    def read(work: Callable[[Opened], T]) -> T:
        async def opened() -> T:
            held = await open_journal(folder, settings.audit, os.environ, read_only=True)
            try:
                return work(held)
            finally:
                await held.close()

        return asyncio.run(opened())

    try:
        with failures():
            refuse_used(out)
            person = read(lambda held: known(held.journal, wish.person).id)
            done(*place, {"do": "record_disclosure", "by": "owner", "person": person})
            count = read(lambda held: _write(held, wish._replace(person=person), out, clock))
    except Unable as unable:
        raise Failed(unable.status, str(unable)) from unable
    if as_json:
        told = {"person": person, "events": count, "folder": str(out)}
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
    else:
        sys.stdout.write(f"{count} events about {person}: {out / PAGE}\n")
    return DONE


def _write(held: Opened, wish: Wish, out: Path, clock: Clock | None) -> int:
    """Write the folder, for its owner's eyes alone; how many events it tells of."""
    journal = held.journal
    person = known(journal, wish.person)
    others = others_of(who(journal), person)
    told = list(told_of(journal.read(), person, others))
    speech = Words.load().speech(wish.language, policy_of(journal).zone)
    written = page(person.id, told, speech, (clock or WallClock()).now())
    with half(out.parent, "disclosure") as made:
        (made.folder / PAGE).write_text(written, encoding="utf-8")
        (made.folder / EVENTS).write_bytes(msgspec.json.encode([e.form for e in told]) + b"\n")
        made.become(out)
    return len(told)
