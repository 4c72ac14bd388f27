"""The picture of a report: drawn for any shift, the same each time, of a size that can be sent."""

import io
import struct
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from PIL import Image

from llmtb.events.event import Event
from llmtb.report import letters
from llmtb.report.document import Document
from llmtb.report.level import levels
from llmtb.report.timeline import COLOURS, LATE, as_png, missing_font
from tests.projections.logs import logs
from tests.report.documents import LANGUAGES, Language, a_day, crowd, documents, documents_of, empty

MOST_SIDES = 10_000  # width and height together: what Telegram takes as a photo
MOST_RATIO = 20


def size(picture: bytes) -> tuple[int, int]:
    assert picture.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


def pixels(document: Document, colour: str) -> int:
    """How many points of a picture have a colour."""
    picture = Image.open(io.BytesIO(as_png(document))).convert("RGB")
    wanted = tuple(bytes.fromhex(colour[1:]))
    return sum(count for count, each in picture.getcolors(1 << 24) or [] if each == wanted)


@given(documents())
@settings(max_examples=15, deadline=None)
def test_any_shift_can_be_drawn_whatever_its_people_are_called(document: Document) -> None:
    width, height = size(as_png(document))
    assert width + height <= MOST_SIDES


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_report_gives_the_same_picture(language: Language) -> None:
    document = a_day(language)[0]
    first = as_png(document)
    assert as_png(document) == first
    assert b"tEXt" not in first  # no clock, no version


@pytest.mark.parametrize("language", ["en", "fa", "id", "pt"])
def test_our_own_font_has_the_letters_of_most_languages(language: Language) -> None:
    assert missing_font(empty(language)) is None


def test_without_a_chinese_font_the_picture_is_english_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chinese, english = crowd(3, "zh"), crowd(3)
    latin = frozenset(range(0x2E80))
    monkeypatch.setattr(letters, "_letters", lambda: latin)
    note = missing_font(chinese)
    assert note is not None
    assert "zh" in note
    assert ink(chinese) > ink(english)  # the same picture, and the note
    monkeypatch.setattr(letters, "_letters", lambda: latin | frozenset(range(0x2E80, 0x10000)))
    assert missing_font(chinese) is None


def ink(document: Document) -> int:
    """How many points of the head's left half, below the title, are not white."""
    picture = Image.open(io.BytesIO(as_png(document))).convert("L")
    head = picture.crop((0, 55, picture.width // 2 + 300, 85))
    return sum(head.histogram()[:250])


@pytest.mark.parametrize("agents", [1, 12, 13, 240, 1000])
def test_a_picture_can_be_sent_however_many_there_are(agents: int) -> None:
    width, height = size(as_png(crowd(agents)))
    assert width + height <= MOST_SIDES
    assert max(width, height) / min(width, height) <= MOST_RATIO


def test_a_row_is_added_for_each_agent() -> None:
    heights = [size(as_png(crowd(agents)))[1] for agents in (5, 10, 30, 60, 200)]
    assert heights == sorted(set(heights))


def test_what_is_drawn_is_what_was() -> None:
    for colour in (COLOURS["normal"], LATE):  # the legend has them all
        assert pixels(crowd(8), colour) > pixels(crowd(4), colour) > pixels(empty(), colour)
    assert pixels(crowd(8), COLOURS["meal"]) < 2 * pixels(empty(), COLOURS["meal"])


def test_the_level_agrees_with_the_report() -> None:
    for document in a_day():
        steps, report = levels(document.report), document.report
        assert max(step.ordinary + step.emergency for step in steps) <= report.peak_resting
        assert resting(document) == pytest.approx(report.mean_resting, abs=0.001)


@given(logs())
@settings(max_examples=40, deadline=None)
def test_the_level_of_any_shift_agrees_with_its_report(log: Sequence[Event]) -> None:
    for document in documents_of(log, {}):
        steps = levels(document.report)
        assert [step.at for step in steps] == sorted({step.at for step in steps})
        assert steps[-1].ordinary == steps[-1].emergency == 0
        assert all(step.ordinary >= 0 and step.emergency in (0, 1) for step in steps)


def resting(document: Document) -> float:
    """How many rested on average, as the level has it."""
    steps = levels(document.report)
    spans = ((b.at - a.at) * (a.ordinary + a.emergency) for a, b in pairwise(steps))
    return sum(spans, start=timedelta()) / (steps[-1].at - steps[0].at)
