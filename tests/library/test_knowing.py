"""What the running program answers from: loaded beside the floor, exchanged at once, closed."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from llmtb.actors.asking import Found, GiveAnswer, Withhold
from llmtb.actors.centre import SetPolicy
from llmtb.control import Unable
from llmtb.inference.answering.asked import Asked
from llmtb.inference.errors import InferenceError, ModelError
from llmtb.library.answers import VECTORS_FILE, Answers
from llmtb.library.knowing import Knowing
from llmtb.library.service import Service
from llmtb.library.shelf import FOLDER
from tests.inference.models import FOLDER as MODELS
from tests.library.company import BOOKS, bring
from tests.library.place import SETTINGS, Place, opened, silent, table

ROOT = Path(__file__).parents[2]


def asked(text: str) -> Asked:
    return Asked(question="7/1", chat="7", text=text, audience="agent", language="en")


@asynccontextmanager
async def knowing(folder: Path, models: Path = MODELS) -> AsyncIterator[tuple[Place, Knowing]]:
    """A place and what it answers from; without models that write."""
    async with opened(folder) as place:
        settings = msgspec.structs.replace(SETTINGS, folder=str(models))
        known = Knowing(settings, folder, place.journal)
        place.service = Service(place.house, place.journal, folder, known.answers)
        task = asyncio.create_task(known.run())
        try:
            yield place, known
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert task.cancelled()


@pytest.fixture
def data(tmp_path: Path, vectors: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(vectors, folder)

    async def none(*_: object) -> None:
        """Nothing here writes: loading what does takes seconds."""

    monkeypatch.setattr("llmtb.library.answers._generator", none)
    return folder


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110 - an index in place tells nobody
            await asyncio.sleep(0.01)


def text_of(found: Found) -> str:
    assert isinstance(found, GiveAnswer), found
    return found.text


def test_a_question_waits_for_the_models_and_a_changed_library_is_taken_up(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with knowing(data) as (place, known):
            await place.house.floor(SetPolicy(by="test", policy={"questions": {"sample": False}}))
            early = asyncio.create_task(known.answer(asked("When is the shop open?"), None))
            nothing = await early
            assert nothing == Withhold(chat="7", question="7/1", reason="no_knowledge")
            answers = await known.answers(silent)
            building, go_on = asyncio.Event(), asyncio.Event()
            real = answers.base.rebuild

            async def slow(*given: object, **named: object) -> object:
                building.set()
                await go_on.wait()
                return await real(*given, **named)  # type: ignore[arg-type]

            await bring(place, tmp_path, BOOKS[0])
            await until(lambda: len(answers.passages) == 1)
            first = await known.answer(asked("When is the shop open?"), None)
            assert text_of(first) == "From 9 to 17 on weekdays."
            monkeypatch.setattr(answers.base, "rebuild", slow)
            table(tmp_path / "hours.csv", "When is the shop open?,From 10 to 18 every day.")
            await place.add(tmp_path / "hours.csv", reviewed=True)
            await building.wait()
            meanwhile = await known.answer(asked("When is the shop open?"), None)
            assert text_of(meanwhile) == "From 9 to 17 on weekdays."
            go_on.set()
            await until(lambda: answers.passages[0].version == 2)
            after = await known.answer(asked("When is the shop open?"), None)
            assert text_of(after) == "From 10 to 18 every day."
            assert isinstance(after, GiveAnswer)
            assert "[hours@2#1]" in after.sources[0]
            await place.do("remove_documents", documents=["hours"])
            await until(lambda: not answers.passages)

    asyncio.run(story())


def test_rules_alone_change_without_another_index(data: Path, tmp_path: Path) -> None:
    async def story() -> None:
        async with knowing(data) as (place, known):
            await bring(place, tmp_path, BOOKS[0])
            answers = await known.answers(silent)
            await until(lambda: len(answers.passages) == 1)
            version, ladder = answers.base.version, answers.answering
            rules = {"questions": {"longest": 20}}
            await place.house.floor(SetPolicy(by="test", policy=rules))
            await until(lambda: answers.answering is not ladder)
            assert answers.base.version == version
            held = await known.answer(asked("When is the shop open, please tell me?"), None)
            assert held == Withhold(chat="7", question="7/1", reason="too_long")

    asyncio.run(story())


def test_a_document_that_vanished_is_said_and_left_out(
    data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with knowing(data) as (place, known):
            await bring(place, tmp_path, BOOKS[0])
            answers = await known.answers(silent)
            await until(lambda: len(answers.passages) == 1)
        for file in (data / FOLDER).iterdir():
            file.unlink()
        async with opened(data, place.store) as again:
            known = Knowing(SETTINGS, data, again.journal)
            task = asyncio.create_task(known.run())
            answers = await known.answers(silent)
            assert [each.document for each in answers.missing] == ["hours"]
            assert answers.passages == []
            await bring(again, tmp_path, BOOKS[1])
            await until(lambda: len(answers.passages) == 1)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(story())
    assert "hours is left out" in caplog.text
    assert "weekdays" not in caplog.text


def test_without_models_each_question_is_told_so_and_the_rest_goes_on(
    data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with knowing(data, tmp_path / "nowhere") as (place, known):
            for _ in range(3):
                with pytest.raises(ModelError, match="llmtb models add"):
                    await known.answer(asked("When is the shop open?"), None)
            with pytest.raises(Unable) as told:
                await place.service.do({"do": "ask_once", "text": "hello"}, silent)
            assert told.value.status == 6
            await bring(place, tmp_path, BOOKS[0])
            assert place.events() == ["DocumentAdded"]

    asyncio.run(story())
    assert "questions cannot be answered" in caplog.text


@pytest.mark.parametrize("trouble", [OSError(28, "No space left on device"), RuntimeError("CT2")])
def test_whatever_fails_while_it_is_opened_ends_nothing(
    trouble: Exception, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> Answers:
        raise trouble

    monkeypatch.setattr(Answers, "open", broken)

    async def story() -> None:
        async with knowing(data) as (_, known):
            with pytest.raises(InferenceError):
                await known.answer(asked("When is the shop open?"), None)

    asyncio.run(story())


def test_an_index_that_cannot_be_made_leaves_the_old_one(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with knowing(data) as (place, known):
            await bring(place, tmp_path, BOOKS[0])
            answers = await known.answers(silent)
            await until(lambda: len(answers.passages) == 1)

            async def full(*_: object, **__: object) -> None:
                raise OSError(28, "No space left on device")

            with monkeypatch.context() as patched:
                patched.setattr(answers.base, "rebuild", full)
                await bring(place, tmp_path, BOOKS[1])
                await until(lambda: "stays as it was" in caplog.text)
            found = await known.answer(asked("When is the shop open?"), None)
            assert text_of(found) == "From 9 to 17 on weekdays."
            await bring(place, tmp_path, BOOKS[2])
            await until(lambda: len(answers.passages) == 3)

    asyncio.run(story())


STOPPED = """
import asyncio, sys
from pathlib import Path
from llmtb.events.journal import Journal
from llmtb.events.stores.memory import MemoryStore
from llmtb.library.knowing import Knowing
from llmtb.settings import Models

async def main():
    journal = await Journal.open(MemoryStore())
    known = Knowing(Models(folder=sys.argv[1]), Path(sys.argv[2]), journal)
    task = asyncio.create_task(known.run())
    await asyncio.sleep(float(sys.argv[3]))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await journal.close()

asyncio.run(main())
print("clean")
"""


@pytest.mark.parametrize("seconds", [0.0, 0.2, 0.6, 1.5, 4.0])
def test_an_end_while_it_loads_or_indexes_is_clean(seconds: float, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STOPPED, str(MODELS), str(tmp_path), str(seconds)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "clean\n"), done.stderr
    assert "Traceback" not in done.stderr
    if (tmp_path / VECTORS_FILE).exists():
        assert not list(tmp_path.glob("*-journal"))
