"""What the one who asked is told of a question: its answer and where that is from, or why none."""

import re
from collections.abc import Iterator
from datetime import datetime
from string import ascii_uppercase
from typing import Final

from llmtb.channels.conversation.keyboards import button
from llmtb.channels.conversation.known import Member, Question, asker_of
from llmtb.channels.conversation.occasion import Notice, Occasion, to_person, to_supervisors
from llmtb.channels.conversation.phrases import as_written
from llmtb.channels.conversation.step import Say, fitting
from llmtb.channels.conversation.words import Speech, mark
from llmtb.channels.port import TEXT_LIMIT, Button, Inline
from llmtb.events.chat import (
    AnswerGiven,
    AnswerWithheld,
    Audience,
    ChoicesOffered,
    QuestionRefused,
    SessionEnded,
)

UNTOLD: Final = {"not_chosen", "session_ended"}
"""Why a question was withheld, where who asked has gone on to something else."""
NO_GAP: Final = UNTOLD | {
    "small_talk",
    "empty",
    "too_long",
    "instruction",
    "personal_data",
    "unavailable",
}
"""Why a question was withheld, where nothing is missing in the documents."""

WITHHELD: Final[dict[str, str]] = {
    "empty": mark("I see no question in this yet. Please write it in a few words."),
    "too_long": mark("That is too long to look up. Please ask in a few words."),
    "small_talk": mark("I am here. Please ask your question."),
    "no_knowledge": mark("There are no documents yet that I could answer this from."),
    "nothing_found": mark("I looked, but the documents do not say."),
    "out_of_scope": mark("The documents are about something else, so I cannot answer this."),
    "unsure": mark("I found something near it, but I am not sure enough to answer."),
    "personal_data": mark("This is about somebody's own data, and I may not look into those."),
    "promise": mark("This would be a promise, and I may not make one for the company."),
    "instruction": mark("I answer questions from the documents, and do nothing else."),
    "numbers": mark("The documents do not know a number or a model that you name."),
    "unavailable": mark("I could not look it up just now."),
    "person_requested": mark("Understood, none of these."),
}
_UNKNOWN: Final = mark("I do not know the answer to this.")
_PASSAGE_ID: Final = re.compile(r" \[[^\]\s]+\]\Z")
_LABEL: Final = 48  # characters of a choice on its button


# --- an answer ---------------------------------------------------------------------------------


def given(occasion: Occasion) -> Iterator[Notice]:
    """The answer, where it is from, and what can be done next."""
    event: AnswerGiven = occasion.event
    chat = asker_of(event.question)
    if event.origin == "person":
        return  # the words were told when they were written
    held = occasion.known.floor.desk.held.get(chat)
    if held is not None:
        yield from _to_the_agent(occasion, held.agent)
        return
    speech = occasion.speech_of_talk(chat, event.language)
    audience = _audience(occasion, event.question)
    text = answer_text(speech, event, audience)
    yield Notice(chat, Say(text=text, keyboard=_under(occasion, speech)), awaited=True)


def answer_text(speech: Speech, event: AnswerGiven, audience: Audience) -> str:
    """The answer with the line that says where it is from; a long answer is cut, never that."""
    below = []
    if event.original is not None:
        below += [speech.say("Translated from:"), as_written(event.original)]
    if event.origin == "model":
        below.append(speech.say("A model wrote this from the sources; it may be wrong."))
    if event.sources:
        below.append(_sources(speech, event, audience))
    end = fitting("\n".join(below), TEXT_LIMIT // 2)
    room = TEXT_LIMIT - len(end.encode("utf-16-le")) // 2 - 2
    return "\n\n".join(part for part in (fitting(as_written(event.text), room), end) if part)


def _sources(speech: Speech, event: AnswerGiven, audience: Audience) -> str:
    """Where it is from; customers are not shown the passage's id."""
    named = [
        _PASSAGE_ID.sub("", each) if audience == "customer" else each for each in event.sources
    ]
    return speech.say("Source: {source}", source="; ".join(dict.fromkeys(named)))


def _under(occasion: Occasion, speech: Speech) -> Inline:
    """Helped or not; a person for customers, a draft for agents; the end."""
    event: AnswerGiven = occasion.event
    number, at = _number(event.question), event.at
    rating = (
        button("👍", "hr", number, "1", at=at),
        button("👎", "hr", number, "0", at=at),
    )
    return Inline((rating, _ways_on(occasion, speech, event.question, at)))


def _to_the_agent(occasion: Occasion, agent: str) -> Iterator[Notice]:
    """While a person has the conversation the bot is silent in it, and helps that person."""
    event: AnswerGiven = occasion.event
    asked = occasion.known.question(event.question)
    for chat, speech in to_person(occasion, agent):
        about = speech.say(
            "To the customer's question: {question}", question="" if asked is None else asked.text
        )
        text = f"{about}\n\n{answer_text(speech, event, 'agent')}"
        yield Notice(chat, Say(text=text), awaited=True)


# --- a choice, or nothing ----------------------------------------------------------------------


def offered(occasion: Occasion) -> Iterator[Notice]:
    """Which of these is meant, or none."""
    event: ChoicesOffered = occasion.event
    chat, number, at = asker_of(event.question), _number(event.question), event.at
    if chat in occasion.known.floor.desk.held:
        return
    speech = occasion.speech_of_talk(chat, event.choices[0].language)
    lines: list[str] = [speech.say("Did you mean one of these?")]
    rows = []
    for place, choice in enumerate(event.choices):
        label = f"{ascii_uppercase[place]}. {choice.label}"
        lines.append(speech.isolate(label))
        rows.append((button(_short(label), "ac", number, str(place), at=at),))
    none = speech.say("None of these")
    hand_over = occasion.known.floor.centre.policy.questions.hand_over
    if hand_over and _audience(occasion, event.question) == "customer":
        none = speech.say("A person")
    last = (button(none, "ac", number, "-", at=at), exit_button(speech, at))
    keyboard = Inline((*rows, last))
    yield Notice(chat, Say(text="\n".join(lines), keyboard=keyboard), awaited=True)


def withheld(occasion: Occasion) -> Iterator[Notice]:
    """Why there is no answer; what comes next is told when it is known."""
    event: AnswerWithheld = occasion.event
    chat, desk = asker_of(event.question), occasion.known.floor.desk
    if event.reason in UNTOLD or chat in desk.held:
        return
    speech = occasion.speech_of_talk(chat)
    lines: list[str] = [speech.say(WITHHELD.get(event.reason, _UNKNOWN))]
    if _told_of_gap(occasion):
        lines.append(speech.say("Your supervisors have been told."))
    elif chat in desk.callbacks:
        lines.append(speech.say("It is noted for the colleague who will come back to you here."))
    keyboard = Inline((_ways_on(occasion, speech, event.question, event.at),))
    yield Notice(chat, Say(text="\n".join(lines), keyboard=keyboard), awaited=True)


def gap(occasion: Occasion) -> Iterator[Notice]:
    """Supervisors hear what agents ask and the documents do not say."""
    asked, member = _asked_by_staff(occasion)
    for chat, speech in _told_of_gap(occasion):
        text = speech.say(
            "{name} asked what the documents do not answer: {question}",
            name="" if member is None else member.person.name,
            question="" if asked is None else asked.text,
        )
        yield Notice(chat, Say(text=text))


def refused(occasion: Occasion) -> Iterator[Notice]:
    """Which limit was reached."""
    event: QuestionRefused = occasion.event
    if event.chat in occasion.known.floor.desk.held:
        return
    rules = occasion.known.floor.centre.policy.questions
    speech = occasion.speech(event.chat)
    match event.reason:
        case "too_many_a_minute":
            text = speech.count(
                "I take {n} question a minute. Please wait a moment, and ask again.",
                "I take {n} questions a minute. Please wait a moment, and ask again.",
                rules.per_minute,
            )
        case "too_many_a_day":
            text = speech.count(
                "I take {n} question a day. Please ask again tomorrow.",
                "I take {n} questions a day. Please ask again tomorrow.",
                rules.per_day,
            )
        case "too_long":
            text = speech.say(
                "I read questions of up to {n} characters. Please ask in fewer words.",
                n=rules.longest,
            )
    keyboard = Inline(((exit_button(speech, event.at),),))
    yield Notice(event.chat, Say(text=text, keyboard=keyboard), awaited=True)


def session_over(occasion: Occasion) -> Iterator[Notice]:
    """An agent who talks with a customer hears that no question is meant any more."""
    event: SessionEnded = occasion.event
    member = occasion.known.member(event.chat)
    if event.reason == "idle" and member and occasion.known.holds(member.id) is not None:
        speech = occasion.speech(event.chat)
        over = speech.say("Your questions to me have ended by themselves.")
        text = f"{over}\n{speech.say('What you write now goes to the customer.')}"
        yield Notice(event.chat, Say(text=text), awaited=True)


# --- what they share ---------------------------------------------------------------------------


def exit_button(speech: Speech, at: datetime) -> Button:
    """The button that ends a session."""
    return button(speech.say("Exit"), "ax", at=at)


def _ways_on(occasion: Occasion, speech: Speech, question: str, at: datetime) -> tuple[Button, ...]:
    rules = occasion.known.floor.centre.policy.questions
    leave = exit_button(speech, at)
    if _audience(occasion, question) == "customer":
        if not rules.hand_over:
            return (leave,)
        return (button(speech.say("A person"), "hp", at=at), leave)
    if occasion.drafts and rules.drafts:
        return (button(speech.say("Draft a reply"), "dr", _number(question), at=at), leave)
    return (leave,)


def _told_of_gap(occasion: Occasion) -> list[tuple[str, Speech]]:
    """Who hears that the documents do not answer what one of the staff asked."""
    event: AnswerWithheld = occasion.event
    asked, member = _asked_by_staff(occasion)
    if event.reason in NO_GAP or asked is None or member is None:
        return []
    return list(to_supervisors(occasion, but=member.id))


def _asked_by_staff(occasion: Occasion) -> tuple[Question | None, Member | None]:
    event: AnswerWithheld = occasion.event
    asked = occasion.known.question(event.question)
    if asked is None or asked.audience != "agent":
        return None, None
    return asked, occasion.known.member(asker_of(event.question))


def _audience(occasion: Occasion, question: str) -> Audience:
    """For whom an answer is: of a question long gone, for one who may see least."""
    asked = occasion.known.question(question)
    return "customer" if asked is None else asked.audience


def _number(question: str) -> str:
    return question.rpartition("/")[2]


def _short(label: str) -> str:
    return label if len(label) <= _LABEL else f"{label[: _LABEL - 1]}…"
