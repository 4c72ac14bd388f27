"""`why`: the causes of an event in words, from what the log itself adds up to."""

import argparse
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec

from replay.exits import DONE, INPUT, Failed
from replay.reading.source import open_source
from replay.reasons.explaining import Cause, Explanation, causes
from replay.speech import Speech, plain
from replay.standings.scene import Scene
from replay.zone import add_zone, company, speech_of

DEEPEST = 20


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("path", type=Path, metavar="PATH", help="an export, or a journal.db")
    parser.add_argument("seq", type=int, metavar="SEQ", help="the position of the event")
    parser.add_argument(
        "--depth",
        type=int,
        default=2,
        metavar="N",
        help="how many causes behind each other to explain; 1: the event alone",
    )
    add_zone(parser)
    parser.add_argument("--json", action="store_true", help="say it as JSON")


def run(options: argparse.Namespace) -> int:
    """Explain an event. Raises Failed where there is none."""
    if not 1 <= options.depth <= DEEPEST:
        raise Failed(INPUT, f"--depth {options.depth}: must be from 1 to {DEEPEST}")
    speech = speech_of(options.zone)
    with open_source(options.path) as source:
        begin = partial(Scene, speech, source.manifest)
        tree = causes(source.events, options.seq, options.depth, begin)
        if tree is None:
            raise Failed(INPUT, f"{options.path}: there is no event {options.seq}")
        if options.json:
            sys.stdout.write(msgspec.json.encode(tree).decode() + "\n")
        else:
            for line in lines(tree, speech or company(source)):
                sys.stdout.write(f"{line}\n")
    return DONE


def lines(tree: Cause, speech: Speech) -> Iterator[str]:
    """The tree as indented lines: an event, its reasons, and the events behind them."""
    yield from _lines(tree, speech, 0)


def _lines(tree: Cause, speech: Speech, depth: int) -> Iterator[str]:
    margin = "    " * depth
    for line in _event(tree.event, speech):
        yield f"{margin}{line}"
    for cause in tree.causes:
        yield ""
        yield from _lines(cause, speech, depth + 1)


def _event(event: Explanation, speech: Speech) -> Iterator[str]:
    at = f"{speech.date(event.at)} {speech.clock(event.at)}"
    yield f"#{event.seq}  {at}  {event.type}: {event.what}."
    for reason in event.reasons:
        seqs = ", ".join(f"#{seq}" for seq in reason.seqs)
        yield f"  - because {reason.text}{f' ({seqs})' if seqs else ''}."
    for doubt in event.doubts:
        yield f"  ! But: {plain(doubt, 2000)}."
