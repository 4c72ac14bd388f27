"""Texts that a model writes, by the settings: at a server, by the verb, and never unmarked."""

import asyncio
import logging
import shutil
from pathlib import Path

import msgspec
import pytest

from llmtb.actors.knowledge import Library
from llmtb.inference.answering.asked import Asked
from llmtb.library.answers import Answers
from llmtb.policy import Questions
from llmtb.settings import Models
from llmtb.verbs.asking import ask
from llmtb.verbs.knowledge import add
from tests.inference.models import FOLDER as MODELS
from tests.inference.openai_server import OpenAIServer
from tests.inference.providers import own
from tests.library.company import BOOKS, bring
from tests.library.place import SETTINGS, opened

ASKED = Asked(question="7/1", chat="7", text="When is the shop open?", audience="agent")


@pytest.fixture
def data(tmp_path: Path, vectors: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(vectors, folder)
    return folder


def test_an_endpoint_in_the_settings_writes_the_drafts(data: Path, tmp_path: Path) -> None:
    async def story() -> None:
        async with own() as generator, OpenAIServer(generator) as server, opened(data) as place:
            await bring(place, tmp_path, BOOKS[0])
            settings = msgspec.structs.replace(
                SETTINGS, endpoint=server.url, endpoint_model="small", endpoint_key="sk-of-tests"
            )
            answers = await Answers.open(settings, data)
            try:
                await answers.show(place.service.library(), Questions())
                drafted = await answers.draft(ASKED)
                written = await drafted.draft.result()
            finally:
                await answers.close()
            assert written.text.strip()
            assert len(server.heard) == 1
            assert answers.generator is not None
            assert "sk-of-tests" not in answers.generator.model

    asyncio.run(story())


def test_thresholds_of_another_encoder_are_told(
    data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(encoder: str) -> str:
        caplog.clear()
        settings = Models(folder=str(MODELS), encoder=encoder)
        answers = await Answers.open(settings, data, writes=False)
        try:
            await answers.show(Library(), Questions(sample=False))
        finally:
            await answers.close()
        return caplog.text

    with caplog.at_level(logging.WARNING):
        assert asyncio.run(story("e5-small")) == ""
        assert "thresholds are of another encoder" in asyncio.run(story("minilm-l6"))


def test_a_draft_is_printed_as_one_above_the_answer(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "llmtb.toml"
    settings.write_text(f"[models]\nfolder = {str(MODELS)!r}\n", "utf-8")
    page = tmp_path / "hours.csv"
    page.write_text("question,answer\nWhen is the shop open?,From 9 to 17 on weekdays.\n", "utf-8")
    place = (settings, data)
    given = {"paths": [str(page)], "audience": "customer", "reviewed": True}
    assert add(place, given, False) == 0
    capsys.readouterr()
    asked = {"text": ASKED.text, "audience": "agent", "draft": True}
    assert ask(place, asked, False, False) == 0
    told = capsys.readouterr().out
    assert told.startswith("DRAFT – read and correct it before it is sent\n\n")
    draft, _, answer = told.partition("\n\nWhat would be answered:\n\n")
    assert len(draft) > 60
    assert answer.startswith("From 9 to 17 on weekdays.")
