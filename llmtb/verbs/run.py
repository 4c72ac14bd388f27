"""`llmtb run`: the live bot where one is set up, else the example day."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from llmtb.cli import DATABASE, DONE, INPUT, REFUSED, STORAGE, Failed
from llmtb.demo import ExampleDay
from llmtb.events.errors import JournalError, StorageFailed
from llmtb.settings import Settings, SettingsError, load

SETTINGS = Path("llmtb.toml")


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


def settings_of(file: Path | None) -> Settings:
    """The settings of the file that is named, or of `llmtb.toml` if it is there. Raises Failed."""
    if file is not None and not file.exists():
        raise Failed(INPUT, f"{file}: there is no such file")
    try:
        return load(file or SETTINGS, os.environ)
    except SettingsError as error:
        raise Failed(INPUT, str(error)) from error


def folder_of(settings: Settings, data: Path | None) -> Path:
    """The folder of the data, made if need be, for its owner alone. Raises Failed."""
    folder = data or Path(settings.run.data)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Failed(INPUT, f"{folder}: cannot be made: {error.strerror}") from error
    return folder


@contextmanager
def failures() -> Iterator[None]:
    """Turn what the journal and the disk raise into a line and an exit status."""
    try:
        yield
    except StorageFailed as error:
        raise Failed(STORAGE, str(error)) from error
    except JournalError as error:
        raise Failed(DATABASE, str(error)) from error
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Failed(STORAGE, f"{error.filename or 'the disk'}: {error.strerror}") from error


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
