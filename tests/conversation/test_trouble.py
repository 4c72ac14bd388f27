"""The bot among failures: actors that do not answer, updates that come twice, people who go."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from llmtb.actors.agent import EndBreak, StartBreak
from llmtb.actors.centre import AddAgent, SetPolicy
from llmtb.actors.shift import OverrideCapacity
from llmtb.channels.port import Disconnected, Said
from llmtb.events.access import InvitationAccepted
from llmtb.events.chat import DialogueMoved
from llmtb.events.errors import StorageFailed
from llmtb.events.floor import BreakEnded, BreakStarted, OverrideSet
from llmtb.events.record import Recorded
from llmtb.runtime.errors import DeadlineExceeded
from tests.conversation.company import BOT, Company, play

JAVAD, SARA, MARYAM = 1001, 1002, 1009
Asked = Callable[..., Awaitable[list[Recorded]]]


async def morning(company: Company) -> None:
    await company.hire("maryam", MARYAM, "supervisor", "Maryam")
    await company.hire("javad", JAVAD, name="Javad")
    await company.hire("sara", SARA, name="Sara")
    await company.roster("morning", "javad", "sara")
    await company.until("08:00")


def failing(company: Company, actor: str, error: Exception, times: int = 1) -> None:
    """Have the next asks of an actor fail."""
    asked: Asked = getattr(company.house, actor)
    left = [error] * times

    async def ask(*args: Any, **named: Any) -> list[Recorded]:
        if left:
            raise left.pop()
        return await asked(*args, **named)

    setattr(company.house, actor, ask)


@pytest.mark.parametrize("error", [DeadlineExceeded("floor", "centre"), StorageFailed("disk full")])
def test_a_press_that_could_not_be_taken_says_so_and_can_be_pressed_again(
    error: Exception,
) -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(JAVAD, "Rest(dnd)")
        failing(company, "floor", error)
        answer = await company.press(JAVAD, "Normal")
        assert answer == ("I could not do that just now. Please press again.", True)
        assert await company.press(JAVAD, "Normal") == ("Normal rest until 08:15.", False)
        assert len(company.events(BreakStarted)) == 1

    play(story)


def test_a_message_that_could_not_be_taken_comes_again_and_has_its_effect_once() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.house.floor(StartBreak(agent="javad", kind="normal"))
        await company.settle()
        failing(company, "floor", StorageFailed("disk full"))
        with pytest.raises(StorageFailed):
            await company.say(JAVAD, "Rest(dnd)", number=5)
        await company.say(JAVAD, "Rest(dnd)", number=5)
        await company.say(JAVAD, "Rest(dnd)", number=5)
        assert len(company.events(BreakEnded)) == 1
        assert company.last(JAVAD).text.startswith("your rest time is over")

    play(story)


def test_what_was_cut_short_after_its_command_is_finished_and_not_done_again() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(MARYAM, "Set capacity")
        await company.say(MARYAM, "2")
        await company.press(MARYAM, "The shift's end")
        failing(company, "chat", StorageFailed("disk full"))
        with pytest.raises(StorageFailed):
            await company.say(MARYAM, "because", number=5)
        await company.crash()
        await company.say(MARYAM, "because", number=5)
        assert len(company.events(OverrideSet)) == 1
        last = company.events(DialogueMoved)[-1]
        assert isinstance(last, DialogueMoved)
        assert last.step is None

    play(story)


def test_a_welcome_that_was_cut_short_comes_after_all() -> None:
    async def story(company: Company) -> None:
        await company.house.floor(AddAgent(agent="javad", name="Javad"))
        code = await company.invite("javad", "agent")
        failing(company, "chat", StorageFailed("disk full"))
        with pytest.raises(StorageFailed):
            await company.say(JAVAD, f"/start {code}", number=5)
        await company.say(JAVAD, f"/start {code}", number=5)
        assert [text.splitlines()[0] for text in company.heard(JAVAD)] == [
            "Hello Javad. You are here as agent."
        ]
        assert len(company.events(InvitationAccepted)) == 1

    play(story)


def test_a_notice_waits_for_a_journal_that_is_full_and_is_told_late() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        failing(company, "chat", StorageFailed("disk full"), times=3)
        await company.house.floor(StartBreak(agent="javad", kind="normal"))
        await company.until("08:01")
        told = [text for text in company.heard(JAVAD) if text.startswith("Normal rest")]
        assert len(told) == 1

    play(story)


def test_a_link_that_did_not_get_through_is_made_anew() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(MARYAM, "People")
        await company.press(MARYAM, "Javad")
        await company.pause_post()
        company.port.failing["send"] = Disconnected()
        await company.press(MARYAM, "New invitation link")
        company.port.failing.clear()
        await company.resume_post()
        await company.settle()
        assert company.last(MARYAM).text == "The link could not be sent. Please make a new one."
        await company.press(MARYAM, "New invitation link")
        assert f"https://t.me/{BOT}?start=" in company.last(MARYAM).text

    play(story)


def test_with_two_shifts_open_the_one_that_is_meant_is_asked_for() -> None:
    async def story(company: Company) -> None:
        shifts = [
            {"name": "day", "start": "07:00", "end": "19:00"},
            {"name": "early", "start": "06:00", "end": "12:00"},
        ]
        await company.house.floor(SetPolicy(policy={"shifts": shifts}))
        await morning_of(company)
        await company.say(MARYAM, "Set capacity")
        await company.press(MARYAM, "day")
        await company.press(MARYAM, "4")
        await company.press(MARYAM, "30 minutes")
        await company.say(MARYAM, "because")
        [event] = company.events(OverrideSet)
        assert isinstance(event, OverrideSet)
        assert event.shift == "2026-11-21/day"
        assert event.until - company.clock.now() < timedelta(minutes=30)
        await company.say(MARYAM, "Set capacity")
        await company.press(MARYAM, "day")
        await company.press(MARYAM, "Set another number")
        await company.press(MARYAM, "6")
        assert company.last(MARYAM).text.startswith("Until when?")

    play(story)


async def morning_of(company: Company) -> None:
    await company.hire("maryam", MARYAM, "supervisor", "Maryam")


def test_a_shift_that_ended_meanwhile_is_not_set() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.until("15:50")
        await company.say(MARYAM, "Set capacity")
        await company.press(MARYAM, "3")
        await company.press(MARYAM, "The shift's end")
        await company.until("16:01")
        await company.say(MARYAM, "because")
        assert company.last(MARYAM).text == (
            "That cannot be done: the shift 2026-11-21/morning is over"
        )
        assert company.events(OverrideSet) == []

    play(story)


def test_a_role_that_was_changed_brings_its_own_buttons() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.house.floor(AddAgent(agent="sara", role="supervisor", by="maryam"))
        await company.settle()
        assert company.last(SARA).text == "Hello Sara. You are here as supervisor."
        await company.say(SARA, "Live board")
        assert company.last(SARA).text.startswith("morning until 16:00")

    play(story)


def test_a_supervisor_who_became_an_agent_has_no_board_any_more() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.hire("zahra", 1011, "supervisor", "Zahra")
        await company.say(1011, "Live board")
        board = company.last(1011)
        before = board.text
        await company.house.floor(AddAgent(agent="zahra", role="agent", by="maryam"))
        await company.house.floor(
            OverrideCapacity(by="maryam", shift="morning", capacity=9, reason="quiet")
        )
        await company.until("08:05")
        assert board.text == before

    play(story)


def test_waiting_is_left_by_the_button_that_shows_the_place() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.house.floor(StartBreak(agent="sara", kind="normal"))
        await company.say(JAVAD, "Rest(dnd)")
        await company.press(JAVAD, "Tell me")
        assert await company.press(JAVAD, "Tell me") == (
            "You are in the waiting line already.",
            False,
        )
        await company.say(JAVAD, "Rest(dnd)")
        toast, _ = await company.press(JAVAD, "I do not wait any more (you are number 1)")
        assert toast == "You are not waiting any more."
        heard = company.heard(JAVAD)
        await company.house.floor(EndBreak(agent="sara"))
        await company.settle()
        assert company.heard(JAVAD) == heard

    play(story)


def test_an_update_without_words_does_no_harm() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        said = Said(chat=JAVAD, user=JAVAD, message_id=1, text="", at=company.clock.now())
        await company.conversation.handle(said)
        await company.settle()
        assert company.last(JAVAD).text.startswith("Press Rest(dnd) to rest")

    play(story)
