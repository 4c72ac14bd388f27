"""A document grows by entries that a person approves, and loses none of those that are in it."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from llmtb.control import Unable
from llmtb.inference.knowledge.passage import Passage
from llmtb.library.answers import VECTORS_FILE, Answers
from llmtb.library.catalogue import Catalogue
from llmtb.library.shelf import FOLDER, Shelf
from tests.library.place import SETTINGS, Place, opened, silent, table

DOCUMENT = "faq-from-questions-en"


async def grow(place: Place, *entries: dict[str, Any], **other: Any) -> dict[str, Any]:
    """Add entries; what became of the document."""
    fields: dict[str, Any] = {
        "document": DOCUMENT,
        "title": "Answers from questions",
        "audience": "customer",
        "language": "en",
        "by": "maryam",
    }
    added: dict[str, Any] = await place.do("add_entries", **(fields | other), entries=list(entries))
    return added


def entry(number: int, **other: Any) -> dict[str, Any]:
    return {"id": f"e{number}", "question": f"What is {number}?", "answer": f"It is {number}."} | (
        other
    )


async def passages(place: Place) -> list[Passage]:
    found, missing = await Catalogue(Shelf(place.folder / FOLDER)).passages(
        place.service.library(), sample=False
    )
    assert missing == []
    return found


def test_entries_come_to_those_that_are_there(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path / "data") as place:
            first = await grow(place, entry(1, variants=["Say one"], department="support"))
            assert (first["version"], first["new"], first["passages"]) == (1, True, 1)
            second = await grow(place, entry(2, level=3))
            assert (second["version"], second["passages"]) == (2, 2)
            one, two = await passages(place)
            assert (one.text, one.variants, one.department) == ("It is 1.", ("Say one",), "support")
            assert (two.text, two.level, two.language) == ("It is 2.", 3, "en")
            assert {(p.audience, p.reviewed) for p in (one, two)} == {("customer", True)}
            held = place.service.library().documents[DOCUMENT]
            assert (held.by, held.reviewed) == ("maryam", True)

    asyncio.run(story())


def test_the_same_entry_twice_is_there_once_and_its_last_words_hold(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path / "data") as place:
            await grow(place, entry(1))
            again = await grow(place, entry(1))
            assert (again["version"], again["new"]) == (1, False)
            await grow(place, entry(1, answer="It is the first."))
            assert [each.text for each in await passages(place)] == ["It is the first."]

    asyncio.run(story())


def test_those_who_add_at_once_are_all_kept(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path / "data") as place:
            async with asyncio.TaskGroup() as group:
                for number in range(12):
                    group.create_task(grow(place, entry(number), by=f"s{number % 3}"))
            found = sorted(each.entry for each in await passages(place))
            assert found == sorted(f"e{number}" for number in range(12))
            assert place.service.library().versions[DOCUMENT] == 12

    asyncio.run(story())


def test_a_table_that_is_there_grows_too_and_prose_does_not(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path / "data") as place:
            await place.add(
                table(tmp_path / "t.csv", "How long?,Five days."),
                document=DOCUMENT,
                audience="customer",
                reviewed=True,
            )
            await grow(place, entry(1))
            assert [each.text for each in await passages(place)] == ["Five days.", "It is 1."]
            prose = tmp_path / "prose.md"
            prose.write_text("# Rules\n\nNobody runs in the hall, ever.\n", "utf-8")
            await place.add(prose, audience="customer")
            with pytest.raises(Unable, match="is prose"):
                await grow(place, entry(1), document="prose")

    asyncio.run(story())


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"audience": "agent"}, "is for customers"),
        ({"document": "a/b"}, "id"),
        ({"language": "english"}, "code"),
        ({"title": " "}, "title"),
        ({"by": ""}, "cannot be asked"),
    ],
)
def test_what_cannot_be_added_changes_nothing(
    fields: dict[str, Any], words: str, tmp_path: Path
) -> None:
    async def story() -> None:
        async with opened(tmp_path / "data") as place:
            await grow(place, entry(1))
            with pytest.raises(Unable, match=words):
                await grow(place, entry(2), **fields)
            with pytest.raises(Unable, match="an entry has"):
                await grow(place, entry(3, answer=" "))
            assert [each.entry for each in await passages(place)] == ["e1"]

    asyncio.run(story())


def test_an_answer_that_is_gone_from_the_shelf_is_not_lost_silently(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path / "data") as place:
            await grow(place, entry(1))
            for kept in (place.folder / FOLDER).iterdir():
                kept.unlink()
            with pytest.raises(Unable, match="gone from the shelf"):
                await grow(place, entry(2))

    asyncio.run(story())


def test_what_comes_to_the_sample_stands_beside_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path / "data") as place:
            await grow(place, entry(1), document=f"sample-{DOCUMENT}")
            assert (await place.do("list_documents"))["sample"]
            catalogue, library = Catalogue(Shelf(place.folder / FOLDER)), place.service.library()
            found, _ = await catalogue.passages(library, sample=True)
            assert {"sample-en", "sample-fa", f"sample-{DOCUMENT}"} <= {p.document for p in found}
            await grow(place, entry(2))
            found, _ = await catalogue.passages(place.service.library(), sample=True)
            assert {p.document for p in found} == {f"sample-{DOCUMENT}", DOCUMENT}
            assert not (await place.do("list_documents"))["sample"]

    asyncio.run(story())


def test_an_entry_answers_from_then_on(tmp_path: Path, vectors: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path / "data") as place:
            place.folder.mkdir(exist_ok=True)
            shutil.copy(vectors, place.folder / VECTORS_FILE)
            question = "Can I pay my bill at the petrol station?"
            await grow(place, {"id": "pay", "question": question, "answer": "Yes, at the till."})
            answers = await Answers.open(SETTINGS, place.folder, writes=False)

            async def opened_answers(_: object) -> Answers:
                return answers

            place.service._answers = opened_answers
            rules = msgspec.structs.replace(answers._rules, sample=False)
            await answers.show(place.service.library(), rules)
            told = await place.service.do({"do": "ask_once", "text": question}, silent)
            await answers.close()
            assert told["reply"]["outcome"]["text"] == "Yes, at the till."
            assert told["reply"]["outcome"]["sources"][0]["document"] == DOCUMENT

    asyncio.run(story())
