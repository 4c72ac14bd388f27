"""The auditors' guide: whoever types what it says sees what it shows."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from replay.__main__ import main
from replay.exits import BROKEN, DONE
from tests.house.pages import page
from tests.house.sources import ROOT

GUIDE = page("auditor.md")
LEFT_OUT = "…"
SHOWN = [
    (shlex.split(block[0]), block[1:])
    for text in re.findall(r"^```\n\$ python -m replay (.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    if (block := text.splitlines())
]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where an auditor sits: the sample, a copy of it that somebody changed, rules to try."""
    sample = tmp_path / "docs" / "sample-export"
    shutil.copytree(ROOT / "docs" / "sample-export", sample)
    shutil.copytree(sample, tmp_path / "copy")
    events = tmp_path / "copy" / "events.jsonl"
    lines = events.read_text("utf-8").splitlines(keepends=True)
    assert '"blocked"' in lines[137]
    lines[137] = lines[137].replace("blocked", "full")
    events.write_text("".join(lines), "utf-8")
    [rules] = re.findall(r"^```toml\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    (tmp_path / "two.toml").write_text(rules)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_guide_shows_every_verb_an_auditor_needs() -> None:
    verbs = {arguments[0] for arguments, _ in SHOWN}
    assert verbs == {"verify", "timeline", "why", "state", "report", "whatif"}


@pytest.mark.parametrize(("arguments", "shown"), SHOWN, ids=lambda each: " ".join(each)[:40])
def test_what_is_typed_gives_what_is_shown(
    desk: Path, arguments: list[str], shown: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == (BROKEN if "copy" in arguments else DONE)
    out, err = capsys.readouterr()
    printed = (out + err).splitlines()
    at, exactly = 0, True
    for line in shown:
        if line == LEFT_OUT:
            exactly = False
            continue
        found = printed.index(line, at)
        assert found == at or not exactly, f"before {line!r} something else is printed"
        at, exactly = found + 1, True
    assert at == len(printed) or not exactly
