"""Whatever is changed in an export is found, and the line or the file that was changed is named."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmtb.events import ed25519
from llmtb.events.exported import CHECKPOINT, MANIFEST, SIGNED
from replay.checking.earlier import Elsewhere
from replay.checking.findings import Fault, Findings
from replay.exits import Failed
from replay.verify import verify
from tests.replay.histories import OURS, Export, day, export

SHAPES = {
    "whole": lambda: export(day(24)),
    "sealed": lambda: export(day(24), opened=False),
    "a stretch": lambda: export(day(40), 7, 30),
    "a stream": lambda: export(day(40), stream="chat/4711"),
}
MANY = settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
SOME = settings(MANY, max_examples=150)
SHAPE = st.sampled_from(sorted(SHAPES))


@cache
def shaped(name: str) -> Export:
    return SHAPES[name]()


@pytest.fixture(autouse=True)
def _signatures_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same signature is checked once: thousands of cases bring the same two."""
    monkeypatch.setattr(ed25519, "verify", _VERIFIED)


_VERIFIED = cache(ed25519.verify)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "export"


def checked(made: Export, folder: Path) -> Findings:
    return verify(made.into(folder), OURS.key, Elsewhere()).findings


def faults(made: Export, folder: Path) -> list[Fault]:
    findings = checked(made, folder)
    assert not findings.more
    return findings.faults


def flipped(data: bytes, bit: int) -> bytes:
    place, bit = divmod(bit, 8)
    return data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


def with_lines(made: Export, lines: Sequence[bytes]) -> Export:
    return made._replace(lines=tuple(lines))


@pytest.mark.parametrize("shape", SHAPES)
def test_what_was_not_changed_holds(shape: str, folder: Path) -> None:
    assert faults(shaped(shape), folder) == []


@MANY
@given(shape=SHAPE, data=st.data())
def test_a_flipped_bit_names_its_line(shape: str, data: st.DataObject, folder: Path) -> None:
    lines = list(shaped(shape).lines)
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at] = flipped(lines[at], data.draw(st.integers(0, 8 * len(lines[at]) - 1)))
    found = faults(with_lines(shaped(shape), lines), folder)
    assert found[0].line == at + 1


def test_every_part_of_a_line_counts(folder: Path) -> None:
    made = shaped("a stream")
    for bit in range(0, 8 * len(made.lines[1]), 61):
        lines = [made.lines[0], flipped(made.lines[1], bit), *made.lines[2:]]
        assert faults(with_lines(made, lines), folder)[0].line == 2


@MANY
@given(shape=SHAPE, name=st.sampled_from([MANIFEST, CHECKPOINT, SIGNED]), data=st.data())
def test_a_flipped_bit_beside_the_lines_names_its_file(
    shape: str, name: str, data: st.DataObject, folder: Path
) -> None:
    field = {MANIFEST: "manifest", CHECKPOINT: "checkpoint", SIGNED: "signed"}[name]
    text: bytes = getattr(shaped(shape), field)
    changed: Any = flipped(text, data.draw(st.integers(0, 8 * len(text) - 1)))
    try:
        found = faults(shaped(shape)._replace(**{field: changed}), folder)
    except Failed as failed:
        found = [Fault(where=str(failed), what="")]
    assert any(name in each.where or name in each.what for each in found)
    assert all(each.line is None for each in found)


@SOME
@given(shape=SHAPE, data=st.data())
def test_a_dropped_line_names_the_gap(shape: str, data: st.DataObject, folder: Path) -> None:
    made = shaped(shape)
    at = data.draw(st.integers(0, len(made.lines) - 1))
    lines = [*made.lines[:at], *made.lines[at + 1 :]]
    found = faults(with_lines(made, lines), folder)
    [seq] = _seqs([made.lines[at]])
    if shape == "a stream" and at not in (0, len(lines)):  # its events do not follow each other
        assert {each.line for each in found} <= {at, at + 1}
    else:
        assert [(each.seq, each.what) for each in found] == [(seq, f"missing: event {seq}")]
        assert found[0].where in (f"before line {at + 1}", "the end")


@SOME
@given(shape=SHAPE, data=st.data())
def test_a_repeated_line_is_named(shape: str, data: st.DataObject, folder: Path) -> None:
    made = shaped(shape)
    at = data.draw(st.integers(0, len(made.lines) - 1))
    to = data.draw(st.integers(0, len(made.lines)))
    lines = [*made.lines[:to], made.lines[at], *made.lines[to:]]
    found = faults(with_lines(made, lines), folder)
    assert [each.seq for each in found] == _seqs([made.lines[at]])
    assert found[0].line in ({at + 1, at + 2} if to in (at, at + 1) else {to + 1})


@SOME
@given(shape=SHAPE, data=st.data())
def test_swapped_lines_are_named(shape: str, data: st.DataObject, folder: Path) -> None:
    lines = list(shaped(shape).lines)
    one, other = sorted(data.draw(st.permutations(range(len(lines))))[:2])
    lines[one], lines[other] = lines[other], lines[one]
    found = faults(with_lines(shaped(shape), lines), folder)
    named = {each.line for each in found}
    assert one + 1 in named
    if shape != "a stream" and other > one + 2:  # else the first two may tell it all
        assert named & {other + 1, other + 2, None}


@SOME
@given(shape=SHAPE, data=st.data(), text=st.binary(max_size=300))
def test_an_inserted_line_is_named(
    shape: str, data: st.DataObject, text: bytes, folder: Path
) -> None:
    made = shaped(shape)
    at = data.draw(st.integers(0, len(made.lines)))
    strange = text.replace(b"\n", b"") + b"\n"
    found = faults(with_lines(made, [*made.lines[:at], strange, *made.lines[at:]]), folder)
    assert [each.line for each in found] == [at + 1]


@SOME
@given(data=st.data())
def test_faults_far_apart_are_all_told(data: st.DataObject, folder: Path) -> None:
    lines = list(shaped("whole").lines)
    places = sorted(data.draw(st.sets(st.integers(0, len(lines) // 3 - 1), min_size=2)))
    for place in places:
        line = lines[3 * place]
        lines[3 * place] = flipped(line, data.draw(st.integers(0, 8 * len(line) - 16)))
    findings = checked(with_lines(shaped("whole"), lines), folder)
    named = {each.line for each in findings.faults}
    assert named >= {3 * place + 1 for place in places} or any(b"\n" in x[:-1] for x in lines)


def test_a_file_cut_anywhere_does_not_hold(folder: Path) -> None:
    made = shaped("whole")
    whole = b"".join(made.lines)
    for end in range(0, len(whole), 97):
        assert faults(made._replace(lines=(whole[:end],)), folder)


def _seqs(lines: Sequence[bytes]) -> list[int]:
    return [int(line.partition(b":")[2].partition(b",")[0]) for line in lines]
