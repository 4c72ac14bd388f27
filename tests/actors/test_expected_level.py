"""What the calls ask for and may expect, in every mode, reckoned by the same formulas."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.capacity import asked_for, expected_level, reckon
from llmtb.events.floor import LoadReported
from llmtb.policy import Load, Policy

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
MODES = (
    Load(),
    Load(mode="steps"),
    Load(mode="erlang_c"),
    Load(mode="erlang_a", patience_seconds=60.0),
)


def figures(calls: int, aht: float) -> LoadReported:
    return LoadReported(
        at=NOW,
        by="phone",
        calls=calls,
        aht_seconds=aht,
        waiting=None,
        longest_wait_seconds=None,
        interval_minutes=30,
        source="phone",
    )


def test_the_level_is_that_of_the_book() -> None:
    """100 calls in 30 minutes of 180 s: 14 agents give 0.88835 within 20 s."""
    policy = Policy(load=Load(mode="erlang_c"))
    assert asked_for(policy, figures(100, 180.0)) == 14
    assert expected_level(policy, 14, figures(100, 180.0)) == pytest.approx(0.88835, abs=5e-6)
    assert expected_level(policy, 10, figures(100, 180.0)) == 0.0


@given(
    st.sampled_from(MODES),
    st.integers(0, 400),
    st.floats(0, 900),
    st.integers(0, 60),
)
def test_it_is_a_share_that_more_agents_never_lower(
    load: Load, calls: int, aht: float, agents: int
) -> None:
    policy, given_ = Policy(load=load), figures(calls, aht)
    less, more = (expected_level(policy, n, given_) for n in (agents, agents + 1))
    assert 0.0 <= less <= more + 1e-9 <= 1.0 + 1e-9
    required = asked_for(policy, given_)
    assert expected_level(policy, required, given_) >= load.service_level - 1e-9
    if load.mode in ("erlang_c", "erlang_a"):
        assert reckon(policy, agents, given_, None).required == required
