"""A draft for an agent: streamed into one message, marked from end to end, recorded when whole."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from llmtb.channels.port import Disconnected, Flooded, MessageGone, PortError
from llmtb.events.chat import DraftWritten
from llmtb.inference.errors import InferenceError, Unsupported
from tests.conversation.company import Company, play
from tests.conversation.ladder import Ladder

JAVAD, CUSTOMER = 1001, 5001
MARK = "Draft, not checked by anybody:"


class Scribe:
    """Writes a word a second. fails: after how many words it cannot go on.

    doubtful: whether the documents do not bear out what it wrote.
    """

    model = "tiny:int8:0123456789ab"

    def __init__(self, words: str, fails: int | None = None, *, doubtful: bool = False) -> None:
        self.doubtful = doubtful
        self.words = words.split()
        self.fails = fails
        self.asked: list[str] = []
        self.left = 0

    async def draft(self, question: str, text: str) -> AsyncIterator[str]:
        self.asked.append(text)
        try:
            for number, word in enumerate(self.words):
                if number == self.fails:
                    raise InferenceError("the model is gone")
                await asyncio.sleep(1)
                yield f"{word} "
        except (asyncio.CancelledError, GeneratorExit):
            self.left += 1
            raise
        if self.doubtful:
            raise Unsupported("the documents do not bear the draft out: numbers")


async def asked(company: Company) -> None:
    await company.hire("javad", JAVAD, name="Javad")
    await company.say(JAVAD, "Ask me!")
    await company.say(JAVAD, "how do I reset it?")
    assert company.last(JAVAD).labels[-2:] == ["Draft a reply", "Exit"]
    await company.press(JAVAD, "Draft a reply")


def test_a_draft_grows_in_one_message_and_is_marked_from_first_to_last() -> None:
    scribe = Scribe("Dear customer, please hold the button for ten long seconds")

    async def story(company: Company) -> None:
        await asked(company)
        assert company.last(JAVAD).text == f"{MARK} …"
        seen = set()
        for _ in range(12):
            await asyncio.sleep(1)
            seen.add(company.last(JAVAD).text)
        assert all(text.startswith(MARK) for text in seen)
        assert len(seen) > 3
        shown = company.last(JAVAD)
        assert shown.text == f"{MARK}\n\n{' '.join(scribe.words)}"
        assert shown.edits <= 8, "the server is asked more often than people can read"
        [written] = company.events(DraftWritten)
        assert isinstance(written, DraftWritten)
        assert (written.question, written.model) == (f"{JAVAD}/1", scribe.model)
        assert written.text == " ".join(scribe.words)
        assert 9000 <= written.milliseconds <= 11_000
        assert scribe.asked == ["how do I reset it?"]

    play(story, answer=Ladder(), drafting=scribe)


def test_one_draft_at_a_time_and_exit_stops_it() -> None:
    scribe = Scribe("one two three four five six")

    async def story(company: Company) -> None:
        await asked(company)
        await company.press(JAVAD, "Draft a reply")
        assert company.last(JAVAD).text.startswith("No draft can be written now")
        await company.press(JAVAD, "Exit")
        await asyncio.sleep(20)
        assert company.events(DraftWritten) == []
        assert (len(scribe.asked), scribe.left) == (1, 1)
        toast, _ = await company.press(JAVAD, "Draft a reply")
        assert toast == "That button was old. Please begin again."

    play(story, answer=Ladder(), drafting=scribe)


def test_a_draft_that_the_documents_do_not_bear_out_says_so() -> None:
    async def story(company: Company) -> None:
        await asked(company)
        await asyncio.sleep(10)
        shown = company.last(JAVAD).text
        assert shown.startswith(f"{MARK}\n\nIt costs nothing.")
        assert "do not bear this draft out" in shown
        assert len(company.events(DraftWritten)) == 1

    play(story, answer=Ladder(), drafting=Scribe("It costs nothing.", doubtful=True))


@pytest.mark.parametrize("words", ["", "one two three"])
def test_what_cannot_be_drafted_is_said_in_a_line(words: str) -> None:
    async def story(company: Company) -> None:
        await asked(company)
        await asyncio.sleep(10)
        assert company.last(JAVAD).text == "The draft could not be written just now."
        assert company.events(DraftWritten) == []

    play(story, answer=Ladder(), drafting=Scribe(words, fails=2))


@pytest.mark.parametrize("error", [Flooded(4), MessageGone(), Disconnected()])
def test_a_channel_that_fails_meanwhile_shows_the_whole_draft_in_the_end(error: PortError) -> None:
    scribe = Scribe("one two three four five six")

    async def story(company: Company) -> None:
        await asked(company)
        company.port.failing["edit"] = error
        await asyncio.sleep(5)
        if isinstance(error, Flooded):
            company.port.failing.clear()
        await asyncio.sleep(20)
        assert company.last(JAVAD).text == f"{MARK}\n\none two three four five six"
        assert len(company.events(DraftWritten)) == 1

    play(story, answer=Ladder(), drafting=scribe)


def test_drafts_are_for_agents_and_only_where_the_company_wants_them() -> None:
    async def story(company: Company) -> None:
        await company.policy(questions__customers="anyone", questions__drafts=False)
        await company.hire("javad", JAVAD, name="Javad")
        await company.say(JAVAD, "Ask me!")
        for user in (JAVAD, CUSTOMER):
            await company.say(user, "how do I reset it?")
            assert "Draft a reply" not in company.last(user).labels
        await company.policy(questions__drafts=True)
        await company.say(CUSTOMER, "how do I reset it?")
        assert "Draft a reply" not in company.last(CUSTOMER).labels

    play(story, answer=Ladder(), drafting=Scribe("one"))
