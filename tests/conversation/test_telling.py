"""What is told because of events: once, in order, in each one's language, and not too late."""

import asyncio
from datetime import timedelta

import pytest

from llmtb.actors.agent import StartBreak
from llmtb.actors.centre import ReportLoad
from llmtb.actors.chat import RecordFailed
from llmtb.actors.shift import OverrideCapacity
from llmtb.channels.conversation.step import Settings
from llmtb.channels.port import Disconnected, Flooded, MessageGone, PortError, TooLate
from llmtb.events.chat import BoardHidden, BoardShown, MessageQueued
from llmtb.events.floor import BreakStarted
from llmtb.projections.history import Day, PastBreak, PastWarning
from tests.conversation.company import BEFORE, SHIFT, Company, play

JAVAD, SARA, MARYAM = 1001, 1002, 1009
LUNCH = [{"name": "lunch", "shift": "morning", "start": "12:00", "end": "13:00"}]


async def morning(company: Company, language: str = "en") -> None:
    await company.hire("maryam", MARYAM, "supervisor", "Maryam")
    await company.hire("javad", JAVAD, name="Javad")
    await company.hire("sara", SARA, name="Sara")
    for user in (JAVAD, SARA, MARYAM):
        if language != "en":
            await company.say(user, "Language")
            await company.press(user, {"fa": "فارسی"}[language])
    await company.roster("morning", "javad", "sara")
    await company.until("08:00")


def queued(company: Company) -> list[tuple[str, str]]:
    events = company.events(MessageQueued)
    return [(e.chat, e.message) for e in events if isinstance(e, MessageQueued)]


def test_a_day_in_persian() -> None:
    async def story(company: Company) -> None:
        await morning(company, "fa")
        await company.say(JAVAD, "Rest(dnd)")
        assert company.last(JAVAD).labels == [
            "عادی · ۱۵ دقیقه · ۱ جای خالی",
            "فوری · ۵ دقیقه · ۱ جای خالی",
            "اضطراری · ۱۰ دقیقه",
        ]
        await company.press(JAVAD, "عادی")
        assert company.last(JAVAD).text == (
            "استراحت عادی: ۱۵ دقیقه، تا ساعت ۰۸:۱۵.\n"
            "وقتی برگشتید، \u2068Rest(dnd)\u2069 را بزنید.\n"
            "ظرفیت زنده: ۰ جای خالی از ۱"
        )
        await company.say(JAVAD, "Rest(dnd)")
        assert company.last(JAVAD).text == (
            "زمان استراحت شما به پایان رسید\nظرفیت زنده: ۱ جای خالی از ۱"
        )
        await company.say(MARYAM, "تابلوی زنده")
        assert company.last(MARYAM).text.startswith("\u2068morning\u2069 تا ۱۶:۰۰\n۲ نفر حاضر\n")

    play(story)


def test_a_button_that_was_drawn_in_another_language_still_works() -> None:
    async def story(company: Company) -> None:
        await morning(company, "fa")
        await company.say(JAVAD, "My history")
        assert company.last(JAVAD).text == "هنوز استراحتی نبوده است."
        await company.say(JAVAD, "زبان")
        await company.press(JAVAD, "English")
        assert company.last(JAVAD).text == "From now on in English."
        await company.say(JAVAD, "سابقهٔ من")
        assert company.last(JAVAD).text == "No rests yet."

    play(story)


def test_a_crash_at_any_instant_neither_loses_nor_repeats_a_notice() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        for minutes in range(5):
            await company.house.floor(StartBreak(agent="javad", kind="urgent"), f"rest:{minutes}")
            await asyncio.sleep(0)
            await company.crash()
            await company.until(f"08:{10 * (minutes + 1):02}")
            await company.say(JAVAD, "Rest(dnd)")
        started = company.events(BreakStarted)
        told = [text for text in company.heard(JAVAD) if text.startswith("Urgent rest: 5 minutes")]
        assert len(told) == len(started) == 5
        messages = queued(company)
        assert len(messages) == len(set(messages))

    play(story)


def test_a_feeder_that_begins_anew_tells_nothing_twice_and_no_old_news() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.house.floor(StartBreak(agent="javad", kind="urgent"))
        await company.until("12:00")
        before = queued(company)
        snapshots = company.journal.load_snapshot("conversation", "1")
        company.journal.save_snapshot("conversation", "1", 0, b"")
        await company.crash()
        assert queued(company) == before
        assert snapshots is None or snapshots[0] > 0

    play(story)


def test_what_happened_long_ago_is_told_to_nobody() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        heard = company.heard(JAVAD)
        await company.pause()
        await company.house.floor(StartBreak(agent="javad", kind="normal"))
        await asyncio.sleep(timedelta(hours=2).total_seconds())
        await company.open()
        assert company.heard(JAVAD)[len(heard) :] == []

    play(story)


def test_a_supervisor_hears_two_hours_before_whether_everybody_can_eat() -> None:
    async def story(company: Company) -> None:
        await company.policy(meals=LUNCH)
        await morning(company)
        await company.house.floor(
            OverrideCapacity(by="maryam", shift=SHIFT, capacity=0, reason="A campaign")
        )
        await company.until("09:59")
        assert not any("lunch of morning" in text for text in company.heard(MARYAM))
        await company.until("10:01")
        assert company.last(MARYAM).text == (
            "lunch of morning, 12:00–13:00:\n"
            "2 people, 30 minutes each: at least 1 at once.\n"
            "With a capacity of 0, 2 people cannot eat in time."
        )
        await company.crash()
        await company.until("10:30")
        assert sum("lunch of morning" in text for text in company.heard(MARYAM)) == 1

    play(story)


def test_a_lost_feed_is_told_to_the_supervisors_once() -> None:
    async def story(company: Company) -> None:
        await company.policy(load__mode="erlang_c")
        await morning(company)
        await company.house.floor(ReportLoad(calls=3, aht_seconds=60))
        await company.settle()
        await company.say(MARYAM, "Live board")
        assert "Calls at 08:00: 3, 60 s each" in company.last(MARYAM).text
        await company.until("08:05")
        silent = "The phone system is silent since 08:00: the number present decides."
        assert company.heard(MARYAM).count(silent) == 1
        assert "silent since 08:00" in company.port.chats[MARYAM][-2].text
        assert silent not in company.heard(JAVAD)

    play(story)


def test_a_person_who_cannot_be_reached_is_told_of() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.pause_post()
        await company.house.floor(StartBreak(agent="javad", kind="normal"))
        await company.settle()
        waiting = [message for chat, message in queued(company) if chat == str(JAVAD)][-1]
        await company.house.chat(
            str(JAVAD),
            RecordFailed(chat=str(JAVAD), message=waiting, error="unreachable: USER_IS_BLOCKED"),
        )
        await company.resume_post()
        await company.settle()
        assert company.last(MARYAM).text == (
            "Javad cannot be reached any more: the bot is blocked there."
        )

    play(story)


def test_the_live_board_is_edited_in_place() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(MARYAM, "Live board")
        board = company.last(MARYAM)
        assert board.text == (
            "morning until 16:00\n2 present\nResting 0/1 (capacity: by the number present)\n"
            "Live capacity: 1 free of 1"
        )
        await company.house.floor(StartBreak(agent="javad", kind="normal"))
        await asyncio.sleep(10)
        assert "Resting 1/1" in board.text
        assert "• Javad: Normal until 08:15" in board.text
        edits = board.edits
        await company.until("08:14")
        assert board.edits == edits
        await company.until("08:16")
        assert "• Javad: Normal, late since 08:15" in board.text

    play(story)


def test_a_burst_of_changes_is_few_edits() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(MARYAM, "Live board")
        board = company.last(MARYAM)
        for number in range(20):
            reason = f"number {number}"
            await company.house.floor(
                OverrideCapacity(by="maryam", shift=SHIFT, capacity=number, reason=reason)
            )
            await asyncio.sleep(0.1)
        await asyncio.sleep(5)
        assert "Resting 0/19" in board.text
        assert board.edits <= 3

    play(story)


def test_a_board_that_was_deleted_is_let_go_and_a_new_one_takes_over() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(MARYAM, "Live board")
        await company.port.delete(MARYAM, company.last(MARYAM).number)
        await company.house.floor(StartBreak(agent="javad", kind="normal"))
        await asyncio.sleep(10)
        assert len(company.events(BoardHidden)) == 1
        await company.say(MARYAM, "Live board")
        assert len(company.events(BoardShown)) == 2

    play(story)


def test_a_board_outlives_a_crash_and_a_flood() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(MARYAM, "Live board")
        board = company.last(MARYAM)
        await company.crash()
        company.port.failing["edit"] = Flooded(60, everywhere=True)
        await company.house.floor(StartBreak(agent="javad", kind="normal"))
        await asyncio.sleep(10)
        company.port.failing.clear()
        await asyncio.sleep(90)
        assert "• Javad: Normal until 08:15" in board.text

    play(story)


def test_the_live_capacity_is_pinned_once_where_the_company_wants_it() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        pinned = [
            e for e in company.events(MessageQueued) if isinstance(e, MessageQueued) and e.pin
        ]
        assert [event.chat for event in pinned] == [str(JAVAD), str(SARA)]
        capacity = company.last(JAVAD)
        assert capacity.text == "morning until 16:00\nLive capacity: 1 free of 1"
        await company.house.floor(StartBreak(agent="sara", kind="normal"))
        await asyncio.sleep(10)
        assert capacity.text == (
            "morning until 16:00\nOne is likely free at 08:15.\nLive capacity: 0 free of 1"
        )
        await company.say(JAVAD, "Live capacity")
        assert company.last(JAVAD).text == "The live capacity is not kept up to date any more."

    play(story, settings=Settings(pin_capacity=True))


def test_an_agent_s_history_is_their_own() -> None:
    rest = PastBreak(
        shift=SHIFT,
        kind="normal",
        start=BEFORE,
        due=BEFORE + timedelta(minutes=15),
        over=BEFORE + timedelta(minutes=18),
        ended_by="agent",
        late_seconds=180,
    )
    warning = PastWarning(
        shift=SHIFT, at=BEFORE, cause="late", minute=1, forgiven_by=None, forgiven_why=None
    )
    day = Day(date="2026-11-20", breaks=[rest], warnings=[warning], refusals=[])

    async def story(company: Company) -> None:
        await morning(company)
        await company.say(JAVAD, "My history")
        assert company.last(JAVAD).text == (
            "Fri 20 Nov 2026\n• Normal 07:59–08:17, 3 minutes late\n1 warning"
        )

    play(story, history=[day])


@pytest.mark.parametrize(
    ("method", "error"),
    [
        ("answer", TooLate()),
        ("answer", Disconnected()),
        ("edit", MessageGone()),
        ("edit", Flooded(3)),
        ("edit", PortError("odd")),
    ],
)
def test_a_press_counts_even_if_its_answer_does_not_get_through(
    method: str, error: PortError
) -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(JAVAD, "Rest(dnd)")
        company.port.failing[method] = error
        shown, button = company.find(JAVAD, "Normal")
        await company.press_unanswered(JAVAD, shown.number, button.token)
        assert len(company.events(BreakStarted)) == 1
        assert any(text.startswith("Normal rest: 15 minutes") for text in company.heard(JAVAD))

    play(story)


def test_the_menu_of_commands_is_offered_in_every_language() -> None:
    async def story(company: Company) -> None:
        assert set(company.port.commands) == {"", "fa", "id", "pt", "zh"}
        english, persian = dict(company.port.commands[""]), dict(company.port.commands["fa"])
        assert list(english) == list(persian)
        assert english["rest"] == "Rest, or come back from it"
        assert persian["rest"] == "استراحت، یا بازگشت از آن"

    play(story)
