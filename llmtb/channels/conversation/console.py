"""Signing in to the console: a link that opens once, for whoever asks for it in their own chat."""

from collections.abc import Sequence
from typing import Final

from llmtb.actors.access import digest_of
from llmtb.actors.signing_in import OFFER_FOR, OfferSignIn
from llmtb.channels.conversation.asking import STAFF
from llmtb.channels.conversation.step import Say, Scene, Step, Verb
from llmtb.channels.conversation.words import Phrase
from llmtb.events.event import Event


def sign_in_link(address: str, code: str) -> str:
    """The link of a code: what stands behind `#` stays in the browser, out of every log."""
    return f"{address}/sign-in#{code}"


def console(scene: Scene) -> Step:
    """A link to the console, whispered: it holds a code."""
    if not scene.settings.console:
        text = scene.speech.say("The console has no address that could be sent.")
        return Step(replies=(Say(text=text),))
    code = scene.new_code()
    link = sign_in_link(scene.settings.console, code)

    def offered(_: Sequence[Event]) -> Step:
        text = scene.speech.say(
            "This link signs you in to the console, once, within {time}. "
            "Show it to nobody.\n{link}",
            time=scene.speech.minutes(int(OFFER_FOR.total_seconds()) // 60),
            link=Phrase(link),
        )
        return Step(whisper=Say(text=text))

    command = OfferSignIn(agent=scene.agent, offer=digest_of(code), way="link", by=scene.agent)
    return Step(command=command, after=offered)


VERBS: Final[dict[str, Verb]] = {"console": Verb(STAFF, console)}
