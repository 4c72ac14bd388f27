"""Tables as CSV files: UTF-8 with a byte-order mark, CRLF, no cell that runs as a formula.

Columns and the words in them are those of the published language, in whatever language the page is.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

from llmtb.channels.web.questions.figures import Figures, Tally, outcome_of
from llmtb.events.published import instant
from llmtb.projections.questions import Asked
from llmtb.report.listing import FORMULA

Cell = str | int | None

GROUPS: Final = (
    *("question", "language", "count", "before", "customers", "agents", "askers", "again"),
    *("unanswered", "rated_low", "by_person", "example_1", "example_2", "example_3"),
)
QUESTIONS: Final = (
    *("at_utc", "date", "shift", "audience", "language", "level", "question", "outcome", "origin"),
    *("reason", "milliseconds", "confidence", "source", "rating", "handed_over_utc"),
    *("first_words_utc", "answer_of_a_person"),
)
FIGURES: Final = (
    *("of", "asked", "contained", "decided", "at_once", "chosen", "offered", "person", "withheld"),
    *("waiting", "rated_good", "rated_bad", "bot_ms_p50", "bot_ms_p95"),
    *("person_seconds_p50", "person_seconds_p95"),
)


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A table as a CSV file."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_harmless(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig", "replace")


def group_rows(tallies: Iterable[Tally]) -> Iterator[Sequence[Cell]]:
    """Groups of questions, each with the first of the words it was asked in."""
    for each in tallies:
        name = each.group.name
        words = list(dict.fromkeys(asked.text for asked in each.group.questions))
        others = [text for text in words if text != name.text][:3]
        yield (
            *(name.text, name.language, each.number, each.before, each.customers, each.agents),
            *(each.askers, each.again, each.unanswered, each.low, each.helped),
            *others,
            *[""] * (3 - len(others)),
        )


def question_rows(asked: Iterable[Asked]) -> Iterator[Sequence[Cell]]:
    """Single questions, without who asked them."""
    for each in asked:
        sure = None if each.confidence is None else f"{each.confidence:.3f}"
        yield (
            *(instant(each.at), each.date, each.shift, each.audience, each.language, each.level),
            *(each.text, outcome_of(each), each.origin, each.reason, each.milliseconds, sure),
            *(each.source, each.rating, instant(each.handed) if each.handed else None),
            *(instant(each.helped) if each.helped else None, each.said),
        )


def figure_rows(named: Iterable[tuple[str, Figures]]) -> Iterator[Sequence[Cell]]:
    """Figures, a row for each of what they are of: a day, an hour, an audience."""
    for name, each in named:
        shares = each.shares
        yield (
            *(name, each.asked, each.contained, each.decided, shares["at_once"], shares["chosen"]),
            *(shares["offered"], shares["person"], shares["withheld"], shares["waiting"]),
            *(each.good, each.bad, each.bot.half, each.bot.most),
            *(each.person.half, each.person.most),
        )


def file_name(table: str, first: date, last: date) -> str:
    """What a file is called: `questions-top-2026-11-21.csv`."""
    days = first.isoformat() if first == last else f"{first.isoformat()}-{last.isoformat()}"
    return f"questions-{table}-{days}.csv"


def _harmless(cell: Cell) -> str | int:
    """A value that no spreadsheet takes for a formula."""
    if cell is None:
        return ""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(FORMULA) else cell
