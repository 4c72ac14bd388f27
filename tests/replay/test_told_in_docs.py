"""The page about understanding a log tells every argument, and shows what is really printed."""

import argparse
from pathlib import Path

import pytest

from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.simulate import simulate
from replay.__main__ import main, parser
from replay.exits import DONE
from tests.house.pages import page, section
from tests.house.sources import ROOT

UNDERSTANDING = page("understanding.md")
VERBS = ("timeline", "state", "why", "report")


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_is_told_argument_by_argument(verb: str) -> None:
    [verbs] = [a for a in parser([verb])._actions if isinstance(a, argparse._SubParsersAction)]
    actions = [a for a in verbs.choices[verb]._actions if not isinstance(a, argparse._HelpAction)]
    told = {row["argument"].strip("`"): row for row in section(UNDERSTANDING, f"`{verb}`").rows}
    arguments = {str((a.option_strings or [a.metavar])[-1]): a for a in actions}
    assert told.keys() == arguments.keys()
    for name, action in arguments.items():
        shown = action.default is not None and action.default is not False
        assert told[name]["default"] == (f"`{action.default}`" if shown else "–")
        assert all(f"`{each}`" in told[name]["means"] for each in action.choices or ())


def test_what_the_page_shows_is_what_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "first-rest.db"
    with (ROOT / "examples" / "first-rest.jsonl").open("rb") as lines:
        simulate(lines, SQLiteStore(path), lambda _: None)
    assert main(["why", str(path), "19"]) == DONE
    assert capsys.readouterr().out in UNDERSTANDING
