"""Ask me!: a session is opened, what is written in it is a question, and Exit really ends it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from llmtb.actors.asking import Ask, Choose, EndSession, Rate, StartSession
from llmtb.actors.desk import TakeBack
from llmtb.channels.conversation import handing
from llmtb.channels.conversation.answers import exit_button
from llmtb.channels.conversation.desk import EVERYBODY, buttons
from llmtb.channels.conversation.phrases import called
from llmtb.channels.conversation.step import Press, Say, Scene, Step, Verb, Wanted
from llmtb.channels.conversation.words import Speech, mark
from llmtb.channels.port import Inline
from llmtb.events.chat import Audience, SessionEnded, SessionStarted
from llmtb.events.event import Event
from llmtb.events.floor import Role
from llmtb.inference.answering.small_talk import Intent, intent_of
from llmtb.inference.language import detect

STAFF: Final[tuple[Role, ...]] = ("agent", "supervisor", "auditor")
MOST_CHARACTERS: Final = 4096
_NO_DRAFT: Final = Wanted("", "")

_TALK: Final[dict[Intent, str]] = {
    Intent.GREETING: mark("Hello {name}! Please ask your question."),
    Intent.THANKS: mark("You are welcome, {name}. If there is more, just ask."),
    Intent.BOT: mark(
        "Yes, {name}, I am a bot: I answer from the company's own documents, and where they do not "
        "answer, I say so."
    ),
}


def ask_me(scene: Scene) -> Step:
    """Open a session and ask for the question; one that came with the command is taken."""
    if scene.said.strip():
        words = scene.said.strip()[:MOST_CHARACTERS]
        return _of_customer(scene, words) if _is_customer(scene) else asked(scene, words)
    if _held(scene):
        return handing.with_a_colleague(scene)
    rules = scene.policy.questions
    start = StartSession(
        chat=scene.chat, audience=audience_of(scene), idle_minutes=rules.idle_minutes
    )
    begin = Step(command=start, after=lambda _: Step(replies=(_prompt(scene),)))
    if scene.card.session is not None and handing.talks_with(scene) is not None:
        # What an agent writes goes to the customer until a session begins after that.
        return Step(command=EndSession(chat=scene.chat), after=lambda _: begin)
    return begin


def spoken(scene: Scene, text: str) -> Step | None:
    """Words that are no button, command or answer to a dialogue; None: they mean nothing here."""
    text = text.strip()[:MOST_CHARACTERS]
    step = _meant(scene, text) if text else None
    if not scene.media or not (step or _listened_to(scene)):
        return step
    only = scene.speech.say(
        "I can read only words here, and pass on nothing else: no pictures, voices or files. "
        "Please write it."
    )
    step = step or Step()
    return replace(step, replies=(*step.replies, Say(text=only)))


def untold(scene: Scene, events: Sequence[Event]) -> tuple[Say, ...]:
    """What is to be said of events, where a crash came before anything was."""
    kinds = {type(event) for event in events}
    if kinds == {SessionStarted}:
        return (_prompt(scene),)
    if SessionEnded in kinds:
        return (Say(text=farewell(scene, scene.speech), keyboard=buttons(scene)),)
    return ()


def _prompt(scene: Scene) -> Say:
    text = scene.speech.say(
        "{name}, please ask your question and I will answer it at once.",
        name=called(scene.speech, scene.name),
    )
    return Say(text=text, keyboard=Inline(((exit_button(scene.speech, scene.now),),)))


def _meant(scene: Scene, text: str) -> Step | None:
    if _is_customer(scene):
        return _of_customer(scene, text)
    customer = handing.talks_with(scene)
    if customer is not None:
        return handing.relay(scene, customer, text)
    if scene.card.session is None:
        return None
    intent = intent_of(text)
    if intent is None or intent is Intent.PERSON:
        return asked(scene, text)
    return _chat(scene, text, intent)


def asked(scene: Scene, text: str) -> Step:
    """A question; what comes of it is told when it is known."""
    rules, customer = scene.policy.questions, _is_customer(scene)
    phone = scene.known.floor.centre.phones.get(scene.agent)
    command = Ask(
        chat=scene.chat,
        text=text.strip()[:MOST_CHARACTERS],
        audience=audience_of(scene),
        level=scene.known.access.customers.get(scene.chat, 0) if customer else 0,
        on_call=not customer and phone == "in_call",
        idle_minutes=rules.idle_minutes,
        per_minute=rules.per_minute,
        per_day=rules.per_day,
        longest=rules.longest,
    )
    return Step(command=command)


def leave(scene: Scene) -> Step:
    """The end of the session, and of a conversation that a person has; by name, with thanks."""
    return _leave(scene, scene.speech)


def press_exit(scene: Scene, _args: tuple[str, ...], _drawn: datetime) -> Step:
    """Exit under an answer; where there is nothing to end any more, it only says so."""
    if scene.card.session is None and not _held(scene):
        return Step(toast=farewell(scene, scene.speech), draft=_NO_DRAFT)
    return leave(scene)


def farewell(scene: Scene, speech: Speech) -> str:
    """Thanks, by name."""
    text = speech.say(
        "{name}, thank you. I will be glad to help you again.", name=called(speech, scene.name)
    )
    if not _is_customer(scene) and scene.known.holds(scene.agent) is not None:
        return f"{text}\n{speech.say('What you write now goes to the customer.')}"
    return text


def rate(scene: Scene, args: tuple[str, ...], _drawn: datetime) -> Step:
    """An answer helped, or did not."""
    question = _own(scene, args)
    if question is None or len(args) != 2:
        return _old(scene)
    helped = args[1] == "1"
    thanks = scene.speech.say("Thank you, that helps me to get better.")
    command = Rate(chat=scene.chat, question=question, rating=1 if helped else 0)
    return Step(command=command, after=lambda _: Step(toast=thanks))


def choose(scene: Scene, args: tuple[str, ...], _drawn: datetime) -> Step:
    """One of what was offered, or none of it."""
    question = _own(scene, args)
    if question is None or len(args) != 2 or not (args[1] == "-" or args[1].isdecimal()):
        return _old(scene)
    number = None if args[1] == "-" else int(args[1])
    command = Choose(chat=scene.chat, question=question, choice=number)
    text = scene.speech.say("Thank you.")

    def chosen(_: Sequence[Event]) -> Step:
        return Step(toast=text)

    # A second press is no more than that: the answer to the first stands below already.
    over = Step(toast=scene.speech.say("That question is over. Please ask again."))
    return Step(command=command, after=chosen, refused=over)


def draft(scene: Scene, args: tuple[str, ...], _drawn: datetime) -> Step:
    """A model is to draft a reply to a question."""
    question = _own(scene, args)
    known = None if question is None else scene.known.question(question)
    if question is None or known is None:
        return _old(scene)
    return Step(draft=Wanted(question, known.text))


def audience_of(scene: Scene) -> Audience:
    """Whose passages the speaker may see."""
    return "customer" if _is_customer(scene) else "agent"


def _of_customer(scene: Scene, text: str) -> Step:
    if _held(scene):
        return handing.relay(scene, scene.chat, text)
    intent = intent_of(text)
    if intent is not None:
        return _chat(scene, text, intent)
    step = asked(scene, text)
    if scene.chat in scene.known.floor.desk.callbacks:
        # Whoever calls back is to know it too, whatever the documents say.
        return Step(command=step.command, after=lambda _: handing.relay(scene, scene.chat, text))
    return step


def _chat(scene: Scene, text: str, intent: Intent) -> Step:
    """Kind words for kind words, in the language they were said in."""
    language = detect(text, tuple(scene.words.languages), scene.speech.language).language
    speech = scene.words.speech(language or scene.speech.language, scene.policy.zone)
    if _ends(intent):
        return _leave(scene, speech)
    if intent is Intent.PERSON:
        return handing.wished(scene, text)
    said = speech.say(_TALK[intent], name=called(speech, scene.name))
    return Step(replies=(Say(text=said, keyboard=buttons(scene)),))


def _leave(scene: Scene, speech: Speech) -> Step:
    bye = Say(text=farewell(scene, speech), keyboard=buttons(scene))
    ended = Step(
        command=EndSession(chat=scene.chat),
        after=lambda _: Step(replies=(bye,), draft=_NO_DRAFT),
    )
    if not _held(scene):
        return ended
    over = TakeBack(chat=scene.chat, by=scene.chat, reason="exit")
    return Step(command=over, after=lambda _: ended)


def _listened_to(scene: Scene) -> bool:
    """Whether what the speaker writes is a question, or for somebody they talk with."""
    talks = handing.talks_with(scene) is not None
    return _is_customer(scene) or scene.card.session is not None or talks


def _ends(intent: Intent) -> bool:
    return intent in (Intent.EXIT, Intent.BYE)


def _is_customer(scene: Scene) -> bool:
    return scene.role == "customer"


def _held(scene: Scene) -> bool:
    """Whether a person has the speaker's conversation."""
    return _is_customer(scene) and scene.chat in scene.known.floor.desk.held


def _own(scene: Scene, args: tuple[str, ...]) -> str | None:
    """The question of the pressed message: always one of the presser's own chat."""
    if not args or not (args[0].isascii() and args[0].isdecimal()):
        return None
    return f"{scene.chat}/{args[0]}"


def _old(scene: Scene) -> Step:
    return Step(toast=scene.speech.say("That button was old. Please begin again."))


VERBS: Final[dict[str, Verb]] = {
    "ask": Verb(EVERYBODY, ask_me),
    "exit": Verb(EVERYBODY, leave),
}
PRESSES: Final[dict[str, Press]] = {
    "ax": Press(EVERYBODY, press_exit),
    "hr": Press(EVERYBODY, rate),
    "ac": Press(EVERYBODY, choose),
    "dr": Press(STAFF, draft),
}
