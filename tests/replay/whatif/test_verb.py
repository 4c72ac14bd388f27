"""`python -m replay whatif`: what it prints, and what it says of what it cannot use."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.scenario import steps
from llmtb.simulate import simulate
from llmtb.testing.day import Day
from replay.__main__ import main

POLICY = "[breaks]\nevery = 3\n[load]\nmode = 'ratio'\n"
SHIFT = "2026-11-21/morning"


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("log") / "journal.db"
    simulate(Day(3, 20, 1, calls=1).lines(), SQLiteStore(path), lambda _: None)
    return path


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text(POLICY)
    return path


def said(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert main(["whatif", *map(str, words)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def told(capsys: pytest.CaptureFixture[str], *words: object) -> Any:
    return json.loads(said(capsys, *words, "--json"))


def test_side_by_side(journal: Path, policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, journal, "--policy", policy, "--shift", SHIFT)
    form = told(capsys, journal, "--policy", policy, "--shift", SHIFT)
    assert form["same_under_own_policy"] is True
    assert f"gives all {form['events']} events" in text
    assert "breaks.every: 6 -> 3" in text
    lines = {line.split("  ")[0].strip(): line.split() for line in text.splitlines()}
    for label, key in (("refusals", "refused"), ("rests granted", "granted")):
        before, after = (sum(form[run][key].values()) for run in ("recorded", "what_if"))
        numbers = lines[label][len(label.split()) :]
        assert numbers == [
            str(before),
            str(after),
            *([f"{after - before:+d}"] if after != before else []),
        ]
    for each in form["uncertain"].values():
        assert each["count"] == len(each["inputs"])
        assert each["means"] in text


def test_the_logs_own_policy_differs_in_nothing(
    journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own.toml"
    own.write_text("[breaks]\nevery = 6\n")
    form = told(capsys, journal, "--policy", own)
    assert form["recorded"] == form["what_if"]
    assert (form["differences"], form["uncertain"]) == ([], {})


def test_a_chart_is_sound_and_holds_both(
    journal: Path, policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chart = tmp_path / "chart.svg"
    said(capsys, journal, "--policy", policy, "--chart", chart)
    drawn = ET.parse(chart).getroot()  # noqa: S314 - our own
    texts = [each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {"as recorded", "what-if", "refusals", "no slot free"} <= set(texts)
    lines = list(drawn.iter("{http://www.w3.org/2000/svg}polyline"))
    assert len(lines) == 2
    assert lines[0].get("points") != lines[1].get("points")


def test_a_grid(journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grid = tmp_path / "grid.toml"
    grid.write_text('"breaks.every" = [3, 6, 9]\n"load.mode" = ["ratio", "erlang_a"]\n')
    form = told(capsys, journal, "--grid", grid, "--aims", "refusals,rest", "--shift", SHIFT)
    assert len(form["unbeaten"]) + len(form["beaten"]) == 1 + 3
    assert len(form["unsound"]) == 3
    fewest = min(each["aims"]["refusals"] for each in (*form["unbeaten"], *form["beaten"]))
    assert fewest in [each["aims"]["refusals"] for each in form["unbeaten"]]
    text = said(capsys, journal, "--grid", grid, "--aims", "refusals,rest", "--shift", SHIFT)
    assert "is needed for the mode erlang_a: 3" in text
    assert "the log's own" in text


def test_a_range_may_be_said_in_any_zone(
    journal: Path, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--policy", policy, "--from", "2026-11-21T12:00:00+03:30")
    form = told(capsys, journal, *words, "--to", "2026-11-21T10:30:00Z")
    assert (form["starts"], form["ends"]) == ("2026-11-21T08:30:00Z", form["ends"])
    assert form["ends"] <= "2026-11-21T10:30:00Z"
    local = ("--from", "2026-11-21T12:00", "--to", "2026-11-21T14:00")
    assert told(capsys, journal, "--policy", policy, *local) == form


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "say which policy to try"),
        (["--policy", "POLICY", "--grid", "POLICY"], "say which policy to try"),
        (["--policy", "missing.toml"], "missing.toml: cannot be read"),
        (["--policy", "POLICY", "--shift", "2026-11-21/noon"], "was not opened in this log"),
        (["--policy", "POLICY", "--from", "2027-01-01T00:00:00Z"], "nothing happened"),
        (["--policy", "POLICY", "--to", "2020-01-01T00:00:00Z"], "no shift was ever opened"),
        (["--policy", "POLICY", "--from", "noon"], "is not an instant"),
        (
            [
                "--policy",
                "POLICY",
                "--from",
                "2026-11-22T00:00:00Z",
                "--to",
                "2026-11-21T00:00:00Z",
            ],
            "--to is before --from",
        ),
        (["--policy", "POLICY", "--shift", SHIFT, "--to", "2026-11-22T00:00:00Z"], "not both"),
        (["--policy", "POLICY", "--chart", "no/such/folder.svg"], "cannot be written"),
        (["--grid", "POLICY"], "no list of values"),
        (["--grid", "GRID", "--chart", "x.svg"], "--chart draws one policy"),
        (["--grid", "GRID", "--aims", "joy"], "there is no joy"),
        (["--grid", "GRID", "--jobs", "0"], "--jobs"),
        (["--grid", "UNSOUND"], "none of it is sound"),
        (["--policy", "SHORT"], "too short for a meal"),
        (["--policy", "WRONG"], "breaks: expected object, got int"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_status_2(
    journal: Path,
    policy: Path,
    tmp_path: Path,
    words: list[str],
    why: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = {
        "GRID": '"breaks.every" = [1, 2]',
        "UNSOUND": '"load.mode" = ["erlang_a"]',
        "SHORT": "[breaks]\nnormal_minutes = 200",
        "WRONG": "breaks = 1",
    }
    paths = {"POLICY": str(policy)}
    for name, text in files.items():
        paths[name] = str(tmp_path / f"{name}.toml")
        Path(paths[name]).write_text(text)
    assert main(["whatif", str(journal), *(paths.get(word, word) for word in words)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("replay: ")
    assert err.count("\n") == 1
    assert why in err


def test_a_log_that_is_not_one_is_one_line(
    tmp_path: Path, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [b'{"at":"2026-11-21T08:00:00+03:30","do":"end"}']
    assert len(list(steps(lines))) == 1
    empty = tmp_path / "empty.db"
    SQLiteStore(empty).close()
    assert main(["whatif", str(empty), "--policy", str(policy)]) == 2
    assert "no shift was ever opened" in capsys.readouterr().err


def test_it_needs_nothing_of_the_running_system(journal: Path, policy: Path) -> None:
    code = (
        "import sys; from replay.__main__ import main; main(sys.argv[1:]);"
        "print(*sys.modules, file=sys.stderr)"
    )
    words = [sys.executable, "-c", code, "whatif", str(journal), "--policy", str(policy)]
    done = subprocess.run(words, check=True, capture_output=True, text=True, timeout=60)
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    rooms = {name for name in done.stderr.split() if name.count(".") == 1}
    assert loaded.isdisjoint({"eventsourcing", "cryptography", "aiosqlite", "litestar"})
    assert rooms.isdisjoint({"llmtb.channels", "llmtb.inference", "llmtb.live", "llmtb.settings"})
