"""A shift's report is drawn again from the log, the same bytes as the living program gives."""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.cli import main as llmtb
from llmtb.events.event import Event
from llmtb.events.floor import BreakEnded, BreakExtended, ShiftReported, WarningForgiven
from llmtb.events.personal import REDACTED, divide, plan_of
from llmtb.events.record import Recorded
from llmtb.events.report import ShiftReport
from llmtb.projections.database import reading
from llmtb.projections.shift_report import ShiftReports, kept_bytes
from replay.__main__ import main
from replay.exits import BROKEN, DONE, INPUT
from replay.report import compared, draw
from tests.projections.logs import Tape, logs, recorded
from tests.projections.rows import feed
from tests.replay.folds import day

MORNING = "2026-11-21/morning"


def reports(log: Sequence[Recorded]) -> dict[str, ShiftReport]:
    """The reports that a log holds; of a shift that closed twice, the last."""
    return {e.shift: e.report for each in log if isinstance(e := each.event, ShiftReported)}


def holds(log: Sequence[Recorded]) -> None:
    """Hold every report drawn again against the one in the log, byte for byte."""
    for shift, report in reports(log).items():
        drawn = draw(log, shift)
        assert msgspec.json.encode(drawn.report) == msgspec.json.encode(report)
        assert compared(drawn)[0] == DONE
        assert "byte for byte" in compared(drawn)[1]


@given(logs())
@settings(max_examples=40)
def test_every_report_is_drawn_again_byte_for_byte(log: list[Event]) -> None:
    holds(recorded(log))


@given(st.integers(0, 3), st.sampled_from([0, 2]))
@settings(max_examples=4)
def test_so_are_those_of_whole_days(seed: int, crashes: int) -> None:
    log = list(day(seed, crashes=crashes)[0])
    assert len(reports(log)) == 3
    holds(log)


def redacted(each: Recorded) -> Recorded:
    """An event as it is read once the words in it are destroyed."""
    plan = plan_of(type(each.event))
    if plan is None:
        return each
    event = divide(each.event, plan, each.stream, lambda owner, words: None)
    return msgspec.structs.replace(each, event=event)


@given(logs())
@settings(max_examples=40)
def test_they_agree_once_the_words_are_destroyed(log: list[Event]) -> None:
    kept = [redacted(each) for each in recorded(log)]
    holds(kept)
    for shift, report in reports(kept).items():
        blank = REDACTED.encode() in msgspec.json.encode(report)
        assert ("are blank in both" in compared(draw(kept, shift))[1]) == blank


@given(logs())
@settings(max_examples=40)
def test_words_that_can_be_read_on_one_side_alone_make_no_difference(log: list[Event]) -> None:
    acts = BreakEnded | BreakExtended | WarningForgiven
    kept = [redacted(e) if isinstance(e.event, acts) else e for e in recorded(log)]
    for shift, report in reports(kept).items():
        drawn = draw(kept, shift)
        status, words = compared(drawn)
        assert status == DONE
        same = msgspec.json.encode(drawn.report) == msgspec.json.encode(report)
        assert ("byte for byte" in words) == same
        assert same or REDACTED.encode() in msgspec.json.encode(drawn.report)


# --- the verb ----------------------------------------------------------------------------------


@pytest.fixture
def folder(journal: Path, tmp_path: Path) -> Path:
    shutil.copy(journal, tmp_path / "journal.db")
    return tmp_path


def test_it_is_what_the_program_itself_prints(
    folder: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    arguments = ["report", MORNING, "--json", "--data", str(folder)]
    assert llmtb(arguments) == DONE
    live = capfdbinary.readouterr().out
    assert main(["report", str(folder / "journal.db"), MORNING]) == DONE
    told = capfdbinary.readouterr()
    assert told.out == live
    assert b"byte for byte" in told.err


def test_it_is_what_the_view_keeps(tmp_path: Path) -> None:
    log = list(day(2)[0])
    views = tmp_path / "views.db"
    asyncio.run(feed(views, Tape(log), [ShiftReports()]))

    async def kept(shift: str) -> bytes | None:
        async with reading(views) as read:
            return await kept_bytes(read, shift)

    for shift in reports(log):
        assert msgspec.json.encode(draw(log, shift).report) == asyncio.run(kept(shift))


def test_a_report_that_was_changed_is_told() -> None:
    log = list(day(2)[0])
    place = next(
        n
        for n, e in enumerate(log)
        if isinstance(e.event, ShiftReported) and e.event.shift == MORNING
    )
    event = log[place].event
    assert isinstance(event, ShiftReported)
    report = msgspec.structs.replace(event.report, peak_resting=99)
    log[place] = msgspec.structs.replace(
        log[place], event=msgspec.structs.replace(event, report=report)
    )
    status, words = compared(draw(log, MORNING))
    assert status == BROKEN
    assert "peak_resting" in words


def test_a_log_without_its_beginning_says_what_is_missing() -> None:
    log = list(day(2)[0])
    started = next(n for n, e in enumerate(log) if getattr(e.event, "shift", None) == MORNING)
    status, words = compared(draw(log[started:], MORNING))
    assert (status == DONE) or "cannot be read here" in words
    assert draw(log[started:], MORNING).missing == started


def test_it_can_be_written_to_a_file(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    path = str(folder / "journal.db")
    assert main(["report", path, MORNING, "--out", str(out)]) == DONE
    found = msgspec.json.decode(out.read_bytes(), type=ShiftReport)
    assert found.shift == MORNING
    assert main(["report", path, MORNING, "--out", str(tmp_path)]) == INPUT


def test_a_shift_that_was_not_closed_is_told_in_a_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(folder / "journal.db"), "2026-11-22/night"]) == INPUT
    assert len(capsys.readouterr().err.splitlines()) == 1
