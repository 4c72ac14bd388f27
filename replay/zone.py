"""In which zone instants are said and read: the one that was asked for, else the company's."""

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from llmtb.events.floor import PolicyChanged
from llmtb.projections.capacity import Centre
from replay.exits import INPUT, Failed
from replay.reading.source import Source
from replay.speech import Speech


def add_zone(parser: argparse.ArgumentParser) -> None:
    """The argument that says it."""
    parser.add_argument(
        "--zone",
        metavar="ZONE",
        help="say local times of this IANA zone; the company's if not said",
    )


def speech_of(zone: str | None) -> Speech | None:
    """How to say instants; None: as the company does. Raises Failed for no IANA zone."""
    if zone is None:
        return None
    try:
        return Speech(ZoneInfo(zone))
    except (KeyError, ValueError, OSError) as error:
        raise Failed(INPUT, f"{zone}: is no IANA time zone, such as Asia/Tehran") from error


def zone_in(policy: Mapping[str, Any]) -> ZoneInfo:
    """The company's zone by its policy, as an event holds it; the default where it says none."""
    zone = policy.get("timezone")
    try:
        return ZoneInfo(zone) if isinstance(zone, str) else Centre().policy.zone
    except (KeyError, ValueError, OSError):
        return Centre().policy.zone


def first_zone(source: Source) -> ZoneInfo:
    """The company's zone until a policy is read: the manifest's, else the default."""
    told = source.manifest.policy if source.manifest is not None else None
    return zone_in(told or {})


def company(source: Source) -> Speech:
    """How the company says its instants at the end of a log."""
    zone = first_zone(source)
    for recorded in source.events():
        if isinstance(recorded.event, PolicyChanged):
            zone = zone_in(recorded.event.policy)
    return Speech(zone)


def instant_of(text: str, speech: Speech) -> datetime:
    """An instant as ISO 8601; without an offset it is a local time. Raises Failed."""
    try:
        read = datetime.fromisoformat(text)
        if read.tzinfo is None:
            read = read.replace(tzinfo=speech.zone)
        return read.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        line = f"{text}: is neither the position of an event nor a time such as 2026-11-21T13:42"
        raise Failed(INPUT, line) from error
