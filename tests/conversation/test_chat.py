"""A chat keeps what it is owed, in order, and says of each message once what became of it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.actors.chat import (
    Chat,
    ChatBehaviour,
    ChooseLanguage,
    Dialogue,
    Draft,
    QueueMessage,
    RecordFailed,
    RecordSent,
    Respond,
)
from llmtb.actors.command import Command
from llmtb.events.chat import (
    BoardHidden,
    BoardShown,
    DialogueMoved,
    LanguageChosen,
    MessageFailed,
    MessageQueued,
    MessageSent,
)
from llmtb.events.event import Event
from tests.conversation.company import BEFORE


def queue(message: str, **fields: str) -> QueueMessage:
    return QueueMessage(chat="7", draft=Draft(message=message, text="hello", **fields))  # type: ignore[arg-type]


def given_when(*commands: Command) -> tuple[Chat, list[Event]]:
    """The chat after some commands, and the events of the last one."""
    behaviour, state, events = ChatBehaviour("7"), Chat(), list[Event]()
    for number, command in enumerate(commands):
        events = []
        for event in behaviour.decide(state, command, BEFORE + number * timedelta(seconds=1)):
            state = behaviour.evolve(state, event)
            events.append(event)
            assert behaviour.stream(event) == "chat/7"
        assert behaviour.decode(behaviour.encode(state)) == state
    return state, events


def kinds(events: list[Event]) -> list[type[Event]]:
    return [type(event) for event in events]


def test_a_message_waits_until_it_is_sent_or_given_up() -> None:
    state, events = given_when(queue("a"), queue("b"))
    assert list(state.waiting) == ["a", "b"]
    assert kinds(events) == [MessageQueued]
    state, [sent] = given_when(queue("a"), queue("b"), RecordSent(chat="7", message="a", remote=12))
    assert list(state.waiting) == ["b"]
    assert isinstance(sent, MessageSent)
    assert sent.remote == 12
    state, [failed] = given_when(
        queue("a"), RecordFailed(chat="7", message="a", error="unreachable")
    )
    assert not state.waiting
    assert isinstance(failed, MessageFailed)


@pytest.mark.parametrize(
    "commands",
    [
        (queue("a"), queue("a")),
        (RecordSent(chat="7", message="a"),),
        (queue("a"), RecordSent(chat="7", message="a"), RecordSent(chat="7", message="a")),
        (
            queue("a"),
            RecordSent(chat="7", message="a"),
            RecordFailed(chat="7", message="a", error="late"),
        ),
        (ChooseLanguage(chat="7", language="fa"), ChooseLanguage(chat="7", language="fa")),
        (Respond(chat="7", by="javad", dialogue=None),),
        (Respond(chat="7", by="javad", hide_board=True),),
    ],
)
def test_what_is_so_already_is_not_said_again(commands: tuple[Command, ...]) -> None:
    assert given_when(*commands)[1] == []


def test_a_response_is_one_whole() -> None:
    response = Respond(
        chat="7",
        by="javad",
        messages=(Draft(message="a", text="hello"),),
        dialogue=Dialogue("override.number", {"shift": "2026-11-21/morning"}),
        language="fa",
    )
    state, events = given_when(response)
    assert kinds(events) == [LanguageChosen, DialogueMoved, MessageQueued]
    assert state.dialogue == response.dialogue
    assert {event.by for event in events} == {"javad"}
    over = Respond(chat="7", by="javad", dialogue=None)
    assert given_when(response, over)[0].dialogue is None
    kept = Respond(chat="7", by="javad", messages=(Draft(message="b", text="hello"),))
    assert given_when(response, kept)[0].dialogue == response.dialogue


def test_the_last_live_message_is_the_live_one() -> None:
    state, events = given_when(queue("a", board="floor"), queue("b", board="capacity"))
    assert kinds(events) == [MessageQueued, BoardShown]
    assert state.board == "b"
    state, [hidden] = given_when(
        queue("a", board="floor"), Respond(chat="7", by="bot", hide_board=True)
    )
    assert isinstance(hidden, BoardHidden)
    assert (hidden.message, state.board) == ("a", None)


@given(st.lists(st.sampled_from("abc"), max_size=12))
def test_whatever_is_queued_again_waits_once(messages: list[str]) -> None:
    state, _ = given_when(*(queue(message) for message in messages))
    assert list(state.waiting) == list(dict.fromkeys(messages))
