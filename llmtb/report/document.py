"""What every rendering of a report is made from: the report, and how its reader is spoken to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from llmtb.events.personal import REDACTED
from llmtb.events.report import ActLine, AgentLines, BreakLine, ShiftReport
from llmtb.report.terms import AUTHORS, Terms

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})
DECIMAL_SIGNS: Mapping[str, str] = {"fa": "٫", "id": ",", "pt": ","}
"""What stands before the tenths, in languages where it is no point."""


class Speech(Protocol):
    """How one language says things; `llmtb.channels.conversation.words` has them all."""

    @property
    def language(self) -> str: ...
    @property
    def zone(self) -> ZoneInfo:
        """The time zone of every local time."""
        ...

    def say(self, msgid: str, **values: str | int) -> str:
        """A sentence, by its English form, with values in its places."""
        ...

    def number(self, n: int) -> str:
        """A number in the language's digits."""
        ...

    def clock(self, instant: datetime) -> str:
        """The local time of day, without its seconds."""
        ...

    def day(self, day: date) -> str:
        """A date in the language's calendar."""
        ...

    def calm(self, text: str) -> str:
        """A text, with words where it says that some were destroyed."""
        ...

    def isolate(self, text: str) -> str:
        """A name or a remark that neither turns the words around it nor is turned by them."""
        ...


class PlainSpeech:
    """English, as it stands in the code."""

    language = "en"

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone

    def say(self, msgid: str, **values: str | int) -> str:
        return msgid.format(**values)

    def number(self, n: int) -> str:
        return str(n)

    def clock(self, instant: datetime) -> str:
        return f"{instant.astimezone(self.zone):%H:%M}"

    def day(self, day: date) -> str:
        return f"{day:%a %d %b %Y}"

    def calm(self, text: str) -> str:
        return text.replace(REDACTED, "(no longer kept)")

    def isolate(self, text: str) -> str:
        text = self.calm(text)
        return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())


@dataclass(frozen=True, slots=True)
class Document:
    """A report and how it is to be shown.

    names: the names of people, by id; who has none is shown by id.
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
        speech = self.speech
        day = speech.day(date.fromisoformat(self.report.shift[:10]))
        hours = self.hours(self.report.starts, self.report.ends)
        return f"{speech.isolate(self.shift)} · {day} · {hours}"

    @property
    def leftward(self) -> bool:
        """Whether the language is read from right to left."""
        return self.speech.language in RIGHT_TO_LEFT

    @property
    def until(self) -> datetime:
        """The shift's end; later, where it was closed later because nothing was running then."""
        return max([self.report.ends, *(rest.end for _, rest in self.breaks())])

    def name(self, agent: str) -> str:
        """What a person is called, or what acts in a person's place."""
        return self.said(self.names.get(agent) or self.term(AUTHORS, agent))

    def said(self, text: str) -> str:
        """What people wrote, with words where it says that some were destroyed."""
        return self.speech.calm(text)

    def term(self, terms: Terms, word: str) -> str:
        """A word of the published language in the reader's; one that has no term stays."""
        return self.speech.say(terms[word]) if word in terms else word

    def hours(self, starts: datetime, ends: datetime) -> str:
        """From one time of day to another."""
        return f"{self.speech.clock(starts)}–{self.speech.clock(ends)}"

    def figure(self, text: str) -> str:
        """A number or a length of time in the language's digits."""
        digits = {str(n): self.speech.number(n) for n in range(10)}
        digits["."] = DECIMAL_SIGNS.get(self.speech.language, ".")
        return "".join(digits.get(letter, letter) for letter in text)

    def length(self, seconds: int) -> str:
        """A length of time: hours, minutes and seconds."""
        return self.figure(f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}")

    def local(self, instant: datetime) -> datetime:
        """A local time to the second, without its zone: spreadsheets know no others."""
        rounded = instant.astimezone(self.speech.zone) + timedelta(milliseconds=500)
        return rounded.replace(microsecond=0, tzinfo=None)

    def breaks(self) -> Iterator[tuple[str, BreakLine]]:
        """Every break with its agent's id, by start."""
        every = ((line.agent, rest) for line in self.report.agents for rest in line.breaks)
        return iter(sorted(every, key=lambda each: (each[1].start, each[0])))

    def acts(self) -> Iterator[tuple[str | None, ActLine]]:
        """Every act with the id of the agent it was on, None for the shift itself, by time."""
        every: list[tuple[str | None, ActLine]] = [(None, act) for act in self.report.acts]
        every += [(lines.agent, act) for lines in self.report.agents for act in lines.acts]
        return iter(sorted(every, key=lambda each: (each[1].at, each[0] or "")))


def resting_seconds(lines: AgentLines) -> int:
    """How long an agent rested in all."""
    spans = (rest.end - rest.start for rest in lines.breaks)
    return int(sum(spans, timedelta()).total_seconds())


def late_seconds(lines: AgentLines) -> int:
    """By how much an agent was late in all."""
    return sum(rest.late_seconds for rest in lines.breaks)


def standing(lines: AgentLines) -> int:
    """How many warnings of an agent were not forgiven."""
    return sum(not warning.forgiven for warning in lines.warnings)
