"""The figures for a monitor, in the form of Prometheus. None is about a person."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from llmtb.actors.shift import Shift
from llmtb.channels.web.console import Console
from llmtb.events.chat import AnswerGiven, AnswerWithheld, ChoicesOffered
from llmtb.events.errors import JournalClosed
from llmtb.events.record import Recorded

disable_created_metrics()  # type: ignore[no-untyped-call]  # nobody asks when counting began
LOOK: Final = 0.25  # seconds between two looks at how late the loop is
_LAGS: Final = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
_TIMES: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
OUTCOMES: Final = {AnswerGiven: "answered", ChoicesOffered: "choices", AnswerWithheld: "withheld"}

OfShift = Callable[[Shift, datetime], float]
SHIFT_GAUGES: Final[dict[str, tuple[str, OfShift]]] = {
    "llmtb_capacity": ("Agents who may rest at one time.", lambda s, _: s.capacity or 0),
    "llmtb_present": ("Agents present, those resting included.", lambda s, _: len(s.present)),
    "llmtb_resting": ("Agents on a break, an emergency included.", lambda s, _: len(s.breaks)),
    "llmtb_free": ("Slots for a break that are free.", lambda s, _: s.free()),
    "llmtb_late": (
        "Agents past their due.",
        lambda s, now: sum(each.due < now for each in s.breaks.values()),
    ),
    "llmtb_line": ("Agents who wait for a slot.", lambda s, _: len(s.line)),
}


class Figures:
    """All figures of a console. `run` it in a task of its own: it counts."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.registry.register(Floor(console))
        self.questions = Counter(
            "llmtb_questions",
            "Questions since the start, by what came of them and where they were asked.",
            ["outcome", "asked"],
            registry=self.registry,
        )
        self.requests = Histogram(
            "llmtb_api_seconds",
            "Requests to the API, by operation and status, and the seconds they took.",
            ["operation", "status"],
            buckets=_TIMES,
            registry=self.registry,
        )
        self.lag = Histogram(
            "llmtb_loop_lag_seconds",
            "How late the event loop was, looked at four times a second.",
            buckets=_LAGS,
            registry=self.registry,
        )
        self.worst = Gauge(
            "llmtb_loop_lag_worst_seconds",
            "The latest it was since the figures were read last.",
            registry=self.registry,
        )
        for outcome in OUTCOMES.values():  # a figure that may come is there from the first
            for asked in ("chat", "api"):
                self.questions.labels(outcome, asked)
        self._worst = 0.0
        self.worst.set_function(lambda: self._worst)

    def text(self) -> bytes:
        """All of it, as a monitor reads it."""
        try:
            return generate_latest(self.registry)
        finally:
            self._worst = 0.0

    async def run(self) -> None:
        """Count until this is cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._look())
            group.create_task(self._follow())

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(LOOK)
            lag = max(0.0, loop.time() - before - LOOK)
            self._worst = max(self._worst, lag)
            self.lag.observe(lag)

    async def _follow(self) -> None:
        journal = self._console.journal
        try:
            following = journal.subscribe(journal.head)
        except JournalClosed:
            return
        try:
            async for batch in following:
                self._count(batch)
        finally:
            following.close()

    def _count(self, batch: Iterable[Recorded]) -> None:
        for recorded in batch:
            outcome = OUTCOMES.get(type(recorded.event))
            if outcome is not None:
                self.questions.labels(outcome, "chat").inc()


class Floor(Collector):
    """What holds now, read off at the moment somebody asks."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def describe(self) -> Iterable[Metric]:
        """Nothing is known of them before the start."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The gauges."""
        yield from self._shifts()
        yield from self._calls()
        yield from self._house()

    def _shifts(self) -> Iterator[Metric]:
        now, floor = self._console.now(), self._console.known.floor
        open_now = {shift.name: shift for shift in floor.in_order()}
        for name, (means, value) in SHIFT_GAUGES.items():
            gauge = GaugeMetricFamily(name, means, labels=["shift"])
            for shift in open_now.values():
                gauge.add_metric([shift.name], value(shift, now))
            yield gauge

    def _calls(self) -> Iterator[Metric]:
        load = self._console.known.floor.centre.load
        if load is None:
            return
        age = (self._console.now() - load.at).total_seconds()
        yield GaugeMetricFamily("llmtb_feed_age_seconds", "Age of the call figures.", max(0.0, age))
        yield GaugeMetricFamily("llmtb_calls", "Calls in the last interval.", load.calls)
        if load.waiting is not None:
            yield GaugeMetricFamily("llmtb_calls_waiting", "Calls that wait.", load.waiting)
        if load.longest_wait_seconds is not None:
            means = "The longest wait of a call."
            yield GaugeMetricFamily("llmtb_longest_wait_seconds", means, load.longest_wait_seconds)

    def _house(self) -> Iterator[Metric]:
        console = self._console
        journal, views = console.journal.statistics(), console.views.statistics()
        for name, means, value in (
            ("llmtb_journal_seq", "The journal's last event.", journal.head),
            ("llmtb_journal_waiting", "Appends that are not committed yet.", journal.waiting),
            ("llmtb_known_behind", "Events the pages do not know yet.", self._behind()),
            ("llmtb_views_behind", "Events that are not in every view yet.", views.behind),
            ("llmtb_boards", "Pages that watch a picture now.", console.hub.watching),
        ):
            yield GaugeMetricFamily(name, means, float(value))
        for name, means, value in (
            ("llmtb_journal_events", "Events recorded since the start.", journal.events),
            ("llmtb_journal_transactions", "Commits since the start.", journal.transactions),
            ("llmtb_journal_failures", "Appends that failed since the start.", journal.failures),
            ("llmtb_views_failures", "Failures of the views since the start.", views.failures),
        ):
            yield CounterMetricFamily(name, means, float(value))

    def _behind(self) -> int:
        return max(0, self._console.journal.head - self._console.known.seq)
