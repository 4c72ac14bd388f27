"""What questions add up to: how many were answered, by whom, how fast, and how well.

Pure arithmetic over the rows of the questions view; docs/questions.md defines every figure.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple

from llmtb.channels.web.questions.meaning import Group
from llmtb.projections.questions import Asked

Outcome = Literal["at_once", "chosen", "offered", "person", "withheld", "waiting"]

OUTCOMES: Final[tuple[Outcome, ...]] = (
    "at_once",
    "chosen",
    "offered",
    "person",
    "withheld",
    "waiting",
)
NO_GAP: Final = {"small_talk", "empty", "personal_data", "instruction", "session_ended", "promise"}
"""Reasons for which nothing is told that no document could change."""


def outcome_of(asked: Asked) -> Outcome:
    """What came of a question, as one of the shares that make up the whole."""
    if asked.handed is not None or asked.origin == "person":
        return "person"
    match asked.outcome:
        case "answered":
            return "chosen" if asked.offered else "at_once"
        case "offered":
            return "offered"
        case "withheld":
            return "withheld"
        case _:
            return "waiting"


def is_gap(asked: Asked) -> bool:
    """Whether the documents did not answer it: withheld, answered by a person, or of no help."""
    if asked.rating == 0 or asked.origin == "person":
        return True
    if asked.handed is not None and asked.outcome != "answered":
        return asked.reason not in NO_GAP
    return asked.outcome == "withheld" and asked.reason not in NO_GAP


class Times(NamedTuple):
    """How long it took: of how many, the median, and what 95 of 100 did not exceed."""

    number: int
    half: int
    most: int


class Figures(NamedTuple):
    """All that questions add up to.

    shares: how many of each outcome. offered: that could mean several things, whatever came of it.
    handed: for which a person was asked. contained: answered without a person; decided: with an
    outcome. good, bad: ratings. bot: milliseconds. person: seconds from the question to the first
    words of a person.
    """

    asked: int
    shares: dict[Outcome, int]
    offered: int
    withheld: int
    handed: int
    callbacks: int
    by_person: int
    contained: int
    decided: int
    good: int
    bad: int
    bot: Times
    person: Times

    @property
    def containment(self) -> int | None:
        """Of 100 that were decided, how many were answered without a person; None of none."""
        return percent(self.contained, self.decided)


def figures_of(asked: Sequence[Asked]) -> Figures:
    """The figures of some questions."""
    shares: Counter[Outcome] = Counter(map(outcome_of, asked))
    ratings = Counter(each.rating for each in asked)
    contained = shares["at_once"] + shares["chosen"]
    return Figures(
        asked=len(asked),
        shares={outcome: shares[outcome] for outcome in OUTCOMES},
        offered=sum(each.offered for each in asked),
        withheld=sum(each.reason is not None for each in asked),
        handed=sum(each.handed is not None for each in asked),
        callbacks=sum(each.callback for each in asked),
        by_person=sum(each.origin == "person" for each in asked),
        contained=contained,
        decided=contained + shares["person"] + shares["withheld"],
        good=ratings[1],
        bad=ratings[0],
        bot=_times(each.milliseconds for each in asked),
        person=_times(_waited(each) for each in asked),
    )


class Tally(NamedTuple):
    """A group of questions in numbers.

    number: now; before: in the span before. again: asked again by the same chat. unanswered:
    withheld or offered in vain. low: rated as of no help. helped: answered by a person.
    """

    group: Group
    number: int
    before: int
    customers: int
    agents: int
    askers: int
    again: int
    unanswered: int
    low: int
    helped: int

    @property
    def trouble(self) -> int:
        """How often it went badly for whoever asked."""
        return self.again + self.unanswered + self.low

    @property
    def key(self) -> str:
        """The question that stands for the group."""
        return self.group.name.question


def tally(group: Group, before: int = 0) -> Tally:
    """A group in numbers; before: how many there were in the span before."""
    questions = group.questions
    askers = Counter(each.agent or each.chat for each in questions)
    outcomes = Counter(map(outcome_of, questions))
    return Tally(
        group=group,
        number=len(questions),
        before=before,
        customers=sum(each.audience == "customer" for each in questions),
        agents=sum(each.audience == "agent" for each in questions),
        askers=len(askers),
        again=len(questions) - len(askers),
        unanswered=outcomes["withheld"] + outcomes["offered"],
        low=sum(each.rating == 0 for each in questions),
        helped=sum(each.origin == "person" for each in questions),
    )


def percent(part: int, whole: int) -> int | None:
    """Part of a whole in hundredths, halves up; None of nothing."""
    return (200 * part + whole) // (2 * whole) if whole else None


def _times(spent: Iterable[int | None]) -> Times:
    known = sorted(each for each in spent if each is not None)
    if not known:
        return Times(0, 0, 0)
    return Times(len(known), _rank(known, 50), _rank(known, 95))


def _rank(ordered: Sequence[int], share: int) -> int:
    """The nearest rank: the least value that this share of 100 does not exceed."""
    return ordered[max(0, -(-share * len(ordered) // 100) - 1)]


def _waited(asked: Asked) -> int | None:
    if asked.helped is None:
        return None
    return max(0, round((asked.helped - asked.at).total_seconds()))
