"""`state`: everything that held at an instant, or after an event."""

import argparse
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import msgspec

from llmtb.events.exported import Manifest
from llmtb.events.record import Recorded
from replay.exits import DONE, INPUT, Failed
from replay.reading.source import open_source
from replay.sheet import sheet
from replay.standings.scene import Scene
from replay.standings.standing import standing
from replay.zone import add_zone, company, instant_of, speech_of


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("path", type=Path, metavar="PATH", help="an export, or a journal.db")
    parser.add_argument(
        "--at",
        metavar="TIME|SEQ",
        help="an instant, local if it says no offset, or the position of an event; the end if not"
        " said",
    )
    add_zone(parser)
    parser.add_argument("--json", action="store_true", help="say it as JSON")


def run(options: argparse.Namespace) -> int:
    """Say what held. Raises Failed where nothing had happened by then."""
    speech = speech_of(options.zone)
    with open_source(options.path) as source:
        seq = int(options.at) if options.at and options.at.isdecimal() else None
        if options.at is None or seq is not None:
            scene = up_to(source.events(), seq, source.manifest)
            if seq is not None and scene.seq < seq:
                raise Failed(INPUT, f"{options.path}: the log ends with event {scene.seq}")
            now = scene.latest
        else:
            now = instant_of(options.at, speech or company(source))
            scene = by_then(source.events(), now, source.manifest)
    if now is None or scene.latest is None:
        raise Failed(INPUT, f"{options.path}: nothing had happened by then")
    found = standing(scene, now)
    if options.json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in sheet(found, speech or scene.speech))
    return DONE


def up_to(events: Iterable[Recorded], seq: int | None, manifest: Manifest | None = None) -> Scene:
    """The scene after an event; None: after the last one."""
    scene = Scene(None, manifest)
    for recorded in events:
        if seq is not None and recorded.seq > seq:
            break
        scene.apply(recorded)
    return scene


def by_then(events: Iterable[Recorded], now: datetime, manifest: Manifest | None = None) -> Scene:
    """The scene at an instant.

    What fell due while the program was down was written later, under its own instant: so all
    events are looked at, and those of later instants left out.
    """
    scene = Scene(None, manifest)
    for recorded in events:
        if recorded.event.at <= now:
            scene.apply(recorded)
        else:
            scene.pass_over(recorded)
    return scene
