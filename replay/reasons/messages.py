"""Why a chat was sent something, and what became of it."""

import re
from typing import Final

from llmtb.events import chat as c
from replay.reasons.reason import Doubt, Reason, Reasoners, Reasons, because
from replay.speech import plain, who
from replay.standings.scene import Scene

NOTICE: Final = re.compile(r"(?:reply:)?notice:(\d{1,18}):")
REPLY: Final = re.compile(r"reply:")
PLANNED: Final = {
    "meal:": "it tells supervisors, ahead of a meal window, whether everybody can eat in time",
    "silent:": "it tells supervisors that the phone system has gone silent",
}


def source_of(message: str) -> int | None:
    """The event that a message tells of, as its id says; None where it says none."""
    found = NOTICE.match(message)
    return int(found[1]) if found else None


def _why(scene: Scene, chat: str, message: str, by: str) -> Reason:
    """What a message answers or tells of; its id is derived from that."""
    seq = source_of(message)
    if seq is not None:
        return because(f"it tells of event {seq}, as its id says", seq)
    for beginning, words in PLANNED.items():
        if message.startswith(beginning):
            return because(words)
    if REPLY.match(message):
        return because("it answers what the chat said or pressed; presses are not kept")
    return because(f"{who(by)} wished it to be sent", scene.doors.accounts.get(chat))


def _queued(scene: Scene, event: c.MessageQueued) -> Reasons:
    reason = _why(scene, event.chat, event.message, event.by)
    yield reason
    if any(seq > scene.seq for seq in reason.seqs):
        yield Doubt("its id speaks of an event that comes after it")
    linked = scene.doors.accounts.get(event.chat)
    if linked is not None:
        yield because(f"the chat is that of {plain(linked.event.agent)}", linked)


def _waiting(scene: Scene, chat: str, message: str) -> Reasons:
    queued = scene.talks.of(chat).waiting.get(message)
    if queued is None:
        yield Doubt("by the events before it no such message was under way")
        return
    yield because(f"it was under way since {scene.speech.time(queued.event.at)}", queued)
    seq = source_of(message)
    if seq is not None:
        yield because(f"it tells of event {seq}", seq)


def _sent(scene: Scene, event: c.MessageSent) -> Reasons:
    yield from _waiting(scene, event.chat, event.message)
    number = "" if event.remote is None else f" as number {event.remote}"
    yield because(f"the chat's server took it{number}")


def _failed(scene: Scene, event: c.MessageFailed) -> Reasons:
    yield from _waiting(scene, event.chat, event.message)
    if event.error.startswith("unreachable"):
        yield because("nothing reaches this chat: the bot is blocked there, or the account gone")
    elif event.error.startswith("expired"):
        yield because("it could not be sent before it was worth nothing any more")
    else:
        yield because(f"the chat's server would not take it: {plain(event.error)}")


def _language(scene: Scene, event: c.LanguageChosen) -> Reasons:
    before = scene.talks.of(event.chat).language
    if before is None:
        yield because(f"no language was chosen before; {who(event.by)} chose this one")
    else:
        language = plain(before.event.language)
        yield because(f"it was {language} before; {who(event.by)} chose another", before)


def _dialogue(scene: Scene, event: c.DialogueMoved) -> Reasons:
    before = scene.talks.of(event.chat).dialogue
    if before is None:
        yield because(f"{who(event.by)} began it")
    else:
        step = plain(before.event.step or "")
        yield because(f"it waited for {step} before, and {who(event.by)} went on", before)


def _shown(scene: Scene, event: c.BoardShown) -> Reasons:
    yield because(
        f"{who(event.by)} wished to see it", scene.talks.of(event.chat).waiting.get(event.message)
    )
    before = scene.talks.of(event.chat).board
    if before is not None:
        yield because(f"it takes the place of {plain(before.event.message)}", before)


def _hidden(scene: Scene, event: c.BoardHidden) -> Reasons:
    shown = scene.talks.of(event.chat).board
    if shown is None:
        yield Doubt("by the events before it this chat had no live view")
    yield because(f"{who(event.by)} wished to see it no longer, or may not", shown)


MESSAGES: Final[Reasoners] = {
    c.MessageQueued: _queued,
    c.MessageSent: _sent,
    c.MessageFailed: _failed,
    c.LanguageChosen: _language,
    c.DialogueMoved: _dialogue,
    c.BoardShown: _shown,
    c.BoardHidden: _hidden,
}
