"""The sample that auditors try the tool on is still what its page says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from replay.__main__ import main
from replay.exits import DONE
from replay.reading.source import open_source

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "docs" / "sample-export"
KEY = re.search(
    r"sample-company\+\S+?(?=`)", (ROOT / "docs" / "export-format.md").read_text(encoding="utf-8")
)


def test_the_sample_holds_against_the_key_on_its_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert KEY is not None
    assert main(["verify", str(SAMPLE), "--key", KEY[0]]) == DONE


def test_the_sample_is_read_and_has_something_of_everything() -> None:
    with open_source(SAMPLE) as source:
        types = {type(recorded.event).__name__ for recorded in source.events()}
        assert source.manifest is not None
        assert source.manifest.forgotten == ["a009"]
    wanted = "BreakStarted BreakRefused WarningIssued OverrideSet AnswerGiven AnswerWithheld"
    assert set(wanted.split()) <= types


def test_the_sample_is_made_the_same_every_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        made = subprocess.run(
            [sys.executable, ROOT / "tools" / "sample_export", tmp_path / name],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
            timeout=100,
            check=False,
            capture_output=True,
        )
        assert made.returncode == 0, made.stderr
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
