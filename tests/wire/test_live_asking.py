"""Ask me! over the real wire: real models, real documents, people who ask in five languages."""

import asyncio
import json
from pathlib import Path

import pytest

from llmtb import control
from llmtb.events.chat import AnswerGiven, AnswerWithheld, DraftWritten, QuestionAsked
from llmtb.events.desk import HandedOver, MessageRelayed, TakenBack
from llmtb.settings import Models
from tests.inference.models import FOLDER
from tests.wire.living import Centre, in_centre, only
from tests.wire.server import Message, Person

SAMPLE = Path(__file__).parents[2] / "llmtb" / "sample" / "knowledge"
ENTRIES = ("wifi-password", "modem-restart", "fibre-los-red", "error-e104", "plans-fibre")
ASKED = {
    "en": ("How do I change the Wi-Fi password?", "192.168.1.1"),
    "fa": ("رمز وای‌فای را چطور عوض کنم؟", "192.168.1.1"),
    "id": ("Bagaimana cara mengganti kata sandi Wi-Fi?", "192.168.1.1"),
    "pt": ("Como troco a senha do Wi-Fi?", "192.168.1.1"),
    "zh": ("怎么修改 Wi-Fi 密码？", "192.168.1.1"),
}
WAIT = 60.0  # seconds: the models are loaded and the documents indexed meanwhile


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """Some of the made-up company's entries, as files of one's own."""
    folder = tmp_path / "documents"
    folder.mkdir()
    for file in sorted(SAMPLE.glob("*.json")):
        content = json.loads(file.read_text("utf-8"))
        content["entries"] = [each for each in content["entries"] if each["id"] in ENTRIES]
        (folder / file.name).write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    return folder


async def bring(centre: Centre, documents: Path) -> None:
    """Add documents to the program that runs, as `llmtb knowledge add` does."""
    request = {
        "do": "add_documents",
        "paths": [str(documents)],
        "audience": "customer",
        "reviewed": True,
    }
    outcome = await control.ask(centre.folder, request, silent)
    assert {each["wrong"] for each in outcome["files"]} == {""}
    passages = sum(each["passages"] for each in outcome["files"])
    for _ in range(int(10 * WAIT)):
        if await indexed(centre) >= passages:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the documents were not indexed in time")


async def indexed(centre: Centre) -> int:
    """How many passages are answered from by now."""
    figures = await control.ask(centre.folder, {"do": "tell_figures"}, silent)
    return int(figures["index"]["passages"])


def silent(text: str, *, piece: bool = False) -> None:
    """Nobody looks at how far it is."""


def open_to_all(centre: Centre) -> None:
    """Anyone who writes may ask, and the made-up company does not stand in."""
    centre.models = Models(folder=str(FOLDER))
    centre.rules = {"questions": {"customers": "anyone", "sample": False}}


def whole_draft(chat: list[Message]) -> bool:
    """Whether a draft was streamed into one message, to its end."""
    drafts = [message for message in chat if "not checked by anybody" in message.text]
    return len(drafts) == 1 and drafts[0].edited and not drafts[0].text.endswith("…")


def customers(centre: Centre) -> dict[str, Person]:
    """Somebody of each language who is on no list."""
    return {
        language: centre.server.person(7000001000 + number, "javad", language_code=language)
        for number, language in enumerate(ASKED)
    }


def test_people_of_five_languages_get_the_passage_that_answers(
    tmp_path: Path, documents: Path
) -> None:
    async def story(centre: Centre) -> None:
        open_to_all(centre)
        async with centre.running():
            await centre.begin()
            await bring(centre, documents)
            people = customers(centre)
            for language, (question, _) in ASKED.items():
                await people[language].say(question)
            for language, (_, part) in ASKED.items():
                answer = await people[language].hears(part, within=WAIT)
                assert len([m for m in people[language].chat if part in m.text]) == 1, answer
        events = await centre.events()
        asked = {event.question: event.text for event in only(QuestionAsked, events)}
        answers = only(AnswerGiven, events)
        assert sorted(asked) == sorted(event.question for event in answers)
        for event in answers:
            own = next(lang for lang, (text, _) in ASKED.items() if text == asked[event.question])
            assert event.language == own
            assert event.sources

    in_centre(tmp_path, story)


def test_what_nobody_wrote_down_goes_to_a_person_and_back(tmp_path: Path, documents: Path) -> None:
    async def story(centre: Centre) -> None:
        open_to_all(centre)
        async with centre.running():
            await centre.begin()
            await bring(centre, documents)
            asker = customers(centre)["en"]
            await asker.say("Which film won the prize at the festival last year?")
            await asker.hears("colleague", within=WAIT)
            agent = centre.nima if any("film" in m.text for m in centre.nima.chat) else centre.sara
            task = await agent.hears("film")
            await asker.say("It is for a quiz.")
            await agent.hears("It is for a quiz.")
            await agent.say("I looked it up: nobody did.")
            await asker.hears("I looked it up: nobody did.")
            await agent.press("Done" if agent is centre.nima else "تمام", on=task)
            await asker.hears("I am here again")
            await asker.say("How do I restart the modem?")
            await asker.hears("30 seconds", within=WAIT)
        events = await centre.events()
        [handed] = only(HandedOver, events)
        assert handed.agent is not None
        assert len(only(MessageRelayed, events)) == 2
        assert len(only(TakenBack, events)) == 1
        origins = [event.origin for event in only(AnswerGiven, events)]
        assert origins == ["person", "faq"]
        assert len(only(AnswerWithheld, events)) == 1

    in_centre(tmp_path, story)


def test_a_draft_is_streamed_to_an_agent_and_marked_to_the_end(
    tmp_path: Path, documents: Path
) -> None:
    async def story(centre: Centre) -> None:
        open_to_all(centre)
        async with centre.running():
            await centre.begin()
            await bring(centre, documents)
            await centre.nima.press("Ask me!")
            await centre.nima.hears("please ask your question")
            await centre.nima.say("How do I restart the modem?")
            answer = await centre.nima.hears("30 seconds", within=WAIT)
            await centre.nima.press("Draft a reply", on=answer)
            await centre.nima.hears("Draft, not checked by anybody:", within=WAIT)
            await centre.nima.sees(whole_draft, WAIT)
            await centre.nima.press("Exit", on=answer)
            await centre.nima.hears("thank you")
        assert only(DraftWritten, await centre.events())

    in_centre(tmp_path, story)
