"""What supervisors do at the bot, what auditors may read, and what nobody else may do."""

import pytest

from llmtb.actors.agent import StartBreak
from llmtb.channels.conversation.presses import PRESSES, STAGES, VERBS
from llmtb.events.chat import DialogueMoved
from llmtb.events.event import Event
from llmtb.events.floor import (
    FLOOR_EVENTS,
    BreakEnded,
    BreakExtended,
    OverrideEnded,
    OverrideSet,
    PolicyChanged,
    ShiftAssigned,
    ShiftUnassigned,
    WarningForgiven,
)
from tests.conversation.company import SHIFT, Company, play

JAVAD, SARA, MARYAM, REZA = 1001, 1002, 1009, 1010


async def morning(company: Company) -> None:
    """Two agents at work, a supervisor, an auditor."""
    await company.hire("maryam", MARYAM, "supervisor", "Maryam")
    await company.hire("reza", REZA, "auditor", "Reza")
    await company.hire("javad", JAVAD, name="Javad")
    await company.hire("sara", SARA, name="Sara")
    await company.roster("morning", "javad", "sara")
    await company.until("08:00")


def only(events: list[Event]) -> Event:
    [event] = events
    return event


def test_a_capacity_by_hand_is_a_number_an_hour_and_a_reason() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(MARYAM, "Set capacity")
        await company.say(MARYAM, "many")
        assert company.last(MARYAM).text == "Please write a whole number from 0 to 10000."
        await company.say(MARYAM, "۲")
        await company.say(MARYAM, "25:00")
        assert company.last(MARYAM).text == "Please write an hour such as 14:30."
        await company.say(MARYAM, "٩:٣٠")
        await company.say(MARYAM, "Quiet morning")
        event = only(company.events(OverrideSet))
        assert isinstance(event, OverrideSet)
        assert (event.by, event.shift, event.capacity, event.reason) == (
            "maryam",
            SHIFT,
            2,
            "Quiet morning",
        )
        assert event.until.isoformat() == "2026-11-21T06:00:00+00:00"
        assert company.last(MARYAM).text == (
            "Maryam set the capacity of morning to 2 until 09:30: Quiet morning"
        )

    play(story)


def test_the_same_by_buttons_that_change_in_place() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(MARYAM, "Set capacity")
        messages = len(company.heard(MARYAM))
        await company.press(MARYAM, "3")
        await company.press(MARYAM, "The shift's end")
        assert len(company.heard(MARYAM)) == messages
        await company.say(MARYAM, "Nobody calls")
        event = only(company.events(OverrideSet))
        assert isinstance(event, OverrideSet)
        assert event.until.isoformat() == "2026-11-21T12:30:00+00:00"
        await company.say(MARYAM, "Set capacity")
        assert "morning: set by hand to 3 until 16:00: Nobody calls" in company.last(MARYAM).text
        await company.press(MARYAM, "Give it back")
        assert only(company.events(OverrideEnded)).by == "maryam"

    play(story)


def test_a_button_of_a_step_that_is_past_answers_nothing() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(MARYAM, "Set capacity")
        shown, three = company.find(MARYAM, "3")
        await company.press(MARYAM, "5")
        toast, _ = await company.press_token(MARYAM, shown.number, three.token)
        assert toast == "That button was old. This is how it is now."
        await company.press(MARYAM, "The shift's end")
        await company.say(MARYAM, "because")
        event = only(company.events(OverrideSet))
        assert isinstance(event, OverrideSet)
        assert event.capacity == 5
        toast, _ = await company.press_token(MARYAM, shown.number, three.token)
        assert toast == "That was over. Please begin again."

    play(story)


def test_cancel_leaves_whatever_was_begun() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(MARYAM, "Set capacity")
        await company.say(MARYAM, "/cancel")
        assert company.last(MARYAM).text == "Left. Nothing has changed."
        await company.say(MARYAM, "2")
        await company.say(MARYAM, "/cancel")
        assert company.last(MARYAM).text == "Nothing was begun."
        assert company.events(OverrideSet) == []

    play(story)


def test_a_word_after_something_else_was_pressed_is_no_answer() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.house.floor(StartBreak(agent="javad", kind="normal"))
        await company.settle()
        await company.say(MARYAM, "Rests")
        await company.press(MARYAM, "Javad")
        await company.press(MARYAM, "End the rest")
        await company.say(MARYAM, "Who is late")
        await company.say(MARYAM, "thank you")
        assert company.events(BreakEnded) == []

    play(story)


def test_a_dialogue_that_was_left_alone_is_over() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(MARYAM, "Set capacity")
        await company.until("08:20")
        await company.say(MARYAM, "2")
        assert company.last(MARYAM).text.startswith("Live board: ")

    play(story)


def test_a_dialogue_survives_a_crash() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(MARYAM, "Set capacity")
        await company.crash()
        await company.say(MARYAM, "2")
        await company.crash()
        await company.press(MARYAM, "The shift's end")
        await company.crash()
        await company.say(MARYAM, "because")
        assert isinstance(only(company.events(OverrideSet)), OverrideSet)
        last = company.events(DialogueMoved)[-1]
        assert isinstance(last, DialogueMoved)
        assert last.step is None

    play(story)


def test_a_rest_is_extended_and_ended_for_a_reason() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.house.floor(StartBreak(agent="javad", kind="normal"))
        await company.settle()
        await company.say(MARYAM, "Rests")
        await company.press(MARYAM, "Javad")
        assert company.last(MARYAM).text == "Javad: Normal until 08:15"
        await company.press(MARYAM, "Extend")
        await company.press(MARYAM, "10")
        await company.say(MARYAM, "A hard call")
        assert company.last(MARYAM).text == "Javad rests until 08:25."
        assert company.last(JAVAD).text == "Maryam gave you time until 08:25: A hard call"
        extended = only(company.events(BreakExtended))
        assert isinstance(extended, BreakExtended)
        assert extended.reason == "A hard call"
        await company.say(MARYAM, "Rests")
        await company.press(MARYAM, "Javad")
        await company.press(MARYAM, "End the rest")
        await company.say(MARYAM, "We need you")
        assert company.last(JAVAD).text == (
            "your rest time is over\nMaryam ended it: We need you\nLive capacity: 1 free of 1"
        )

    play(story)


def test_whoever_is_late_is_seen_and_forgiven() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.house.floor(StartBreak(agent="javad", kind="urgent"))
        await company.until("08:07")
        await company.say(MARYAM, "Who is late")
        assert company.last(MARYAM).text == "• Javad: Urgent, late since 08:05"
        await company.press(MARYAM, "Javad")
        await company.press(MARYAM, "Forgive")
        await company.say(MARYAM, "The lift was stuck")
        assert company.last(MARYAM).text == "The last warning of Javad is forgiven."
        assert company.last(JAVAD).text == (
            "Maryam took a warning of yours back.\nThe lift was stuck\n0 warnings are left."
        )
        assert only(company.events(WarningForgiven)).by == "maryam"

    play(story)


def test_rosters_are_changed_from_now_on_or_for_a_date() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        before = len(company.events(ShiftAssigned))
        await company.say(MARYAM, "Rosters")
        await company.press(MARYAM, "evening")
        await company.press(MARYAM, "Overtime")
        await company.press(MARYAM, "Javad")
        assert company.last(MARYAM).labels == ["Only on Sat 21 Nov 2026", "Only on Sun 22 Nov 2026"]
        await company.press(MARYAM, "Only on Sat")
        [assigned] = company.events(ShiftAssigned)[before:]
        assert isinstance(assigned, ShiftAssigned)
        assert (assigned.agent, assigned.shift, assigned.reason, assigned.by) == (
            "javad",
            "2026-11-21/evening",
            "overtime",
            "maryam",
        )
        assert company.last(JAVAD).text == "Your overtime: evening · Sat 21 Nov 2026."
        await company.say(MARYAM, "Rosters")
        await company.press(MARYAM, "morning")
        assert company.last(MARYAM).text == "morning: 2 people\n• Javad\n• Sara"
        await company.press(MARYAM, "Take off")
        await company.press(MARYAM, "Sara")
        await company.press(MARYAM, "From now on")
        unassigned = only(company.events(ShiftUnassigned))
        assert isinstance(unassigned, ShiftUnassigned)
        assert (unassigned.agent, unassigned.shift) == ("sara", "morning")

    play(story)


def test_overtime_is_asked_for_and_granted_with_one_button() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(JAVAD, "Overtime")
        toast, _ = await company.press(JAVAD, "evening")
        assert toast == "Your supervisors were asked about evening · Sat 21 Nov 2026."
        assert company.last(MARYAM).text == (
            "Javad asks for overtime on evening · Sat 21 Nov 2026."
        )
        await company.press(MARYAM, "Assign")
        assert company.last(JAVAD).text == "Your overtime: evening · Sat 21 Nov 2026."
        assigned = company.events(ShiftAssigned)[-1]
        assert isinstance(assigned, ShiftAssigned)
        assert (assigned.shift, assigned.reason) == ("2026-11-21/evening", "overtime")

    play(story)


def test_overtime_is_declined_once_however_many_decline() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.hire("zahra", 1011, "supervisor", "Zahra")
        await company.say(JAVAD, "Overtime")
        await company.press(JAVAD, "evening")
        await company.press(MARYAM, "Decline")
        await company.press(1011, "Decline")
        told = [text for text in company.heard(JAVAD) if "not granted" in text]
        assert told == ["Your overtime on evening · Sat 21 Nov 2026 was not granted."]

    play(story)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("/set breaks.every 2", "Changed: breaks.every"),
        ("/set breaks.every ۲", "Changed: breaks.every"),
        ("/set breaks.every 5", "It is so already."),
        ("/set breaks.every", "breaks.every 5"),
        ("/set breaks.evry", "There is no setting breaks.evry."),
        ("/set breaks.evry 2", "That cannot be done: breaks.evry: there is no such setting"),
        (
            "/set breaks.every 0",
            "That cannot be done: breaks.every: expected int >= 1",
        ),
        ("/set timezone Mars/Base", "'Mars/Base' is not an IANA time zone"),
        ('/set shifts [{name="day", start="08:00", end="20:00"}]', "Changed: shifts"),
        ("/set load.mode erlang_c", "Changed: load.mode"),
    ],
)
def test_settings_are_shown_and_changed_by_message(text: str, answer: str) -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(MARYAM, text)
        assert answer in company.last(MARYAM).text
        changed = company.events(PolicyChanged)
        assert bool(changed) == answer.startswith("Changed")

    play(story)


def test_a_shift_s_report_comes_as_a_picture_with_its_files_and_can_be_asked_for() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.until("16:00")
        messages = company.port.chats[MARYAM]
        first, *files = [m for m in messages if m.attached and m.attached.shift == SHIFT]
        assert first.text == (
            "Report of morning · Sat 21 Nov 2026\n"
            "Most at once: 0. Refusals: 0. Late: 0. Warnings: 0."
        )
        forms = [message.attached.form for message in (first, *files) if message.attached]
        assert forms == ["png", "xlsx", "csv"]
        for user in (MARYAM, REZA):
            before = len(company.heard(user))
            await company.say(user, "Report")
            await company.press(user, "morning")
            asked = company.port.chats[user][before + 1 :]
            assert [m.attached.form for m in asked if m.attached] == forms
            assert {m.attached.shift for m in asked if m.attached} == {SHIFT}

    play(story)


def test_an_auditor_reads_and_changes_nothing() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(REZA, "Live board")
        assert "morning until 16:00" in company.last(REZA).text
        before = company.events(*FLOOR_EVENTS)
        for text in ("Rest(dnd)", "Set capacity", "/set breaks.every 2", "People", "Rosters"):
            await company.say(REZA, text)
            assert company.last(REZA).text == "That is not for your role."
        assert company.events(*FLOOR_EVENTS) == before

    play(story)


@pytest.mark.parametrize("user", [JAVAD, REZA])
def test_a_supervisor_s_button_in_other_hands_does_nothing(user: int) -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.house.floor(StartBreak(agent="sara", kind="normal"))
        await company.settle()
        for verb in ("Rests", "Rosters", "People", "Set capacity"):
            await company.say(MARYAM, verb)
        await company.press(MARYAM, "Sara")
        tokens = [
            (message.number, button.token)
            for message in company.port.chats[MARYAM]
            for button in message.buttons
        ]
        before = company.events(*FLOOR_EVENTS)
        assert len(tokens) > 10
        for number, token in tokens:
            toast, _ = await company.press_token(user, number, token)
            assert toast in {
                "That is not for your role.",
                "That was over. Please begin again.",
            }
        assert company.events(*FLOOR_EVENTS) == before

    play(story)


def test_whatever_changes_the_floor_of_others_is_a_supervisor_s() -> None:
    public = {"r", "w", "lw", "ci", "lg", "ot", "ax", "hr", "ac", "dr", "hp", "td", "tc"}
    reading = {"rp"}
    assert {
        name for name, press in PRESSES.items() if set(press.roles) != {"supervisor"}
    } == public | reading
    assert {name for name, verb in VERBS.items() if "agent" in verb.roles} == {
        *("rest", "check_in", "check_out", "start", "help", "id", "language", "history"),
        *("capacity", "overtime", "ask", "exit", "callbacks", "console"),
    }
    assert all(stage.roles == ("supervisor",) for stage in STAGES.values())
