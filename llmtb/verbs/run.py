"""`llmtb run`: the live bot where one is set up, else the example day."""

from pathlib import Path

from rich.console import Console

from llmtb.demo import ExampleDay
from llmtb.verbs.exits import DONE, REFUSED, Failed
from llmtb.verbs.place import SETTINGS, failures, folder_of, settings_of


def run(settings_file: Path | None, data: Path | None, seconds: float, language: str) -> int:
    """Run what is set up, until it is over or interrupted. Raises Failed."""
    settings = settings_of(settings_file)
    folder = folder_of(settings, data)
    with failures():
        if not settings.telegram.token:
            return _example(folder / "example", seconds, language)
        from llmtb.live import TelegramRefused, run_bot

        try:
            run_bot(settings, settings_file or SETTINGS, folder)
        except TelegramRefused as error:
            raise Failed(REFUSED, str(error)) from error
    return DONE


def _example(folder: Path, seconds: float, language: str) -> int:
    from llmtb.verbs.report import write_all

    console = Console()
    folder.mkdir(mode=0o700, exist_ok=True)
    pace = f", in {seconds:.0f} seconds" if console.is_terminal else ""
    console.print(
        "No bot is set up yet, so here is an example: one day of 200 agents, made up, on the real"
        f" actors and a real journal{pace}. Ctrl-C ends it."
    )
    day = ExampleDay(folder / "journal.db", console, seconds)
    events = day.play()
    console.print(f"The day is over: {events} events, every one in {folder / 'journal.db'}.")
    write_all(folder, language, console)
    console.print(
        "\nTo let your own agents rest from Telegram, see docs/first-rest.md;"
        "\nto play a scenario of your own, `llmtb simulate FILE` (examples/)."
    )
    return DONE
