"""What a generator has done and what it has before it, for a monitor."""

from collections import deque
from typing import NamedTuple

from llmtb.inference.generation.prompt import Priority

REMEMBERED = 512  # the texts that the percentiles are of
RECENT = 60.0  # seconds that the speed is of


class Statistics(NamedTuple):
    """What a generator has done since it was opened, and what it has before it.

    waiting: texts that wait, by priority. running: texts being written. batches: begun; at an
    endpoint, requests. rows: texts in those; `rows / batches` is the mean size of a batch.
    padding: tokens that only made prompts equally long. prompt_tokens: the others. tokens:
    written. tokens_per_second: over the last minute. wait_p50, wait_p95: seconds from being asked
    for to being begun; first_p50, first_p95: to the first token; whole_p50, whole_p95: to the
    last; of the last 512 texts each. finished: texts that became whole. refused: turned away by
    a full queue. cancelled: given up. late: ended by their deadline. failed: by an error.
    stopped: by closing. memory: resident bytes of the process, 0 where it cannot be told.
    """

    waiting: tuple[int, int, int, int] = (0, 0, 0, 0)
    running: int = 0
    batches: int = 0
    rows: int = 0
    padding: int = 0
    prompt_tokens: int = 0
    tokens: int = 0
    tokens_per_second: float = 0.0
    wait_p50: float = 0.0
    wait_p95: float = 0.0
    first_p50: float = 0.0
    first_p95: float = 0.0
    whole_p50: float = 0.0
    whole_p95: float = 0.0
    finished: int = 0
    refused: int = 0
    cancelled: int = 0
    late: int = 0
    failed: int = 0
    stopped: int = 0
    memory: int = 0


class Figures:
    """Counts what happens; instants and lengths of time are seconds."""

    def __init__(self, opened: float) -> None:
        self._opened = opened
        self._waits: deque[float] = deque(maxlen=REMEMBERED)
        self._firsts: deque[float] = deque(maxlen=REMEMBERED)
        self._wholes: deque[float] = deque(maxlen=REMEMBERED)
        # Tokens by whole second, so that a minute of them stays small.
        self._written: deque[tuple[int, int]] = deque()
        self.batches = self.rows = self.padding = self.prompt_tokens = self.tokens = 0
        self.finished = self.refused = self.cancelled = self.late = 0
        self.failed = self.stopped = 0

    def begun(self, waits: list[float], prompt_tokens: int, padding: int) -> None:
        """A batch of texts that waited so long is begun."""
        self.batches += 1
        self.rows += len(waits)
        self.prompt_tokens += prompt_tokens
        self.padding += padding
        self._waits.extend(waits)

    def wrote(self, tokens: int, now: float) -> None:
        """So many tokens were written just now."""
        self.tokens += tokens
        second = int(now)
        if self._written and self._written[-1][0] == second:
            self._written[-1] = (second, self._written[-1][1] + tokens)
        else:
            self._written.append((second, tokens))
            while self._written[0][0] < now - RECENT:
                self._written.popleft()

    def ended(self, first: float, whole: float) -> None:
        """A text became whole after so long, its first token after so long."""
        self.finished += 1
        self._firsts.append(first)
        self._wholes.append(whole)

    def told(self, waiting: dict[Priority, int], running: int, now: float) -> Statistics:
        """All of it."""
        span = min(max(now - self._opened, 1.0), RECENT)
        recent = sum(tokens for second, tokens in self._written if second >= now - RECENT)
        return Statistics(
            waiting=(
                waiting.get(Priority.CALL, 0),
                waiting.get(Priority.AGENT, 0),
                waiting.get(Priority.CUSTOMER, 0),
                waiting.get(Priority.BACKGROUND, 0),
            ),
            running=running,
            batches=self.batches,
            rows=self.rows,
            padding=self.padding,
            prompt_tokens=self.prompt_tokens,
            tokens=self.tokens,
            tokens_per_second=recent / span,
            wait_p50=percentile(self._waits, 0.50),
            wait_p95=percentile(self._waits, 0.95),
            first_p50=percentile(self._firsts, 0.50),
            first_p95=percentile(self._firsts, 0.95),
            whole_p50=percentile(self._wholes, 0.50),
            whole_p95=percentile(self._wholes, 0.95),
            finished=self.finished,
            refused=self.refused,
            cancelled=self.cancelled,
            late=self.late,
            failed=self.failed,
            stopped=self.stopped,
            memory=resident(),
        )


def percentile(values: deque[float] | list[float], share: float) -> float:
    """The least value that at least this share of the values does not exceed; 0 of none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def resident() -> int:
    """Bytes of memory that this process holds, 0 where the system does not tell."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            lines = dict(line.split(":", 1) for line in status if line.startswith("VmRSS"))
    except OSError:
        return 0
    return int(lines["VmRSS"].split()[0]) * 1024 if "VmRSS" in lines else 0
