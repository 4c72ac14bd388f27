"""The company's settings by message: `/set` shows them, `/set breaks.every 4` changes one."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from llmtb.actors.centre import SetPolicy
from llmtb.channels.conversation.dialogues import SUPERVISOR
from llmtb.channels.conversation.step import Say, Scene, Step, Verb
from llmtb.channels.conversation.words import ascii_digits
from llmtb.events.event import Event
from llmtb.events.floor import PolicyChanged
from llmtb.policy import Policy


def settings(scene: Scene) -> Step:
    """All settings, one, or one changed: by what was written after the command."""
    key, _, value = ascii_digits(scene.said).strip().partition(" ")
    if not key:
        return Step(replies=(Say(text="\n".join(_lines(scene.policy))),))
    if not value.strip():
        lines = [line for line in _lines(scene.policy) if line.startswith((f"{key} ", f"{key}."))]
        none = scene.speech.say("There is no setting {key}.", key=key)
        return Step(replies=(Say(text="\n".join(lines) or none),))
    if not scene.known.floor.centre.administers(scene.agent):
        return Step(replies=(Say(text=scene.speech.say("Only an admin may do that.")),))
    command = SetPolicy(policy={key: written(value)}, by=scene.agent)

    def told(events: Sequence[Event]) -> Step:
        keys = [each for e in events if isinstance(e, PolicyChanged) for each in e.changed]
        text = scene.speech.say("It is so already.")
        if keys:
            text = scene.speech.say("Changed: {keys}", keys=", ".join(keys))
        return Step(replies=(Say(text=text),))

    return Step(command=command, after=told)


def written(value: str) -> Any:
    """A value as the settings' file has it; what is no value there is a text."""
    try:
        return tomllib.loads(f"value = {value.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        return value.strip()


def _lines(policy: Policy) -> Iterator[str]:
    whole: Mapping[str, Any] = msgspec.to_builtins(policy)
    for key, value in whole.items():
        inner = value.items() if isinstance(value, dict) else [("", value)]
        for name, each in inner:
            yield f"{key}.{name} {_text(each)}" if name else f"{key} {_text(each)}"


def _text(value: Any) -> str:
    return "–" if value is None else msgspec.json.encode(value).decode()


VERBS: Final[dict[str, Verb]] = {"set": Verb(SUPERVISOR, settings)}
