"""Anybody may press anything at any time, in any order, over crashes: no harm comes of it."""

import asyncio
import random
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.channels.conversation import keyboards
from llmtb.channels.conversation.keyboards import Choice, Offer
from llmtb.channels.conversation.presses import VERBS
from llmtb.channels.conversation.step import fitting
from llmtb.channels.conversation.tokens import decode, encode, find, short
from llmtb.channels.conversation.words import Words
from llmtb.channels.port import TEXT_LIMIT, TOAST_LIMIT, TOKEN_LIMIT, Button, Inline, Reply
from llmtb.events.access import InvitationIssued
from llmtb.events.chat import MessageQueued
from llmtb.events.event import Event
from llmtb.events.floor import (
    FLOOR_EVENTS,
    AgentAdded,
    AgentRemoved,
    BreakEnded,
    BreakExtended,
    BreakStarted,
    OverrideEnded,
    OverrideSet,
    PolicyChanged,
    ShiftAssigned,
    ShiftUnassigned,
    WarningForgiven,
)
from tests.conversation.company import Company, Shown, play
from tests.conversation.ladder import Ladder, nothing, offer

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
PEOPLE = {1001: "javad", 1002: "sara", 1009: "maryam", 1010: "reza", 666: ""}
ACTS = (
    AgentAdded,
    AgentRemoved,
    BreakExtended,
    OverrideSet,
    OverrideEnded,
    PolicyChanged,
    ShiftAssigned,
    ShiftUnassigned,
    WarningForgiven,
    InvitationIssued,
)
WORDS = Words.load()
PHRASES = ("2", "۳", "14:30", "x", "because", "/cancel", "/start", "/set breaks.every 3", "agent")
ids = st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1, max_size=64)
instants = st.integers(0, 2**32).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(ids, instants)
def test_a_token_says_what_it_was_made_of_within_its_limit(name: str, at: datetime) -> None:
    token = encode("rx", short(name), "o", short(name[::-1]), "2026-11-21", at=at)
    assert len(token.encode()) <= TOKEN_LIMIT
    meant = decode(token)
    assert meant is not None
    assert (meant.verb, meant.args[0], meant.args[3]) == ("rx", short(name), "2026-11-21")
    assert meant.drawn == at


@given(st.text(max_size=80))
def test_any_text_is_a_token_or_none(text: str) -> None:
    meant = decode(text)
    assert meant is None or text.startswith(f"1:{meant.verb}:")


@given(st.sets(ids, min_size=1, max_size=20))
def test_a_reference_finds_its_own_and_no_other(names: set[str]) -> None:
    for name in names:
        assert find(short(name), names) == name
        assert find(short(name), names - {name}) is None


def test_a_token_that_would_not_fit_is_not_made() -> None:
    for parts in (("x" * 60,), ("a:b",)):
        with pytest.raises(ValueError, match="token"):
            encode("r", *parts, at=AT)


@given(st.integers(0, 300), st.integers(-2, 30))
def test_every_choice_is_on_exactly_one_page(many: int, page: int) -> None:
    choices = [Choice(f"person {n}", (short(str(n)),)) for n in range(many)]
    seen: list[str] = []
    for number in range(-(-many // keyboards.PAGE) or 1):
        keyboard = keyboards.paged("pu", choices, number, ("pp",), AT)
        labels = [button.label for row in keyboard.rows for button in row]
        seen += [label for label in labels if label not in "‹›"]
        assert sum(len(row) for row in keyboard.rows) <= 100
    assert seen == [choice.label for choice in choices]
    assert keyboards.paged("pu", choices, page, ("pp",), AT).rows or not many


@pytest.mark.parametrize("language", list(WORDS.languages))
@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor", "customer"])
def test_every_label_is_one_verb_in_every_language(language: str, role: str) -> None:
    speech = WORDS.speech(language, ZoneInfo("UTC"))
    for on_shifts in (False, True):
        keyboard = keyboards.permanent(speech, role, on_shifts=on_shifts)  # type: ignore[arg-type]
        meant = keyboards.verbs(WORDS)
        labels = [label for row in keyboard.rows for label in row]
        assert len({meant[label] for label in labels}) == len(labels)
        assert ("Rest(dnd)" in labels) == (role == "agent" or (role == "supervisor" and on_shifts))
    offer = Offer("normal", 15, 2)
    assert len(keyboards.rests(speech, [offer], AT).rows) == 1


@given(st.text(), st.integers(2, 50))
def test_a_text_is_cut_to_its_limit_and_no_further(text: str, limit: int) -> None:
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    cut = fitting(text, limit)
    assert len(cut.encode("utf-16-le", "surrogatepass")) // 2 <= limit
    assert units > limit or cut == text


@pytest.mark.parametrize("seed", range(6))
def test_random_people_press_random_things(seed: int) -> None:
    chance = random.Random(seed)

    async def story(company: Company) -> None:
        await company.policy(
            breaks__max_warnings=1,
            questions__customers="anyone" if seed % 2 else "invited",
            meals=[{"name": "lunch", "shift": "morning", "start": "08:30", "end": "09:30"}],
        )
        await company.hire("maryam", 1009, "supervisor", "Maryam")
        await company.hire("reza", 1010, "auditor", "Reza")
        await company.hire("javad", 1001, name="Javad")
        await company.hire("sara", 1002, name="سارا")
        await company.roster("morning", "javad", "sara")
        await company.until("08:00")
        for _ in range(250):
            await one_act(company, chance)
        check(company)

    play(story, answer=Ladder({"because": nothing(), "x": offer("One", "Two")}))


async def one_act(company: Company, chance: random.Random) -> None:
    user = chance.choice(list(PEOPLE))
    match chance.choices(("press", "say", "wait", "crash"), (60, 30, 12, 1))[0]:
        case "press":
            own = company.port.chats.get(user, [])[-4:] if chance.random() < 0.8 else []
            anybody_s = [shown for chat in company.port.chats.values() for shown in chat]
            number, token = chance.choice([*tokens(own or anybody_s), (1, "1:r:0:normal")])
            toast, _ = await company.press_token(user, number, token)
            assert len(toast) <= TOAST_LIMIT
        case "say":
            labels = [label for keyboard in permanent(company) for label in keyboard]
            await company.say(user, chance.choice([*labels, *PHRASES]))
        case "wait":
            await asyncio.sleep(chance.choice((1, 20, 200, 900)))
        case "crash":
            await company.crash()


def tokens(messages: Iterable[Shown]) -> Iterator[tuple[int, str]]:
    """Every button that was left standing."""
    for shown in messages:
        for button in shown.buttons:
            yield shown.number, button.token


def permanent(company: Company) -> Iterator[tuple[str, ...]]:
    for messages in company.port.chats.values():
        for shown in messages:
            if isinstance(shown.keyboard, Reply):
                yield from shown.keyboard.rows


def check(company: Company) -> None:
    """What must hold whatever was pressed."""
    roles = {"maryam": "supervisor", "company": "the settings", "roster": "the roster"}
    for event in company.events(*ACTS):
        assert event.by in roles or event.by.startswith("p"), event
    for event in company.events(BreakStarted):
        assert isinstance(event, BreakStarted)
        assert event.by == event.agent
    for event in company.events(BreakEnded):
        assert isinstance(event, BreakEnded)
        assert event.by in (event.agent, "maryam", "clock"), event
    queued = [e for e in company.events(MessageQueued) if isinstance(e, MessageQueued)]
    assert len({(e.chat, e.message) for e in queued}) == len(queued)
    if company.conversation.feeder.known.floor.centre.policy.questions.customers == "invited":
        assert not any(e.chat == "666" for e in queued)
    for event in queued:
        assert len(event.text.encode("utf-16-le")) // 2 <= TEXT_LIMIT
        for button in buttons(event.keyboard):
            assert 0 < len(button.token.encode()) <= TOKEN_LIMIT
            assert button.label.strip()
    assert emergencies(company.events(*FLOOR_EVENTS)) <= 1


def buttons(keyboard: Inline | Reply | None) -> Iterator[Button]:
    if isinstance(keyboard, Inline):
        assert sum(len(row) for row in keyboard.rows) <= 100
        for row in keyboard.rows:
            assert len(row) <= 8
            yield from row


def emergencies(events: list[Event]) -> int:
    """The most emergency breaks that ran at once."""
    running = most = 0
    for event in events:
        if isinstance(event, BreakStarted) and event.kind == "emergency":
            running += 1
        if isinstance(event, BreakEnded) and event.kind == "emergency":
            running -= 1
        most = max(most, running)
    return most


def test_everything_that_can_be_pressed_or_written_is_told() -> None:
    page = (Path(__file__).parents[2] / "docs" / "bot.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`(/?[A-Z(a-z)! ]+)`", page))
    labels = {keyboards.LABELS[name] for name in VERBS.keys() & keyboards.LABELS.keys()}
    assert labels == set(keyboards.LABELS.values())
    assert labels | {f"/{name}" for name in (*keyboards.COMMANDS, "set")} <= told
