"""What every rendering of a report is made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from llmtb.events.report import AgentLines, ShiftReport


class Speech(Protocol):
    """How one language says things; `llmtb.channels.conversation.words` has them all."""

    @property
    def language(self) -> str: ...
    @property
    def zone(self) -> ZoneInfo:
        """The time zone of every local time."""
        ...

    def say(self, msgid: str) -> str:
        """A sentence, by its English form."""
        ...

    def number(self, n: int) -> str: ...
    def clock(self, instant: datetime) -> str:
        """The local time of day."""
        ...

    def day(self, day: date) -> str: ...


class PlainSpeech:
    """English, as it stands in the code."""

    language = "en"

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone

    def say(self, msgid: str) -> str:
        return msgid

    def number(self, n: int) -> str:
        return str(n)

    def clock(self, instant: datetime) -> str:
        return f"{instant.astimezone(self.zone):%H:%M}"

    def day(self, day: date) -> str:
        return f"{day:%a %d %b %Y}"


@dataclass(frozen=True, slots=True)
class Document:
    """A report and how it is to be shown.

    names: the names of agents, by id; who has none is shown by id.
    meals: the meal windows that were held: (name, opened, closed).
    """

    report: ShiftReport
    speech: Speech
    names: Mapping[str, str] = field(default_factory=dict)
    meals: tuple[tuple[str, datetime, datetime], ...] = ()

    @property
    def shift(self) -> str:
        """The shift's name."""
        return self.report.shift[11:]

    @property
    def title(self) -> str:
        """The shift, its day and its hours."""
        say, day = self.speech.clock, date.fromisoformat(self.report.shift[:10])
        hours = f"{say(self.report.starts)}–{say(self.report.ends)}"
        return f"{self.shift} · {self.speech.day(day)} · {hours}"

    def name(self, agent: str) -> str:
        """What an agent is called."""
        return self.names.get(agent, agent)


def late_minutes(lines: AgentLines) -> int:
    """The whole minutes an agent was late in all."""
    return sum(rest.late_seconds for rest in lines.breaks) // 60


def rest_minutes(lines: AgentLines) -> int:
    """The whole minutes an agent rested in all."""
    return sum(int((rest.end - rest.start).total_seconds()) for rest in lines.breaks) // 60
