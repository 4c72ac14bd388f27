"""`llmtb export`: the records for auditors, who can check them without us."""

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from rich.console import Console
from rich.progress import Progress

from llmtb.audit.giving.exporting import Order, export
from llmtb.audit.giving.records import Records
from llmtb.audit.giving.selecting import Chosen, Wanted, choose
from llmtb.audit.keeping.whole import refuse_used
from llmtb.control import Unable
from llmtb.data import JOURNAL_FILE, KEYS_FILE, open_vault
from llmtb.events.audit import Shown
from llmtb.events.codec import CODEC
from llmtb.events.exported import Manifest
from llmtb.events.floor import PolicyChanged
from llmtb.policy import Policy, merge
from llmtb.runtime.clock import Clock
from llmtb.settings import Settings
from llmtb.vault.signer import Signer
from llmtb.verbs.exits import DONE, INPUT, Failed
from llmtb.verbs.place import failures, folder_of, settings_of
from llmtb.verbs.reach import done

BY: Final = "owner"
_DIGITS: Final = 18  # of a position, at most
_LONGEST: Final = 1000  # characters of an id, or of the name of a stream


class Wish(NamedTuple):
    """What was typed: where it shall be; from and up to a position or a time; of what; how."""

    out: Path | None
    first: str | None
    last: str | None
    stream: str | None
    person: str | None
    shown: Shown


class Machine(NamedTuple):
    """What is taken from the machine: its clock, and bytes that nobody can guess."""

    clock: Clock
    new_bytes: Callable[[int], bytes]


def run_export(
    place: tuple[Path | None, Path | None], wish: Wish, as_json: bool, machine: Machine
) -> int:
    """Write an export; the journal says first that it is made. Raises Failed."""
    settings = settings_of(place[0])
    folder = folder_of(settings, place[1])
    if not (folder / JOURNAL_FILE).exists():
        raise Failed(INPUT, f"{folder}: there is no journal here")
    now = machine.clock.now()
    out = wish.out or Path(f"llmtb-export-{now:%Y%m%dT%H%M%SZ}")
    with failures(), ExitStack() as stack:
        records = stack.enter_context(Records(folder / JOURNAL_FILE))
        try:
            wanted = _wanted(records, wish)
            chosen = choose(records, wanted)
            refuse_used(out)
            done(*place, _record(wanted, chosen, wish.shown))
            order = _order(stack, settings, folder, wanted, wish.shown, machine)
            signer = Signer.at(folder, settings.audit.origin, machine.new_bytes)
            manifest = _written(records, order, chosen, out, signer)
        except Unable as unable:
            raise Failed(unable.status, str(unable)) from unable
    _tell(out, manifest, as_json)
    return DONE


def _record(wanted: Wanted, chosen: Chosen, shown: Shown) -> dict[str, Any]:
    """What the journal is to say of it."""
    return {
        "do": "record_export",
        "by": BY,
        "first": chosen.first,
        "last": chosen.last,
        "stream": wanted.stream,
        "person": wanted.person,
        "shown": shown,
    }


def _order(
    stack: ExitStack,
    settings: Settings,
    folder: Path,
    wanted: Wanted,
    shown: Shown,
    machine: Machine,
) -> Order:
    vault = None
    if shown == "opened" and (folder / KEYS_FILE).exists():
        vault = open_vault(folder, settings.audit, os.environ, read_only=True)
        stack.callback(vault.close)
    return Order(
        wanted=wanted,
        shown=shown,
        codec=CODEC.with_keys(vault),
        by=BY,
        made_at=machine.clock.now(),
        origin=settings.audit.origin,
        secret=machine.new_bytes(32),
    )


def _written(records: Records, order: Order, chosen: Chosen, out: Path, signer: Signer) -> Manifest:
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("events", total=chosen.last - chosen.first + 1)
        return export(
            records,
            order,
            chosen,
            out,
            signer,
            lambda gone, of: bar.update(task, completed=gone, total=of),
        )


def _tell(out: Path, manifest: Manifest, as_json: bool) -> None:
    first, last = manifest.first, manifest.last
    if as_json:
        told = {
            "folder": str(out),
            "events": manifest.events,
            "first": None if first is None else first.seq,
            "last": None if last is None else last.seq,
            "shown": manifest.shown,
            "key": manifest.key,
        }
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
        return
    which = "" if first is None or last is None else f", {first.seq} to {last.seq},"
    sys.stdout.write(f"{manifest.events} events{which} are in {out}.\n")
    sys.stdout.write(f"Whoever checks them needs this key, told another way: {manifest.key}\n")


def _wanted(records: Records, wish: Wish) -> Wanted:
    """What was typed, understood. Raises Unable."""
    for text in (wish.stream, wish.person):
        if text is not None and not 0 < len(text) <= _LONGEST:
            raise Unable(INPUT, f"an id or a stream has 1 to {_LONGEST} characters")
    zone = _zone(records)
    first, since = _moment(wish.first, "--from", zone, end=False)
    last, until = _moment(wish.last, "--to", zone, end=True)
    return Wanted(first, last, since, until, wish.stream, wish.person)


def _zone(records: Records) -> ZoneInfo:
    """The company's time zone, in which times are meant that name no other."""
    row = records.last_of(PolicyChanged.__name__, records.head.seq)
    event = None if row is None else CODEC.as_stored(row)[0]
    return merge(Policy(), event.policy).zone if isinstance(event, PolicyChanged) else Policy().zone


def _moment(
    text: str | None, option: str, zone: ZoneInfo, *, end: bool
) -> tuple[int | None, datetime | None]:
    """A position, or an instant; of a date its first or, at the end, its last. Raises Unable."""
    if text is None:
        return None, None
    if text.isascii() and text.isdecimal() and len(text) <= _DIGITS and int(text) > 0:
        return int(text), None
    try:
        return None, _instant(text, zone, end=end).astimezone(UTC)
    except (ValueError, OverflowError):
        line = f"{option} {text[:40]}: write a position, or a time like 2026-11-21T13:42"
        raise Unable(INPUT, line) from None


def _instant(text: str, zone: ZoneInfo, *, end: bool) -> datetime:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        at = datetime.fromisoformat(text)
        return at if at.tzinfo else at.replace(tzinfo=zone)
    if end:
        following = datetime.combine(day + timedelta(days=1), time(), zone)
        return following.astimezone(UTC) - timedelta(microseconds=1)
    return datetime.combine(day, time(), zone)
