"""What is asked for on the command line, read from the log and the files."""

import argparse
from datetime import UTC, datetime

from replay.exits import INPUT, Failed
from replay.reading.source import Source, open_source
from replay.speech import Speech, plain
from replay.whatif.log import Log, Range, Scene, read
from replay.whatif.playing import Manner
from replay.zone import company


def log_of(options: argparse.Namespace) -> Log:
    """The range of the log that is asked for. Raises Failed."""
    if options.shift is not None and (options.since or options.until):
        raise Failed(INPUT, "say --shift, or --from and --to, not both")
    with open_source(options.path) as source:
        since = _instant(options.since, "--from", source)
        until = _instant(options.until, "--to", source)
        if since and until and until < since:
            raise Failed(INPUT, "--to is before --from")
        return read(source.events(), Range(options.shift, since, until))


def manner_of(options: argparse.Namespace) -> Manner:
    """How people are taken to behave."""
    return Manner(options.returns, options.move_returns)


def speech_of(scene: Scene) -> Speech:
    """Instants in the zone of the log's last policy."""
    return Speech(scene.policies[-1][1].zone)


def range_of(scene: Scene, speech: Speech) -> str:
    """The range in words."""
    span = f"{speech.when(scene.starts)} to {speech.when(scene.ends)}"
    return span if scene.shift is None else f"{plain(scene.shift)}, {span}"


def _instant(text: str | None, option: str, source: Source) -> datetime | None:
    """An instant as it is written, in the company's zone if it says none; None for none."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
        zone = at.tzinfo or company(source).zone
        return at.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        why = "is not an instant such as 2026-11-21T08:00"
        raise Failed(INPUT, f"{option}: {plain(text)} {why}") from error
