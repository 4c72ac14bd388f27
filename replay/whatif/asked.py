"""What is asked for on the command line, read from the log and the files."""

import argparse
from datetime import UTC, datetime

from replay.exits import INPUT, Failed
from replay.source import open_source
from replay.speech import Speech, plain
from replay.whatif.log import Log, Range, Scene, read
from replay.whatif.playing import Manner


def log_of(options: argparse.Namespace) -> Log:
    """The range of the log that is asked for. Raises Failed."""
    since, until = instant(options.since, "--from"), instant(options.until, "--to")
    if options.shift is not None and (since or until):
        raise Failed(INPUT, "say --shift, or --from and --to, not both")
    if since and until and until < since:
        raise Failed(INPUT, "--to is before --from")
    with open_source(options.path) as source:
        return read(source.events(), Range(options.shift, since, until))


def manner_of(options: argparse.Namespace) -> Manner:
    """How people are taken to behave."""
    return Manner(options.returns, options.move_returns)


def instant(text: str | None, option: str) -> datetime | None:
    """An instant as it is written; None for none. Raises Failed."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise Failed(INPUT, f"{option}: {plain(text)} says no time zone, such as +03:30 or Z")
        return at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        why = "is not an instant such as 2026-11-21T08:00:00+03:30"
        raise Failed(INPUT, f"{option}: {plain(text)} {why}") from error


def speech_of(scene: Scene) -> Speech:
    """Instants in the zone of the log's last policy."""
    return Speech(scene.policies[-1][1].zone)


def range_of(scene: Scene, speech: Speech) -> str:
    """The range in words."""
    span = f"{speech.when(scene.starts)} to {speech.when(scene.ends)}"
    return span if scene.shift is None else f"{plain(scene.shift)}, {span}"
