"""How the calls of a log would have been answered: Erlang's expectation, moment by moment.

Every run is measured by the same targets, those of the log: so that a policy does not look better
for asking less.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from llmtb.capacity import expected_level
from llmtb.events.floor import LoadReported
from llmtb.policy import Policy


class Service:
    """The calls, and who was there to answer them, as time passes.

    policies: the log's, each with the instant from which it was in force.
    """

    def __init__(
        self, policies: Sequence[tuple[datetime, Policy]], load: LoadReported | None
    ) -> None:
        self._policies = policies
        self._place = 0
        self._load = load
        self._calls = 0.0  # that came in the time that is known,
        self._answered = 0.0  # of these in time
        self._busy = 0.0  # seconds of agents, spent on calls,
        self._there = 0.0  # and all of them
        self._known = timedelta()
        self._all = timedelta()

    def report(self, load: LoadReported) -> None:
        """Take the figures of the last interval, which hold until the next or until stale."""
        self._load = load

    def over(self, since: datetime, until: datetime, agents: int) -> None:
        """So many agents could answer, between two instants."""
        self._all += until - since
        while since < until:
            policy, changes = self._policy(since)
            ends = until if changes is None else min(until, changes)
            load = self._load
            if load is not None:
                stale = load.at + timedelta(seconds=policy.load.stale_after_seconds)
                if since < stale:
                    ends = min(ends, stale)
                    self._answer(policy, load, ends - since, agents)
            since = ends

    def figures(self) -> tuple[float | None, float | None, float]:
        """Share of calls answered in time, occupancy, and the share of the time that is known."""
        known = self._known / self._all if self._all else 0.0
        if not self._known:
            return None, None, known
        service = self._answered / self._calls if self._calls else 1.0
        return service, self._busy / self._there if self._there else None, known

    def _policy(self, at: datetime) -> tuple[Policy, datetime | None]:
        """The log's policy at an instant, and when the next one came."""
        policies = self._policies
        while self._place + 1 < len(policies) and policies[self._place + 1][0] <= at:
            self._place += 1
        later = policies[self._place + 1 :]
        return policies[self._place][1], later[0][0] if later else None

    def _answer(self, policy: Policy, load: LoadReported, span: timedelta, agents: int) -> None:
        seconds = span.total_seconds()
        rate = load.calls / (load.interval_minutes * 60)
        self._known += span
        self._calls += rate * seconds
        self._answered += rate * seconds * expected_level(policy, agents, load)
        self._busy += min(rate * load.aht_seconds, agents) * seconds
        self._there += agents * seconds
