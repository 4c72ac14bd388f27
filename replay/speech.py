"""How things are said: local times, ids and words of people, in plain English on one line."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

LONGEST: Final = 200  # characters of somebody's words in a sentence
SHOWN: Final = 12  # members of a list in a sentence

SELVES: Final = {
    "roster": "the roster",
    "clock": "the clock",
    "policy": "the rules",
    "company": "the company",
    "llmtb.toml": "the settings file",
    "bot": "the bot",
    "phone": "the phone system",
}
"""Who is no person, and still causes things."""


class Speech:
    """Says instants in one time zone."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone

    def local(self, at: datetime) -> datetime:
        """An instant in the zone; at the edge of the calendar, as it is."""
        try:
            return at.astimezone(self.zone)
        except OverflowError:
            return at

    def time(self, at: datetime) -> str:
        """A time of day: `10:35`, with seconds where there are any: `10:35:07`."""
        local = self.local(at)
        return f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"

    def clock(self, at: datetime) -> str:
        """A time of day, always with its seconds."""
        return f"{self.local(at):%H:%M:%S}"

    def date(self, at: datetime) -> str:
        """A local date, ISO."""
        return self.local(at).date().isoformat()

    def when(self, at: datetime) -> str:
        """A date and a time of day."""
        return f"{self.date(at)} {self.time(at)}"


def who(by: str) -> str:
    """Who caused something: a person's id, or what else it was."""
    return SELVES.get(by) or plain(by)


def plain(words: str, longest: int = LONGEST) -> str:
    """Somebody's words on one line, cut where they are long; nothing in them steers a terminal."""
    line = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def quoted(words: str | None) -> str:
    """Somebody's words, marked as theirs; nothing where there are none."""
    return "" if words is None else f"“{plain(words)}”"


def listed(items: Iterable[Any], shown: int = SHOWN) -> str:
    """`a, b and c`; of a long list the first few, and how many more there are."""
    texts = [plain(str(each)) for each in items]
    if len(texts) > shown:
        texts = [*texts[:shown], f"{len(texts) - shown} more"]
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if texts[1:] else texts) or "none"


def counted(number: int, one: str, many: str = "") -> str:
    """`1 slot`, `2 slots`."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def lasting(span: timedelta) -> str:
    """A stretch of time, to the second: `1 h 2 min`, `45 s`."""
    seconds = max(0, int(span.total_seconds()))
    hours, minutes, rest = seconds // 3600, seconds % 3600 // 60, seconds % 60
    parts = [f"{n} {unit}" for n, unit in ((hours, "h"), (minutes, "min"), (rest, "s")) if n]
    return " ".join(parts) or "0 s"


def short(digest: str) -> str:
    """The beginning of a digest: enough to tell it from others by eye."""
    return plain(digest)[:8]


def sentence(parts: Sequence[str]) -> str:
    """Parts of a sentence in a row; those that say nothing are left out."""
    return " ".join(part for part in parts if part)
