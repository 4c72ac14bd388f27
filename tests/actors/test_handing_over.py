"""A person takes over: only who is free, one conversation each, and nobody who rests keeps one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.actors.centre import ReportPhone
from llmtb.actors.command import Command
from llmtb.actors.desk import (
    CloseCallback,
    HandOver,
    RelayWords,
    TakeBack,
    TakeCallback,
)
from llmtb.events.desk import (
    CallbackClosed,
    CallbackOpened,
    HandedOver,
    MessageRelayed,
    TakenBack,
)
from llmtb.events.event import Event
from llmtb.runtime.errors import Refused
from tests.actors.desk import Desk, back, crew, go, names, rest


def over(chat: str, among: list[str], question: str | None = None) -> HandOver:
    return HandOver(
        chat=chat, reason="no_knowledge", summary="words", among=tuple(among), question=question
    )


def words(chat: str, by: str, text: str = "hello") -> RelayWords:
    return RelayWords(chat=chat, by=by, text=text, update="u1")


def agent_of(events: list[Event]) -> str | None:
    [event] = events
    assert isinstance(event, HandedOver)
    return event.agent


def test_a_conversation_goes_to_who_is_present_and_neither_rests_nor_is_on_a_call() -> None:
    desk = Desk(crew(10))
    desk.at("09:00", rest("a01"), ReportPhone(agent="a02", state="in_call"), go("a03"))
    assert agent_of(desk.at("09:01", over("77", ["a01", "a02", "a03", "a04", "zz"]))) == "a04"


def test_with_nobody_free_the_customer_is_to_be_called_back_once() -> None:
    desk = Desk(crew(5))
    desk.at("09:00", rest("a01"))
    assert names(desk.at("09:01", over("77", ["a01"]))) == ["CallbackOpened"]
    assert desk.at("09:02", over("77", ["a01"])) == []
    desk.at("09:05", back("a01"))
    closed, handed = desk.at("09:06", TakeCallback(agent="a01", chat="77"))
    assert isinstance(closed, CallbackClosed)
    assert isinstance(handed, HandedOver)
    with pytest.raises(Refused, match="already"):
        desk.at("09:07", TakeCallback(agent="a02", chat="77"))


def test_whoever_had_none_for_longest_gets_the_next() -> None:
    desk = Desk(crew(3))
    got = []
    for number in range(6):
        chat = f"c{number}"
        got.append(agent_of(desk.at(f"09:{number:02}", over(chat, crew(3)))))
        desk.at(f"09:{number:02}", TakeBack(chat=chat, by=str(got[-1])))
    assert got == [*crew(3), *crew(3)]


@pytest.mark.parametrize("away", [rest("a01"), go("a01")])
def test_who_rests_or_leaves_keeps_no_conversation(away: Command) -> None:
    desk = Desk(crew(5))
    desk.at("09:00", over("77", ["a01"], "77/1"))
    *_, taken = desk.at("09:01", away)
    assert isinstance(taken, TakenBack)
    assert (taken.chat, taken.agent, taken.reason) == ("77", "a01", "agent_away")
    assert desk.at("09:02", over("77", ["a02"]))[0].by == "bot"


def test_the_end_of_a_shift_takes_its_conversations_back() -> None:
    desk = Desk(crew(2))
    desk.at("15:59", over("77", crew(2)))
    assert "TakenBack" in names(desk.wait("16:00"))
    assert desk.state.desk.held == {}


def test_words_reach_the_one_who_has_it_and_nobody_else() -> None:
    desk = Desk(crew(5))
    desk.at("09:00", over("77", ["a01"]))
    [said] = desk.at("09:01", words("77", "77"))
    assert isinstance(said, MessageRelayed)
    assert (said.agent, said.sender) == ("a01", "customer")
    [answer] = desk.at("09:02", words("77", "a01"))
    assert isinstance(answer, MessageRelayed)
    assert (answer.chat, answer.sender) == ("77", "agent")
    with pytest.raises(Refused, match="somebody else"):
        desk.at("09:03", words("77", "a02"))
    desk.at("09:04", TakeBack(chat="77", by="a01"))
    with pytest.raises(Refused, match="over"):
        desk.at("09:05", words("77", "a01"))


def test_only_its_agent_its_customer_or_a_supervisor_ends_it() -> None:
    desk = Desk(crew(5))
    desk.at("09:00", over("77", ["a01"]))
    with pytest.raises(Refused, match="no supervisor"):
        desk.at("09:01", TakeBack(chat="77", by="a02"))
    assert names(desk.at("09:02", TakeBack(chat="77", by="77", reason="exit"))) == ["TakenBack"]
    assert desk.at("09:03", TakeBack(chat="77", by="77", reason="exit")) == []


def test_words_of_who_waits_for_a_call_are_kept() -> None:
    desk = Desk()
    assert names(desk.at("09:00", over("77", []))) == ["CallbackOpened"]
    [said] = desk.at("09:01", words("77", "77"))
    assert isinstance(said, MessageRelayed)
    assert said.agent is None
    desk.join("a01", "evening")
    assert names(desk.at("09:02", CloseCallback(chat="77", by="a01", reason="called"))) == [
        "CallbackClosed"
    ]


CHATS = ["c1", "c2", "c3"]
STEPS = st.one_of(
    st.builds(lambda chat: over(chat, crew(4)), st.sampled_from(CHATS)),
    st.builds(rest, st.sampled_from(crew(4))),
    st.builds(back, st.sampled_from(crew(4))),
    st.builds(go, st.sampled_from(crew(4))),
    st.builds(
        lambda agent, state: ReportPhone(agent=agent, state=state),
        st.sampled_from(crew(4)),
        st.sampled_from(["free", "in_call"]),
    ),
    st.builds(words, st.sampled_from(CHATS), st.sampled_from([*CHATS, *crew(4)])),
    st.builds(
        lambda chat, by: TakeBack(chat=chat, by=by),
        st.sampled_from(CHATS),
        st.sampled_from(crew(4)),
    ),
    st.builds(
        lambda chat, by: TakeCallback(chat=chat, agent=by),
        st.sampled_from(CHATS),
        st.sampled_from(crew(4)),
    ),
)


@given(st.lists(STEPS, max_size=40))
def test_whatever_happens_each_has_one_and_nobody_who_rests_has_any(steps: list[Command]) -> None:
    desk = Desk(crew(4), {"breaks": {"allow": 3, "every": 1}})
    for minute, step in enumerate(steps):
        try:
            events = desk.at(f"09:{minute:02}", step)
        except Refused:
            continue
        floor = desk.state
        holders = [held.agent for held in floor.desk.held.values()]
        assert len(holders) == len(set(holders))
        shift = floor.shifts["2026-11-21/morning"]
        assert all(agent in shift.present and agent not in shift.breaks for agent in holders)
        assert not set(floor.desk.held) & set(floor.desk.callbacks)
        for event in events:
            if isinstance(event, HandedOver):
                assert event.agent is not None
                assert floor.centre.phones.get(event.agent, "free") == "free"
            if isinstance(event, CallbackOpened):
                assert event.chat in floor.desk.callbacks
    assert desk.replayed() == desk.state
