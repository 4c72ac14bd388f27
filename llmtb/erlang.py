"""Staffing formulas: how many agents the calls of an interval ask for.

Erlang C (A. K. Erlang, 1917): callers wait for ever. Erlang A (C. Palm, 1946): they give up after
an exponential patience. Rates are per second, loads in Erlangs, times in seconds.
"""

from functools import lru_cache
from math import ceil, exp, expm1, floor, inf, log
from typing import NamedTuple

NO_WORK = 1e-12  # fewer Erlangs than this ask for no one
NEGLIGIBLE = 1e-16  # a share that changes no figure


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

    A birth-death chain with death rate min(i, n)/AHT + max(0, i - n)/patience. There are calls:
    `load` and `aht` are above 0.
    """
    served, arriving = agents * patience / aht, load * patience / aht
    shortest, queue = _queue_lengths(agents, load, served, arriving)
    waiting = sum(queue)
    abandon = sum(j * chance for j, chance in enumerate(queue, shortest)) / arriving
    in_time = _answered_in_time(shortest, queue, served, service_seconds / patience)
    return Staffing(
        agents=agents,
        wait=waiting,
        service_level=1.0 - waiting + in_time,
        asa=abandon * patience,
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
    if load < NO_WORK:
        return 0
    by_wait = _required_c(load, aht, service_seconds, service_level, max_occupancy)
    if patience is None:
        return by_wait

    def holds(agents: int) -> bool:
        given = erlang_a(agents, load, aht, patience, service_seconds)
        return given.service_level >= service_level and given.occupancy <= max_occupancy

    # No more calls are answered than there are agents for; and one who gives up fast may be
    # missed although one who waits for ever would not be.
    low, high = max(1, floor(service_level * load)), by_wait
    while not holds(high):
        low, high = high + 1, 2 * high
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
    agents: int, load: float, served: float, arriving: float
) -> tuple[int, list[float]]:
    """The numbers of callers in queue that occur: the least, and the probability of each from it.

    served, arriving: calls in the time of one patience while every agent is busy. The weights are
    found outwards from the likeliest number, whose weight is 1: so none is too large for a float.
    """
    likeliest = max(0, floor(arriving - served))
    longer, weight, j = [1.0], 1.0, likeliest
    while weight > NEGLIGIBLE:
        j += 1
        weight *= arriving / (served + j)
        longer.append(weight)
    shorter, weight, j = [], 1.0, likeliest
    while j > 0 and weight > NEGLIGIBLE:
        weight *= (served + j) / arriving
        shorter.append(weight)
        j -= 1
    weights = shorter[::-1] + longer
    total = sum(weights)
    if j == 0:  # relative to "all busy, none in queue", 1/B is the sum of that and all below it
        lost = erlang_b(agents, load)
        total += weights[0] * (1.0 / lost - 1.0) if lost > 0 else inf
    return j, [each / total for each in weights]


def _answered_in_time(shortest: int, queue: list[float], served: float, time: float) -> float:
    """Share of all calls that wait, and are answered within `time` (in patiences).

    With j callers ahead the wait V is a sum of exponential times of rates served + 0 … served + j,
    hence exp(-V) is of the distribution Beta(served, j + 1), and exp(-V) is also the probability
    of not giving up meanwhile: the share is its mean over exp(-V) >= exp(-time), that is
    served / (served + j + 1) times the part of Beta(served + 1, j + 1) from there up.
    """
    step = -expm1(-time)
    log_term, too_late, answered = -time * (served + 1.0), 0.0, 0.0
    for j in range(shortest + len(queue)):
        if j > 0:
            log_term += log(step * (served + j) / j)
        too_late += exp(log_term)
        if too_late >= 1.0 - NEGLIGIBLE:
            break
        if j >= shortest:
            answered += queue[j - shortest] * served / (served + j + 1) * (1.0 - too_late)
    return answered
