"""A small company's documents, some for customers of some level and some for nobody outside."""

import asyncio
from pathlib import Path
from typing import NamedTuple

from llmtb.actors.knowledge import Library
from llmtb.events.chat import Audience
from llmtb.library.answers import VECTORS_FILE, Answers
from llmtb.policy import Questions
from tests.library.place import SETTINGS, Place, table


class Book(NamedTuple):
    """A document: who may see it, and its questions with their answers."""

    name: str
    audience: Audience
    level: int
    entries: tuple[tuple[str, str], ...]


BOOKS = (
    Book("hours", "customer", 0, (("When is the shop open?", "From 9 to 17 on weekdays."),)),
    Book("refunds", "customer", 2, (("How long do refunds take?", "Five working days."),)),
    Book("vip", "customer", 7, (("Which number do gold customers call?", "Call 1500."),)),
    Book("discounts", "agent", 0, (("What discount may I give?", "Ten percent at most."),)),
    Book("alarms", "agent", 5, (("What is the code of the alarm?", "The code is 4711."),)),
    Book("visits", "customer", 0, (("تکنسین کی می‌آید؟", "تکنسین تا دو روز دیگر می‌آید."),)),
)
"""The text of each answer stands in one book alone."""


def embedded(folder: Path) -> Path:
    """A file of vectors with what every index needs, made in a folder."""

    async def made() -> None:
        answers = await Answers.open(SETTINGS, folder, writes=False)
        await answers.show(Library(), Questions(sample=False))
        await answers.close()

    asyncio.run(made())
    return folder / VECTORS_FILE


async def bring(place: Place, folder: Path, *books: Book) -> None:
    """Add these books to a place, through files in a folder."""
    for book in books or BOOKS:
        rows = (f'{question},"{answer}"' for question, answer in book.entries)
        file = table(folder / f"{book.name}.csv", *rows)
        (added,) = await place.add(file, audience=book.audience, level=book.level, reviewed=True)
        assert added["new"], added
