"""An agent's day at the bot: resting, coming back, being late, waiting, being told why not."""

from datetime import timedelta

import pytest

from llmtb.actors.agent import StartBreak
from llmtb.events.floor import FLOOR_EVENTS, BreakEnded, BreakRefused, BreakStarted, WaitJoined
from tests.conversation.company import Company, play

JAVAD, SARA, OMID, MARYAM = 1001, 1002, 1003, 1009


async def morning(company: Company) -> None:
    """Three agents at work in the morning, and their supervisor."""
    await company.hire("maryam", MARYAM, "supervisor", "Maryam")
    for agent, user, name in (
        ("javad", JAVAD, "Javad"),
        ("sara", SARA, "Sara"),
        ("omid", OMID, "Omid"),
    ):
        await company.hire(agent, user, name=name)
    await company.roster("morning", "javad", "sara", "omid")
    await company.until("08:00")


def test_rest_shows_the_kinds_that_are_open_with_their_minutes_and_slots() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(JAVAD, "Rest(dnd)")
        assert company.last(JAVAD).labels == [
            "Normal · 15 min · 1 free",
            "Urgent · 5 min · 1 free",
            "Emergency · 10 min",
        ]
        assert company.events(BreakStarted, BreakRefused) == []

    play(story)


def test_a_rest_from_press_to_return() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(JAVAD, "Rest(dnd)")
        toast, _ = await company.press(JAVAD, "Normal")
        assert toast == "Normal rest until 08:15."
        assert company.last(JAVAD).text == (
            "Normal rest: 15 minutes, until 08:15.\n"
            "Press Rest(dnd) when you are back.\n"
            "Live capacity: 0 free of 1"
        )
        await company.until("08:10")
        await company.say(JAVAD, "Rest(dnd)")
        assert company.last(JAVAD).text == ("your rest time is over\nLive capacity: 1 free of 1")
        [ended] = company.events(BreakEnded)
        assert isinstance(ended, BreakEnded)
        assert (ended.ended_by, ended.late_seconds) == ("agent", 0)

    play(story)


def test_full_says_when_a_slot_is_likely_free_and_tells_when_it_is() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.house.floor(StartBreak(agent="sara", kind="normal"))
        await company.say(JAVAD, "Rest(dnd)")
        menu = company.last(JAVAD)
        assert menu.text.startswith("All the slots are taken.\nOne is likely free at 08:15.")
        assert menu.labels == ["Emergency · 10 min", "Tell me when free"]
        toast, _ = await company.press(JAVAD, "Tell me")
        assert toast == "You will be told as soon as a slot is free."
        assert len(company.events(WaitJoined)) == 1
        await company.until("08:05")
        await company.say(SARA, "Rest(dnd)")
        offer = company.last(JAVAD)
        assert offer.text.startswith("A slot is free now.")
        assert offer.labels == ["Normal · 15 min · 1 free", "Urgent · 5 min · 1 free"]
        assert await company.press(JAVAD, "Urgent") == ("Urgent rest until 08:10.", False)

    play(story)


def test_a_refusal_by_the_floor_is_told_with_its_reason_and_a_way_on() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(JAVAD, "Rest(dnd)")
        await company.house.floor(StartBreak(agent="sara", kind="normal"))
        toast, alert = await company.press(JAVAD, "Normal")
        assert toast == "All the slots are taken.\nOne is likely free at 08:15."
        assert alert
        assert company.last(JAVAD).text == toast
        assert company.last(JAVAD).labels == ["Tell me when free"]

    play(story)


def test_warnings_come_at_one_and_three_minutes_and_the_supervisor_hears_of_them() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.house.floor(StartBreak(agent="javad", kind="urgent"))
        await company.until("08:09")
        late = [text for text in company.heard(JAVAD) if "late" in text and "Warning" in text]
        assert [text.splitlines()[0] for text in late] == [
            "You are 1 minute late from your rest.",
            "You are 3 minutes late from your rest.",
        ]
        assert "Javad is 3 minutes late from a rest. Warning 2." in company.heard(MARYAM)
        await company.say(JAVAD, "Rest(dnd)")
        assert company.last(JAVAD).text == (
            "your rest time is over\nYou were 4 minutes late.\nLive capacity: 1 free of 1"
        )

    play(story)


def test_a_press_from_long_ago_asks_again_and_does_nothing() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.until("08:30")
        before = company.events(BreakStarted, BreakEnded)
        old = company.clock.now() - timedelta(minutes=20)
        await company.say(JAVAD, "Rest(dnd)", at=old)
        assert company.last(JAVAD).text.startswith("Your press reached me 20 minutes late")
        assert company.events(BreakStarted, BreakEnded) == before

    play(story)


def test_an_old_menu_grants_nothing_and_is_drawn_again() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(JAVAD, "Rest(dnd)")
        menu, button = company.find(JAVAD, "Normal")
        await company.until("08:20")
        toast, _ = await company.press_token(JAVAD, menu.number, button.token)
        assert toast == "That button was old. This is how it is now."
        assert company.events(BreakStarted, BreakRefused) == []
        toast, _ = await company.press(JAVAD, "Normal")
        assert toast == "Normal rest until 08:35."

    play(story)


def test_a_double_tap_is_one_rest_and_no_refusal() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(JAVAD, "Rest(dnd)")
        menu, button = company.find(JAVAD, "Normal")
        urgent = company.find(JAVAD, "Urgent")[1]
        answers = [
            await company.press_token(JAVAD, menu.number, token)
            for token in (button.token, button.token, urgent.token)
        ]
        assert set(answers) == {("Normal rest until 08:15.", False)}
        assert len(company.events(BreakStarted, BreakRefused)) == 1

    play(story)


@pytest.mark.parametrize("token", ["", "0:r:abc:normal", "1:r:zzz", "1:x:1:2", "nonsense", "1::"])
def test_a_token_of_nobody_s_making_does_no_harm(token: str) -> None:
    async def story(company: Company) -> None:
        await morning(company)
        before = company.events(*FLOOR_EVENTS)
        toast, _ = await company.press_token(JAVAD, 1, token)
        assert toast.startswith("That button was old.")
        assert company.events(*FLOOR_EVENTS) == before

    play(story)


def test_an_update_that_is_delivered_again_has_its_effect_once() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.house.floor(StartBreak(agent="javad", kind="normal"))
        await company.settle()
        said = await company.say(JAVAD, "Rest(dnd)")
        heard = company.heard(JAVAD)
        await company.say(JAVAD, "Rest(dnd)", number=said.message_id)
        await company.crash()
        await company.say(JAVAD, "Rest(dnd)", number=said.message_id)
        assert company.heard(JAVAD) == heard
        assert len(company.events(BreakEnded)) == 1

    play(story)


def test_checking_in_and_out() -> None:
    async def story(company: Company) -> None:
        await company.policy(presence="check_in")
        await morning(company)
        await company.say(JAVAD, "Rest(dnd)")
        assert company.last(JAVAD).text == "You are not checked in.\nYour shift morning is open."
        assert await company.press(JAVAD, "Check in") == ("You are checked in.", False)
        assert company.last(JAVAD).text == "You are checked in to morning, until 16:00."
        await company.say(JAVAD, "Check in")
        assert company.last(JAVAD).text == "You are checked in to morning already."
        await company.say(JAVAD, "Check out")
        assert company.last(JAVAD).text == "You are checked out of morning."
        await company.say(JAVAD, "Check out")
        assert company.last(JAVAD).text == "You are not checked in."

    play(story)


def test_the_meal_is_reminded_offered_and_closed() -> None:
    async def story(company: Company) -> None:
        await company.policy(
            meals=[{"name": "lunch", "shift": "morning", "start": "12:00", "end": "13:00"}]
        )
        await morning(company)
        await company.until("12:00")
        reminder = company.last(JAVAD)
        assert (
            reminder.text.splitlines()[0] == "lunch is open until 13:00, and will not be extended."
        )
        assert await company.press(JAVAD, "Meal · 30 min") == ("Meal rest until 12:30.", False)
        await company.until("13:00")
        for user in (JAVAD, SARA, OMID):
            assert any(text.startswith("lunch is over.\nLive cap") for text in company.heard(user))
        feasible = "With a capacity of 2, everybody can eat in time."
        assert [text.splitlines()[2] for text in company.heard(MARYAM) if "lunch of" in text] == [
            feasible
        ]

    play(story)
