"""How many of a shift may rest at once: the one place where the rules reckon it."""

from functools import lru_cache
from typing import NamedTuple

from llmtb.erlang import NO_WORK, erlang_a, erlang_c, required_agents
from llmtb.events.floor import LoadReported
from llmtb.policy import Policy, seats_to_feed


class Reckoning(NamedTuple):
    """A capacity, and how it came about.

    ratio: `allow` of every `every` present. required: agents that the calls ask for (Erlang with
    figures), which leaves `spare`; else both are None. seats: how many must eat at once while a
    meal is open, so that everybody can; else None.
    number = max(floor, min(ratio, spare), seats)
    """

    every: int
    allow: int
    ratio: int
    required: int | None
    spare: int | None
    seats: int | None
    number: int


def reckon(
    policy: Policy, present: int, figures: LoadReported | None, window_minutes: float | None
) -> Reckoning:
    """The capacity of a shift that no supervisor has set by hand.

    present: agents, those resting included. figures: the calls, None where none are fresh.
    window_minutes: the whole length of the open meal window; None where none is open.
    """
    every, allow = _ratio(policy, figures)
    ratio = present // every * allow
    required = _required(policy, figures)
    spare = None if required is None else present - required
    seats = (
        None
        if window_minutes is None
        else seats_to_feed(present, window_minutes, policy.meal_minutes)
    )
    number = max(policy.breaks.floor, ratio if spare is None else min(ratio, spare), seats or 0)
    return Reckoning(every, allow, ratio, required, spare, seats, number)


def asked_for(policy: Policy, figures: LoadReported) -> int:
    """How many agents the calls ask for, whatever the mode: by Erlang A where it is that."""
    load = policy.load
    return required_agents(
        figures.calls,
        figures.aht_seconds,
        figures.interval_minutes * 60.0,
        load.service_seconds,
        load.service_level,
        load.max_occupancy,
        load.patience_seconds if load.mode == "erlang_a" else None,
    )


def expected_level(policy: Policy, agents: int, figures: LoadReported) -> float:
    """The share of these calls, 0 to 1, that so many agents answer in time: by Erlang, not counted.

    Too few agents for calls that wait for ever answer none in time, in the long run.
    """
    load = policy.load
    return _expected_level(
        figures.calls,
        figures.aht_seconds,
        figures.interval_minutes * 60.0,
        agents,
        load.service_seconds,
        load.patience_seconds if load.mode == "erlang_a" else None,
    )


@lru_cache(maxsize=1024)
def _expected_level(
    calls: int,
    aht: float,
    interval: float,
    agents: int,
    service_seconds: float,
    patience: float | None,
) -> float:
    erlangs = calls * aht / interval
    if erlangs < NO_WORK:
        return 1.0
    if agents == 0 or (patience is None and agents <= erlangs):
        return 0.0
    if patience is None:
        level = erlang_c(agents, erlangs, aht, service_seconds).service_level
    else:
        level = erlang_a(agents, erlangs, aht, patience, service_seconds).service_level
    return min(1.0, max(0.0, level))


def _ratio(policy: Policy, figures: LoadReported | None) -> tuple[int, int]:
    """The ratio in force: that of the highest step the calls reach, else the usual one."""
    if policy.load.mode == "steps" and figures is not None:
        reached = [step for step in policy.load.steps if step.calls <= figures.calls]
        if reached:
            return reached[-1].every, reached[-1].allow
    return policy.breaks.every, policy.breaks.allow


def _required(policy: Policy, figures: LoadReported | None) -> int | None:
    if policy.load.mode not in ("erlang_c", "erlang_a") or figures is None:
        return None
    return asked_for(policy, figures)
