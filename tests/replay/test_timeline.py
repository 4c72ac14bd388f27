"""What happened to somebody is told whole, in order, in local time; drawn, it is safe to open."""

import json
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.events.access import InvitationAccepted
from llmtb.events.chat import QuestionAsked
from llmtb.events.event import Event
from llmtb.events.floor import ShiftOpened, ShiftReported
from llmtb.events.record import Recorded
from llmtb.events.report import WarningLine
from replay.__main__ import main
from replay.exits import DONE, INPUT
from replay.pictures.drawing import picture
from replay.pictures.ladder import Rung, ladder
from replay.pictures.panels import Panels
from replay.standings.scene import Scene
from replay.telling.told import told
from replay.timeline import about
from tests.projections.logs import NAMES, OPENING, logs, recorded
from tests.replay.folds import CHAT, chatting, day, in_stream

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<script>alert("1")</script>\x1b[2J\x00 & "q" \'s\' ]]>'


@given(logs(), st.sampled_from(NAMES))
@settings(max_examples=40)
def test_all_that_names_a_person_is_told_in_order(log: list[Event], person: str) -> None:
    kept = recorded(log)
    found = [each for each, _ in about(kept, UTC, person)]
    expected = [
        each
        for each in kept
        if person in (each.event.by, getattr(each.event, "agent", None))
        or person in getattr(each.event, "agents", ())
    ]
    assert found == expected


@given(logs())
@settings(max_examples=30)
def test_all_of_a_shift_is_told(log: list[Event]) -> None:
    kept, shift = recorded(log), "2026-11-21/early"
    found = {each.seq for each, _ in about(kept, UTC, shift=shift)}
    assert {e.seq for e in kept if getattr(e.event, "shift", None) == shift} <= found


def test_what_is_asked_in_a_persons_chat_is_theirs() -> None:
    mine = InvitationAccepted(
        at=OPENING, by="4711", invitation="0" * 64, agent="sara", account=CHAT, role="agent"
    )
    asked = chatting(1, 20).events
    log = [Recorded(1, "desk/access", 1, mine, bytes(32))]
    log += [
        Recorded(n, f"chat/{CHAT}", n - 1, event, bytes(32)) for n, event in enumerate(asked, 2)
    ]
    assert any(isinstance(event, QuestionAsked) for event in asked)
    assert [each for each, _ in about(log, UTC, "sara")] == log
    assert [each for each, _ in about(log, UTC, chat=CHAT)] == log[1:]


def test_lines_and_data_tell_the_same_in_local_time(
    journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["timeline", str(journal), "--person", "a005"]) == DONE
    date, *lines = capsys.readouterr().out.splitlines()
    assert date == "2026-11-21 (Asia/Tehran)"
    assert main(["timeline", str(journal), "--person", "a005", "--format", "json"]) == DONE
    data = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        f"  {datetime.fromisoformat(each['local']):%H:%M:%S}  #{each['seq']}  {each['said']}"
        for each in data
    ]
    for each in data:
        assert datetime.fromisoformat(each["local"]) == datetime.fromisoformat(each["at"])
    assert main(["timeline", str(journal), "--person", "a005", "--zone", "UTC"]) == DONE
    assert capsys.readouterr().out.startswith("2026-11-20 (UTC)\n  20:30:00")


# --- pictures ----------------------------------------------------------------------------------


def drawn(svg: str) -> Xml.Element:
    """The picture; it has a name and a description, runs nothing and fetches nothing."""
    root = Xml.fromstring(svg)  # noqa: S314 - we have just written it
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    assert [child.tag for child in root[:2]] == [f"{SVG}title", f"{SVG}desc"]
    assert all(child.text for child in root[:2])
    for each in root.iter():
        assert each.tag.removeprefix(SVG) not in ("script", "a", "image", "use", "foreignObject")
        assert not [name for name in each.attrib if name.startswith("on") or "href" in name]
        assert "nan" not in " ".join(each.attrib.values())
    return root


def titles(root: Xml.Element) -> list[str]:
    return [each.text or "" for each in root.iter(f"{SVG}title")]


@given(logs())
@settings(max_examples=30)
def test_a_picture_of_any_log_holds_its_breaks_warnings_and_refusals(log: list[Event]) -> None:
    panels = Panels(None, None)
    for each in recorded(log):
        panels.note(each)
    found = list(panels.panels())
    root = drawn(picture(found, "All", Scene().speech))
    assert len(found) == len({e.shift for e in log if isinstance(e, ShiftOpened)})
    told = titles(root)
    rows = [row for panel in found for row in panel.rows]
    warnings: list[WarningLine] = [each for row in rows for each in row.warnings]
    assert sum(": warned at" in each for each in told) == len(warnings)
    assert sum(": refused at" in each for each in told) == sum(len(r.refusals) for r in rows)
    assert sum(", due " in each for each in told) == sum(len(r.breaks) for r in rows)


def test_a_panel_says_what_the_report_says() -> None:
    panels, log = Panels(None, None), day(2, agents=60)[0]
    for each in log:
        panels.note(each)
    reported = [each.event for each in log if isinstance(each.event, ShiftReported)]
    found, kinds = {panel.shift: panel for panel in panels.panels()}, set[str]()
    for report in [event.report for event in reported]:
        panel = found[report.shift]
        by_agent = {row.agent: row for row in panel.rows}
        for lines in report.agents:
            if lines.agent in by_agent:
                row = by_agent[lines.agent]
                assert (row.breaks, row.present) == (lines.breaks, lines.present)
                assert (row.warnings, row.refusals) == (lines.warnings, lines.refusals)
        assert panel.capacity == report.capacity
        breaks = [each for lines in report.agents for each in lines.breaks]
        kinds |= {each.kind for each in breaks}
        for at, number in dict(panel.resting).items():
            holding = (b for b in breaks if b.kind != "emergency" and b.start <= at < b.end)
            assert number == len(list(holding))
    assert "emergency" in kinds


def test_hostile_words_are_words() -> None:
    rung = Rung(1, OPENING, QuestionAsked, HOSTILE)
    root = drawn(ladder([rung], HOSTILE, Scene().speech))
    assert any('<script>alert("1")</script>' in each for each in titles(root))
    panels = Panels(None, None)
    shift = f"2026-11-21/{HOSTILE}"
    opened = ShiftOpened(at=OPENING, by="clock", shift=shift, starts=OPENING, ends=OPENING)
    panels.note(Recorded(1, "shift/x", 1, opened, bytes(32)))
    drawn(picture(list(panels.panels()), HOSTILE, Scene().speech))


@given(st.integers(0, 2**32), st.integers(1, 30))
@settings(max_examples=10)
def test_a_chat_is_a_ladder_of_all_that_was_said(seed: int, length: int) -> None:
    speech = Scene().speech
    kept = in_stream(chatting(seed, length).events, f"chat/{CHAT}")
    rungs = [Rung(e.seq, e.event.at, type(e.event), told(e.event, speech)) for e in kept]
    assert {rung.said for rung in rungs} <= set(titles(drawn(ladder(rungs, "Chat", speech))))


@pytest.mark.parametrize("what", [["--person", "a005"], ["--shift", "2026-11-21/morning"]])
def test_it_is_drawn_to_a_file(journal: Path, tmp_path: Path, what: list[str]) -> None:
    out = tmp_path / "timeline.svg"
    arguments = ["timeline", str(journal), *what, "--format", "svg", "--out", str(out)]
    assert main(arguments) == DONE
    drawn(out.read_text(encoding="utf-8"))
    assert list(tmp_path.iterdir()) == [out]


def test_where_there_is_nothing_to_tell_a_file_stays_as_it_was(
    journal: Path, tmp_path: Path
) -> None:
    out = tmp_path / "timeline.txt"
    out.write_text("before")
    assert main(["timeline", str(journal), "--person", "nobody", "--out", str(out)]) == INPUT
    assert out.read_text() == "before"
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(
    "wrong",
    [["--person", "nobody"], ["--chat", "1", "--format", "svg"], ["--shift", "x", "--zone", "?"]],
)
def test_what_is_not_there_is_told_in_a_line(
    journal: Path, capsys: pytest.CaptureFixture[str], wrong: list[str]
) -> None:
    assert main(["timeline", str(journal), *wrong]) == INPUT
    assert len(capsys.readouterr().err.splitlines()) == 1
