"""The timeline as SVG: well-formed for any shift in any language, with each break in it once."""

from datetime import datetime, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from llmtb.report.document import Document
from llmtb.report.plane import EDGE, NAMES, WIDTH, Plane
from llmtb.report.svg import SHEET, as_svg, sheets
from tests.report.documents import LANGUAGES, Language, a_day, crowd, documents, empty

SVG = "{http://www.w3.org/2000/svg}"
Break = tuple[str, str]


def parsed(picture: str | bytes) -> ElementTree.Element:
    return ElementTree.fromstring(picture)  # noqa: S314  we wrote it


def drawn(root: ElementTree.Element) -> list[Break]:
    """The breaks that a picture holds: whose, from when."""
    rests = [each for each in root.iter(f"{SVG}g") if each.get("class", "").startswith("rest ")]
    return [(each.get("data-agent", ""), each.get("data-start", "")) for each in rests]


def told(document: Document) -> list[Break]:
    return [
        (lines.agent, rest.start.isoformat())
        for lines in document.report.agents
        for rest in lines.breaks
    ]


@given(documents())
@settings(max_examples=60, deadline=None)
def test_any_shift_is_well_formed_and_holds_every_break_once(document: Document) -> None:
    assert drawn(parsed(as_svg(document))) == told(document)
    parts = [parsed(part) for part in sheets(document)]
    assert [each for part in parts for each in drawn(part)] == told(document)


@given(documents())
@settings(max_examples=40, deadline=None)
def test_nothing_that_somebody_is_called_becomes_a_part_of_the_picture(document: Document) -> None:
    root = parsed(as_svg(document))
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= {
        *("svg", "title", "desc", "defs", "pattern", "rect", "path", "g", "text", "line"),
    }
    names = {name for each in root.iter() for name in each.attrib}
    assert not any(name.startswith("on") or name in ("style", "href") for name in names)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_lane_is_named_and_every_late_break_is_told(language: Language) -> None:
    for document in a_day(language):
        root = parsed(as_svg(document))
        named = [each for each in root.iter(f"{SVG}text") if each.get("class") == "who"]
        assert len(named) == len(document.report.agents)
        late = [each for each in root.iter(f"{SVG}g") if " late" in each.get("class", "")]
        assert len(late) == sum(rest.late_seconds > 0 for _, rest in document.breaks())
        for each in late:
            assert each.find(f"{SVG}rect[@class='overdue']") is not None
            assert (each.findtext(f"{SVG}title") or "").strip()


def test_time_runs_as_the_language_is_read() -> None:
    for language, earlier_is_left in (("en", True), ("fa", False)):
        document = crowd(1, "fa" if language == "fa" else "en")
        plane = Plane.of(document, "t")
        first, last = plane.x(document.report.starts), plane.x(document.until)
        assert (first < last) == earlier_is_left
        assert {round(first), round(last)} == (
            {NAMES, WIDTH - EDGE} if earlier_is_left else {WIDTH - NAMES, EDGE}
        )
        direction = parsed(as_svg(document)).get("direction")
        assert direction == ("ltr" if earlier_is_left else "rtl")


def test_what_happened_is_where_its_time_is() -> None:
    document = crowd(1)
    plane = Plane.of(document, "t")
    [rest] = [rest for _, rest in document.breaks()]
    root = parsed(as_svg(document))
    [shown] = [each for each in root.iter(f"{SVG}g") if "rest" in each.get("class", "").split()]
    granted, late = shown.findall(f"{SVG}rect")
    due = shown.find(f"{SVG}line")
    assert due is not None
    assert edges(granted) == at(plane, rest.start, rest.due)
    assert edges(late) == at(plane, rest.due, rest.end)
    assert float(due.get("x1", "")) == pytest.approx(plane.x(rest.due), abs=0.1)


def edges(rect: ElementTree.Element) -> list[object]:
    left, width = float(rect.get("x", "")), float(rect.get("width", ""))
    return [pytest.approx(left, abs=0.1), pytest.approx(left + width, abs=0.1)]


def at(plane: Plane, *instants: datetime) -> list[float]:
    return [plane.x(instant) for instant in instants]


@pytest.mark.parametrize("agents", [0, 1, SHEET, SHEET + 1, 200])
def test_a_page_of_paper_holds_whole_lanes(agents: int) -> None:
    parts = sheets(crowd(agents))
    assert len(parts) == max(1, -(-agents // SHEET)) + 1  # and the level
    ids = [each.get("id") for part in parts for each in parsed(part).iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    assert len(sheets(empty())) == 2


def test_several_pictures_in_a_page_share_no_id() -> None:
    parts = [part for key in ("s0-", "s1-") for part in sheets(crowd(3), key=key)]
    ids = [each.get("id") for part in parts for each in parsed(part).iter() if each.get("id")]
    assert len(ids) == len(set(ids))


def test_a_shift_that_runs_is_drawn_up_to_now() -> None:
    document = crowd(2)
    now = document.report.starts + timedelta(hours=2)
    shown = [each.get("class") for each in parsed(as_svg(document, now)).iter()]
    assert shown.count("now") == 2
    assert "now" not in [each.get("class") for each in parsed(as_svg(document)).iter()]
