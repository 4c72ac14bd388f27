"""What other systems send and get, as types: the description of the API is made from them."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from llmtb.events.chat import Audience, Origin
from llmtb.events.floor import PhoneState
from llmtb.projections.board import Calls, Emergency, ShiftNow

MOST_PHONES = 500  # in one request
AgentId = Annotated[str, Meta(min_length=1, max_length=64)]
SourceId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._:-]{1,64}\Z")]
Whole = Annotated[int, Meta(ge=0, le=1_000_000)]


class Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all bodies: strict about names."""


class Question(Given, frozen=True, kw_only=True):
    """A question. language: a code such as `fa`; without it, it is found out.

    audience, level: for whom an answer is meant: which documents may be used.
    """

    text: Annotated[str, Meta(min_length=1, max_length=4096)]
    language: Annotated[str, Meta(pattern=r"^[a-z]{2,3}\Z")] | None = None
    audience: Audience = "customer"
    level: Annotated[int, Meta(ge=0, le=100)] = 0


class LoadFigures(Given, frozen=True, kw_only=True):
    """The phone system's figures for the last interval; times in seconds."""

    calls: Whole
    aht_seconds: Annotated[float, Meta(ge=0, le=86_400)]
    waiting: Whole | None = None
    longest_wait_seconds: Annotated[float, Meta(ge=0, le=604_800)] | None = None
    source: SourceId = "phone"


class PhoneReport(Given, frozen=True, kw_only=True):
    """What an agent's phone does."""

    agent: AgentId
    state: PhoneState


PhoneReports = Annotated[list[PhoneReport], Meta(min_length=1, max_length=MOST_PHONES)]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where an answer is from. passage: its id; page: from 1."""

    document: str
    title: str
    passage: str
    section: str
    page: int | None


class Answered(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="answered"):
    """An answer. confidence: from 0 to 1. original: the text before it was translated, if it was.

    sample: whether it is from the made-up company's documents.
    """

    text: str
    language: str
    origin: Origin
    confidence: float
    model: str | None
    original: str | None
    sources: list[Source]
    milliseconds: int
    sample: bool


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that may have been meant; `question` as it stands there, if it is one."""

    source: Source
    question: str | None
    text: str


class Choices(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="choices"):
    """Up to three entries, one of which may have been meant."""

    choices: list[Choice]
    language: str
    milliseconds: int
    sample: bool


class Withheld(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="withheld"):
    """No answer: a person is to answer. reason: such as `nothing_found` or `personal_data`."""

    reason: str
    language: str
    milliseconds: int
    sample: bool


Answer = Answered | Choices | Withheld


class FloorNow(msgspec.Struct, frozen=True, kw_only=True):
    """The whole floor at an instant, as of the event `seq`; shifts by start.

    emergency: who holds the one emergency slot. calls: the phone system's latest figures.
    names: of everybody above, by id; only where they were asked for.
    """

    seq: int
    at: datetime
    timezone: str
    shifts: list[ShiftNow]
    emergency: Emergency | None
    calls: Calls | None
    names: dict[str, str] | None


class CapacityNow(msgspec.Struct, frozen=True, kw_only=True):
    """The capacity of one open shift."""

    shift: str
    capacity: int
    free: int


class LoadTaken(msgspec.Struct, frozen=True, kw_only=True):
    """The figures are recorded as the event `seq`, at that instant."""

    seq: int
    at: datetime


class PhoneTaken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one report: `unknown` means that there is no such agent."""

    agent: str
    result: Literal["changed", "unchanged", "unknown"]


class PhonesTaken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of each report, in the order they came, and how many of each."""

    reports: list[PhoneTaken]
    changed: int
    unchanged: int
    unknown: int


class Alive(msgspec.Struct, frozen=True, kw_only=True):
    """The program runs."""

    status: Literal["alive"] = "alive"


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """Whether it can do its work, and why not: one line each.

    head: the journal's last event. views_behind: events that are not in every view yet.
    models: `ready`, `loading`, or `none` where no questions are answered here.
    """

    ready: bool
    reasons: list[str]
    head: int
    views_behind: int
    models: Literal["ready", "loading", "none"]
