"""A history that was written anew is consistent in itself; what is kept elsewhere finds it."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmtb.events.note import Checkpoint
from replay.checking.earlier import Elsewhere
from replay.checking.findings import Findings
from replay.verify import verify
from tests.replay.histories import (
    ANOTHER,
    OURS,
    Export,
    History,
    day,
    events_of_a_day,
    export,
    journal,
    note,
    recorded,
)

LENGTH = 24
SETTINGS = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
PLACE = st.integers(0, LENGTH - 1)


def rewritten(at: int) -> History:
    """The day with another instant in one of its events, and every hash after it made again."""
    events = list(events_of_a_day()[:LENGTH])
    stream, event = events[at]
    later = event.at.replace(microsecond=1)
    events[at] = stream, msgspec.structs.replace(event, at=later)
    return recorded(events)


def check(
    path: Path, key: str | None, checkpoints: list[Path] | None = None, earlier: Path | None = None
) -> Findings:
    with Elsewhere(checkpoints or [], earlier) as elsewhere:
        return verify(path, key, elsewhere).findings


def forged(at: int, folder: Path) -> Path:
    return export(rewritten(at), signer=ANOTHER).into(folder / "forged")


@SETTINGS
@given(at=PLACE)
def test_by_itself_it_holds_and_the_key_finds_it(at: int, tmp_path: Path) -> None:
    path = forged(at, tmp_path)
    alone = check(path, None)
    assert alone.number == 0
    assert any("--key" in each for each in alone.notes)
    assert check(path, OURS.key).number


@SETTINGS
@given(at=PLACE, size=st.integers(1, LENGTH))
def test_a_checkpoint_finds_it_from_there_on(at: int, size: int, tmp_path: Path) -> None:
    path = export(rewritten(at)).into(tmp_path / "forged")
    kept = tmp_path / "kept"
    kept.write_bytes(note(Checkpoint("llmtb", size, day(LENGTH).root(size))))
    found = check(path, OURS.key, [kept])
    assert bool(found.number) == (size > at)
    if found.number:
        assert f"they part by event {size}" in found.faults[0].what


def test_several_checkpoints_tell_between_which_it_was_done(tmp_path: Path) -> None:
    path = export(rewritten(10)).into(tmp_path / "forged")
    kept = []
    for size in (4, 9, 15, 20):
        kept.append(tmp_path / str(size))
        kept[-1].write_bytes(note(Checkpoint("llmtb", size, day(LENGTH).root(size))))
    found = check(path, OURS.key, kept)
    assert "they part after event 9 and by event 15" in found.faults[0].what


@SETTINGS
@given(at=PLACE, first=st.integers(1, LENGTH))
def test_an_earlier_export_tells_the_very_event(at: int, first: int, tmp_path: Path) -> None:
    path = export(rewritten(at)).into(tmp_path / "forged")
    earlier = export(day(LENGTH), first).into(tmp_path / "earlier")
    [found] = check(path, OURS.key, earlier=earlier).faults
    assert found.seq == max(at + 1, first)


@SETTINGS
@given(at=PLACE)
def test_a_journal_is_held_to_both(at: int, tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.unlink(missing_ok=True)
    journal(rewritten(at), path)
    kept = tmp_path / "kept"
    kept.write_bytes(note(Checkpoint("llmtb", LENGTH, day(LENGTH).root(LENGTH))))
    assert check(path, None).number == 0
    assert check(path, OURS.key, [kept]).number == 1
    [found] = check(path, None, earlier=export(day(LENGTH)).into(tmp_path / "earlier")).faults
    assert found.seq == at + 1


@pytest.mark.parametrize("length", [5, LENGTH - 1])
def test_a_history_that_was_cut_short_is_found(length: int, tmp_path: Path) -> None:
    path = export(day(LENGTH), last=length).into(tmp_path / "cut")
    kept = tmp_path / "kept"
    kept.write_bytes(note(Checkpoint("llmtb", LENGTH, day(LENGTH).root(LENGTH))))
    assert check(path, OURS.key).number == 0
    assert check(path, OURS.key, [kept]).number == 1
    earlier = export(day(LENGTH)).into(tmp_path / "earlier")
    [found] = check(path, OURS.key, earlier=earlier).faults
    assert f"ends at event {length}" in found.what


def test_what_goes_on_from_it_holds(tmp_path: Path) -> None:
    path = export(day(40)).into(tmp_path / "now")
    kept = tmp_path / "kept"
    kept.write_bytes(note(Checkpoint("llmtb", LENGTH, day(40).root(LENGTH))))
    earlier = export(day(40), last=LENGTH).into(tmp_path / "earlier")
    found = check(path, OURS.key, [kept], earlier)
    assert found.number == 0
    assert len(found.notes) == 2


def test_a_checkpoint_that_somebody_else_signed_counts_for_nothing(tmp_path: Path) -> None:
    path = export(day(LENGTH)).into(tmp_path / "now")
    kept = tmp_path / "kept"
    kept.write_bytes(note(Checkpoint("llmtb", 9, day(LENGTH).root(9)), ANOTHER))
    assert check(path, OURS.key, [kept]).number == 1


def test_a_line_put_right_again_by_hand_is_found_by_the_signed_tree(tmp_path: Path) -> None:
    honest, other = export(day(LENGTH)), export(rewritten(LENGTH - 1))
    mixed = Export((*honest.lines[:-1], other.lines[-1]), *honest[1:])
    found = check(mixed.into(tmp_path / "mixed"), OURS.key)
    assert {each.where for each in found.faults} >= {"checkpoint", "manifest.json"}
