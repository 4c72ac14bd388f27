"""What was asked, answered, handed over and sent, in a sentence each."""

from typing import Final

from llmtb.events import chat as c
from llmtb.events import desk as d
from replay.speech import Speech, counted, listed, plain, quoted, who
from replay.telling.teller import Tellers

ORIGINS: Final = {
    "faq": "with a reviewed answer",
    "cache": "with an answer that was given before",
    "extract": "with a passage of the company's documents",
    "model": "with a text that a model wrote from the passages",
    "person": "by a person",
}
WITHHELD: Final = {
    "no_knowledge": "there was no document to answer from",
    "nothing_found": "nothing that was found is near enough",
    "out_of_scope": "what is nearest is about something else",
    "unsure": "what was found is not sure enough",
    "numbers": "it names a number or a model that no passage knows",
    "personal_data": "it asks for somebody's personal data",
    "promise": "it asks for a promise",
    "instruction": "it is addressed to the program, and not to the company",
    "unavailable": "something that was needed did not work, or not in time",
    "person_requested": "a person was wished for",
    "not_chosen": "none of what was offered was chosen before something else was asked",
    "session_ended": "the session ended before there was an answer",
    "small_talk": "it is small talk",
    "empty": "there are no words in it",
    "too_long": "it is too long",
}
LIMITS: Final = {
    "too_many_a_minute": "too many in one minute",
    "too_many_a_day": "too many on one day",
    "too_long": "too long",
}


def _found(e: c.PassagesFound, s: Speech) -> str:
    names = [str(each.get("title") or each.get("document") or "") for each in e.passages]
    found = counted(len(e.passages), "passage")
    return f"{found} found for question {plain(e.question)}: {listed(names)}"


def _answered(e: c.AnswerGiven, s: Speech) -> str:
    sure = "" if e.confidence is None else f", {e.confidence:.0%} sure"
    by = f" ({who(e.by)})" if e.origin == "person" else ""
    return (
        f"question {plain(e.question)} was answered {ORIGINS[e.origin]}{by}{sure}: {quoted(e.text)}"
    )


def _handed(e: d.HandedOver, s: Speech) -> str:
    return f"{plain(e.agent or 'a person')} took over chat {plain(e.chat)} ({plain(e.reason)})"


def _relayed(e: d.MessageRelayed, s: Speech) -> str:
    if e.sender == "agent":
        return f"{plain(e.agent or 'a person')} wrote in chat {plain(e.chat)}: {quoted(e.text)}"
    to = f"to {plain(e.agent)}" if e.agent else "while waiting for a person"
    return f"the customer of chat {plain(e.chat)} wrote {to}: {quoted(e.text)}"


def _queued(e: c.MessageQueued, s: Speech) -> str:
    file = "" if e.attachment is None else f" with the report of {plain(e.attachment.shift)}"
    return f"chat {plain(e.chat)} is to be sent a message{file}: {quoted(e.text)}"


CHATS: Final[Tellers] = {
    c.SessionStarted: lambda e, s: (
        f"chat {plain(e.chat)} began to ask, as {e.audience};"
        f" it ends after {counted(e.idle_minutes, 'minute')} without a word"
    ),
    c.SessionEnded: lambda e, s: (
        f"chat {plain(e.chat)} stopped asking"
        if e.reason == "exit"
        else f"the session of chat {plain(e.chat)} ended, because nothing was said for long"
    ),
    c.QuestionAsked: lambda e, s: (
        f"chat {plain(e.chat)} asked, as {e.audience}, question {plain(e.question)}:"
        f" {quoted(e.text)}"
    ),
    c.QuestionRefused: lambda e, s: (
        f"a question of chat {plain(e.chat)} was not taken: {LIMITS[e.reason]}"
    ),
    c.PassagesFound: _found,
    c.AnswerGiven: _answered,
    c.ChoicesOffered: lambda e, s: (
        f"question {plain(e.question)} may mean one of {len(e.choices)} things:"
        f" {listed(each.label for each in e.choices)}"
    ),
    c.AnswerWithheld: lambda e, s: (
        f"question {plain(e.question)} was not answered: " + WITHHELD.get(e.reason, plain(e.reason))
    ),
    c.AnswerRated: lambda e, s: (
        f"the answer to question {plain(e.question)} was rated:"
        f" {'it helped' if e.rating == 1 else 'it did not help'}"
    ),
    c.DraftWritten: lambda e, s: (
        f"the model {plain(e.model)} drafted a reply to question {plain(e.question)},"
        f" which nobody has approved: {quoted(e.text)}"
    ),
    c.MessageQueued: _queued,
    c.MessageSent: lambda e, s: f"the message {plain(e.message)} reached chat {plain(e.chat)}",
    c.MessageFailed: lambda e, s: (
        f"the message {plain(e.message)} never reached chat {plain(e.chat)}: {plain(e.error)}"
    ),
    c.LanguageChosen: lambda e, s: (
        f"chat {plain(e.chat)} is spoken to in the language {plain(e.language)} from now on"
    ),
    c.DialogueMoved: lambda e, s: (
        f"the dialogue in chat {plain(e.chat)} is over"
        if e.step is None
        else f"the dialogue in chat {plain(e.chat)} waits for {plain(e.step)}"
    ),
    c.BoardShown: lambda e, s: (
        f"the message {plain(e.message)} of chat {plain(e.chat)} became its live view of the"
        f" {e.view}"
    ),
    c.BoardHidden: lambda e, s: f"chat {plain(e.chat)} has no live view any more",
    d.HandedOver: _handed,
    d.TakenBack: lambda e, s: (
        f"the bot took chat {plain(e.chat)} back from {plain(e.agent or 'a person')}"
        f" ({plain(e.reason)})"
    ),
    d.MessageRelayed: _relayed,
    d.CallbackOpened: lambda e, s: (
        f"nobody was free for chat {plain(e.chat)}: the customer is to be called back"
        f" ({plain(e.reason)})"
    ),
    d.CallbackClosed: lambda e, s: (
        f"the callback of chat {plain(e.chat)} is done with: {plain(e.reason)}"
    ),
}
