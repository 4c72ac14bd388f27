"""The command line as people meet it: exit statuses, and one line for whatever goes wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from llmtb.verbs import exits

ROOT = Path(__file__).parents[2]
FIRST = ROOT / "examples" / "first-rest.jsonl"


def llmtb(*arguments: object, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COVERAGE_PROCESS_START": ""}
    return subprocess.run(
        [sys.executable, "-m", "llmtb", *map(str, arguments)],
        cwd=cwd,
        input=stdin,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refused(done: subprocess.CompletedProcess[str], status: int, *words: str) -> None:
    assert done.returncode == status, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("llmtb: ")
    assert all(word in done.stderr for word in words), done.stderr


def test_every_event_is_a_line_of_json(tmp_path: Path) -> None:
    done = llmtb("simulate", FIRST, cwd=tmp_path)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == exits.DONE
    assert done.stderr == ""
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert all({"at", "stream", "version", "type", "by"} <= event.keys() for event in events)


def test_a_scenario_gives_the_same_lines_from_memory_and_from_a_file(tmp_path: Path) -> None:
    in_memory = llmtb("simulate", FIRST, cwd=tmp_path)
    on_disk = llmtb("simulate", FIRST, "--db", "day.db", cwd=tmp_path)
    assert on_disk.stdout == in_memory.stdout != ""


def test_a_scenario_goes_on_where_its_database_ends(tmp_path: Path) -> None:
    llmtb("simulate", FIRST, "--db", "day.db", cwd=tmp_path)
    line = '{"at":"2026-11-21T09:31:00+03:30","do":"start_break","agent":"nima","kind":"normal"}'
    done = llmtb("simulate", "-", "--db", "day.db", cwd=tmp_path, stdin=line)
    assert [json.loads(line)["type"] for line in done.stdout.splitlines()] == ["BreakStarted"]
    refused(llmtb("simulate", FIRST, "--db", "day.db", cwd=tmp_path), exits.INPUT, "line 1")


HEAD = '{"at":"2026-11-21T08:00:00+03:30","do":"add_agent","agent":"ava"}\n'


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("not json", ["line 2", "JSON"]),
        ('{"at":"2026-11-21T09:00:00+03:30","do":"nap"}', ["line 2", "nap"]),
        ('{"at":"2026-11-21T07:00:00+03:30","do":"end"}', ["line 2", "before"]),
        ('{"at":"2026-11-21T09:00:00","do":"end"}', ["line 2", "time zone"]),
        ('{"at":"2026-11-21T19:00:00+03:30","do":"check_in","agent":"b"}', ["line 2", "'b'"]),
        (
            '{"at":"2026-11-21T19:00:00+03:30","do":"assign_shift","agent":"ava","shift":"dawn"}',
            ["line 2", "'dawn'"],
        ),
        (
            '{"at":"2026-11-21T19:00:00+03:30","do":"set_policy","policy":{"breaks":{"every":0}}}',
            ["line 2", "breaks.every"],
        ),
    ],
)
def test_a_bad_line_stops_the_run_and_nothing_of_it_is_done(
    tmp_path: Path, line: str, words: list[str]
) -> None:
    good = llmtb("simulate", "-", cwd=tmp_path, stdin=HEAD)
    bad = llmtb("simulate", "-", cwd=tmp_path, stdin=HEAD + line + "\n" + HEAD)
    refused(bad, exits.INPUT, *words)
    assert bad.stdout == good.stdout != ""


def test_files_that_are_no_journal_are_refused_and_left_alone(tmp_path: Path) -> None:
    foreign = tmp_path / "photo.db"
    foreign.write_bytes(b"\x89PNG" * 4096)
    refused(llmtb("simulate", FIRST, "--db", foreign, cwd=tmp_path), exits.DATABASE, "photo.db")
    assert foreign.read_bytes() == b"\x89PNG" * 4096


def test_a_broken_setting_is_told_with_its_line(tmp_path: Path) -> None:
    settings = tmp_path / "llmtb.toml"
    settings.write_text('timezone = "Asia/Tehran"\n\n[breaks]\nevery = 0\n')
    refused(llmtb("run", cwd=tmp_path), exits.INPUT, "llmtb.toml", "line 4", "breaks.every")


def test_a_settings_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    refused(llmtb("run", "--settings", "other.toml", cwd=tmp_path), exits.INPUT, "other.toml")


def test_who_reads_no_further_is_not_complained_to(tmp_path: Path) -> None:
    day = ROOT / "examples" / "day-of-200.jsonl"
    command = f"'{sys.executable}' -m llmtb simulate '{day}' | head -n 1"
    done = subprocess.run(  # noqa: S602 - a pipe is what is tested
        command,
        shell=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1
