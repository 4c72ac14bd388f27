"""Whatever is sent to the API, it never fails, and says what its description says it does.

LLMTB_FUZZ_CASES: the most cases of each operation and kind (default 8); for a long run, 2000.
LLMTB_FUZZ_REPORT: a file that is told how many there were.
"""

import asyncio
import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, cycle
from pathlib import Path
from typing import Any, Final

import pytest
import schemathesis
from schemathesis import engine
from schemathesis.config import SchemathesisConfig
from schemathesis.engine.events import NonFatalError, ScenarioFinished

from llmtb.channels.web.door import gate
from llmtb.channels.web.door.limits import Rate
from tests.conftest import SEED
from tests.web.serving import serving
from tests.web.systems import Library, key_for

CASES: Final = int(os.environ.get("LLMTB_FUZZ_CASES", "8"))
REPORT: Final = "LLMTB_FUZZ_REPORT"
KEYS: Final = 60  # so many that the pace of one stops nobody
OF_THE_DOOR: Final = ("/healthz", "/readyz", "/metrics")


class Company:
    """A company that is served in a thread of its own. url: of its console; keys: to its API."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ready = threading.Event()
        self.url = ""
        self.keys: list[str] = []

    def run(self) -> None:
        """Serve until `stop`."""
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        async with serving(self._folder, serve=Library()) as served:
            for agent in ("a1", "a2"):
                await served.hire(agent)
                await served.roster(agent)
            self.keys = [await key_for(served) for _ in range(KEYS)]
            self.url = served.url
            self._ready.set()
            await self._stopped.wait()

    def wait(self) -> None:
        """Until it is served."""
        assert self._ready.wait(30)

    def stop(self) -> None:
        """Have it end."""
        self._loop.call_soon_threadsafe(self._stopped.set)


@contextmanager
def company(folder: Path) -> Iterator[Company]:
    """A company, for as long as this lasts."""
    served = Company(folder)
    thread = threading.Thread(target=served.run)
    thread.start()
    try:
        served.wait()
        yield served
    finally:
        served.stop()
        thread.join()


def described(served: Company) -> Any:
    """The API as it describes itself, to be sent whatever fits it and whatever does not."""
    settings = {"seed": int(os.environ[SEED]), "generation": {"max-examples": CASES}}
    config = SchemathesisConfig.from_dict(settings)
    schema = schemathesis.openapi.from_url(f"{served.url}/api/v1/openapi.json", config=config)
    keys, numbers = cycle(served.keys), count()

    @schema.auth(refresh_interval=None)
    class Keys:
        def get(self, case: Any, context: Any) -> str:
            return next(keys)

        def set(self, case: Any, data: str, context: Any) -> None:
            case.headers["Authorization"] = f"Bearer {data}"
            # Two are never the same request: else the second would be refused as another body.
            repeat = case.headers.get("Idempotency-Key")
            if isinstance(repeat, str) and 0 < len(repeat) <= 128:
                case.headers["Idempotency-Key"] = f"{repeat[:118]}-{next(numbers)}"

    return schema


def test_nothing_that_is_sent_makes_it_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for rate in ("ADDRESS", "SESSION"):  # one address sends all of it
        monkeypatch.setattr(gate, rate, Rate(burst=10**6, per_second=10**6))
    cases: Counter[str] = Counter()
    faults: list[str] = []
    with company(tmp_path) as served:
        for event in engine.from_schema(described(served)).execute():
            if isinstance(event, NonFatalError):
                faults.append(str(event.value))
            if isinstance(event, ScenarioFinished):
                label = str(event.recorder.label)
                cases[label] += len(event.recorder.interactions)
                faults += [
                    f"{label}: {check.name}: {check.failure_info.failure}\n"
                    f"{check.failure_info.code_sample}"
                    for checks in event.recorder.checks.values()
                    for check in checks
                    if check.failure_info is not None
                    # What the door says to a stranger's method there is the door's.
                    if not (check.name == "unsupported_method" and label.endswith(OF_THE_DOOR))
                ]
    if report := os.environ.get(REPORT):
        told = [f"{sum(cases.values())} cases: {dict(cases)}", *faults]
        Path(report).write_text("\n\n".join(told), "utf-8")
    assert faults == []
    assert len(cases) >= 10
