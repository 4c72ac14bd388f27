"""`make run` with nothing configured: a whole day, then its reports and where they are."""

import io
from pathlib import Path

from rich.console import Console

from llmtb import cli
from llmtb.channels.terminal.board import in_words, screen
from llmtb.demo import ExampleDay
from llmtb.events.event import Event
from llmtb.events.journal import Recorded
from llmtb.events.reading import read, verify
from llmtb.events.stores.memory import MemoryStore
from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.projections.board import board
from llmtb.projections.capacity import Capacity
from llmtb.simulate import simulate
from llmtb.testing.day import Day


def test_the_example_day_ends_in_reports(tmp_path: Path) -> None:
    journal, console = tmp_path / "example" / "journal.db", Console(file=io.StringIO())
    journal.parent.mkdir()
    events = ExampleDay(journal, console, seconds=1).play()
    store = SQLiteStore(journal, read_only=True)
    assert verify(store).seq == events > 1000
    assert sum(type(each.event).__name__ == "ShiftReported" for each in read(store)) == 3
    store.close()
    # Played once more, it begins anew: it is an example.
    assert ExampleDay(journal, console, seconds=1).play() == events


def test_the_board_shows_every_moment_of_a_day() -> None:
    capacity, shown = Capacity(), []

    def tell(recorded: Recorded) -> None:
        capacity.apply(recorded)
        if recorded.seq % 40 == 0:
            shown.append(drawn(capacity, recorded.event))

    simulate(Day(3, agents=30).lines(), MemoryStore(), tell)
    whole = "\n".join(shown)
    for words in ("slots in use", "next back", "min late", "set by maryam", "ratio alone holds"):
        assert words in whole


def drawn(capacity: Capacity, event: Event) -> str:
    console = Console(width=100, file=io.StringIO(), record=True)
    console.print(screen(board(capacity, event.at), [event], share=0.5))
    return console.export_text()


def test_every_event_that_concerns_people_has_words() -> None:
    said: dict[str, str | None] = {}

    def tell(recorded: Recorded) -> None:
        words = in_words(recorded.event, lambda instant: f"{instant:%H:%M}")
        said.setdefault(type(recorded.event).__name__, words)

    simulate(Day(3, agents=30).lines(), MemoryStore(), tell)
    silent = {name for name, words in said.items() if words is None}
    assert not {"BreakStarted", "BreakEnded", "WarningIssued", "CapacityChanged"} & silent


def test_the_reports_are_listed_drawn_and_rebuilt(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "journal.db")
    simulate(Day(5, agents=12, crashes=0).lines(), store, lambda _: None)
    place = ["--data", str(tmp_path)]
    assert cli.main(["rebuild", *place, "--json"]) == 0
    assert cli.main(["report", *place]) == 0
    for form in ("text", "csv", "xlsx", "png", "json"):
        out = tmp_path / f"morning.{form}"
        command = ["report", "2026-11-21/morning", *place, "--format", form, "--out", str(out)]
        assert cli.main(command) == 0
        with_views = out.read_bytes()
        for file in tmp_path.glob("views.db*"):
            file.rename(file.with_name(f"aside-{file.name}"))
        assert cli.main(command) == 0
        assert out.read_bytes() == with_views, f"{form} from the journal is another"
        for file in tmp_path.glob("aside-*"):
            file.rename(file.with_name(file.name.removeprefix("aside-")))
    assert cli.main(["report", "2026-11-21/noon", *place]) == 2
