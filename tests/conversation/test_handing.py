"""A person takes over: words go to and fro between the two, and the bot is silent meanwhile."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.actors.agent import StartBreak
from llmtb.actors.asking import Ask
from llmtb.actors.desk import HandOver
from llmtb.events.chat import AnswerGiven, MessageQueued, QuestionAsked, SessionEnded
from llmtb.events.desk import CallbackOpened, HandedOver, MessageRelayed, TakenBack
from llmtb.events.event import Event
from tests.conversation.company import Company, play
from tests.conversation.ladder import Ladder, answer, nothing, offer

JAVAD, SARA, MARYAM = 1001, 1002, 1009
CUSTOMER, OTHER = 5001, 5002
SAYS = {
    "can you lay a cable to the moon?": nothing(),
    "modem?": offer("Red modem", "Blue modem"),
}
THERE = "A colleague is with you now: what you write goes to them."


async def morning(company: Company, *agents: str) -> None:
    await company.policy(questions__customers="anyone")
    await company.hire("maryam", MARYAM, "supervisor", "Maryam")
    await company.hire("javad", JAVAD, name="Javad")
    await company.hire("sara", SARA, name="Sara")
    await company.roster("morning", *(agents or ("javad",)))
    await company.until("08:00")


def last(company: Company, kind: type[Event]) -> Event:
    return company.events(kind)[-1]


def test_what_is_not_known_goes_to_a_person_and_words_go_to_and_fro() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(CUSTOMER, "what does it cost?", name="Reza")
        await company.say(CUSTOMER, "can you lay a cable to the moon?", name="Reza")
        assert company.heard(CUSTOMER)[-2:] == ["I looked, but the documents do not say.", THERE]
        told = company.last(JAVAD)
        assert told.text.startswith("You talk with customer 5001 now. What you write here goes")
        assert "• what does it cost?\n• can you lay a cable to the moon?" in told.text
        assert told.labels == ["Done"]
        await company.say(CUSTOMER, "are you there?")
        assert company.last(JAVAD).text == "customer 5001 writes:\nare you there?"
        await company.say(JAVAD, "Good morning!\nLet me see.")
        assert company.last(CUSTOMER).text == "Colleague:\nGood morning!\nLet me see."
        await company.press(JAVAD, "Done")
        assert "I am here again" in company.last(CUSTOMER).text
        assert company.last(JAVAD).text == "The conversation with customer 5001 is over."
        given = [e for e in company.events(AnswerGiven) if isinstance(e, AnswerGiven)]
        assert [each.origin for each in given] == ["extract", "person"]
        await company.say(JAVAD, "still there?")
        assert company.last(JAVAD).text.startswith("Press Rest(dnd)")
        await company.say(CUSTOMER, "what does it cost?")
        assert company.last(CUSTOMER).text.startswith("5001 asked: what does it cost?")

    play(story, answer=Ladder(SAYS))


@pytest.mark.parametrize("way", ["I want to talk to a person", "A person", "press", "choice"])
def test_a_person_is_one_press_away(way: str) -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(CUSTOMER, "modem?")
        await company.say(CUSTOMER, "what does it cost?")
        match way:
            case "press":
                await company.press(CUSTOMER, "A person")
            case "choice":
                shown, button = company.port.chats[CUSTOMER][0], "A person"
                token = next(each.token for each in shown.buttons if each.label == button)
                await company.press_token(CUSTOMER, shown.number, token)
            case _:
                await company.say(CUSTOMER, way)
        assert company.last(CUSTOMER).text == THERE
        assert "• what does it cost?\n? How to reset a modem" in company.last(JAVAD).text
        await company.say(CUSTOMER, "A person")
        assert company.last(CUSTOMER).text.startswith("A colleague is with you: ")
        assert len(company.events(HandedOver)) == 1

    play(story, answer=Ladder(SAYS))


def test_with_nobody_free_the_customer_hears_so_and_whoever_takes_it_reads_all() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.house.floor(StartBreak(agent="javad", kind="normal"))
        await company.say(CUSTOMER, "can you lay a cable to the moon?")
        assert company.last(CUSTOMER).text.startswith("Nobody is free right now.")
        assert company.last(MARYAM).text.startswith("Nobody was free for customer 5001")
        await company.say(CUSTOMER, "my street is Elm 5")
        await company.until("08:07")
        await company.say(JAVAD, "Callbacks")
        assert company.last(JAVAD).text == (
            "• customer 5001, for 7 minutes: • can you lay a cable to the moon?"
        )
        toast, alert = await company.press(JAVAD, "Take")
        assert toast.startswith("Only one who is present, does not rest")
        assert alert
        await company.say(JAVAD, "Rest(dnd)")
        await company.say(JAVAD, "Callbacks")
        await company.press(JAVAD, "Take")
        told = company.last(JAVAD).text
        assert "can you lay a cable to the moon?" in told
        assert "– my street is Elm 5" in told
        assert company.last(CUSTOMER).text == THERE
        await company.say(MARYAM, "Callbacks")
        assert company.last(MARYAM).text == "Nobody waits to be called back."

    play(story, answer=Ladder(SAYS))


def test_who_waits_for_a_call_can_go_on_asking_and_leave_without_losing_their_place() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.house.floor(StartBreak(agent="javad", kind="normal"))
        await company.say(CUSTOMER, "A person")
        await company.say(CUSTOMER, "what does it cost?")
        assert company.last(CUSTOMER).text.startswith("5001 asked: what does it cost?")
        await company.say(CUSTOMER, "can you lay a cable to the moon?")
        assert company.last(CUSTOMER).text.endswith(
            "noted for the colleague who will come back to you here."
        )
        await company.say(CUSTOMER, "A person")
        assert company.last(CUSTOMER).text.startswith("Nobody is free yet.")
        await company.press(CUSTOMER, "Exit")
        await company.say(MARYAM, "Callbacks")
        assert "customer 5001" in company.last(MARYAM).text
        assert len(company.events(CallbackOpened)) == 1

    play(story, answer=Ladder(SAYS))


def test_the_customer_leaves_and_the_agent_hears_so() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(CUSTOMER, "can you lay a cable to the moon?", name="Reza")
        await company.say(CUSTOMER, "/exit", name="Reza")
        assert company.last(CUSTOMER).text.startswith("Reza, thank you.")
        assert company.last(JAVAD).text == "customer 5001 has ended the conversation."
        taken = last(company, TakenBack)
        assert isinstance(taken, TakenBack)
        assert taken.reason == "exit"
        assert len(company.events(SessionEnded)) == 1
        assert await company.press(JAVAD, "Done") == ("This conversation is over.", False)

    play(story, answer=Ladder(SAYS))


def test_an_agent_who_rests_is_relieved_and_the_next_one_reads_what_was_said() -> None:
    async def story(company: Company) -> None:
        await morning(company, "javad", "sara")
        await company.policy(breaks__every=1)
        await company.say(CUSTOMER, "can you lay a cable to the moon?")
        await company.say(JAVAD, "Where do you live?")
        await company.say(CUSTOMER, "in Elm 5")
        await company.house.floor(StartBreak(agent="javad", kind="normal"))
        await company.settle()
        assert "My colleague had to go. I am looking for another one." in company.heard(CUSTOMER)
        assert "Somebody else is asked to talk with customer 5001." in company.heard(JAVAD)
        told = company.last(SARA).text
        assert "The colleague who had it is away." in told
        assert "Colleague: Where do you live?\n– in Elm 5" in told
        await company.say(CUSTOMER, "hello?")
        assert company.last(SARA).text.endswith("hello?")
        assert not company.last(JAVAD).text.endswith("hello?")
        await company.say(JAVAD, "Am I heard?")
        assert not any("Am I heard?" in text for text in company.heard(CUSTOMER))

    play(story, answer=Ladder(SAYS))


def test_an_agent_asks_meanwhile_and_the_customer_hears_none_of_it() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(JAVAD, "Ask me!")
        await company.say(CUSTOMER, "can you lay a cable to the moon?")
        await company.say(JAVAD, "one moment, please")
        assert company.last(CUSTOMER).text.endswith("one moment, please")
        await company.say(JAVAD, "Ask me!")
        await company.say(JAVAD, "what is a moon cable?")
        assert company.last(JAVAD).text.startswith("1001 asked: what is a moon cable?")
        await company.press(JAVAD, "Exit")
        assert company.last(JAVAD).text.endswith("What you write now goes to the customer.")
        await company.say(JAVAD, "there is none")
        assert company.last(CUSTOMER).text.endswith("there is none")
        assert not any("moon cable" in text for text in company.heard(CUSTOMER))

    play(story, answer=Ladder(SAYS))


def test_an_answer_that_comes_while_a_person_is_there_helps_that_person_alone() -> None:
    ladder = Ladder({"slow?": answer("At last.")}, lambda asked: 30 if asked.text == "slow?" else 0)

    async def story(company: Company) -> None:
        await morning(company)
        await company.say(CUSTOMER, "slow?")
        await company.say(CUSTOMER, "A person")
        await asyncio.sleep(60)
        assert company.last(CUSTOMER).text == THERE
        assert company.last(JAVAD).text.startswith("To the customer's question: slow?\n\nAt last.")
        assert "[modems@2#7]" in company.last(JAVAD).text

    play(story, answer=ladder)


def test_without_hand_over_nobody_is_promised() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.policy(questions__hand_over=False)
        await company.say(CUSTOMER, "can you lay a cable to the moon?")
        assert company.last(CUSTOMER).labels == ["Exit"]
        await company.say(CUSTOMER, "A person")
        assert company.last(CUSTOMER).text.startswith("I am sorry: nobody can take over here.")
        assert company.events(HandedOver, CallbackOpened) == []

    play(story, answer=Ladder(SAYS))


def test_what_is_said_is_relayed_and_told_once_over_crashes() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(CUSTOMER, "can you lay a cable to the moon?")
        said = await company.say(CUSTOMER, "are you there?", number=77)
        await company.crash()
        await company.conversation.handle(said)
        await company.settle()
        assert len(company.events(MessageRelayed)) == 1
        assert [text.endswith("are you there?") for text in company.heard(JAVAD)].count(True) == 1

    play(story, answer=Ladder(SAYS))


ACTS = st.lists(
    st.sampled_from(
        ["ask", "person", "unknown", "say", "exit", "agent says", "done", "rest", "crash", "wait"]
    ),
    max_size=25,
)


@given(acts=ACTS, other=ACTS)
@settings(max_examples=20)
def test_the_bot_is_silent_while_a_person_is_there_whatever_happens(
    acts: list[str], other: list[str]
) -> None:
    """Between HandedOver and TakenBack a chat hears only the person's words, and that one is there;
    no chat hears what was said in another."""
    ladder = Ladder(SAYS, lambda asked: len(asked.text) % 3)

    async def story(company: Company) -> None:
        await morning(company, "javad", "sara")
        await company.policy(breaks__every=1)
        for number in range(max(len(acts), len(other))):
            for user, each in ((CUSTOMER, acts), (OTHER, other)):
                if number < len(each):
                    await one_act(company, user, each[number], number)
        await asyncio.sleep(30)
        await company.settle()
        silent(company)

    play(story, answer=ladder)


async def one_act(company: Company, user: int, act: str, number: int) -> None:
    agent = JAVAD if user == CUSTOMER else SARA
    match act:
        case "ask":
            await company.say(user, f"secret {number} of {user}")
        case "say":
            await company.say(user, f"secret {number} of {user}, too")
        case "unknown":
            await company.say(user, "can you lay a cable to the moon?")
        case "person":
            await company.say(user, "A person")
        case "exit":
            await company.say(user, "/exit")
        case "agent says":
            held = company.conversation.feeder.known.holds("javad" if agent == JAVAD else "sara")
            await company.say(agent, f"secret word to {held}")
        case "done":
            if any(shown.labels == ["Done"] for shown in company.port.chats.get(agent, [])):
                await company.press(agent, "Done")
        case "rest":
            await company.say(agent, "Rest(dnd)")
            if any("Normal" in label for label in company.last(agent).labels):
                await company.press(agent, "Normal")
        case "crash":
            await company.crash()
        case "wait":
            await asyncio.sleep(2)


def silent(company: Company) -> None:
    held: dict[str, bool] = {}
    at: dict[int, tuple[Event, dict[str, bool]]] = {}
    relayed: dict[str, list[str]] = {}
    for recorded in company.journal.read():
        event = recorded.event
        match event:
            case HandedOver():
                held[event.chat] = True
            case TakenBack():
                held[event.chat] = False
            case QuestionAsked():
                assert not held.get(event.chat), "a question was taken while a person was there"
            case MessageRelayed(sender="agent"):
                relayed.setdefault(event.chat, []).append(event.text)
            case MessageQueued(chat="5001" | "5002"):
                other = "5002" if event.chat == "5001" else "5001"
                assert other not in event.text
                told_in_silence(event, at, held)
            case _:
                pass
        at[recorded.seq] = event, dict(held)
    for user in (CUSTOMER, OTHER):
        heard = [text for text in company.heard(user) if text.startswith("Colleague:")]
        assert heard == [f"Colleague:\n{text}" for text in relayed.get(str(user), [])]


def told_in_silence(
    queued: MessageQueued, at: dict[int, tuple[Event, dict[str, bool]]], held: dict[str, bool]
) -> None:
    """What a customer is told because of an event while a person is there is that person's."""
    before, _, rest = queued.message.rpartition("notice:")
    if "notice:" in queued.message:
        event, then = at[int(rest.partition(":")[0])]
        assert not then.get(queued.chat) or isinstance(event, HandedOver | MessageRelayed), before
    elif held.get(queued.chat):
        assert queued.text.startswith("A colleague is with you: ")


def test_a_hand_over_that_nobody_can_be_told_of_is_a_callback() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.house.floor(
            HandOver(chat=str(CUSTOMER), reason="requested", summary="", among=())
        )
        await company.settle()
        assert company.last(CUSTOMER).text.startswith("Nobody is free right now.")

    play(story, answer=Ladder(SAYS))


def test_a_question_that_crossed_with_the_hand_over_reaches_the_person() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.say(CUSTOMER, "can you lay a cable to the moon?")
        heard = company.heard(CUSTOMER)
        for text in ("and to Mars?", "can you lay a cable to the moon?"):
            crossed = Ask(chat=str(CUSTOMER), text=text, audience="customer")
            await company.house.chat(str(CUSTOMER), crossed)
            await company.settle()
            assert f"customer 5001 writes:\n{text}" in company.heard(JAVAD)
        assert company.heard(CUSTOMER) == heard
        assert any("5001 asked: and to Mars?" in text for text in company.heard(JAVAD))

    play(story, answer=Ladder(SAYS))


def test_what_becomes_of_a_question_is_said_in_the_language_it_was_asked_in() -> None:
    text = "آیا می‌توانید تا ماه کابل بکشید؟"

    async def story(company: Company) -> None:
        await morning(company)
        await company.say(CUSTOMER, text, language="en")
        assert company.heard(CUSTOMER) == [
            "گشتم، ولی پاسخ این در اسناد نیست.",
            "اکنون یک همکار با شماست: آنچه بنویسید به او می‌رسد.",
        ]
        assert company.last(JAVAD).text.startswith("You talk with customer 5001 now.")

    play(story, answer=Ladder({text: nothing()}))


def test_however_long_words_are_none_of_them_are_lost_on_the_way() -> None:
    words = ",".join(f"word{number:03}" for number in range(500))[:4096]

    async def story(company: Company) -> None:
        await morning(company)
        await company.say(CUSTOMER, "can you lay a cable to the moon?")
        before = len(company.heard(JAVAD))
        await company.say(CUSTOMER, words)
        told = company.heard(JAVAD)[before:]
        assert len(told) == 2
        assert "".join(told).split(":\n", 1)[1] == words
        await company.say(JAVAD, words)
        assert "".join(company.heard(CUSTOMER)[-2:]) == f"Colleague:\n{words}"

    play(story, answer=Ladder(SAYS))
