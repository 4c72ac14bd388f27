"""Whoever asks is told everything held about them, and nothing of anybody else."""

import asyncio
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from llmtb.actors.agent import CheckIn
from llmtb.actors.centre import AddAgent
from llmtb.actors.chat import Draft, QueueMessage
from llmtb.actors.desk import HandOver, RelayWords
from llmtb.events.audit import PersonDisclosed
from llmtb.verbs.disclose import Wish, disclose
from llmtb.verbs.exits import STORAGE, Failed
from tests.audit import company
from tests.audit.company import NAMES, StillClock, secret

LANGUAGES = ("en", "fa", "id", "pt", "zh")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A company in which people have said something, and of each other."""
    place = tmp_path / "data"
    place.mkdir()

    async def story() -> None:
        async with company.records(place, StillClock()) as archive:
            house = archive.house
            await company.begin(house)
            await company.say(house, "ava", 1)
            await company.say(house, "ben", 2)
            await company.say(house, "7001", 3)
            await company.rest(house, "ava")
            await company.tell_boss(house, "ava", 4)
            draft = Draft(message="x", text=f"<b>Bold</b> & {NAMES['ben']} rests")
            await house.chat("101", QueueMessage(chat="101", draft=draft))
            await house.floor(AddAgent(by="boss", agent="ava", name=NAMES["ava"], role="agent"))

    asyncio.run(story())
    return place


class Text(HTMLParser):
    """What a page says, and what it is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.tags: set[str] = set()
        self.attributes: dict[str, str | None] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of it."""
        self.tags.add(tag)
        if tag == "html":
            self.attributes = dict(attrs)

    def handle_data(self, data: str) -> None:
        """Take note of it."""
        self.said.append(data)


def told(folder: Path, person: str, language: str = "en") -> tuple[Text, str]:
    """What somebody is told: the page, and the JSON."""
    out = folder.parent / f"{person.replace('/', '-')}-{language}"
    assert disclose((None, folder), Wish(person, out, language), True) == 0
    page = Text()
    page.feed((out / "index.html").read_text(encoding="utf-8"))
    events = (out / "events.json").read_text(encoding="utf-8")
    assert json.loads(events)
    assert (out / "index.html").stat().st_mode & 0o077 == 0 or out.stat().st_mode & 0o077 == 0
    return page, events


def test_it_is_all_of_theirs_and_nothing_of_others(folder: Path) -> None:
    page, events = told(folder, "ava")
    for text in ("\n".join(page.said), events):
        assert NAMES["ava"] in text
        assert secret("ava", 1) in text
        for who in ("ben", "dina", "boss"):
            assert NAMES[who] not in text
        assert secret("ben", 2) not in text
        assert secret("7001", 3) not in text
        assert '"boss"' not in text
    assert "<b>Bold</b> & agent rests" in "\n".join(page.said)  # escaped, the name replaced
    assert page.tags.isdisjoint({"script", "link", "img", "iframe"})


def test_a_customer_is_told_of_their_own_chat(folder: Path) -> None:
    page, events = told(folder, "chat/7001")
    assert secret("7001", 3) in events
    assert secret("ava", 1) not in events
    assert secret("7001", 3) in "\n".join(page.said)


def test_a_message_does_not_pass_on_what_a_customer_said(folder: Path) -> None:
    words = secret("7001", 9)

    async def story() -> None:
        async with company.records(folder, StillClock()) as archive:
            house = archive.house
            await house.floor(CheckIn(agent="ava"))
            over = HandOver(chat="7001", reason="person_requested", summary=words, among=("ava",))
            said = RelayWords(chat="7001", by="7001", text=words, update="u9")
            for command in (over, said):
                recorded, *_ = await house.floor(command)
                message = f"reply:notice:{recorded.seq}:101"
                draft = Draft(message=message, text=f"customer 7001 writes: {words}")
                await house.chat("101", QueueMessage(chat="101", draft=draft))

    asyncio.run(story())
    page, events = told(folder, "ava")
    for text in ("\n".join(page.said), events):
        assert words not in text
        assert "7001" not in text
        assert secret("ava", 1) in text
    assert words in told(folder, "chat/7001")[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_in_their_language(folder: Path, language: str) -> None:
    page, _ = told(folder, "ava", language)
    assert page.attributes["lang"] == language
    assert page.attributes["dir"] == ("rtl" if language == "fa" else "ltr")
    assert ("What is held about you" in page.said) is (language == "en")


def test_it_is_recorded_before_anything_is_written(folder: Path) -> None:
    out = folder.parent / "there"
    out.mkdir()
    (out / "mine").touch()
    with pytest.raises(Failed, match="something already"):
        disclose((None, folder), Wish("ava", out, "en"), False)
    with pytest.raises(Failed, match="nobody is known"):
        disclose((None, folder), Wish("zoe", None, "en"), False)
    told(folder, "ava")

    async def recorded() -> list[str]:
        async with company.records(folder, StillClock()) as archive:
            events = [each.event for each in archive.journal.read()]
        return [event.person for event in events if isinstance(event, PersonDisclosed)]

    assert asyncio.run(recorded()) == ["ava"]


def test_one_that_fails_in_the_middle_leaves_no_page(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llmtb.verbs.disclose.EVENTS", "nowhere/events.json")
    out = folder.parent / "out"
    with pytest.raises(Failed) as failed:
        disclose((None, folder), Wish("ava", out, "en"), False)
    assert failed.value.status == STORAGE
    assert not out.exists()


def test_what_was_forgotten_is_not_told(folder: Path) -> None:
    asyncio.run(company.forget(folder, StillClock(), "ava"))
    page, events = told(folder, "ava")
    for text in ("\n".join(page.said), events):
        assert NAMES["ava"] not in text
        assert secret("ava", 1) not in text
        assert "redacted" not in text
