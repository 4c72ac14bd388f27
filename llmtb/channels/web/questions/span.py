"""What of the questions somebody wants to see: from when to when, whose, in which language."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final, Literal, NamedTuple
from urllib.parse import urlencode

from llmtb.projections.questions import Asked

Range = Literal["today", "yesterday", "week", "month", "dates"]

LONGEST: Final = 92  # days that can be looked at together
_DAYS: Final[Mapping[str, tuple[int, int]]] = {
    "today": (0, 0),
    "yesterday": (1, 1),
    "week": (6, 0),
    "month": (29, 0),
}
"""How many days ago a range begins and ends."""
AUDIENCES: Final = ("customer", "agent")


class Unclear(ValueError):
    """What is wanted cannot be read; the argument is the field."""


class Wanted(NamedTuple):
    """A span of local dates, both included, and of whom and which; empty: all of them."""

    range: Range
    first: date
    last: date
    audience: str = ""
    language: str = ""
    shift: str = ""

    @property
    def days(self) -> int:
        """How many days it spans."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Wanted":
        """As many days, right before."""
        length = timedelta(days=self.days)
        return self._replace(first=self.first - length, last=self.last - length)

    def holds(self, asked: Asked) -> bool:
        """Whether a question is of those wanted."""
        return (
            self.first.isoformat() <= asked.date <= self.last.isoformat()
            and self.audience in ("", asked.audience)
            and self.language in ("", asked.language)
            and self.shift in ("", (asked.shift or "").partition("/")[2])
        )

    def query(self, **more: str) -> str:
        """All of it as the query of an address, with more."""
        fields: dict[str, str] = {"range": self.range}
        if self.range == "dates":
            fields |= {"since": self.first.isoformat(), "until": self.last.isoformat()}
        fields |= {"audience": self.audience, "language": self.language, "shift": self.shift}
        return urlencode({name: value for name, value in (fields | more).items() if value})


def wanted_of(given: Mapping[str, str], today: date) -> Wanted:
    """What an address asks for. Raises Unclear with the field that cannot be read."""
    kind = given.get("range") or "today"
    if kind == "dates":
        first, last = _date(given, "since", today), _date(given, "until", today)
        if not 0 <= (last - first).days < LONGEST or first.toordinal() <= LONGEST:
            raise Unclear("until")
    elif kind in _DAYS:
        begins, ends = _DAYS[kind]
        first, last = today - timedelta(days=begins), today - timedelta(days=ends)
    else:
        raise Unclear("range")
    audience = given.get("audience", "")
    if audience and audience not in AUDIENCES:
        raise Unclear("audience")
    return Wanted(
        kind,  # type: ignore[arg-type]  # one of the ranges, as was just seen
        first,
        last,
        audience,
        given.get("language", "")[:8],
        given.get("shift", "")[:60],
    )


def _date(given: Mapping[str, str], field: str, today: date) -> date:
    try:
        return date.fromisoformat(given[field]) if given.get(field) else today
    except ValueError:
        raise Unclear(field) from None
