"""The reports in pages: what they tell is what the report holds, and only who may sees it."""

import asyncio
import re
from collections.abc import Callable, Sequence
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given, settings

from llmtb.actors.agent import EndBreak, ForgiveWarning, StartBreak
from llmtb.channels.attachments import DRAW, document_of
from llmtb.channels.web.reports.pages import report_page
from llmtb.channels.web.reports.rebuilding import JOURNAL, Rebuilt, rebuilt
from llmtb.channels.web.viewer import Viewer
from llmtb.data import JOURNAL_FILE
from llmtb.events.access import RecordViewed
from llmtb.events.event import Event
from llmtb.events.floor import ShiftReported
from llmtb.events.journal import Change, Journal, Part
from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.projections.shift_report import report_of
from llmtb.report.document import Document, late_seconds
from llmtb.report.svg import as_svg, sheets
from tests.projections.logs import example, logs, recorded
from tests.report.documents import documents
from tests.web.serving import SHIFT, WORDS, Served, play

HOSTILE = "<script>alert(1)</script>"
REPORT = "/reports/2026-11-21/morning"


async def a_shift(served: Served, *, over: bool = True) -> None:
    """A morning of three with a rest that ended late; over, or still running."""
    await served.hire("maryam", "supervisor")
    for agent, name in (("ali", HOSTILE), ("sara", "=HYPERLINK(1)"), ("نیما", "نیما")):
        await served.hire(agent, name=name)
        await served.roster(agent)
    served.clock.on(minutes=2)
    await opened(served)
    await served.do(StartBreak(agent="ali", kind="normal"))
    await served.do(StartBreak(agent="sara", kind="normal"))  # one of five may: refused
    served.clock.on(minutes=17)
    await served.do(EndBreak(agent="ali"))
    await served.do(StartBreak(agent="sara", kind="urgent"))
    if over:
        served.clock.on(hours=8)
        await closed(served)


async def opened(served: Served) -> None:
    await until(served, lambda: SHIFT in served.console.known.floor.shifts)


async def closed(served: Served) -> None:
    await until(served, lambda: SHIFT in reported(served))


def reported(served: Served) -> set[str]:
    """The shifts that have a report."""
    return {e.shift for e in served.events(ShiftReported) if isinstance(e, ShiftReported)}


async def until(served: Served, holds: Callable[[], bool]) -> None:
    """Wait until something is so, and the views know of it."""
    feeder = served.console.feeder
    async with asyncio.timeout(30):
        while not holds():
            await feeder.change(feeder.known.seq)
    await served.seen()


async def kept(served: Served, language: str = "en") -> Document:
    async with served.views.snapshot() as read:
        document = await document_of(read, SHIFT, WORDS, language)
    assert document is not None
    return document


async def page(served: Served, path: str, status: int = 200) -> str:
    got = await served.http.get(path)
    assert got.status_code == status, path
    assert HOSTILE not in got.text
    return got.text


def cells(html: str) -> list[list[str]]:
    """The rows of every table, cell by cell, as they are read."""
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", html, re.DOTALL)
    found = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL) for row in rows]
    return [[unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in row] for row in found]


def test_the_list_has_the_figures_of_each_shift(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        assert "No shift has ended yet." in await page(served, "/reports")
        await a_shift(served)
        for path in ("/reports", "/reports?date=2026-11-21"):
            [row] = [row for row in cells(await page(served, path)) if "morning" in row[0]]
            assert row[1:] == ["3/3", "2", "2", "3", "1"]
        assert "No shift of that day" in await page(served, "/reports?date=2026-11-20")

    play(tmp_path, story)


def test_a_report_tells_all_that_it_holds(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await a_shift(served)
        document = await kept(served)
        report, html = document.report, await page(served, REPORT)
        rows = cells(html)
        for agent, rest in document.breaks():
            [shown] = [
                r
                for r in rows
                if r[:1] == [agent] and document.figure(clock(document, rest.start)) in r[3:4]
            ]
            assert shown[4] == clock(document, rest.due)
            assert shown[8] == (document.length(rest.late_seconds) if rest.late_seconds else "–")
        assert sum(len(row) == 9 for row in rows) == 1 + len(list(document.breaks()))
        assert sum(len(row) == 4 for row in rows) == 1 + len(report.capacity)
        assert sum(len(row) == 5 for row in rows) == 1 + sum(report.refusals.values())
        assert html.count('<g class="rest ') == len(list(document.breaks()))

    play(tmp_path, story)


def clock(document: Document, instant: Any) -> str:
    return f"{document.local(instant):%H:%M}"


@pytest.mark.parametrize("language", ["en", "fa"])
def test_files_are_those_of_the_report_byte_for_byte(language: str, tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await a_shift(served)
        served.http.cookies.set("language", language)
        assert f'<html lang="{language}"' in await page(served, REPORT)
        document = await kept(served, language)
        for form, draw in {**DRAW, "svg": as_svg}.items():
            got = await served.http.get(f"{REPORT}/files/{form}")
            assert got.content == draw(document), form
            suffix = "txt" if form == "text" else form
            name = f"attachment; filename*=UTF-8''2026-11-21-morning.{suffix}"
            assert got.headers["content-disposition"] == name
        csv = (await served.http.get(f"{REPORT}/files/csv")).content.decode("utf-8-sig")
        assert "'=HYPERLINK" in csv
        await page(served, f"{REPORT}/files/exe", 404)

    play(tmp_path, story)


def test_a_report_drawn_again_from_the_events_is_the_same(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await a_shift(served)
        assert JOURNAL == JOURNAL_FILE
        shown = await page(served, f"{REPORT}/rebuilt")
        assert "byte for byte" in shown
        assert "differs" not in shown

    play(tmp_path, story)


@given(documents())
@settings(max_examples=40, deadline=None)
def test_any_report_is_told_whole_whatever_people_are_called(document: Document) -> None:
    speech = WORDS.speech(document.speech.language, document.speech.zone)
    viewer = Viewer(agent="x", roles=frozenset(["supervisor"]), name="", speech=speech)
    html = report_page(viewer, document, [], sheets(document)).content
    shown = Counting()
    shown.feed(html)
    report, agents = document.report, document.report.agents
    rows = {
        "agents": len(agents),
        "rests": sum(len(lines.breaks) for lines in agents),
        "warnings": sum(len(lines.warnings) for lines in agents),
        "refusals": sum(report.refusals.values()),
        "capacity": len(report.capacity),
        "acts": len(report.acts) + sum(len(lines.acts) for lines in agents),
    }
    assert shown.rows == {name: number + 1 for name, number in rows.items() if number}
    assert shown.scripts == 3  # the theme's, the stream's, the room's
    assert shown.rests == rows["rests"]
    figures = [unescape(each) for each in re.findall(r"<dd>(.*?)</dd>", html)]
    numbers = [re.sub(r"<[^>]+>", "", each) for each in figures]
    assert speech.number(report.peak_resting) in numbers
    assert speech.number(rows["rests"]) in numbers
    assert document.length(sum(map(late_seconds, agents))) in numbers
    for lines in agents:
        assert f'href="/people/{quote(lines.agent)}"' in html


class Counting(HTMLParser):
    """The rows of each table of a report, and what else there is to count."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, int] = {}
        self.scripts = self.rests = 0
        self._table = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "section":
            self._table = (given.get("id") or "").removeprefix("table-")
        elif tag == "tr":
            self.rows[self._table] = self.rows.get(self._table, 0) + 1
        self.scripts += tag == "script"
        self.rests += tag == "g" and (given.get("class") or "").startswith("rest ")
        assert not any(name.startswith("on") or name == "style" for name in given)


def test_what_is_forgiven_afterwards_is_told_beside_the_report(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await a_shift(served)
        before = await kept(served)
        await served.do(ForgiveWarning(by="maryam", agent="ali", reason="the <lift> was stuck"))
        shown = await page(served, REPORT)
        assert "the &lt;lift&gt; was stuck" in shown
        assert (await kept(served)).report == before.report
        assert "byte for byte" in await page(served, f"{REPORT}/rebuilt")

    play(tmp_path, story)


def test_what_there_is_not_is_not_found_and_what_is_no_day_is_said(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await a_shift(served)
        for path in (
            "/reports/2026-11-21/nothing",
            "/reports/1999-01-01/morning",
            "/reports/x/y/rebuilt",
            "/reports/x/y/files/csv",
            "/people/nobody",
        ):
            await page(served, path, 404)
        for path in (
            "/reports?date=yesterday",
            "/reports?after=2026-11-21/nothing",
            "/adherence?date=2026-13-01",
            "/adherence/me?date=20261121",
            "/people/ali?before=now",
        ):
            assert 'role="alert"' in await page(served, path, 400)

    play(tmp_path, story)


def test_the_list_is_turned_page_by_page_and_nothing_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llmtb.channels.web.reports.pages.LISTED", 1)

    async def story(served: Served) -> None:
        both = [("first", "08:00", "09:00"), ("second", "08:00", "09:00")]
        table = [{"name": name, "start": start, "end": end} for name, start, end in both]
        await served.rules({"shifts": table})
        served.clock.on(minutes=70)
        await until(served, lambda: {"2026-11-21/first", "2026-11-21/second"} <= reported(served))
        seen, path = [], "/reports?date=2026-11-21"
        while path:
            html = await page(served, path)
            seen += re.findall(r'data-shift="([^"]+)"', html)
            found = re.search(r'href="(/reports\?after=[^"]+)"', html)
            path = unescape(found[1]) if found else ""
        assert seen[:2] == ["2026-11-21/second", "2026-11-21/first"]
        assert len(seen) == len(set(seen)) == len(reported(served))

    play(tmp_path, story)


def test_every_look_is_recorded(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await a_shift(served)
        for path in (REPORT, f"{REPORT}/files/csv", "/people/ali", "/adherence"):
            await page(served, path) if "files" not in path else await served.http.get(path)
        looks = {(e.what, e.of) for e in viewed(served.events(RecordViewed))}
        assert looks == {
            ("report", SHIFT),
            ("export", SHIFT),
            ("history", "ali"),
            ("adherence", "now"),
        }

    play(tmp_path, story)


def viewed(events: list[Event]) -> list[RecordViewed]:
    return [event for event in events if isinstance(event, RecordViewed)]


def test_what_is_kept_of_a_person_is_told_day_by_day(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await a_shift(served)
        rows = cells(await page(served, "/people/ali"))
        [rest] = [row for row in rows if row[:1] == ["normal"]]
        assert rest[1] == "morning"
        assert rest[6] == "2 minutes"
        [warning] = [row for row in rows if "late" in row[2:3]]
        assert warning[3:] == ["1", "–"]
        assert "نیما" in await page(served, "/people/%D9%86%DB%8C%D9%85%D8%A7")
        async with served.views.snapshot() as read:
            assert await report_of(read, SHIFT) is not None

    play(tmp_path, story)


async def again(folder: Path, log: Sequence[Event]) -> list[Rebuilt]:
    """Every report of a log, drawn again from a journal that holds it."""
    path = folder / JOURNAL
    journal = await Journal.open(SQLiteStore(path))
    changes = [Change(row.stream, row.version, row.event) for row in recorded(log)]
    await journal.append([Part(changes)])
    reports = [event for event in log if isinstance(event, ShiftReported)]
    # Of a shift that was opened twice, the last report is the one that is kept.
    last = {event.shift: msgspec.json.encode(event.report) for event in reports}
    found = [rebuilt(path, shift, kept) for shift, kept in last.items()]
    await journal.close()
    return found


@given(logs())
@settings(max_examples=15, deadline=None)
def test_any_shift_is_rebuilt_the_same_beside_a_journal_in_use(log: list[Event]) -> None:
    with TemporaryDirectory() as folder:
        assert all(each.same for each in asyncio.run(again(Path(folder), log)))


def test_a_report_that_was_tampered_with_is_told_from_what_the_events_say(tmp_path: Path) -> None:
    found = asyncio.run(again(tmp_path, example("day-of-200.jsonl")))
    assert len(found) == 3
    assert all(each.same for each in found)
    bad = rebuilt(tmp_path / JOURNAL, "2026-11-21/morning", b"{}")
    assert not bad.same
    assert bad.events > 100


def test_a_shift_may_be_called_anything(tmp_path: Path) -> None:
    name = 'a"<b>?#%41&é'

    async def story(served: Served) -> None:
        await served.rules({"shifts": [{"name": name, "start": "08:00", "end": "09:00"}]})
        served.clock.on(minutes=70)
        await until(served, lambda: f"2026-11-21/{name}" in reported(served))
        listed = await page(served, "/reports?date=2026-11-21")
        paths = {unescape(each) for each in re.findall(r'href="(/reports/[^"]+)"', listed)}
        [path] = [each for each in paths if not each.endswith("/night")]
        for html in (listed, await page(served, path), await page(served, f"{path}/rebuilt")):
            assert '"<b>' not in html
            assert "a&#34;&lt;b&gt;?#%41&amp;é" in html
        got = await served.http.get(f"{path}/files/csv")
        assert got.content.decode("utf-8-sig").startswith("shift,row")
        assert quote(name, safe="") in got.headers["content-disposition"]

    play(tmp_path, story)
