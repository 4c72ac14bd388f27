"""Ask me!: whoever asks is answered, in their own chat alone, with the source; or told why not."""

import asyncio
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.actors.access import ListCustomers
from llmtb.actors.asking import Ask, EndSession, StartSession
from llmtb.actors.centre import ReportPhone
from llmtb.channels.conversation.answers import NO_GAP, UNTOLD, WITHHELD, answer_text
from llmtb.channels.port import TEXT_LIMIT, Reply
from llmtb.events.chat import (
    AnswerGiven,
    AnswerRated,
    AnswerWithheld,
    ChoicesOffered,
    MessageQueued,
    QuestionAsked,
    SessionEnded,
    SessionStarted,
)
from tests.conversation.company import BEFORE, Company, play
from tests.conversation.ladder import Ladder, answer, nothing, offer
from tests.conversation.test_words import TEHRAN, WORDS

JAVAD, JAVAD_TOO, SARA, MARYAM = 1001, 1002, 1003, 1009
CUSTOMER = 5001


async def open_to_anyone(company: Company) -> None:
    await company.policy(questions__customers="anyone")


async def staff(company: Company) -> None:
    await company.hire("maryam", MARYAM, "supervisor", "Maryam")
    await company.hire("javad", JAVAD, name="Javad")


def questions(company: Company) -> list[QuestionAsked]:
    return [e for e in company.events(QuestionAsked) if isinstance(e, QuestionAsked)]


def test_a_customer_asks_is_answered_with_the_source_rates_and_really_leaves() -> None:
    async def story(company: Company) -> None:
        await open_to_anyone(company)
        await company.say(CUSTOMER, "Ask me!", name="Javad")
        assert company.last(CUSTOMER).text == (
            "Javad, please ask your question and I will answer it at once."
        )
        await company.say(CUSTOMER, "How do I reset my modem?", name="Javad")
        told = company.last(CUSTOMER)
        assert told.text == "Hold the button.\n\nSource: Modem guide › Reset, p. 3"
        assert told.labels == ["👍", "👎", "A person", "Exit"]
        await company.press(CUSTOMER, "👍")
        [rated] = company.events(AnswerRated)
        assert isinstance(rated, AnswerRated)
        assert (rated.question, rated.rating) == (f"{CUSTOMER}/1", 1)
        await company.press(CUSTOMER, "Exit")
        assert "thank you. I will be glad to help you again." in company.last(CUSTOMER).text
        [ended] = company.events(SessionEnded)
        assert isinstance(ended, SessionEnded)
        assert ended.reason == "exit"
        heard = company.heard(CUSTOMER)
        await company.press(CUSTOMER, "Exit")
        assert (company.heard(CUSTOMER), len(company.events(SessionEnded))) == (heard, 1)

    play(story, answer=Ladder({"How do I reset my modem?": answer("Hold the button.")}))


def test_the_start_greets_by_name_and_says_that_this_is_a_bot() -> None:
    async def story(company: Company) -> None:
        await open_to_anyone(company)
        await company.say(CUSTOMER, "/start", name="Javad")
        told = company.last(CUSTOMER)
        assert told.text.startswith("Hello Javad, welcome to BOT Ask me!\n")
        assert "I am a bot." in told.text
        assert isinstance(told.keyboard, Reply)
        assert told.keyboard.rows == (("Ask me!", "A person"), ("Start", "Language", "Help"))
        await company.say(CUSTOMER, "Start", name="\u202e \n")
        assert company.last(CUSTOMER).text.startswith("Hello dear friend, welcome")
        await company.say(SARA, "/start", name="سارا", language="fa")
        assert "خوش آمدید" in company.last(SARA).text

    play(story, answer=Ladder())


def test_what_a_customer_simply_writes_is_a_question_and_begins_a_session() -> None:
    async def story(company: Company) -> None:
        await open_to_anyone(company)
        await company.say(CUSTOMER, "Live board")
        assert company.last(CUSTOMER).text.startswith(f"{CUSTOMER} asked: Live board")
        await company.say(CUSTOMER, "/ask what does it cost?")
        assert company.last(CUSTOMER).text.startswith(f"{CUSTOMER} asked: what does it cost?")
        assert len(company.events(SessionStarted)) == 1
        assert {asked.audience for asked in questions(company)} == {"customer"}

    play(story, answer=Ladder())


def test_staff_ask_in_a_session_as_agents_and_a_caller_on_the_line_is_known() -> None:
    ladder = Ladder()

    async def story(company: Company) -> None:
        await staff(company)
        await company.say(JAVAD, "what does it cost?")
        assert company.last(JAVAD).text.startswith("Press Rest(dnd)")
        await company.house.floor(ReportPhone(agent="javad", state="in_call"))
        await company.settle()
        await company.say(JAVAD, "Ask me!")
        await company.say(JAVAD, "what does it cost?")
        [asked] = questions(company)
        assert (asked.audience, asked.on_call, asked.level) == ("agent", True, 0)
        told = company.last(JAVAD)
        assert told.text.endswith("Source: Modem guide › Reset, p. 3 [modems@2#7]")
        assert told.labels == ["👍", "👎", "Exit"]
        await company.say(JAVAD, "Live capacity")
        await company.say(JAVAD, "and that?")
        assert [each.text for each in ladder.asked] == ["what does it cost?", "and that?"]
        assert [turn.question for turn in ladder.asked[1].turns] == ["what does it cost?"]
        await company.say(JAVAD, "/exit")
        await company.say(JAVAD, "and this?")
        assert len(ladder.asked) == 2

    play(story, answer=ladder)


def test_a_session_ends_by_itself() -> None:
    async def story(company: Company) -> None:
        await staff(company)
        await company.say(JAVAD, "Ask me!")
        await company.until("08:30")
        [ended] = company.events(SessionEnded)
        assert isinstance(ended, SessionEnded)
        assert ended.reason == "idle"
        await company.say(JAVAD, "and now?")
        assert questions(company) == []

    play(story, answer=Ladder())


def test_whoever_is_on_the_company_s_list_asks_at_their_level_and_others_are_told_kindly() -> None:
    ladder = Ladder()

    async def story(company: Company) -> None:
        await company.policy(questions__customers="list")
        await company.house.access(ListCustomers(by="crm", customers={str(CUSTOMER): 2}))
        await company.settle()
        await company.say(CUSTOMER, "may I?")
        await company.say(SARA, "may I?")
        assert [(each.chat, each.level) for each in ladder.asked] == [(str(CUSTOMER), 2)]
        assert "you are not on its list" in company.last(SARA).text
        await company.house.access(ListCustomers(by="crm", customers={}, gone=(str(CUSTOMER),)))
        await company.settle()
        await company.say(CUSTOMER, "and now?")
        assert len(ladder.asked) == 1

    play(story, answer=ladder)


def test_one_who_was_invited_comes_in_though_anyone_may_ask() -> None:
    async def story(company: Company) -> None:
        await open_to_anyone(company)
        await company.say(JAVAD, "hello there, what is this?")
        await company.hire("javad", JAVAD, name="Javad")
        assert company.last(JAVAD).text.startswith("Hello Javad. You are here as agent.")
        await company.say(CUSTOMER, "/start not-a-code-at-all-but-long")
        assert company.last(CUSTOMER).text.startswith("Hello dear friend")

    play(story, answer=Ladder())


@pytest.mark.parametrize("reason", sorted({*WITHHELD, "something_new"}))
def test_every_reason_is_one_kind_sentence_and_agents_supervisors_hear_of_gaps(reason: str) -> None:
    async def story(company: Company) -> None:
        await staff(company)
        await company.say(JAVAD, "Ask me!")
        await company.say(JAVAD, "what is not told?")
        told = company.last(JAVAD).text
        supervisors = [text for text in company.heard(MARYAM) if "what is not told?" in text]
        assert len(supervisors) == (reason not in NO_GAP)
        assert ("Your supervisors have been told." in told) == (reason not in NO_GAP)
        assert told.count("\n") <= 1
        assert company.last(JAVAD).labels == ["Exit"]

    play(story, answer=Ladder({"what is not told?": nothing(reason)}))


def test_what_was_let_go_of_is_not_told() -> None:
    assert {"not_chosen", "session_ended"} == UNTOLD

    async def story(company: Company) -> None:
        await open_to_anyone(company)
        for number in range(5):
            await company.say(CUSTOMER, f"modem {number}")
        heard = len(company.heard(CUSTOMER))
        await company.say(CUSTOMER, "/exit")
        assert len(company.events(AnswerWithheld)) == 5
        assert len(company.heard(CUSTOMER)) == heard + 1

    play(story, answer=Ladder({f"modem {n}": offer("A modem", "B modem") for n in range(5)}))


def test_a_choice_is_pressed_and_answers_once() -> None:
    async def story(company: Company) -> None:
        await open_to_anyone(company)
        await company.say(CUSTOMER, "modem?")
        asked = company.last(CUSTOMER)
        assert asked.text == "Did you mean one of these?\nA. Red modem\nB. Blue modem"
        assert asked.labels == ["A. Red modem", "B. Blue modem", "A person", "Exit"]
        await company.press(CUSTOMER, "B.")
        assert company.last(CUSTOMER).text == "All about Blue modem.\n\nSource: Blue modem"
        toast, _ = await company.press(CUSTOMER, "A.")
        assert toast == "That question is over. Please ask again."
        assert len(company.events(AnswerGiven)) == 1
        assert len(company.events(ChoicesOffered)) == 1

    play(story, answer=Ladder({"modem?": offer("Red modem", "Blue modem")}))


def test_words_around_an_answer_are_in_its_language_and_a_translation_shows_the_original() -> None:
    text = "دکمه را نگه دارید."
    says = {
        "چطور؟": answer(text, language="fa", original="Hold the button."),
        "how": answer("A long story.", origin="model"),
        "quoi": answer("Tenez le bouton.", language="fr"),
    }

    async def story(company: Company) -> None:
        await open_to_anyone(company)
        await company.say(CUSTOMER, "چطور؟")
        told = company.last(CUSTOMER)
        assert told.text.splitlines()[:4] == [text, "", "ترجمه‌شده از:", "Hold the button."]
        assert told.text.splitlines()[4].startswith("منبع: \u2068Modem guide")
        assert told.labels[-1] == "خروج"
        await company.say(CUSTOMER, "how")
        assert "A model wrote this" in company.last(CUSTOMER).text
        await company.say(CUSTOMER, "quoi")
        assert company.last(CUSTOMER).labels[-1] == "Exit"

    play(story, answer=Ladder(says))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hi", "Hello Javad! Please ask your question."),
        ("thanks a lot", "You are welcome, Javad."),
        ("are you a bot?", "Yes, Javad, I am a bot"),
        ("سلام", "سلام"),
        ("ممنون", "خواهش می‌کنم"),
        ("bye", "Javad, thank you."),
    ],
)
def test_kind_words_are_answered_kindly_and_looked_up_nowhere(text: str, told: str) -> None:
    ladder = Ladder()

    async def story(company: Company) -> None:
        await open_to_anyone(company)
        await company.say(CUSTOMER, text, name="Javad")
        assert company.last(CUSTOMER).text.startswith(told)
        assert ladder.asked == []

    play(story, answer=ladder)


@pytest.mark.parametrize(
    ("rule", "texts", "told"),
    [
        ({"questions__per_minute": 1}, ["a1", "a2", "a3"], "I take 1 question a minute."),
        ({"questions__per_day": 2}, ["a1", "a2", "a3", "a4"], "I take 2 questions a day."),
        ({"questions__longest": 20}, ["a" * 21], "I read questions of up to 20 characters."),
    ],
)
def test_who_asks_too_much_hears_which_limit_it_is_once(
    rule: dict[str, int], texts: list[str], told: str
) -> None:
    async def story(company: Company) -> None:
        await open_to_anyone(company)
        await company.policy(**rule)
        for text in texts:
            await company.say(CUSTOMER, text)
        assert [text.startswith(told) for text in company.heard(CUSTOMER)].count(True) == 1

    play(story, answer=Ladder())


def test_two_people_of_one_name_are_two() -> None:
    async def story(company: Company) -> None:
        await open_to_anyone(company)
        await company.say(JAVAD, "my first question", name="Javad")
        await company.say(JAVAD_TOO, "another question", name="javad")
        await company.press(JAVAD_TOO, "👎")
        assert company.heard(JAVAD)[0].startswith(f"{JAVAD} asked: my first question")
        assert company.heard(JAVAD_TOO)[0].startswith(f"{JAVAD_TOO} asked: another question")
        [rated] = company.events(AnswerRated)
        assert isinstance(rated, AnswerRated)
        assert rated.question == f"{JAVAD_TOO}/1"
        await company.say(JAVAD, "bye", name="Javad")
        assert [e.chat for e in company.events(SessionEnded) if isinstance(e, SessionEnded)] == [
            str(JAVAD)
        ]

    play(story, answer=Ladder())


def test_an_answer_goes_before_what_is_told_to_many() -> None:
    async def story(company: Company) -> None:
        await open_to_anyone(company)
        await company.say(CUSTOMER, "what does it cost?")
        queued = [e for e in company.events(MessageQueued) if isinstance(e, MessageQueued)]
        assert all(each.message.startswith("reply:") for each in queued)

    play(story, answer=Ladder())


def test_the_log_tells_what_is_done_and_not_a_word_of_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)

    async def story(company: Company) -> None:
        await open_to_anyone(company)
        await company.say(CUSTOMER, "a very private question", name="Farrokhzad")

    play(story, answer=Ladder())
    lines = [record.getMessage() for record in caplog.records]
    assert f"received a message from user {CUSTOMER}" in lines
    assert f"working on question {CUSTOMER}/1, 23 characters" in lines
    assert f"finished question {CUSTOMER}/1" in lines
    assert not any("private" in line or "Farrokhzad" in line for line in lines)


@given(
    text=st.text(min_size=1, max_size=4096),
    original=st.none() | st.text(max_size=4096),
    sources=st.lists(st.text(max_size=200), max_size=5),
    language=st.sampled_from(["en", "fa"]),
)
def test_an_answer_fits_its_message_and_never_loses_its_source(
    text: str, original: str | None, sources: list[str], language: str
) -> None:
    speech = WORDS.speech(language, TEHRAN)
    event = AnswerGiven(
        at=BEFORE,
        by="bot",
        question="7/1",
        text=text,
        sources=["Guide", *sources],
        origin="faq",
        model=None,
        confidence=1.0,
        milliseconds=1,
        original=original,
    )
    told = answer_text(speech, event, "customer")
    assert len(told.encode("utf-16-le", "surrogatepass")) // 2 <= TEXT_LIMIT
    if original is None:
        assert "Guide" in told
    assert not {"\u202a", "\u202b", "\u202d", "\u202e"} & set(told)


@given(data=st.data())
@settings(max_examples=25)
def test_chats_asked_in_any_order_over_crashes_hold_their_own_answers_once(
    data: st.DataObject,
) -> None:
    users = [JAVAD, JAVAD_TOO, SARA]
    acts = data.draw(st.lists(st.sampled_from([*users, "crash", "wait"]), min_size=1, max_size=20))
    delays = data.draw(st.lists(st.sampled_from([0.0, 0.01, 0.2, 3.0]), min_size=1, max_size=5))
    ladder = Ladder(seconds=lambda asked: delays[len(asked.text) % len(delays)])

    async def story(company: Company) -> None:
        await open_to_anyone(company)
        wanted: dict[int, list[str]] = {user: [] for user in users}
        for number, act in enumerate(acts):
            match act:
                case "crash":
                    await company.crash()
                case "wait":
                    await asyncio.sleep(1)
                case int():
                    text = f"question {'x' * (number % 5)}{number} of {act}"
                    wanted[act].append(f"{act} asked: {text}")
                    await company.say(act, text, name="Javad" if act == JAVAD else "javad")
        await asyncio.sleep(120)
        await company.settle()
        for user, texts in wanted.items():
            assert [text.splitlines()[0] for text in company.heard(user)] == texts

    play(story, answer=ladder)


def test_nobody_is_said_to_have_been_told_who_was_not() -> None:
    async def story(company: Company) -> None:
        await company.hire("maryam", MARYAM, "supervisor", "Maryam")
        await company.say(MARYAM, "Ask me!")
        await company.say(MARYAM, "what is not told?")
        assert company.last(MARYAM).text == "I looked, but the documents do not say."

    play(story, answer=Ladder({"what is not told?": nothing()}))


def test_what_was_asked_is_forgotten_with_the_session() -> None:
    async def story(company: Company) -> None:
        await open_to_anyone(company)
        await company.say(CUSTOMER, "my first secret question")
        await company.say(CUSTOMER, "/exit")
        known = company.conversation.feeder.known
        assert known.asked(str(CUSTOMER)) == []
        await company.press(CUSTOMER, "👍")
        assert len(company.events(AnswerRated)) == 1
        await company.say(CUSTOMER, "A person")
        assert not any("secret" in text for text in company.heard(MARYAM))

    play(story, answer=Ladder())


def test_who_writes_without_an_end_is_passed_over_and_heard_again_later() -> None:
    async def story(company: Company) -> None:
        await open_to_anyone(company)
        await company.policy(questions__per_minute=2)
        for _ in range(20):
            await company.say(CUSTOMER, "/start")
        assert len(company.heard(CUSTOMER)) == 6
        await company.say(SARA, "/start")
        assert len(company.heard(SARA)) == 1
        await asyncio.sleep(60)
        await company.say(CUSTOMER, "/start")
        assert len(company.heard(CUSTOMER)) == 7
        for number in range(20):
            await company.say(CUSTOMER, f"what does {number} cost?")
        await company.say(CUSTOMER, "/exit")
        assert "thank you" in company.last(CUSTOMER).text
        assert len(company.events(SessionEnded)) == 1

    play(story, answer=Ladder())


@pytest.mark.parametrize(
    ("words", "told"),
    [("Ask me!", "please ask your question"), ("/exit", "thank you."), ("what?", "asked: what?")],
)
def test_what_a_crash_cut_short_is_said_once_after_it(words: str, told: str) -> None:
    async def story(company: Company) -> None:
        await open_to_anyone(company)
        await company.say(CUSTOMER, "/start" if words != "/exit" else "what does it cost?")
        before = len(company.heard(CUSTOMER))
        command = {
            "Ask me!": StartSession(chat=str(CUSTOMER), audience="customer"),
            "/exit": EndSession(chat=str(CUSTOMER)),
            "what?": Ask(chat=str(CUSTOMER), text="what?", audience="customer"),
        }[words]
        await company.house.chat(str(CUSTOMER), command, f"tg:msg:{CUSTOMER}:77")
        await company.crash()
        for _ in range(2):
            await company.say(CUSTOMER, words, number=77)
            assert told in company.last(CUSTOMER).text
            assert len(company.heard(CUSTOMER)) == before + 1

    play(story, answer=Ladder())
