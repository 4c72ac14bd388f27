"""The hours that stand beside a timeline, as far apart as its length asks for."""

from datetime import datetime, timedelta
from typing import Final

from llmtb.report.document import Document

STEPS: Final = (
    (timedelta(hours=3), timedelta(minutes=15)),
    (timedelta(hours=6), timedelta(minutes=30)),
    (timedelta(hours=14), timedelta(hours=1)),
    (timedelta(hours=24), timedelta(hours=2)),
)
"""How far apart the hours are, for a shift of such a length."""


def hours(document: Document) -> list[datetime]:
    """Full hours, or parts of them, within the shift: local times."""
    report = document.report
    first = report.starts.astimezone(document.speech.zone).replace(minute=0, second=0)
    length = document.until - report.starts
    every = next((step for most, step in STEPS if length <= most), timedelta(hours=4))
    count = (document.until - first) // every + 1
    ticks = [first + place * every for place in range(count)]
    return [tick for tick in ticks if report.starts <= tick <= document.until]
