"""Whoever was ever added has a name, also after leaving."""

import asyncio
from datetime import date
from pathlib import Path

from llmtb.actors.centre import AddAgent, RemoveAgent
from llmtb.projections.people import Known, People
from tests.projections.logs import OPENING, Play, Tape, recorded
from tests.projections.rows import feed


def test_names_are_the_latest_and_outlive_those_who_leave(tmp_path: Path) -> None:
    play, path = Play(), tmp_path / "views.db"
    play.do(OPENING, AddAgent(agent="ali", name="علی", hired_on=date(2024, 2, 29)))
    asyncio.run(feed(path, Tape(recorded(play.events)), [People()]))
    play.do(OPENING, RemoveAgent(agent="ali"))
    people = People()
    asyncio.run(feed(path, Tape(recorded(play.events)), [people]))
    assert people.names["ali"] == "علی"
    assert people.known["ali"] == Known(
        name="علی", role="agent", hired_on=date(2024, 2, 29), here=False
    )
    assert people.with_role("supervisor") == ["boss"]
    assert "ali" not in people.with_role("agent")
