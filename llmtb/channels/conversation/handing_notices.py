"""What is told of conversations that a person takes over: to the customer, and to that person."""

from collections.abc import Iterator
from typing import Final

from llmtb.channels.conversation import keyboards
from llmtb.channels.conversation.answers import WITHHELD, exit_button
from llmtb.channels.conversation.known import Line
from llmtb.channels.conversation.occasion import Notice, Occasion, to_person, to_supervisors
from llmtb.channels.conversation.phrases import as_written, customer_name
from llmtb.channels.conversation.step import Say, in_parts
from llmtb.channels.conversation.tokens import short
from llmtb.channels.conversation.words import Speech, mark
from llmtb.channels.port import Inline
from llmtb.events.chat import MessageFailed, QuestionAsked
from llmtb.events.desk import CallbackOpened, HandedOver, MessageRelayed, TakenBack
from llmtb.events.event import Instant

_LAST: Final = 10  # lines of what was said that the next agent reads

WHY: Final[dict[str, str]] = {
    "requested": mark("They want to talk with a person."),
    "person_requested": mark("None of what was offered was meant."),
    "agent_away": mark("The colleague who had it is away."),
    **{why: WITHHELD[why] for why in ("unsure", "personal_data", "promise", "unavailable")},
}
_DEFAULT_WHY: Final = mark("The documents do not answer it.")


def handed_over(occasion: Occasion) -> Iterator[Notice]:
    """The agent reads what it is about; the customer hears that somebody is there."""
    event: HandedOver = occasion.event
    known = occasion.known
    for chat, speech in to_person(occasion, event.agent or ""):
        lines: list[str] = [
            speech.say(
                "You talk with {name} now. What you write here goes to them.",
                name=customer_name(speech, known, event.chat),
            ),
            speech.say(WHY.get(event.reason, _DEFAULT_WHY)),
        ]
        if event.summary:
            lines += ["", as_written(event.summary)]
        said = known.card(event.chat).words[-_LAST:]
        if said:
            lines += ["", *(_line(speech, each) for each in said)]
        lines += ["", speech.say("Press Done when it is over.")]
        keyboard = _done(speech, event.chat, event.at)
        yield Notice(chat, Say(text="\n".join(lines), keyboard=keyboard), awaited=True)
    speech = occasion.speech_of_talk(event.chat)
    text = speech.say("A colleague is with you now: what you write goes to them.")
    leave = Inline(((exit_button(speech, event.at),),))
    yield Notice(event.chat, Say(text=text, keyboard=leave), awaited=True)


def called_back(occasion: Occasion) -> Iterator[Notice]:
    """Nobody is free: the customer is told so, and the supervisors that somebody waits."""
    event: CallbackOpened = occasion.event
    speech = occasion.speech_of_talk(event.chat)
    text = speech.say(
        "Nobody is free right now. It is noted, and a colleague will come back to you here. "
        "Meanwhile you can go on asking me."
    )
    yield Notice(event.chat, Say(text=text), awaited=True)
    for chat, theirs in to_supervisors(occasion):
        name = customer_name(theirs, occasion.known, event.chat)
        take = keyboards.one(
            theirs.say("Take {name}", name=name), "tc", short(event.chat), at=event.at
        )
        told = theirs.say("Nobody was free for {name}, who waits to be called back.", name=name)
        yield Notice(chat, Say(text=f"{told}\n{as_written(event.summary)}".strip(), keyboard=take))


def relayed(occasion: Occasion) -> Iterator[Notice]:
    """Words, to the other one of the two, and to nobody else."""
    event: MessageRelayed = occasion.event
    if event.sender == "agent":
        speech = occasion.speech_of_talk(event.chat)
        for text in _under(speech.say("Colleague:"), event.text):
            yield Notice(event.chat, Say(text=text), awaited=True)
    elif event.agent is not None:
        yield from _to_agent(occasion, event.agent, event)


def asked_meanwhile(occasion: Occasion) -> Iterator[Notice]:
    """A question that crossed with the hand-over is for the person who is there."""
    event: QuestionAsked = occasion.event
    held = occasion.known.floor.desk.held.get(event.chat)
    if held is not None and event.audience == "customer":
        yield from _to_agent(occasion, held.agent, event)


def taken_back(occasion: Occasion) -> Iterator[Notice]:
    """Both hear, calmly, who has the conversation now."""
    event: TakenBack = occasion.event
    for chat, speech in to_person(occasion, event.agent or ""):
        name = customer_name(speech, occasion.known, event.chat)
        match event.reason:
            case "exit":
                text = speech.say("{name} has ended the conversation.", name=name)
            case "agent_away":
                text = speech.say("Somebody else is asked to talk with {name}.", name=name)
            case _:
                text = speech.say("The conversation with {name} is over.", name=name)
        yield Notice(chat, Say(text=text), awaited=True)
    if event.reason == "exit":
        return  # whoever leaves was thanked already
    speech = occasion.speech_of_talk(event.chat)
    text = speech.say("The conversation with my colleague is over. I am here again: just ask.")
    if event.reason == "agent_away":
        text = speech.say("My colleague had to go. I am looking for another one.")
    yield Notice(event.chat, Say(text=text), awaited=True)


def unreachable(occasion: Occasion) -> Iterator[Notice]:
    """The agent hears that the customer hears nothing (any more)."""
    event: MessageFailed = occasion.event
    held = occasion.known.floor.desk.held.get(event.chat)
    if held is None or not event.error.startswith("unreachable"):
        return
    for chat, speech in to_person(occasion, held.agent):
        name = customer_name(speech, occasion.known, event.chat)
        text = speech.say("{name} cannot be reached any more: the bot is blocked there.", name=name)
        yield Notice(chat, Say(text=text, keyboard=_done(speech, event.chat, event.at)))


def _to_agent(
    occasion: Occasion, agent: str, event: MessageRelayed | QuestionAsked
) -> Iterator[Notice]:
    for chat, speech in to_person(occasion, agent):
        name = customer_name(speech, occasion.known, event.chat)
        keyboard = _done(speech, event.chat, event.at)
        for text in _under(speech.say("{name} writes:", name=name), event.text):
            yield Notice(chat, Say(text=text, keyboard=keyboard), awaited=True)


def _under(head: str, words: str) -> Iterator[str]:
    """Somebody's words under a line that says whose they are, whole, however long."""
    for number, part in enumerate(in_parts(words)):
        yield as_written(part) if number else f"{head}\n{as_written(part)}"


def _done(speech: Speech, chat: str, at: Instant) -> Inline:
    return keyboards.one(speech.say("Done"), "td", short(chat), at=at)


def _line(speech: Speech, said: Line) -> str:
    words = as_written(said.text)
    return f"– {words}" if said.sender == "customer" else f"{speech.say('Colleague:')} {words}"
