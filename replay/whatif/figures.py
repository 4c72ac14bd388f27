"""What a run of the floor was like, in figures: rests, refusals, waiting, lateness, meals, service.

    count = Count(scene)
    play(scene, count.take, …)
    figures = count.figures()

Calls did not react, and the service level is Erlang's expectation for those who were present and
not resting, not a count: it is measured by the log's own targets, the same for every run.
"""

import msgspec

from llmtb.events.event import Instant

Series = list[tuple[Instant, int]]
"""A number, from each instant on."""


class MealFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One meal window.

    present, capacity: when it opened. seats: of those present, how many could eat before it closes,
    one after the other, at that capacity. ate: agents who began a meal in it. fits: all could.
    """

    shift: str
    meal: str
    present: int
    capacity: int
    seats: int
    ate: int
    fits: bool


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """One run, as a whole and in parts.

    granted: rests by kind. refused: by reason. agents: present at some time. rest_minutes: by
    agent, of those present; per_agent: their mean. late_minutes: after due, all together.
    warnings: by cause; `forgiven` of them. disciplined: agents.
    peak, mean: resting at once, of all kinds; the mean is over the time in which a shift was open.
    waits: how often somebody asked to be told of a free slot; told: how often that came; each such
    wait in minutes: mean_wait, longest_wait (None where nobody was told). line_minutes: all time
    spent waiting, in vain or not.
    service: share of calls answered in time, 0 to 1; occupancy: of those who answer; both are of
    the share `known` of the time for which the log has figures of the calls, None where it is 0.
    asked_to_eat: agents and shifts where a meal was asked for; not_fed: those that got none.
    capacity, resting: over time, of all open shifts; emergencies hold no slot and are not in it.
    """

    granted: dict[str, int]
    refused: dict[str, int]
    agents: int
    rest_minutes: dict[str, float]
    per_agent: float
    late_minutes: float
    warnings: dict[str, int]
    forgiven: int
    disciplined: int
    peak: int
    mean: float
    waits: int
    told: int
    mean_wait: float | None
    longest_wait: float | None
    line_minutes: float
    service: float | None
    occupancy: float | None
    known: float
    asked_to_eat: int
    not_fed: int
    meals: list[MealFigures]
    capacity: Series
    resting: Series

    @property
    def refusals(self) -> int:
        """All refusals."""
        return sum(self.refused.values())

    @property
    def rests(self) -> int:
        """All rests granted."""
        return sum(self.granted.values())
