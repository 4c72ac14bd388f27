"""`llmtb example`: a made-up day of the floor, and Ask me!, in the terminal."""

import asyncio
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from llmtb.actors.knowledge import Library
from llmtb.demo import ExampleDay
from llmtb.inference.answering.asked import Asked
from llmtb.inference.errors import ModelError
from llmtb.library.answers import Answers
from llmtb.policy import Questions
from llmtb.settings import Settings
from llmtb.verbs.ask import render
from llmtb.verbs.exits import DONE
from llmtb.verbs.place import failures, folder_of, settings_of
from llmtb.verbs.report import write_all

QUESTIONS: Final = {
    "en": "How do I change the Wi-Fi password?",
    "fa": "چراغ LOS مودم فیبر قرمز شده، چه کار کنم؟",
    "id": "Muncul error E-104, apa artinya?",
    "pt": "Como reinicio o modem do jeito certo?",
    "zh": "忘了查询剩余流量的方法，怎么看还剩多少流量？",
}
UNKNOWN: Final = "Who won the football match yesterday?"


def run_example(
    settings_file: Path | None, data: Path | None, seconds: float, language: str
) -> int:
    """Show the example, from the settings and the folder that are named. Raises Failed."""
    settings = settings_of(settings_file)
    folder = folder_of(settings, data)
    with failures():
        example(settings, folder / "example-day", seconds, language)
    return DONE


def example(settings: Settings, folder: Path, seconds: float, language: str) -> None:
    """Play the day, write its report, and ask the made-up company in five languages."""
    console = Console()
    folder.mkdir(mode=0o700, exist_ok=True)
    pace = f", in {seconds:.0f} seconds" if console.is_terminal else ""
    console.print(
        "One day of 200 agents, made up, on the real"
        f" actors and a real journal{pace}. Ctrl-C ends it."
    )
    day = ExampleDay(folder / "journal.db", console, seconds)
    events = day.play()
    console.print(f"The day is over: {events} events, every one in {folder / 'journal.db'}.")
    write_all(folder, settings.audit, language, console)
    try:
        asyncio.run(_ask(settings, folder, console))
    except ModelError as error:
        console.print(f"\nAsk me! is not shown: {error}.", markup=False)
    console.print(
        "\nTo let your own agents rest and ask from Telegram, see docs/first-rest.md;"
        "\nto ask more, `llmtb ask QUESTION`; to answer from your own documents, `llmtb knowledge"
        " add PATH`;\nto play a scenario of your own, `llmtb simulate FILE` (examples/)."
    )


async def _ask(settings: Settings, folder: Path, console: Console) -> None:
    answers = await Answers.open(settings.models, folder)
    try:
        console.print("\nAsk me!, from the documents of a made-up company:")
        with console.status("reading its documents, once") as status:

            def told(number: int, of: int) -> None:
                status.update(f"reading its documents, once: {number} of {of}")

            await answers.show(Library(), Questions(), told)
        for number, (spoken, text) in enumerate([*QUESTIONS.items(), ("en", UNKNOWN)]):
            asked = Asked(question=f"{number}", chat="example", text=text, language=spoken)
            reply = await answers.reply(asked)
            console.print(Text(f"\n› {text}", style="bold"))
            console.print(Text(render(reply).rstrip()))
    finally:
        await answers.close()
