"""From what a person wrote or pressed to a `Step`; pure, and the only door to what may be done.

Who may do what is decided here, once: every verb, button and stage names its roles. A press that
was made long ago, or on a button that is not known (any more), does nothing but ask again.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from msgspec import UNSET

from llmtb.actors.chat import Dialogue
from llmtb.channels.conversation import (
    asking,
    company,
    console,
    correcting,
    desk,
    handing,
    inviting,
    overriding,
    resting,
    rostering,
    watching,
)
from llmtb.channels.conversation.keyboards import verbs
from llmtb.channels.conversation.step import Press, Say, Scene, Stage, Step, Unclear, Verb
from llmtb.channels.conversation.tokens import Token, decode
from llmtb.channels.conversation.words import Speech
from llmtb.channels.port import Pressed, Said

_ROOMS: Final = (
    resting,
    desk,
    watching,
    overriding,
    correcting,
    rostering,
    inviting,
    asking,
    handing,
)
VERBS: Final[dict[str, Verb]] = {
    name: verb for room in (*_ROOMS, company, console) for name, verb in room.VERBS.items()
}
PRESSES: Final[dict[str, Press]] = {
    name: press for room in _ROOMS for name, press in room.PRESSES.items()
}
STAGES: Final[dict[str, Stage]] = {
    name: stage
    for room in (overriding, correcting, inviting)
    for name, stage in room.STAGES.items()
}


def said(scene: Scene, text: str, at: datetime) -> Step:
    """What was written, at an instant: a command, a permanent button, or a dialogue's answer."""
    name, _ = command_of(text)
    name = name or verbs(scene.words).get(text.strip(), "")
    if name == "cancel":
        return _cancel(scene)
    verb = VERBS.get(name)
    if verb is not None and scene.role == "customer" and scene.role not in verb.roles:
        verb, name = None, ""  # to a customer the words on a colleague's button are only words
    stage = _open_stage(scene)
    if verb is not None:
        step = _do(scene, verb, at)
        if name == "start" and stage is not None and scene.card.dialogue is not None:
            asked = stage.prompt(scene, scene.card.dialogue.given)
            return replace(step, replies=(*step.replies, asked))
        # Whoever turns to something else does not mean the next word as an answer to the last.
        return replace(step, dialogue=None) if step.dialogue is UNSET else step
    if stage is not None and not name:
        return answered(scene, stage, text)
    if not name and (meant := asking.spoken(scene, text)) is not None:
        return meant
    return Step(replies=(Say(text=desk.help_text(scene), keyboard=desk.buttons(scene)),))


def pressed(scene: Scene, token: str) -> Step:
    """A button under a message was pressed."""
    meant = decode(token)
    if meant is None:
        return Step(toast=scene.speech.say("That button was old. Please begin again."))
    if meant.verb == "d":
        return _dialogue_press(scene, meant)
    press = PRESSES.get(meant.verb)
    if press is None:
        return Step(toast=scene.speech.say("That button was old. Please begin again."))
    if scene.role not in press.roles:
        return Step(toast=not_yours(scene.speech), alert=True)
    return press.act(scene, meant.args, meant.drawn)


def answered(scene: Scene, stage: Stage, text: str) -> Step:
    """A dialogue's step was answered; what does not fit is asked for again."""
    dialogue = scene.card.dialogue
    if scene.role not in stage.roles or dialogue is None:
        return Step(dialogue=None, replies=(Say(text=not_yours(scene.speech)),))
    try:
        return stage.take(scene, dialogue.given, text)
    except Unclear as unclear:
        return Step(replies=(Say(text=str(unclear)),), toast=str(unclear))


def command_of(text: str) -> tuple[str, str]:
    """A command and what follows it: `/set a b` is `set` and `a b`; else two empty texts."""
    first, _, rest = text.strip().partition(" ")
    if not first.startswith("/") or len(first) < 2:
        return "", ""
    return first[1:].partition("@")[0].casefold(), rest.strip()


def leaves(update: Said | Pressed) -> bool:
    """Whether somebody wants to end their session."""
    if isinstance(update, Said):
        return command_of(update.text)[0] == "exit"
    meant = decode(update.token)
    return meant is not None and meant.verb == "ax"


def not_yours(speech: Speech) -> str:
    """The refusal of what is not for the speaker's role."""
    return speech.say("That is not for your role.")


def _do(scene: Scene, verb: Verb, at: datetime) -> Step:
    if scene.role not in verb.roles:
        return Step(replies=(Say(text=not_yours(scene.speech), keyboard=desk.buttons(scene)),))
    if verb.fresh and scene.now - at > timedelta(seconds=scene.settings.press_seconds):
        minutes = scene.speech.minutes(round((scene.now - at).total_seconds() / 60))
        text = scene.speech.say(
            "Your press reached me {minutes} late, so I did nothing. Please press again.",
            minutes=minutes,
        )
        return Step(replies=(Say(text=text, keyboard=desk.buttons(scene)),))
    return verb.act(scene)


def _dialogue_press(scene: Scene, token: Token) -> Step:
    """A button that answers a step counts only while that very step waits."""
    stage, dialogue = _open_stage(scene), scene.card.dialogue
    if stage is None or dialogue is None:
        text = scene.speech.say("That was over. Please begin again.")
        return Step(toast=text, redraw=Say(text=text))
    if len(token.args) != 2 or token.args[0] != dialogue.step:
        toast = scene.speech.say("That button was old. This is how it is now.")
        return Step(toast=toast, redraw=stage.prompt(scene, dialogue.given))
    step = answered(scene, stage, token.args[1])
    return _in_place(step)


def _in_place(step: Step) -> Step:
    """The next question takes the place of the pressed one."""
    if not isinstance(step.dialogue, Dialogue) or len(step.replies) != 1:
        return step
    return replace(step, redraw=step.replies[0], replies=())


def _open_stage(scene: Scene) -> Stage | None:
    """The step that waits for a word, unless it was left alone for too long."""
    card = scene.card
    if card.dialogue is None or card.since is None:
        return None
    if scene.now - card.since > timedelta(minutes=scene.settings.dialogue_minutes):
        return None
    return STAGES.get(card.dialogue.step)


def _cancel(scene: Scene) -> Step:
    text = scene.speech.say("Nothing was begun.")
    if _open_stage(scene) is not None:
        text = scene.speech.say("Left. Nothing has changed.")
    return Step(dialogue=None, replies=(Say(text=text, keyboard=desk.buttons(scene)),))
