"""What docs/api.md says of the API is so, and it leaves nothing out."""

import asyncio
import os
import re
from pathlib import Path
from typing import Any, Final

from prometheus_client.parser import text_string_to_metric_families

from llmtb.channels.web.api.description import description, operations_of
from llmtb.channels.web.api.exchange import BURST, MOST_ASKING, MOST_EXPORTS, PER_SECOND
from llmtb.channels.web.api.once import KEPT
from llmtb.channels.web.api.problems import SAID
from llmtb.settings import Console as Settings
from tests.house.pages import fenced, page, section
from tests.web.serving import Served, play
from tests.web.systems import SCOPES, SECRET, Library, key_for
from tests.web.test_api import closed

API: Final = page("api.md")
OPERATIONS: Final = dict(operations_of(description()["paths"]))
SETTINGS: Final = Settings(port=0, sign_in=False, webhook_secret=SECRET)


def cells(title: str, column: str) -> list[str]:
    """A column of the table under a heading."""
    return [row[column].strip("`") for row in section(API, title).rows]


def test_every_operation_is_told_with_its_scope() -> None:
    assert sorted(cells("Operations", "operation")) == sorted(OPERATIONS)
    for row in section(API, "Operations").rows:
        told = OPERATIONS[row["operation"].strip("`")]["description"]
        scope = row["scope"].strip("`")
        named = re.findall(r"Scope[^`.]*: `([^`]+)`", told)
        assert named == ([] if scope == "–" else [scope])


def test_every_operation_says_what_it_is_and_how_it_fails() -> None:
    for name, operation in OPERATIONS.items():
        assert operation["summary"], name
        assert operation["description"].endswith("."), name
        assert operation["operationId"], name
        if "/api/" in name:
            assert {"401", "403", "429"} <= operation["responses"].keys(), name
        if name.startswith("POST"):
            assert {"400", "413", "415", "422"} <= operation["responses"].keys(), name
            assert "Idempotency-Key" in str(operation["parameters"])


def test_every_scope_and_status_is_told() -> None:
    assert cells("Keys", "scope") == list(SCOPES)
    assert [int(each) for each in cells("What is refused", "status")] == [
        status for status in SAID if status != 500
    ]


def test_the_bounds_are_told() -> None:
    for said in (
        f"has {PER_SECOND:.0f} requests a second, and {BURST} at once",
        f"At most {MOST_ASKING} questions and {MOST_EXPORTS} exports",
        f"the last {KEPT:,} requests",
    ):
        assert said in API.replace("\n", " ")


def test_every_figure_is_told_with_its_labels(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        key = await closed(served)
        headers = {"Authorization": f"Bearer {key}"}
        load = {"calls": 5, "aht_seconds": 60, "waiting": 3, "longest_wait_seconds": 9}
        await served.http.post("/api/v1/load", json=load, headers=headers)
        await served.http.post("/api/v1/questions", json={"text": "answered"}, headers=headers)
        await served.seen()
        told = {row["figure"].strip("`"): row["labels"] for row in section(API, "Figures").rows}
        shown: dict[str, str] = {}
        for family in text_string_to_metric_families((await served.http.get("/metrics")).text):
            if family.name.startswith("llmtb_"):
                name = family.name + ("_total" if family.type == "counter" else "")
                labels = {label for each in family.samples for label in each.labels}
                shown[name] = " ".join(sorted(labels - {"le"}))
        plain = {name: " ".join(sorted(re.findall(r"\w+", told[name]))) for name in told}
        assert plain == shown

    play(tmp_path, story, serve=Library())


def test_the_examples_run_as_they_stand(tmp_path: Path) -> None:
    examples = fenced(API, "sh")
    assert len(examples) >= 9

    async def story(served: Served) -> None:
        for agent in ("a17", "a18"):
            await served.hire(agent)
        key = await key_for(served)
        given = {"KEY": key, "URL": served.url, "LLMTB_WEBHOOK_SECRET": SECRET}
        for example in examples:
            script = example.replace("2026-11-20/morning", "2026-11-21/night")
            status, said = await _shell(script, os.environ | given)
            assert status == 0, f"{example}\n{said}"

    async def later(served: Served) -> None:
        served.clock.on(minutes=2)
        await served.house.wake()
        await served.seen()
        await story(served)

    play(tmp_path, later, serve=Library(), settings=SETTINGS, demo=Machine())


class Machine:
    """A demo: signed reports are fresh by the machine's clock, as whoever runs an example has."""

    speed = 1.0
    phones: tuple[Any, ...] = ()


async def _shell(script: str, environment: dict[str, str]) -> tuple[int, str]:
    """Run one as people do; a refusal of the server fails it."""
    process = await asyncio.create_subprocess_exec(
        *("bash", "-euc", script.replace("curl ", "curl -sS --fail-with-body ")),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()
