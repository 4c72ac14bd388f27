"""What is in the journal can be read for ever, whatever becomes of the event types."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.events.codec import CODEC, Codec, Upcaster
from llmtb.events.errors import NewerEvent, UnreadableEvent, UnwritableEvent
from llmtb.events.event import Event
from llmtb.events.floor import WaitJoined
from llmtb.events.journal import Change, Journal, Part
from llmtb.events.stores.memory import MemoryStore
from tests.events import samples
from tests.events.strategies import events

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
JOINED = WaitJoined(at=NOON, by="a1", agent="a1", shift="2026-11-21/day")
_, STATE = CODEC.encode(JOINED)


def nested(depth: int) -> bytes:
    """A change of the rules whose table holds tables that hold tables."""
    return b"\x93" + msgspec.msgpack.encode(NOON) + b"\xa1b" + b"\x81\xa1a" * depth + b"\x80"


NESTED = nested(100_000)


@pytest.mark.parametrize("kind", CODEC.types.values(), ids=CODEC.types)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_decoding_what_was_encoded_gives_the_same_event(
    kind: type[Event], data: st.DataObject
) -> None:
    event = data.draw(events(kind))
    assert list(CODEC.decode(*CODEC.encode(event))) == [event]


def test_an_instant_is_kept_to_the_microsecond_and_comes_back_in_utc() -> None:
    tehran = timezone(timedelta(hours=3, minutes=30))
    at = datetime(2026, 11, 21, 0, 0, 0, 1, tzinfo=tehran)
    [event] = CODEC.decode(*CODEC.encode(msgspec.structs.replace(JOINED, at=at)))
    assert event.at == at
    assert event.at.tzinfo is UTC


@pytest.mark.parametrize("sample", list(samples.samples()), ids=lambda sample: sample.topic)
def test_every_sample_reads_as_it_did_when_it_was_written(sample: samples.Sample) -> None:
    [event] = CODEC.decode(sample.topic, sample.state)
    assert samples.published(event) == sample.published


def test_every_type_and_field_has_a_sample() -> None:
    lacking = sorted({topic for topic, _ in map(CODEC.encode, samples.missing())})
    assert not lacking, f"run tests/events/samples.py and commit: {', '.join(lacking)}"


class Rested(Event, frozen=True, kw_only=True):
    """A type as it was at first."""

    minutes: int


class RestedLonger(Event, frozen=True, kw_only=True):
    """The same type with a field appended."""

    minutes: int
    reason: str | None = None


class RestStarted(Event, frozen=True, kw_only=True):
    """What the type became."""

    seconds: int


class RestNoted(Event, frozen=True, kw_only=True):
    """What was split from it."""


class Seconds(Event, frozen=True, kw_only=True):
    """A version in between."""

    seconds: int


FIRST = Codec([Rested])
RESTED = Rested(at=NOON, by="a1", minutes=2)
_, BYTES = FIRST.encode(RESTED)


def in_seconds(old: Rested) -> list[Event]:
    return [Seconds(at=old.at, by=old.by, seconds=old.minutes * 60)]


def split(old: Seconds) -> list[Event]:
    noted = RestNoted(at=old.at, by=old.by)
    return [RestStarted(at=old.at, by=old.by, seconds=old.seconds), noted]


def test_an_appended_field_has_its_default_in_old_events_and_does_no_harm_to_old_programs() -> None:
    longer = RestedLonger(at=NOON, by="a1", minutes=2, reason="late call")
    newer = Codec([RestedLonger])
    bare = msgspec.structs.replace(longer, reason=None)
    assert list(newer.decode("RestedLonger", BYTES)) == [bare]
    assert list(FIRST.decode("Rested", newer.encode(longer)[1])) == [RESTED]


def test_superseded_versions_are_read_as_what_they_mean_today_over_any_number_of_steps() -> None:
    upcasters = {"Rested": Upcaster(Rested, in_seconds), "Rested.2": Upcaster(Seconds, split)}
    codec = Codec([RestStarted, RestNoted], upcasters=upcasters)
    started = RestStarted(at=NOON, by="a1", seconds=120)
    noted = RestNoted(at=NOON, by="a1")
    assert list(codec.decode("Rested", BYTES)) == [started, noted]
    second = msgspec.msgpack.encode(Seconds(at=NOON, by="a1", seconds=120))
    assert list(codec.decode("Rested.2", second)) == [started, noted]
    dropping = Codec([RestNoted], upcasters={"Rested": Upcaster(Rested, lambda _: [])})
    assert list(dropping.decode("Rested", BYTES)) == []


def test_a_journal_is_read_through_its_upcasters() -> None:
    async def scene() -> None:
        store = MemoryStore()
        journal = await Journal.open(store, codec=FIRST)
        for version in (1, 2, 3):
            await journal.append([Part([Change("agent/a1", version, RESTED)])])
        await journal.close()

        def halved(old: Rested) -> list[Event]:
            return split(Seconds(at=old.at, by=old.by, seconds=old.minutes * 60))

        codec = Codec([RestStarted, RestNoted], upcasters={"Rested": Upcaster(Rested, halved)})
        journal = await Journal.open(store, codec=codec)
        seqs = [(recorded.seq, type(recorded.event)) for recorded in journal.read()]
        assert seqs == [(seq, kind) for seq in (1, 2, 3) for kind in (RestStarted, RestNoted)]
        subscription = journal.subscribe(after=1)
        assert [recorded.seq for recorded in await anext(subscription)] == [2, 2, 3, 3]
        assert subscription.position == 3
        await journal.close()
        dropping = Codec([RestNoted], upcasters={"Rested": Upcaster(Rested, lambda _: [])})
        journal = await Journal.open(store, codec=dropping)
        assert list(journal.read()) == []
        subscription = journal.subscribe(after=0)
        change = Change("agent/a1", 4, RestNoted(at=NOON, by="a1"))
        await journal.append([Part([change])])
        assert [recorded.seq for recorded in await anext(subscription)] == [4]
        await journal.close()

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("topic", "state", "error", "words"),
    [
        ("Nonsense", b"", UnreadableEvent, "no such type"),
        ("WaitJoined", b"\xc1", UnreadableEvent, "cannot be read"),
        ("WaitJoined", STATE[:-1], UnreadableEvent, "cannot be read"),
        ("WaitJoined", msgspec.msgpack.encode([NOON, "a1", 7, "day"]), UnreadableEvent, "Expected"),
        ("PolicyChanged", NESTED, UnreadableEvent, "cannot be read"),
        ("WaitJoined.2", STATE, NewerEvent, "newer than this program"),
        ("WaitJoined.x", STATE, UnreadableEvent, "no such type"),
    ],
)
def test_what_cannot_be_read_says_where_it_is_and_why_in_one_line(
    topic: str, state: bytes, error: type[UnreadableEvent], words: str
) -> None:
    with pytest.raises(error, match=words) as refusal:
        CODEC.decode(topic, state, seq=17)
    assert type(refusal.value) is error
    assert (refusal.value.seq, refusal.value.topic) == (17, topic)
    assert str(refusal.value).startswith(f"event 17 ({topic})")
    assert len(str(refusal.value).splitlines()) == 1


def test_reading_a_journal_stops_at_what_cannot_be_read() -> None:
    async def scene() -> None:
        store = MemoryStore()
        journal = await Journal.open(store)
        await journal.append([Part([Change("agent/a1", 1, JOINED)])])
        await journal.close()
        journal = await Journal.open(store, codec=FIRST)
        with pytest.raises(UnreadableEvent, match=r"event 1 \(WaitJoined\)"):
            list(journal.read())
        with pytest.raises(UnreadableEvent):
            await anext(journal.subscribe(0))
        await journal.close()

    asyncio.run(scene())


@pytest.mark.parametrize(
    "wrong",
    [
        {"agent": 7},
        {"agent": "\ud800"},
        {"agent": None},
        {"at": "noon"},
        {"shift": object()},
    ],
    ids=["a number", "half a character", "nothing", "no instant", "no text"],
)
def test_what_could_not_be_read_back_is_not_encoded(wrong: dict[str, object]) -> None:
    with pytest.raises(UnwritableEvent, match="WaitJoined") as refusal:
        CODEC.encode(msgspec.structs.replace(JOINED, **wrong))
    assert len(str(refusal.value).splitlines()) == 1


def test_a_type_that_is_not_published_cannot_be_recorded() -> None:
    with pytest.raises(UnwritableEvent, match="not published"):
        CODEC.encode(RESTED)


def test_a_topic_stands_for_one_type() -> None:
    with pytest.raises(ValueError, match="Rested"):
        Codec([Rested], upcasters={"Rested": Upcaster(Rested, in_seconds)})


def test_no_field_hides_what_every_event_is_published_with() -> None:
    head = {"seq", "stream", "version", "type"}
    hiding = {name: head & set(kind.__struct_fields__) for name, kind in CODEC.types.items()}
    assert {name for name, fields in hiding.items() if fields} == set()
