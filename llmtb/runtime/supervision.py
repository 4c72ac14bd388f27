"""What becomes of an actor that fails: it is built anew, after longer and longer waits."""

import logging
import random
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

log = logging.getLogger(__name__)


class Failure(NamedTuple):
    """An actor failed with `error`, for the `failures`th time within its window.

    failures: 0 if it lives on, or was about to leave memory anyway.
    delay: seconds until it is started again; None: it is stopped for good.
    """

    kind: str
    key: str
    error: BaseException
    failures: int
    delay: float | None


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits `first` seconds, then each time `factor` times as long, at most `longest`.

    jitter: the share by which a wait may be longer or shorter, so that actors which failed
    together do not come back together.
    restarts: how many within `window` seconds; one more failure stops the actor for good.
    None: it is always started again.
    """

    first: float = 0.2
    factor: float = 2.0
    longest: float = 30.0
    jitter: float = 0.2
    restarts: int | None = 10
    window: float = 600.0

    def delay(self, failures: deque[float], now: float, chance: random.Random) -> float | None:
        """Notes a failure at loop time `now`; returns the wait in seconds, None to give up."""
        failures.append(now)
        while failures[0] <= now - self.window:
            failures.popleft()
        if self.restarts is not None and len(failures) > self.restarts:
            return None
        # Bounded, or a power of many failures overflows.
        wait = self.first * self.factor ** min(len(failures) - 1, 64)
        return min(wait, self.longest) * (1 + self.jitter * chance.uniform(-1, 1))


def log_failure(failure: Failure) -> None:
    """Writes a failure to the log, with its trace."""
    if failure.failures == 0:
        after = "goes on"
    elif failure.delay is None:
        after = f"stopped after {failure.failures} failures"
    else:
        after = f"failure {failure.failures}, restarts in {failure.delay:.1f} s"
    log.error(
        "%s/%s failed; %s",
        failure.kind,
        failure.key,
        after,
        exc_info=failure.error,
    )
