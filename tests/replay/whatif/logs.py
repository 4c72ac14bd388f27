"""Logs to play again: days on the real house, and events that are only put in a row."""

from collections.abc import Iterable, Sequence
from functools import cache

from llmtb.events.event import Event
from llmtb.events.floor import stream_of
from llmtb.events.record import Recorded
from llmtb.events.stores.memory import MemoryStore
from llmtb.runtime import virtual
from llmtb.scenario import Step
from llmtb.simulate import play
from llmtb.testing.day import Day


def recorded(events: Iterable[Event]) -> list[Recorded]:
    """Events as a journal of nothing else holds them."""
    versions: dict[str, int] = {}
    rows = []
    for seq, event in enumerate(events, 1):
        stream = stream_of(event)
        versions[stream] = versions.get(stream, 0) + 1
        rows.append(Recorded(seq, stream, versions[stream], event, bytes(32)))
    return rows


def on_the_house(steps: Sequence[Step]) -> list[Recorded]:
    """What the real actors and the real journal make of the steps of a scenario."""
    told: list[Recorded] = []
    start = steps[0].at
    virtual.run(play(iter(steps), MemoryStore(), told.append, start), start)
    return told


@cache
def day(seed: int = 1, agents: int = 30, crashes: int = 2) -> list[Recorded]:
    """A whole made-up day."""
    return on_the_house(list(Day(seed, agents, crashes).steps()))
