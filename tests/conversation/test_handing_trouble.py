"""What people really do while one talks with a colleague: press twice, send pictures, go away."""

from llmtb.actors.agent import CheckOut, StartBreak
from llmtb.actors.chat import RecordFailed
from llmtb.channels.port import Said
from llmtb.events.chat import AnswerGiven, MessageQueued, QuestionAsked, SessionEnded
from llmtb.events.desk import CallbackClosed, CallbackOpened, HandedOver, MessageRelayed, TakenBack
from tests.conversation.company import Company, play
from tests.conversation.ladder import Ladder, nothing, offer
from tests.conversation.test_handing import CUSTOMER, JAVAD, MARYAM, SARA, THERE, morning

MOON = "can you lay a cable to the moon?"
SAYS = {MOON: nothing(), "modem?": offer("Red modem", "Blue modem")}
ONLY_WORDS = "I can read only words here"


async def picture(company: Company, user: int, caption: str = "") -> None:
    """Send a picture."""
    said = Said(
        chat=user,
        user=user,
        message_id=900_000 + len(company.heard(user)),
        text=caption,
        at=company.clock.now(),
        language_code="en",
        media=True,
    )
    await company.conversation.handle(said)
    await company.settle()


def test_a_second_press_on_a_choice_is_a_passing_note_and_no_message() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(CUSTOMER, "modem?")
        await company.press(CUSTOMER, "B.")
        heard = company.heard(CUSTOMER)
        for label in ("B.", "A.", "A person"):
            shown, button = next(
                (shown, button)
                for shown in company.port.chats[CUSTOMER]
                for button in shown.buttons
                if button.label.startswith(label) and "B. Blue modem" in shown.labels
            )
            toast = await company.press_token(CUSTOMER, shown.number, button.token)
            assert toast == ("That question is over. Please ask again.", False)
        assert company.heard(CUSTOMER) == heard
        assert len(company.events(AnswerGiven)) == 1

    play(story, answer=Ladder(SAYS))


def test_a_picture_is_said_to_be_unread_to_whoever_is_listened_to() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await picture(company, CUSTOMER)
        assert company.last(CUSTOMER).text.startswith(ONLY_WORDS)
        assert company.events(QuestionAsked) == []
        await picture(company, CUSTOMER, MOON)
        assert len(company.events(HandedOver)) == 1
        assert any(text.startswith(ONLY_WORDS) for text in company.heard(CUSTOMER)[1:])
        await picture(company, CUSTOMER, "this is it")
        assert company.last(JAVAD).text == "customer 5001 writes:\nthis is it"
        assert company.last(CUSTOMER).text.startswith(ONLY_WORDS)
        await picture(company, JAVAD)
        assert company.last(JAVAD).text.startswith(ONLY_WORDS)
        await picture(company, SARA)
        assert company.last(SARA).text.startswith("Press Rest(dnd)")

    play(story, answer=Ladder(SAYS))


def test_a_customer_can_leave_a_colleague_by_the_button_below_the_news() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(CUSTOMER, MOON)
        assert (company.last(CUSTOMER).text, company.last(CUSTOMER).labels) == (THERE, ["Exit"])
        await company.press(CUSTOMER, "Exit")
        assert "thank you" in company.last(CUSTOMER).text
        assert [e.reason for e in company.events(TakenBack) if isinstance(e, TakenBack)] == ["exit"]

    play(story, answer=Ladder(SAYS))


def test_without_hand_over_no_choice_is_called_a_person() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.policy(questions__hand_over=False)
        await company.say(CUSTOMER, "modem?")
        labels = company.last(CUSTOMER).labels
        assert labels == ["A. Red modem", "B. Blue modem", "None of these", "Exit"]
        await company.press(CUSTOMER, "None of these")
        assert company.last(CUSTOMER).text == "Understood, none of these."
        assert company.events(HandedOver, CallbackOpened) == []

    play(story, answer=Ladder(SAYS))


def test_an_agent_whose_questions_ended_by_themselves_hears_whom_words_go_to() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(CUSTOMER, MOON)
        await company.say(JAVAD, "Ask me!")
        await company.until("08:30")
        assert company.events(SessionEnded)
        assert company.last(JAVAD).text == (
            "Your questions to me have ended by themselves.\n"
            "What you write now goes to the customer."
        )
        assert "ended by themselves" not in " ".join(company.heard(CUSTOMER))

    play(story, answer=Ladder(SAYS))


def test_an_agent_whom_nothing_reaches_any_more_keeps_no_customer() -> None:
    async def story(company: Company) -> None:
        await morning(company, "javad", "sara")
        await company.say(CUSTOMER, MOON)
        await company.pause_post()
        await company.say(CUSTOMER, "hello?")
        unsent = [
            event
            for event in company.events(MessageQueued)
            if isinstance(event, MessageQueued) and event.chat == str(JAVAD)
        ][-1]
        failed = RecordFailed(chat=unsent.chat, message=unsent.message, error="unreachable: gone")
        await company.house.chat(unsent.chat, failed)
        await company.resume_post()
        await company.settle()
        handed = [event for event in company.events(HandedOver) if isinstance(event, HandedOver)]
        assert [event.agent for event in handed] == ["javad", "sara"]
        assert "– hello?" in company.last(SARA).text
        await company.say(SARA, "Here I am.")
        assert company.last(CUSTOMER).text.endswith("Here I am.")

    play(story, answer=Ladder(SAYS))


def test_an_agent_hears_when_the_customer_has_shut_the_bot_out() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(CUSTOMER, MOON)
        await company.pause_post()
        await company.say(JAVAD, "Good morning!")
        unsent = company.events(MessageQueued)[-1]
        assert isinstance(unsent, MessageQueued)
        assert unsent.chat == str(CUSTOMER)
        failed = RecordFailed(chat=unsent.chat, message=unsent.message, error="unreachable: shut")
        await company.house.chat(unsent.chat, failed)
        await company.resume_post()
        await company.settle()
        told = company.last(JAVAD)
        assert told.text.startswith("customer 5001 cannot be reached any more")
        assert told.labels == ["Done"]

    play(story, answer=Ladder(SAYS))


def test_a_supervisor_takes_who_waits_without_being_on_a_shift() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.house.floor(StartBreak(agent="javad", kind="normal"))
        await company.say(CUSTOMER, MOON)
        await company.press(MARYAM, "Take")
        assert company.last(CUSTOMER).text == THERE
        await company.say(MARYAM, "Good morning!")
        assert company.last(CUSTOMER).text == "Colleague:\nGood morning!"
        await company.press(MARYAM, "Done")
        assert "I am here again" in company.last(CUSTOMER).text

    play(story, answer=Ladder(SAYS))


def test_who_talks_with_a_colleague_may_finish_though_customers_are_let_in_no_more() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(CUSTOMER, MOON)
        await company.policy(questions__customers="invited")
        await company.say(CUSTOMER, "my street is Elm 5")
        assert company.last(JAVAD).text.endswith("my street is Elm 5")
        await company.press(JAVAD, "Done")
        await company.say(CUSTOMER, "and now?")
        assert "is for the people of one company" in company.last(CUSTOMER).text

    play(story, answer=Ladder(SAYS))


def test_a_customer_who_comes_in_as_an_agent_is_nobody_s_customer_any_more() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(CUSTOMER, MOON)
        await company.hire("reza", CUSTOMER, name="Reza")
        assert company.last(JAVAD).text == "Reza has ended the conversation."
        await company.say(CUSTOMER, "Ask me!")
        await company.say(CUSTOMER, "what does it cost?")
        asked = company.events(QuestionAsked)[-1]
        assert isinstance(asked, QuestionAsked)
        assert asked.audience == "agent"
        assert not company.events(MessageRelayed)

    play(story, answer=Ladder(SAYS))


def test_who_waits_to_be_called_and_comes_in_as_an_agent_is_called_by_nobody() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.house.floor(CheckOut(agent="javad"))
        await company.say(CUSTOMER, MOON)
        await company.hire("reza", CUSTOMER, name="Reza")
        assert len(company.events(CallbackClosed)) == 1
        await company.say(MARYAM, "Callbacks")
        assert company.last(MARYAM).text == "Nobody waits to be called back."

    play(story, answer=Ladder(SAYS))


def test_a_colleague_reads_the_very_reason_in_their_own_language() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(CUSTOMER, MOON)
        told = company.last(JAVAD).text
        assert "I could not look it up just now." in told
        assert "documents do not answer" not in told

    play(story, answer=Ladder({MOON: nothing("unavailable")}))


def test_whoever_first_asks_for_a_person_is_spoken_to_in_their_own_language() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(CUSTOMER, "یک همکار", language="fa")
        assert company.heard(CUSTOMER) == ["اکنون یک همکار با شماست: آنچه بنویسید به او می‌رسد."]

    play(story, answer=Ladder(SAYS))
