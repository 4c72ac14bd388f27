"""Finds what the records say about a person: whose words those are, and who else names them."""

import asyncio
import re
from collections import Counter, deque
from collections.abc import Iterator
from datetime import UTC, date
from typing import Any, Final, NamedTuple

import msgspec

from llmtb.control import INPUT, Unable
from llmtb.events.access import InvitationAccepted
from llmtb.events.chat import QuestionAsked
from llmtb.events.codec import CODEC
from llmtb.events.desk import MessageRelayed
from llmtb.events.event import Event
from llmtb.events.floor import AgentAdded, AgentChanged, AgentRemoved
from llmtb.events.journal import Journal
from llmtb.events.personal import REDACTED, Owner, divide, plan_of
from llmtb.events.record import Recorded

WHO: Final = (AgentAdded, AgentChanged, AgentRemoved, InvitationAccepted)
TELLING: Final = 12  # characters from which somebody's own words tell that they are theirs
LATELY: Final = 200  # of these words, which others may have been sent
SLICE: Final = 256  # events read before the others have their turn
BLANKS: Final = {REDACTED, date.min.isoformat()}


class Person(NamedTuple):
    """Somebody. id: an agent's, or `chat/4711` for a customer. owners: whose words are theirs.

    names: every one they ever had, as far as they can be read. here: whether on the roster now.
    """

    id: str
    owners: frozenset[str]
    names: frozenset[str]
    here: bool


class Trace(NamedTuple):
    """What there is about somebody.

    words: how many events hold words of theirs, by sort. days: the chats of others and the days,
    `chat/4711 2026-11-21`, on which messages named them or repeated their words. others: how many
    more events hold words of others that name them.
    """

    words: dict[str, int]
    days: frozenset[str]
    others: int


def person_of(journal: Journal, wanted: str) -> Person | None:
    """Who is meant by an agent's id, `chat/ID`, or the id of an account; None for nobody."""
    events = who(journal)
    account = wanted.removeprefix("chat/")
    linked = [e.agent for e in events if isinstance(e, InvitationAccepted) and e.account == account]
    if not wanted.startswith("chat/") and any(_agent(event) == wanted for event in events):
        return _member(events, wanted)
    if linked:
        return _member(events, linked[-1])
    chat = f"chat/{account}"
    if next(journal.read_stream(chat), None) is None:
        return None
    return Person(chat, frozenset((chat,)), frozenset(), here=False)


def known(journal: Journal, wanted: str) -> Person:
    """Who is meant; see `person_of`. Raises Unable for nobody."""
    person = person_of(journal, wanted)
    if person is None:
        line = f"nobody is known as {wanted!r}; give an agent's id, or chat/ID for a customer"
        raise Unable(INPUT, line)
    return person


def who(journal: Journal) -> list[Event]:
    """The events that say who is who, oldest first."""
    return [recorded.event for recorded in journal.read(topics=_topics(*WHO))]


async def trace(journal: Journal, person: Person) -> Trace:
    """Go through everything recorded, giving way to others now and then."""
    words: Counter[str] = Counter()
    days: set[str] = set()
    others = 0
    names = _finder(person.names)
    said: deque[str] = deque(maxlen=LATELY)
    for number, recorded in enumerate(journal.read()):
        if number % SLICE == 0:
            await asyncio.sleep(0)
        for (owner, kind), texts in words_of(recorded).items():
            if owner in person.owners:
                words[kind] += 1
                continue
            repeated = kind == "messages" and any(w in text for text in texts for w in said)
            if repeated or any(names.search(text) for text in texts):
                if kind == "messages":
                    days.add(f"{owner} {recorded.event.at.astimezone(UTC).date().isoformat()}")
                else:
                    others += 1
        said.extend(_said(recorded.event, person))
    return Trace(dict(words), frozenset(days), others)


def words_of(recorded: Recorded) -> dict[Owner, list[str]]:
    """The texts among an event's personal words, by whose and of what sort; none that are gone."""
    plan = plan_of(type(recorded.event))
    found: dict[Owner, list[str]] = {}
    if plan is not None:

        def take(owner: Owner, words: Any) -> None:
            texts = [text for text in _texts(msgspec.to_builtins(words)) if text not in BLANKS]
            if texts:
                found.setdefault(owner, []).extend(texts)

        divide(recorded.event, plan, recorded.stream, take)
    return found


def _said(event: Event, person: Person) -> Iterator[str]:
    """What they said themselves, if it is long enough to tell that it is theirs."""
    if isinstance(event, QuestionAsked | MessageRelayed) and f"chat/{event.chat}" in person.owners:
        words = event.text.strip()
        if len(words) >= TELLING:
            yield words


def _member(events: list[Event], agent: str) -> Person:
    mine = [event for event in events if _agent(event) == agent]
    accounts = {f"chat/{e.account}" for e in mine if isinstance(e, InvitationAccepted)}
    known = [each for each in mine if isinstance(each, AgentAdded | AgentChanged | AgentRemoved)]
    names = {each.name for each in known} - {REDACTED}
    here = bool(known) and not isinstance(known[-1], AgentRemoved)
    return Person(agent, frozenset({f"agent/{agent}", *accounts}), frozenset(names), here)


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def _agent(event: Event) -> str | None:
    return getattr(event, "agent", None)


def _finder(names: frozenset[str]) -> re.Pattern[str]:
    """Finds any of some names as whole words; nothing where there are none."""
    either = "|".join(re.escape(name) for name in sorted(names))
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)" if either else r"(?!)", re.IGNORECASE)


def _topics(*types: type[Event]) -> list[str]:
    return [topic for topic, type_ in CODEC.types.items() if type_ in types]
