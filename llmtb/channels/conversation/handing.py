"""A person takes over: the wish for one, words that go to and fro, and those to be called back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from llmtb.actors.desk import HandOver, RelayWords, TakeBack, TakeCallback
from llmtb.channels.conversation import keyboards
from llmtb.channels.conversation.answers import exit_button
from llmtb.channels.conversation.keyboards import Choice
from llmtb.channels.conversation.phrases import customer_name, minutes_left
from llmtb.channels.conversation.step import Press, Say, Scene, Step, Verb
from llmtb.channels.conversation.tokens import find, short
from llmtb.channels.conversation.words import plain
from llmtb.channels.port import Inline
from llmtb.events.event import Event
from llmtb.events.floor import Role

DESK: Final[tuple[Role, ...]] = ("agent", "supervisor")
CUSTOMER: Final[tuple[Role, ...]] = ("customer",)
_SUMMARY: Final = 2000  # characters
_ASKED: Final = 4  # last questions that are told to whoever takes over
_TOPIC: Final = 60  # characters of a summary in a list


# --- customers ---------------------------------------------------------------------------------


def wish(scene: Scene) -> Step:
    """The customer wants a person."""
    return wished(scene)


def press_wish(scene: Scene, _args: tuple[str, ...], _drawn: datetime) -> Step:
    """The same, by the button under an answer."""
    return wished(scene)


def wished(scene: Scene, words: str = "") -> Step:
    """A person is asked to take over, and is told what was asked last."""
    if scene.chat in scene.known.floor.desk.held:
        return with_a_colleague(scene)
    if not scene.policy.questions.hand_over:
        text = scene.speech.say("I am sorry: nobody can take over here. Please ask me.")
        return Step(replies=(Say(text=text),))
    asked = scene.known.asked(scene.chat)[-_ASKED:]
    lines = [f"• {each.text}" for each in asked]
    # No words of ours are in it, so that it reads in every language, as the answerer's does.
    lines += [f"   ? {title}" for each in asked[-1:] for title in each.titles]
    lines += [f"• {words}"] if words else []
    command = HandOver(
        chat=scene.chat,
        reason="requested",
        summary="\n".join(lines)[:_SUMMARY],
        among=scene.known.reachable(),
    )
    waits = scene.speech.say(
        "Nobody is free yet. You are on the list, and a colleague will come back to you here."
    )

    def told(events: Sequence[Event]) -> Step:
        return Step() if events else Step(replies=(Say(text=waits),))

    return Step(command=command, after=told)


def with_a_colleague(scene: Scene) -> Step:
    """Reminds a customer that a person is there."""
    text = scene.speech.say("A colleague is with you: what you write goes to them.")
    keyboard = Inline(((exit_button(scene.speech, scene.now),),))
    return Step(replies=(Say(text=text, keyboard=keyboard),))


def relay(scene: Scene, chat: str, text: str) -> Step:
    """Words of a conversation that a person has, or will have."""
    by = chat if scene.role == "customer" else scene.agent
    command = RelayWords(chat=chat, by=by, text=text, update=scene.update)
    return Step(command=command, refused=scene.speech.say("This conversation is over."))


# --- agents ------------------------------------------------------------------------------------


def talks_with(scene: Scene) -> str | None:
    """The chat that what an agent writes goes to: not while they ask something meanwhile."""
    chat = scene.known.holds(scene.agent)
    if chat is None:
        return None
    session, since = scene.card.session, scene.known.floor.desk.held[chat].about.since
    return chat if session is None or session <= since else None


def done(scene: Scene, args: tuple[str, ...], _drawn: datetime) -> Step:
    """The bot is to have the conversation again."""
    chat = find(args[0], scene.known.floor.desk.held) if args else None
    over = scene.speech.say("This conversation is over.")
    if chat is None:
        return Step(toast=over)
    command = TakeBack(chat=chat, by=scene.agent)
    return Step(command=command, after=lambda _: Step(toast=over), refused=over)


def callbacks(scene: Scene) -> Step:
    """Who is to be called back, whoever waits longest first."""
    speech, waiting = scene.speech, scene.known.floor.desk.callbacks
    oldest = sorted(waiting, key=lambda chat: (waiting[chat].since, chat))[: keyboards.PAGE]
    if not oldest:
        return Step(replies=(Say(text=speech.say("Nobody waits to be called back.")),))
    lines: list[str] = []
    choices = []
    for chat in oldest:
        name, about = customer_name(speech, scene.known, chat), waiting[chat]
        minutes = speech.minutes(minutes_left(about.since, scene.now))
        topic = plain(about.summary)[:_TOPIC]
        lines.append(
            speech.say("• {name}, for {minutes}: {topic}", name=name, minutes=minutes, topic=topic)
        )
        choices.append(Choice(speech.say("Take {name}", name=name), (short(chat),)))
    keyboard = keyboards.listed("tc", choices, scene.now)
    return Step(replies=(Say(text="\n".join(lines), keyboard=keyboard),))


def take(scene: Scene, args: tuple[str, ...], _drawn: datetime) -> Step:
    """Take over somebody who waits to be called back."""
    chat = find(args[0], scene.known.floor.desk.callbacks) if args else None
    if chat is None:
        text = scene.speech.say("Somebody has taken this one already.")
        return Step(toast=text, alert=True)
    command = TakeCallback(agent=scene.agent, chat=chat)
    text = scene.speech.say("It is yours.")
    cannot = scene.speech.say(
        "Only one who is present, does not rest, is not on a call and talks with nobody else can "
        "take it."
    )
    return Step(command=command, after=lambda _: Step(toast=text), refused=cannot)


VERBS: Final[dict[str, Verb]] = {
    "person": Verb(CUSTOMER, wish),
    "callbacks": Verb(DESK, callbacks),
}
PRESSES: Final[dict[str, Press]] = {
    "hp": Press(CUSTOMER, press_wish),
    "td": Press(DESK, done),
    "tc": Press(DESK, take),
}
