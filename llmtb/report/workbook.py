"""The report as an XLSX workbook: a sheet for the shift, and one for each kind of thing in it.

Times are real date-times in local time, lengths of time real durations, so that a spreadsheet can
reckon with them. Text stays text, whatever it looks like. The same report gives the same bytes.
"""

import io
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from llmtb.report.columns import columns
from llmtb.report.document import Document, late_seconds, resting_seconds, standing
from llmtb.report.terms import ACTS, CAUSES, ENDED_BY, KINDS, REFUSED, WARNED, mark

Cell = str | int | float | datetime | timedelta | None
Rows = Iterator[Sequence[Cell]]

WIDEST = 44  # of a column, in letters
FORMATS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14},
    "head": {"bold": True, "bottom": 1, "bg_color": "#EEF1F5", "text_wrap": True, "valign": "top"},
    "time": {"num_format": "yyyy-mm-dd hh:mm:ss", "align": "center"},
    "length": {"num_format": "[h]:mm:ss", "align": "center"},
    "late": {"num_format": "[h]:mm:ss", "align": "center", "font_color": "#C0392B", "bold": True},
    "count": {"num_format": "0", "align": "center"},
    "mean": {"num_format": "0.0", "align": "center"},
    "text": {},
}


class Sheet(NamedTuple):
    """A sheet: its name and its columns' heads (message ids), and its rows.

    late: the column that holds lateness; what is not zero there stands out.
    """

    name: str
    heads: Sequence[str]
    rows: Rows
    late: int | None = None


def as_xlsx(document: Document) -> bytes:
    """The report as a workbook."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    # No clock is asked: the file was made when the shift ended, whenever it is drawn.
    made = document.local(document.report.ends)
    book.set_properties({"title": document.title, "created": made})
    formats = {name: book.add_format(options) for name, options in FORMATS.items()}
    _write_shift(_add(book, document, mark("Shift")), document, formats)
    for sheet in _sheets(document):
        _write(_add(book, document, sheet.name), sheet, document, formats)
    book.close()
    return out.getvalue()


def _sheets(document: Document) -> Iterator[Sheet]:
    yield Sheet(mark("Agents"), AGENTS, _agents(document), late=6)
    yield Sheet(mark("Rests"), RESTS, _rests(document), late=8)
    yield Sheet(mark("Warnings"), WARNINGS, _warnings(document))
    yield Sheet(mark("Refusals"), REFUSALS, _refusals(document))
    yield Sheet(mark("Capacity"), CAPACITY, _capacity(document))
    yield Sheet(mark("Acts"), ACTED, _acts(document))


AGENTS = (
    *(mark("Agent"), mark("Name"), mark("In"), mark("Out"), mark("Rests"), mark("At rest")),
    *(mark("Late"), mark("Warnings"), mark("Forgiven"), mark("Refused")),
)
RESTS = (
    *(mark("Agent"), mark("Name"), mark("Kind"), mark("Start"), mark("Due"), mark("End")),
    *(mark("Length"), mark("Ended by"), mark("Late")),
)
WARNINGS = (mark("Agent"), mark("Name"), mark("At"), mark("Cause"), mark("Minute"), "Forgiven")
REFUSALS = (mark("Agent"), mark("Name"), mark("At"), mark("Kind"), mark("Reason"))
CAPACITY = (mark("At"), mark("Capacity"), mark("Cause"), mark("Present"))
ACTED = (mark("At"), mark("By"), mark("Act"), mark("Agent"), mark("Name"), mark("Reason"))


def _agents(document: Document) -> Rows:
    for lines in document.report.agents:
        stays = lines.present
        yield (
            lines.agent,
            document.name(lines.agent),
            document.local(stays[0][0]) if stays else None,
            document.local(stays[-1][1]) if stays else None,
            len(lines.breaks),
            timedelta(seconds=resting_seconds(lines)),
            timedelta(seconds=late_seconds(lines)),
            standing(lines),
            len(lines.warnings) - standing(lines),
            len(lines.refusals),
        )


def _rests(document: Document) -> Rows:
    for agent, rest in document.breaks():
        yield (
            agent,
            document.name(agent),
            document.term(KINDS, rest.kind),
            document.local(rest.start),
            document.local(rest.due),
            document.local(rest.end),
            document.local(rest.end) - document.local(rest.start),
            document.term(ENDED_BY, rest.ended_by),
            timedelta(seconds=rest.late_seconds),
        )


def _warnings(document: Document) -> Rows:
    say = document.speech.say
    every = [
        (each.at, lines.agent, each) for lines in document.report.agents for each in lines.warnings
    ]
    for at, agent, warning in sorted(every, key=lambda each: each[:2]):
        cause = document.term(WARNED, warning.cause)
        forgiven = say("yes") if warning.forgiven else say("no")
        yield agent, document.name(agent), document.local(at), cause, warning.minute, forgiven


def _refusals(document: Document) -> Rows:
    every = [
        (each.at, lines.agent, each) for lines in document.report.agents for each in lines.refusals
    ]
    for at, agent, refusal in sorted(every, key=lambda each: each[:2]):
        kind, reason = document.term(KINDS, refusal.kind), document.term(REFUSED, refusal.reason)
        yield agent, document.name(agent), document.local(at), kind, reason


def _capacity(document: Document) -> Rows:
    for line in document.report.capacity:
        cause = document.term(CAUSES, line.cause)
        yield document.local(line.at), line.capacity, cause, line.present


def _acts(document: Document) -> Rows:
    for agent, act in document.acts():
        whom = (agent, document.name(agent)) if agent is not None else (None, None)
        by, what = document.name(act.by), document.term(ACTS, act.act)
        yield document.local(act.at), by, what, *whom, act.reason


def _figures(document: Document) -> Rows:
    """What the shift's own sheet tells."""
    report, say = document.report, document.speech.say
    agents = report.agents
    yield say("Start"), document.local(report.starts)
    yield say("End"), document.local(report.ends)
    yield say("Agents"), len(agents)
    yield say("absent"), sum(not lines.present for lines in agents)
    yield say("Rests"), sum(len(lines.breaks) for lines in agents)
    yield say("Late"), timedelta(seconds=sum(map(late_seconds, agents)))
    yield say("Warnings"), sum(map(standing, agents))
    yield say("Refused"), sum(report.refusals.values())
    yield say("Most at rest at once"), report.peak_resting
    yield say("At rest on average"), report.mean_resting
    for name, opened, closed in document.meals:
        yield f"{say('Meal')}: {name}", document.local(opened), document.local(closed)
    for reason, count in report.refusals.items():
        yield f"{say('Refused')}: {document.term(REFUSED, reason)}", count


def _add(book: Any, document: Document, name: str) -> Any:
    sheet = book.add_worksheet(document.speech.say(name))
    if document.leftward:
        sheet.right_to_left()
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    return sheet


def _write_shift(sheet: Any, document: Document, formats: dict[str, Any]) -> None:
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, document.title, formats["title"])
    rows = list(_figures(document))
    for place, row in enumerate(rows, 2):
        for column, cell in enumerate(row):
            _put(sheet, place, column, cell, formats)
    sheet.set_column(0, 0, _wide([row[0] for row in rows]))
    sheet.set_column(1, 2, 22)


def _write(sheet: Any, table: Sheet, document: Document, formats: dict[str, Any]) -> None:
    heads = [document.speech.say(head) for head in table.heads]
    rows = list(table.rows)
    sheet.write_row(0, 0, heads, formats["head"])
    for place, row in enumerate(rows, 1):
        for column, cell in enumerate(row):
            _put(sheet, place, column, cell, formats, late=column == table.late)
    for column, cells in enumerate(zip(heads, *rows)):
        sheet.set_column(column, column, _wide(cells))
    sheet.freeze_panes(1, 2 if table.heads[1] == "Name" else 1)
    sheet.repeat_rows(0)
    if rows:
        sheet.autofilter(0, 0, len(rows), len(heads) - 1)


def _put(
    sheet: Any, row: int, column: int, cell: Cell, formats: dict[str, Any], late: bool = False
) -> None:
    match cell:
        case None:
            pass
        case str():
            sheet.write_string(row, column, cell, formats["text"])
        case datetime():
            sheet.write_datetime(row, column, cell, formats["time"])
        case timedelta():
            shown = formats["late" if late and cell else "length"]
            sheet.write_number(row, column, cell.total_seconds() / 86_400, shown)
        case float():
            sheet.write_number(row, column, cell, formats["mean"])
        case int():
            sheet.write_number(row, column, cell, formats["count"])


def _wide(cells: Sequence[Cell]) -> int:
    """How wide a column has to be."""
    widths = (20 if isinstance(cell, datetime) else columns(str(cell)) + 2 for cell in cells)
    return min(WIDEST, max(10, *widths))
