"""A grid of policies: every one is played, and those that are told are those no other beats."""

import json
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.exits import Failed
from replay.whatif.files import MOST, flat, grid_in, policy_in
from replay.whatif.front import USUAL, beats, score, unbeaten
from replay.whatif.log import Range, Scene, read
from replay.whatif.playing import Manner
from replay.whatif.searching import search, sound
from tests.replay.whatif.logs import day

GRID = [
    {"breaks.every": every, "load.mode": mode} for every in (3, 5, 9) for mode in ("ratio", "steps")
]

scores = st.lists(
    st.tuples(st.integers(-3, 3), st.floats(0, 1, width=16), st.integers(0, 2)), max_size=30
)


@given(scores=scores)
def test_no_one_told_is_beaten_and_everyone_else_is_by_one_told(scores: list[Any]) -> None:
    best = set(unbeaten(scores))
    for place, each in enumerate(scores):
        if place in best:
            assert not any(beats(other, each) for other in scores)
        else:
            assert any(beats(scores[better], each) for better in best)


@given(one=st.tuples(*[st.floats(0, 1)] * 3), other=st.tuples(*[st.floats(0, 1)] * 3))
def test_to_beat_is_to_be_better_somewhere_and_worse_nowhere(
    one: tuple[float, ...], other: tuple[float, ...]
) -> None:
    pairs = list(zip(one, other))
    expected = all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)
    assert beats(one, other) == expected
    assert not (beats(one, other) and beats(other, one))


def scene() -> Scene:
    return read(day(), Range(shift="2026-11-21/morning")).scene


def test_it_is_the_same_by_one_process_and_by_several() -> None:
    told: list[tuple[int, int]] = []
    alone = search(scene(), GRID, Manner(), 1, lambda done, whole: told.append((done, whole)))
    together = search(scene(), GRID, Manner(), 2, lambda *_: None)
    assert alone == together
    assert [each.other for each in alone] == [{}, *GRID]
    assert told == [(done, 7) for done in range(1, 8)]


def test_the_logs_own_policy_is_marked_by_whatever_keys_it_is_said() -> None:
    tried = search(
        scene(), [{"breaks.every": 6}, {"breaks.every": 5}], Manner(), 1, lambda *_: None
    )
    assert [each.own for each in tried] == [True, True, False]
    assert tried[0].figures == tried[1].figures
    assert [each.doubts for each in tried[:2]] == [0, 0]


def test_the_best_by_any_one_aim_is_among_those_told() -> None:
    tried = search(scene(), GRID, Manner(), 1, lambda *_: None)
    whole = [score(each.figures, USUAL) for each in tried]
    best = {whole[place] for place in unbeaten(whole)}
    for place in range(len(USUAL)):
        assert max(whole, key=lambda each: each[place])[place] in {each[place] for each in best}


def test_what_is_not_sound_is_told_and_not_played() -> None:
    grid: list[dict[str, Any]] = [
        {"load.mode": "erlang_a"},
        {"breaks.every": 0},
        {"breaks.every": 2},
    ]
    good, bad = sound(scene(), grid)
    assert good == [{"breaks.every": 2}]
    assert ["patience" in bad[0].reason, "breaks.every" in bad[1].reason] == [True, True]


# --- files -------------------------------------------------------------------------------------


def test_a_grid_is_every_value_with_every_other(tmp_path: Path) -> None:
    file = tmp_path / "grid.toml"
    file.write_text(
        '"breaks.every" = [4, 5]\nmeals_extra_minutes = [10]\n'
        '[load]\nmode = ["ratio", "erlang_c"]\n[breaks]\nwarn_after_minutes = [[1, 3], [2]]\n'
    )
    keys = ("breaks.every", "meals_extra_minutes", "load.mode", "breaks.warn_after_minutes")
    expected = [
        dict(zip(keys, values))
        for values in product([4, 5], [10], ["ratio", "erlang_c"], [[1, 3], [2]])
    ]
    assert grid_in(file) == expected


def test_the_examples_can_be_used() -> None:
    assert dict(flat(policy_in(Path("examples/what-if-policy.toml")))) == {
        "breaks.every": 4,
        "load.mode": "ratio",
    }
    assert len(grid_in(Path("examples/what-if-grid.toml"))) == 32


def test_a_policy_may_be_a_whole_settings_file_or_json(tmp_path: Path) -> None:
    settings, events = tmp_path / "llmtb.toml", tmp_path / "policy.json"
    settings.write_text('timezone = "UTC"\n[telegram]\ntoken = "x"\n[breaks]\nevery = 4\n')
    events.write_text(json.dumps({"breaks": {"every": 4}, "timezone": "UTC"}))
    assert policy_in(settings) == policy_in(events)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('"breaks.evry" = [1]', "breaks.evry: there is no such setting"),
        ("[nothing]\nx = [1]", "there is no such setting"),
        ('"breaks.every" = 4', "breaks.every: is no list of values"),
        ('"breaks.every" = []', "breaks.every: is no list of values"),
        ("", "has no lists"),
        ("[", "cannot be read"),
        (
            f'"breaks.every" = {list(range(1, 102))}\n"breaks.allow" = {list(range(100))}',
            f"10100 policies; {MOST} is the most",
        ),
    ],
)
def test_a_grid_that_cannot_be_used_is_one_line(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "grid.toml"
    file.write_text(text)
    with pytest.raises(Failed, match=why) as failed:
        grid_in(file)
    assert failed.value.status == 2
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[breaks]\nevry = 1", "breaks.evry: there is no such setting"),
        ("[telegram]\ntoken = 'x'", "sets no rule"),
        ("", "sets no rule"),
        ("x", "cannot be read"),
    ],
)
def test_a_policy_that_cannot_be_used_is_one_line(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(text)
    with pytest.raises(Failed, match=why) as failed:
        policy_in(file)
    assert failed.value.status == 2


@given(data=st.binary(max_size=60), json_file=st.booleans())
def test_whatever_a_file_holds_is_read_or_refused(
    data: bytes, json_file: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / ("any.json" if json_file else "any.toml")
    file.write_bytes(data)
    for reader in (grid_in, policy_in):
        with suppress(Failed):
            assert reader(file)
