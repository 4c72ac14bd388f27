"""Staffing formulas: how many agents the calls of an interval ask for.

Erlang C (A. K. Erlang, 1917): callers wait for ever. Erlang A (C. Palm, 1946): they give up after
an exponential patience. Rates are per second, loads in Erlangs, times in seconds.
"""

from functools import lru_cache
from math import ceil, exp, floor, lgamma, log, sqrt
from typing import NamedTuple


class Staffing(NamedTuple):
    """What `agents` agents give.

    wait: probability of waiting at all. service_level: share of all calls that is answered within
    `service_seconds`; who gives up before counts as missed.
    asa: mean wait. occupancy: share of their time agents are busy. abandon: share that gives up.
    """

    agents: int
    wait: float
    service_level: float
    asa: float
    occupancy: float
    abandon: float


def erlang_b(agents: int, load: float) -> float:
    """Share of calls lost by `agents` agents without a queue: 1/B_k = 1 + (k/A)/B_(k-1)."""
    blocked = 1.0
    for k in range(1, agents + 1):
        blocked = load * blocked / (k + load * blocked)
    return blocked


def erlang_c(agents: int, load: float, aht: float, service_seconds: float) -> Staffing:
    """What `agents` agents give if nobody hangs up: C = n·B / (n - A·(1 - B)).

    Raises ValueError unless there are more agents than Erlangs.
    """
    if agents <= load:
        raise ValueError(f"{agents} agents cannot carry {load} Erlangs")
    return _erlang_c(agents, load, aht, service_seconds, erlang_b(agents, load))


def erlang_a(
    agents: int, load: float, aht: float, patience: float, service_seconds: float
) -> Staffing:
    """What `agents` agents give if callers give up after `patience` seconds on average.

    A birth-death chain with death rate min(i, n)/AHT + max(0, i - n)/patience.
    """
    arrival, service, leave = load / aht, 1.0 / aht, 1.0 / patience
    queue = _queue_lengths(agents, load, arrival, agents * service, leave)
    waiting = sum(queue)
    mean_queue = sum(j * p for j, p in enumerate(queue))
    abandon = leave * mean_queue / arrival
    missed = _not_answered(queue, agents * service, leave, service_seconds)
    return Staffing(
        agents=agents,
        wait=waiting,
        service_level=1.0 - missed,
        asa=mean_queue / arrival,
        occupancy=load * (1.0 - abandon) / agents,
        abandon=abandon,
    )


@lru_cache(maxsize=1024)
def required_agents(
    calls: int,
    aht: float,
    interval: float,
    service_seconds: float,
    service_level: float,
    max_occupancy: float,
    patience: float | None = None,
) -> int:
    """Fewest agents that hold the service level and the occupancy; 0 where there is no work.

    `calls` arrive in `interval` seconds; with a `patience` Erlang A, without one Erlang C.
    """
    load = calls * aht / interval
    if load <= 0:
        return 0
    by_wait = _required_c(load, aht, service_seconds, service_level, max_occupancy)
    if patience is None:
        return by_wait

    def holds(agents: int) -> bool:
        given = erlang_a(agents, load, aht, patience, service_seconds)
        return given.service_level >= service_level and given.occupancy <= max_occupancy

    low, high = 1, by_wait
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def _required_c(
    load: float, aht: float, service_seconds: float, service_level: float, max_occupancy: float
) -> int:
    """One pass of the recursion up to the first number of agents that will do."""
    blocked, agents = 1.0, 0
    least = max(floor(load) + 1, ceil(load / max_occupancy - 1e-9))
    while True:
        agents += 1
        blocked = load * blocked / (agents + load * blocked)
        if agents >= least:
            given = _erlang_c(agents, load, aht, service_seconds, blocked)
            if given.service_level >= service_level:
                return agents


def _erlang_c(
    agents: int, load: float, aht: float, service_seconds: float, blocked: float
) -> Staffing:
    wait = agents * blocked / (agents - load * (1.0 - blocked))
    spare = agents - load
    return Staffing(
        agents=agents,
        wait=wait,
        service_level=1.0 - wait * exp(-spare * service_seconds / aht),
        asa=wait * aht / spare,
        occupancy=load / agents,
        abandon=0.0,
    )


def _queue_lengths(
    agents: int, load: float, arrival: float, capacity: float, leave: float
) -> list[float]:
    """Probability of 0, 1, 2 … callers in queue while every agent is busy."""
    # Weights relative to "all busy, none waiting": 1/B is the sum of the weights below it.
    weights, weight, j = [1.0], 1.0, 0
    while weight > 1e-15 or arrival > capacity + j * leave:
        j += 1
        weight *= arrival / (capacity + j * leave)
        weights.append(weight)
    total = 1.0 / erlang_b(agents, load) + sum(weights) - 1.0
    return [each / total for each in weights]


def _not_answered(queue: list[float], capacity: float, leave: float, seconds: float) -> float:
    """Share of calls that after `seconds` still waits or has given up (uniformisation).

    A caller with j ahead is served after j + 1 departures, and gives up at rate `leave` meanwhile.
    """
    top = capacity + (len(queue) + 1) * leave
    mean = top * seconds
    if mean <= 0:
        return sum(queue)
    ahead, waiting, given_up, seen = queue, 0.0, 0.0, 0.0
    moves = [(capacity + j * leave) / top for j in range(len(queue))] + [0.0]
    stay = [1.0 - move - leave / top for move in moves]
    for k in range(int(mean + 10 * sqrt(mean)) + 30):
        chance = exp(k * log(mean) - mean - lgamma(k + 1))
        seen += chance
        alive = sum(ahead)
        waiting += chance * alive
        given_up += (1.0 - seen) * alive * leave / top
        ahead = [
            p * stay[j] + following * moves[j + 1]
            for j, (p, following) in enumerate(zip(ahead, [*ahead[1:], 0.0]))
        ]
    return waiting + given_up
