"""What chats rely on in the queue: one rung a batch, the urgent first, bounded."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.inference.errors import QueueFull
from llmtb.inference.generation.prompt import Priority
from llmtb.inference.generation.queue import BEHIND, Line, Ticket, rung

PRIORITIES = st.sampled_from(Priority)


class Add(NamedTuple):
    priority: Priority
    group: int
    after: float


class Take(NamedTuple):
    rows: int


class Remove(NamedTuple):
    which: int


STEPS = st.lists(
    st.one_of(
        st.builds(Add, PRIORITIES, st.sampled_from([64, 128, 192]), st.floats(0, 5)),
        st.builds(Take, st.integers(1, 5)),
        st.builds(Remove, st.integers(0, 20)),
    ),
    max_size=80,
)


@given(st.integers(1, 5000), st.integers(1, 300), st.integers(1, 4000))
def test_a_rung_depends_on_the_length_alone_and_never_cuts(
    length: int, step: int, top: int
) -> None:
    padded = rung(length, step, top)
    assert padded >= length
    assert padded in (length, top) or padded % step == 0
    assert padded - length < step
    assert rung(padded, step, top) == padded


@given(STEPS)
def test_a_batch_is_of_one_group_and_nobody_is_passed_over(
    steps: list[Add | Take | Remove],
) -> None:
    line: Line[int] = Line(20)
    waiting: dict[int, Ticket[int]] = {}
    now = 0.0
    for number, step in enumerate(steps):
        if isinstance(step, Add):
            now += step.after
            try:
                waiting[number] = line.add(
                    number, priority=step.priority, group=step.group, now=now
                )
            except QueueFull:
                assert line.room(step.priority) == 0
        elif isinstance(step, Take):
            batch = line.take(step.rows)
            assert len(batch) <= step.rows
            assert bool(batch) == bool(waiting)
            assert len({ticket.group for ticket in batch}) <= 1
            if batch:
                assert batch[0] == min(waiting.values(), key=lambda each: each[:2])
            for ticket in batch:
                assert waiting.pop(ticket.item) == ticket
            if batch:
                left = [each for each in waiting.values() if each.group == batch[0].group]
                assert all(each[:2] > batch[-1][:2] for each in left)
                assert len(batch) == step.rows or not left
        elif waiting:
            item = sorted(waiting)[step.which % len(waiting)]
            ticket = waiting.pop(item)
            assert line.remove(ticket)
            assert not line.remove(ticket)
        assert [each.item for each in line] == [
            each.item for each in sorted(waiting.values(), key=lambda each: each[:2])
        ]
        assert len(line) == len(waiting) == sum(line.counts().values())
        head = line.head()
        assert head == min(waiting.values(), key=lambda each: each[:2], default=None)


@pytest.mark.parametrize("patient", [Priority.AGENT, Priority.CUSTOMER, Priority.BACKGROUND])
def test_an_endless_stream_of_calls_starves_nobody(patient: Priority) -> None:
    """One text a second is written, and one call a second comes: as much as can be."""
    line: Line[str] = Line(1000)
    for number in range(5):
        line.add(f"call {number}", priority=Priority.CALL, group=64, now=0.0)
    line.add("patient", priority=patient, group=128, now=0.0)
    served = 0
    for second in range(1, 1000):
        line.add(f"call at {second}", priority=Priority.CALL, group=64, now=float(second))
        if line.take(1)[0].item == "patient":
            served = second
            break
    # What stands before it is the five, and the calls of the seconds that it is behind.
    assert 0 < served <= BEHIND[patient] + 5 + 2


def test_a_call_goes_first_and_rides_with_its_own_rung() -> None:
    line: Line[str] = Line(100)
    for name, priority, group in (
        ("background", Priority.BACKGROUND, 64),
        ("customer", Priority.CUSTOMER, 128),
        ("agent", Priority.AGENT, 64),
        ("call", Priority.CALL, 128),
    ):
        line.add(name, priority=priority, group=group, now=1.0)
    assert [ticket.item for ticket in line.take(8)] == ["call", "customer"]
    assert [ticket.item for ticket in line.take(8)] == ["agent", "background"]


@pytest.mark.parametrize("flood", list(Priority)[1:])
def test_a_flood_of_the_patient_leaves_room_for_the_urgent(flood: Priority) -> None:
    line: Line[int] = Line(40)
    for number in range(line.room(flood)):
        line.add(number, priority=flood, group=64, now=0.0)
    with pytest.raises(QueueFull, match=r"\d+ texts wait already"):
        line.add(-1, priority=flood, group=64, now=0.0)
    assert line.room(Priority(flood - 1)) > 0
    line.add(-2, priority=Priority.CALL, group=64, now=0.0)
    assert line.counts()[Priority.CALL] == 1
