"""`llmtb run`: the live bot where one is set up, else the example day."""

from pathlib import Path

from llmtb.verbs.exits import DONE, REFUSED, Failed
from llmtb.verbs.place import SETTINGS, failures, folder_of, settings_of


def run(settings_file: Path | None, data: Path | None, seconds: float, language: str) -> int:
    """Run what is set up, until it is over or interrupted. Raises Failed."""
    settings = settings_of(settings_file)
    folder = folder_of(settings, data)
    with failures():
        if not settings.telegram.token:
            from llmtb.verbs.example import example

            example(settings, folder / "example", seconds, language)
            return DONE
        from llmtb.live import TelegramRefused, run_bot

        try:
            run_bot(settings, settings_file or SETTINGS, folder)
        except TelegramRefused as error:
            raise Failed(REFUSED, str(error)) from error
    return DONE
