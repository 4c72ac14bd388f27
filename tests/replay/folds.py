"""Whole days of the real actors, and made-up lives of a chat and a door, as logs to replay."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import msgspec
import pytest

from llmtb import simulate as simulation
from llmtb.actors import access, asking, chat, signing_in
from llmtb.actors.access import Access, AccessBehaviour
from llmtb.actors.chat import Chat, ChatBehaviour
from llmtb.actors.command import Command
from llmtb.actors.floor import Floor
from llmtb.app import House
from llmtb.events.access import STREAM, Way
from llmtb.events.chat import Choice
from llmtb.events.event import Event
from llmtb.events.record import Recorded
from llmtb.events.stores.memory import MemoryStore
from llmtb.runtime.actor import Context
from llmtb.runtime.errors import Refused
from llmtb.runtime.persistent import PersistentActor
from llmtb.testing.day import Day
from llmtb.testing.script import Script
from replay.standings.scene import Scene
from tests.projections.logs import OPENING

CHAT = "4711"
CHOICES = tuple(Choice(label=each, text=f"The {each}.", source=f"[{each}]") for each in "AB")


@cache
def day(seed: int, agents: int = 20, crashes: int = 2) -> tuple[tuple[Recorded, ...], Floor]:
    """The events of a simulated day, and the state in which the living floor was at its end."""
    seen: list[PersistentActor[Any, Any, Any, Any, Any]] = []

    class SeenHouse(House):
        def _floor(self, context: Context) -> PersistentActor[Any, Any, Any, Any, Any]:
            seen.append(super()._floor(context))
            return seen[-1]

    told: list[Recorded] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulation, "House", SeenHouse)
        lines = Day(seed, agents=agents, crashes=crashes).lines()
        simulation.simulate(lines, MemoryStore(), told.append)
    return tuple(told), seen[-1].state


def scene_of(events: Iterable[Recorded]) -> Scene:
    """The scene after these events."""
    scene = Scene()
    for recorded in events:
        scene.apply(recorded)
    return scene


def in_stream(events: Iterable[Event], stream: str) -> list[Recorded]:
    """Events of one stream as a journal would hold them."""
    return [Recorded(n, stream, n, event, bytes(32)) for n, event in enumerate(events, 1)]


def chatting(seed: int, length: int) -> Script[Chat]:
    """A chat in which things are asked, answered, sent, and left."""
    chance, script = Random(seed), Script(ChatBehaviour(CHAT), OPENING)
    for number in range(length):
        at = script.now + timedelta(seconds=chance.choice([0, 1, 30, 600, 1200]))
        do(script, at, _word(chance, script.state, number))
    return script


def do(script: Script[Any], at: datetime, command: Command) -> None:
    """Have something done that may be refused."""
    try:
        script.do(at, command)
    except Refused:
        return


def _word(chance: Random, state: Chat, number: int) -> Command:
    known = [*state.asking.open, *state.asking.closed, f"{CHAT}/1"]
    question, waiting = chance.choice(known), chance.choice([*state.waiting, "none"])
    draft = chat.Draft(message=f"m{number}", text="Hello", board=chance.choice([None, "floor"]))
    passages = ({"document": "d", "version": 1, "score": 0.5},)
    words: list[Command] = [
        asking.Ask(chat=CHAT, text="How?", audience="customer", per_minute=3),
        asking.StartSession(chat=CHAT, audience="customer"),
        asking.EndSession(chat=CHAT),
        asking.GiveAnswer(
            chat=CHAT,
            question=question,
            text="So.",
            sources=("s",),
            origin="faq",
            passages=passages,
        ),
        asking.OfferChoices(chat=CHAT, question=question, choices=CHOICES),
        asking.Withhold(chat=CHAT, question=question, reason="unsure", passages=passages),
        asking.Choose(chat=CHAT, question=question, choice=chance.choice([None, 0, 1])),
        asking.Rate(chat=CHAT, question=question, rating=1),
        asking.RecordDraft(chat=CHAT, question=question, text="So", model="m", milliseconds=1),
        chat.QueueMessage(chat=CHAT, draft=draft),
        chat.RecordSent(chat=CHAT, message=waiting),
        chat.RecordFailed(chat=CHAT, message=waiting, error="unreachable"),
        chat.ChooseLanguage(chat=CHAT, language=chance.choice(["en", "fa"])),
        chat.Respond(
            chat=CHAT,
            by=CHAT,
            dialogue=chance.choice([None, chat.Dialogue("name", {"a": "b"})]),
            hide_board=chance.random() < 0.5,
        ),
    ]
    return chance.choice(words)


def at_the_door(seed: int, length: int) -> Script[Access]:
    """A door at which people are invited, come in, fail and leave."""
    chance, script = Random(seed), Script[Access](_Door(), OPENING)
    for number in range(length):
        at = script.now + timedelta(seconds=chance.choice([0, 20, 200, 4000]))
        do(script, at, _knock(chance, script.state, at, number))
    return script


class _Door(AccessBehaviour):
    """Access, to which time says nothing."""

    def elapse(self) -> Command:
        return signing_in.EndSessions(by="clock", sessions=(), reason="expired")


def _knock(chance: Random, state: Access, now: datetime, number: int) -> Command:
    agent, until = chance.choice(["ali", "bita"]), now + timedelta(hours=1)
    digest = access.digest_of(f"{number}")
    code = chance.choice([*state.invitations, digest])
    offer = chance.choice([*state.offers, digest])
    ways: tuple[Way, ...] = ("link", "code", "owner")
    knocks: list[Command] = [
        access.Invite(by="boss", agent=agent, role="agent", code_digest=digest, until=until),
        access.AcceptInvitation(code_digest=code, account=chance.choice(["1", "2"])),
        access.Unlink(by="boss", agent=agent, reason="left"),
        signing_in.OfferSignIn(by=agent, agent=agent, offer=digest, way=chance.choice(ways)),
        signing_in.SignIn(
            offer=offer,
            session=digest,
            until=until,
            second_factor=agent in state.second_factors,
            device="Firefox on Linux",
        ),
        signing_in.FailSignIn(agent=agent, reason="code"),
        signing_in.FailSignIn(agent=agent, reason="code"),
        signing_in.EndSessions(by="boss", sessions=tuple(state.sessions)[:1], reason="revoked"),
        signing_in.SetSecondFactor(agent=agent),
        signing_in.RemoveSecondFactor(by="boss", agent=agent),
    ]
    return chance.choice(knocks)


def door_log(script: Script[Access]) -> list[Recorded]:
    """The door's life as a log."""
    return in_stream(script.events, STREAM)


def plain(value: object) -> Any:
    """A struct as plain data, to be held against another one."""
    return msgspec.to_builtins(value, str_keys=True)
