"""The staffing formulas against published figures, slower ways to the same result, and limits."""

from math import exp, factorial, isclose, lgamma, log, sqrt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from llmtb.erlang import erlang_a, erlang_b, erlang_c, required_agents

HALF_HOUR = 1800.0
loads = st.floats(0.5, 60)
ahts = st.floats(30, 600)
patiences = st.sampled_from([5.0, 30.0, 120.0, 900.0])
targets = st.sampled_from([0.0, 5.0, 20.0, 60.0])
levels = st.sampled_from([0.5, 0.8, 0.95])
occupancies = st.sampled_from([0.7, 0.9, 1.0])


# --- published figures -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agents", "wait", "service_level", "occupancy"),
    [
        (11, 0.6821, 0.3896, 0.9091),
        (12, 0.4494, 0.6402, 0.8333),
        (13, 0.2853, 0.7956, 0.7692),
        (14, 0.174132, 0.88835, 0.71429),
        (15, 0.1020, 0.9415, 0.6667),
    ],
)
def test_a_hundred_calls_in_half_an_hour(
    agents: int, wait: float, service_level: float, occupancy: float
) -> None:
    given = erlang_c(agents, load=10, aht=180, service_seconds=20)

    assert given.wait == pytest.approx(wait, abs=5e-5)
    assert given.service_level == pytest.approx(service_level, abs=5e-5)
    assert given.occupancy == pytest.approx(occupancy, abs=5e-5)


@pytest.mark.parametrize(
    ("agents", "wait"), [(69, 14.3), (68, 20.4), (67, 29.8), (66, 45.3), (65, 73.3)]
)
def test_the_power_of_one(agents: int, wait: float) -> None:
    assert erlang_c(agents, 350 * 320 / HALF_HOUR, 320, 20).asa == pytest.approx(wait, abs=0.05)


def test_a_large_group_with_a_short_target() -> None:
    given = erlang_c(55, 360 * 240 / HALF_HOUR, 240, 15)

    assert (given.wait, given.asa) == pytest.approx((0.23870, 8.184), rel=1e-4)
    assert given.service_level == pytest.approx(0.84588, abs=5e-6)


def test_callers_who_give_up_after_five_minutes() -> None:
    given = erlang_a(14, load=10, aht=180, patience=300, service_seconds=20)

    assert given.wait == pytest.approx(0.14526, abs=5e-6)
    assert given.abandon == pytest.approx(0.013984, abs=5e-7)
    assert given.occupancy == pytest.approx(0.704297, abs=5e-7)
    assert given.asa / 60 == pytest.approx(0.069919, abs=5e-7)
    assert given.service_level == pytest.approx(0.916792, abs=5e-7)


@pytest.mark.parametrize(
    ("calls", "required"),
    [(20, 4), (40, 7), (60, 9), (80, 11), (100, 14), (120, 16), (130, 17), (160, 20), (200, 24)],
)
def test_agents_required_at_eighty_twenty(calls: int, required: int) -> None:
    assert required_agents(calls, 180, HALF_HOUR, 20, 0.8, 0.9) == required


def test_agents_required_under_other_targets() -> None:
    assert required_agents(100, 180, HALF_HOUR, 20, 0.8, max_occupancy=0.7) == 15
    assert required_agents(100, 180, HALF_HOUR, 20, 0.8, 0.85, patience=300) == 13


# --- slower ways to the same result ------------------------------------------------------------


@given(st.integers(1, 60), loads)
def test_erlang_b_is_the_share_of_its_last_term(agents: int, load: float) -> None:
    terms = [load**k / factorial(k) for k in range(agents + 1)]
    assert erlang_b(agents, load) == pytest.approx(terms[-1] / sum(terms))


@given(st.integers(1, 40), loads, ahts, patiences, targets)
def test_erlang_a_is_its_birth_death_chain(
    agents: int, load: float, aht: float, patience: float, seconds: float
) -> None:
    queue = _stationary_queue(agents, load, aht, patience)
    assume(len(queue) < 400)  # the slow way is too slow
    given = erlang_a(agents, load, aht, patience, seconds)
    mean = sum(j * chance for j, chance in enumerate(queue))

    assert given.wait == pytest.approx(sum(queue), abs=1e-9)
    assert given.asa == pytest.approx(mean * aht / load, rel=1e-6, abs=1e-9)
    assert given.abandon == pytest.approx(mean * aht / load / patience, rel=1e-6, abs=1e-9)
    missed = _missed(queue, agents / aht, 1 / patience, seconds)
    assert given.service_level == pytest.approx(1 - missed, abs=1e-7)


def _stationary_queue(agents: int, load: float, aht: float, patience: float) -> list[float]:
    """Probability of 0, 1, 2 … in queue with everyone busy, from the balance of the chain."""
    weights = [1.0]
    while len(weights) <= agents or weights[-1] > 1e-15 * sum(weights):
        i = len(weights)
        deaths = min(i, agents) / aht + max(0, i - agents) / patience
        weights.append(weights[-1] * load / aht / deaths)
    return [weight / sum(weights) for weight in weights[agents:]]


def _missed(queue: list[float], service: float, leave: float, seconds: float) -> float:
    """Share that still waits or has given up after `seconds`, by uniformisation."""
    top = service + (len(queue) + 1) * leave
    mean, ahead, waiting, given_up, seen = top * seconds, queue, 0.0, 0.0, 0.0
    for k in range(int(mean + 10 * sqrt(mean)) + 30 if mean > 0 else 0):
        chance = exp(k * log(mean) - mean - lgamma(k + 1))
        seen += chance
        waiting += chance * sum(ahead)
        given_up += (1.0 - seen) * sum(ahead) * leave / top
        moved = [share * (service + j * leave) / top for j, share in enumerate([*ahead, 0.0])]
        ahead = [
            share * (1 - leave / top) - moved[j] + moved[j + 1] for j, share in enumerate(ahead)
        ]
    return waiting + given_up if mean > 0 else sum(queue)


@given(st.integers(0, 400), ahts, levels, occupancies, st.none() | patiences)
def test_required_agents_is_the_least_number_that_holds(
    calls: int, aht: float, level: float, occupancy: float, patience: float | None
) -> None:
    load = calls * aht / HALF_HOUR

    def holds(agents: int) -> bool:
        if patience is None:
            if agents <= load:
                return False
            given = erlang_c(agents, load, aht, 20)
        else:
            given = erlang_a(agents, load, aht, patience, 20)
        return given.service_level >= level and given.occupancy <= occupancy + 1e-9

    required = required_agents(calls, aht, HALF_HOUR, 20, level, occupancy, patience)
    if calls == 0:
        assert required == 0
    else:
        assert holds(required)
        assert required == 1 or not holds(required - 1)


# --- limits ------------------------------------------------------------------------------------


@given(st.integers(1, 60), loads, ahts, targets)
def test_more_agents_serve_better(agents: int, load: float, aht: float, seconds: float) -> None:
    few, more = (erlang_a(n, load, aht, 120, seconds) for n in (agents, agents + 1))
    assert more.service_level >= few.service_level - 1e-12
    assert more.abandon <= few.abandon + 1e-12
    if agents > load:
        few, more = (erlang_c(n, load, aht, seconds) for n in (agents, agents + 1))
        assert more.service_level >= few.service_level
        assert more.asa < few.asa


@given(st.integers(0, 1000), st.integers(1, 100), ahts, st.none() | patiences)
def test_more_calls_never_ask_for_fewer(
    calls: int, more: int, aht: float, patience: float | None
) -> None:
    few, many = (
        required_agents(each, aht, HALF_HOUR, 20, 0.8, 0.9, patience)
        for each in (calls, calls + more)
    )
    assert few <= many


@given(st.integers(1, 60), loads, ahts)
def test_endless_patience_makes_erlang_a_erlang_c(agents: int, load: float, aht: float) -> None:
    assume(agents > load * 1.05)
    waits = erlang_c(agents, load, aht, 20)
    gaps = [
        abs(erlang_a(agents, load, aht, aht * patience, 20).service_level - waits.service_level)
        for patience in (1e2, 1e5, 1e8)
    ]
    assert gaps == sorted(gaps, reverse=True) or max(gaps) < 1e-6
    assert gaps[-1] < 1e-4


def test_everyone_waits_when_agents_barely_carry_the_load() -> None:
    assert isclose(erlang_c(10, 9.9999, 180, 20).wait, 1, abs_tol=1e-3)


def test_erlang_c_needs_more_agents_than_erlangs() -> None:
    with pytest.raises(ValueError, match="cannot carry"):
        erlang_c(10, 10, 180, 20)


def test_calls_that_take_no_time_ask_for_no_one() -> None:
    assert required_agents(100, 0.0, HALF_HOUR, 20, 0.8, 0.9) == 0
    assert required_agents(100, 0.0, HALF_HOUR, 20, 0.8, 0.9, 60) == 0


def test_callers_who_give_up_at_once_may_ask_for_more_than_those_who_wait() -> None:
    """With ten minutes to answer, who waits is served; who gives up after a second is not."""
    waiting = required_agents(100, 180, HALF_HOUR, 600, 0.95, 0.9)
    leaving = required_agents(100, 180, HALF_HOUR, 600, 0.95, 0.9, patience=1)
    assert (waiting, leaving) == (12, 15)


@pytest.mark.parametrize("patience", [1e-3, 7200.0, 86_400.0])
@pytest.mark.parametrize("load", [1, 300, 10_000])
def test_no_load_or_patience_is_too_much_for_the_formulas(load: int, patience: float) -> None:
    required = required_agents(load * 10, 180, HALF_HOUR, 20, 0.8, 0.9, patience)
    assert 0.8 * load <= required <= 2 * load + 2
    assert -1e-9 < erlang_a(1, load, 180, patience, 20).service_level < 1
    assert erlang_a(10_000, 1, 180, patience, 20).wait == pytest.approx(0)
