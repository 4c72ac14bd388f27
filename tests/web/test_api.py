"""Other systems at the API: what each operation does, and who may."""

import asyncio
import csv
import io
import zipfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from llmtb.actors.access import digest_of
from llmtb.actors.agent import StartBreak
from llmtb.actors.keys import IssueKey, RevokeKey
from llmtb.channels.web.api import exchange
from llmtb.channels.web.api.callers import KEY_PREFIX
from llmtb.channels.web.api.description import description, operations_of
from llmtb.channels.web.api.exchange import FAILURES
from llmtb.channels.web.api.limits import Pace, Room
from llmtb.channels.web.api.problems import Problem
from llmtb.channels.web.api.readiness import Readiness
from llmtb.events.access import RecordViewed, RequestsRefused, Scope
from llmtb.events.floor import LoadReported, PhoneStateChanged
from llmtb.events.journal import Journal
from llmtb.events.published import line
from llmtb.events.stores.memory import MemoryStore
from llmtb.policy import Policy
from tests.web.serving import SHIFT, Served, play
from tests.web.systems import SCOPES, Library, bearing, fault, key_for

OPERATIONS = dict(operations_of(description()["paths"]))
REPORT = f"/api/v1/shifts/{SHIFT}/report"
CALLS: dict[str, tuple[Scope, str, str, Any]] = {
    "ask": ("ask", "POST", "/api/v1/questions", {"text": "answered"}),
    "floor": ("floor:read", "GET", "/api/v1/floor", None),
    "policy": ("floor:read", "GET", "/api/v1/policy", None),
    "reportLoad": ("load:write", "POST", "/api/v1/load", {"calls": 1, "aht_seconds": 60}),
    "reportPhones": ("load:write", "POST", "/api/v1/phones", [{"agent": "a1", "state": "free"}]),
    "events": ("export:read", "GET", "/api/v1/events", None),
    "shiftReport": ("export:read", "GET", REPORT, None),
}


async def staffed(served: Served) -> str:
    """Three agents on the morning, which is open, and a key to everything."""
    for agent in ("a1", "a2", "a3"):
        await served.hire(agent, name=f"The {agent}")
        await served.roster(agent)
    served.clock.on(minutes=2)
    await served.house.wake()
    await served.seen()
    return await key_for(served)


async def closed(served: Served) -> str:
    """The same, with the morning over."""
    key = await staffed(served)
    await served.do(StartBreak(agent="a1", kind="normal"))
    served.clock.on(hours=9)
    await served.do(StartBreak(agent="a1", kind="normal"), "late")
    return key


# --- what each does ----------------------------------------------------------------------------


def test_a_question_is_answered_with_its_sources(tmp_path: Path) -> None:
    library = Library()

    async def story(served: Served) -> None:
        headers = bearing(await key_for(served, "ask"))
        ask = {"text": "answered", "language": "fa", "audience": "agent", "level": 3}
        response = await served.http.post("/api/v1/questions", json=ask, headers=headers)
        assert response.json() == {
            "outcome": "answered",
            "text": "From 9 to 17.",
            "language": "en",
            "origin": "faq",
            "confidence": 0.9,
            "model": None,
            "original": None,
            "sources": [
                {
                    "document": "hours",
                    "title": "Hours",
                    "passage": "hours@1#1",
                    "section": "",
                    "page": None,
                }
            ],
            "milliseconds": 12,
            "sample": False,
        }
        assert library.asked == [{"do": "ask_once", **ask}]
        for text, key in (("choices", "choices"), ("withheld", "reason")):
            response = await served.http.post(
                "/api/v1/questions", json={"text": text}, headers=headers
            )
            assert response.json()["outcome"] == text
            assert response.json()[key]
        failed = await served.http.post("/api/v1/questions", json={"text": "fail"}, headers=headers)
        assert fault(failed, 503)["detail"] == "no encoder is installed"
        assert failed.headers["retry-after"] == "10"
        assert not any(type(each).__name__ == "QuestionAsked" for each in served.events())
        figures = (await served.http.get("/metrics")).text
        for outcome in ("answered", "choices", "withheld"):
            assert f'llmtb_questions_total{{asked="api",outcome="{outcome}"}} 1.0' in figures

    play(tmp_path, story, serve=library)


def test_the_floor_is_told_by_id_and_by_name_to_who_may_know(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await staffed(served)
        await served.do(StartBreak(agent="a1", kind="normal"))
        headers = bearing(await key_for(served, "floor:read"))
        told = (await served.http.get("/api/v1/floor", headers=headers)).json()
        [shift] = told["shifts"]
        assert (shift["shift"], shift["capacity"], shift["free"]) == (SHIFT, 1, 0)
        assert shift["present"] == ["a1", "a2", "a3"]
        assert [each["agent"] for each in shift["resting"]] == ["a1"]
        assert shift["why"]["floor"] == 1
        assert told["names"] is None
        assert "The a1" not in str(told)
        named = await served.http.get("/api/v1/floor?names=true", headers=headers)
        assert "export:read" in fault(named, 403)["detail"]
        both = bearing(await key_for(served, "floor:read", "export:read"))
        told = (await served.http.get("/api/v1/floor?names=true", headers=both)).json()
        assert told["names"] == {agent: f"The {agent}" for agent in ("a1", "a2", "a3")}
        rules = await served.http.get("/api/v1/policy", headers=headers)
        assert msgspec.convert(rules.json(), Policy) == served.console.known.floor.centre.policy

    play(tmp_path, story)


def test_reported_calls_move_the_capacity(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        headers = bearing(await staffed(served))
        figures = {"calls": 40, "aht_seconds": 200.5, "waiting": 2, "longest_wait_seconds": 31}
        response = await served.http.post("/api/v1/load", json=figures, headers=headers)
        [event] = served.events(LoadReported)
        assert isinstance(event, LoadReported)
        assert (event.calls, event.aht_seconds, event.waiting) == (40, 200.5, 2)
        assert (event.longest_wait_seconds, event.source) == (31, "phone")
        assert datetime.fromisoformat(response.json()["at"]) == event.at
        much = {"calls": 1_000_000, "aht_seconds": 86_400}
        refused = await served.http.post("/api/v1/load", json=much, headers=headers)
        assert "too many" in fault(refused, 409)["detail"]
        whole = await served.http.post(
            "/api/v1/load", json={"calls": 4.0, "aht_seconds": 1}, headers=headers
        )
        assert whole.status_code == 200

    play(tmp_path, story)


def test_of_many_phones_the_unknown_are_said_and_the_others_taken(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        headers = bearing(await staffed(served))
        reports = [
            {"agent": "a1", "state": "in_call"},
            {"agent": "nobody", "state": "free"},
            {"agent": "a1", "state": "wrap"},
            {"agent": "a1", "state": "wrap"},
        ]
        told = (await served.http.post("/api/v1/phones", json=reports, headers=headers)).json()
        assert [each["result"] for each in told["reports"]] == [
            "changed",
            "unknown",
            "changed",
            "unchanged",
        ]
        assert (told["changed"], told["unchanged"], told["unknown"]) == (2, 1, 1)
        states = [each.state for each in served.events(PhoneStateChanged)]  # type: ignore[attr-defined]
        assert states == ["in_call", "wrap"]
        one = {"agent": "a2", "state": "away"}
        told = (await served.http.post("/api/v1/phones", json=one, headers=headers)).json()
        assert told["changed"] == 1
        many = [one] * 500
        assert (
            await served.http.post("/api/v1/phones", json=many, headers=headers)
        ).status_code == 200
        fault(await served.http.post("/api/v1/phones", json=[*many, one], headers=headers), 422)

    play(tmp_path, story)


def test_events_are_read_page_by_page_as_published(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await staffed(served)
        key = await key_for(served, "export:read", name="archive")
        recorded = list(served.journal.read())
        url: str | None = "/api/v1/events?limit=7"
        read = b""
        while url is not None:
            response = await served.http.get(url, headers=bearing(key))
            assert response.headers["content-type"] == "application/x-ndjson"
            read += response.content
            url = response.links["next"]["url"] if response.content else None
        lines = read.splitlines(keepends=True)
        assert lines[: len(recorded)] == [line(each) for each in recorded]
        [looked] = served.events(RecordViewed)
        assert isinstance(looked, RecordViewed)
        assert (looked.by, looked.what, looked.of) == ("key archive", "export", "events")

    play(tmp_path, story)


def test_a_page_of_events_that_has_not_changed_is_not_sent_again(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        key = await staffed(served)
        first = await served.http.get("/api/v1/events?limit=3", headers=bearing(key))
        again = bearing(key, **{"If-None-Match": first.headers["etag"]})
        assert (await served.http.get("/api/v1/events?limit=3", headers=again)).status_code == 304
        head = served.journal.head
        end = await served.http.get(f"/api/v1/events?after={head}", headers=bearing(key))
        assert (end.status_code, end.content) == (200, b"")
        waiting = bearing(key, **{"If-None-Match": end.headers["etag"]})
        url = end.links["next"]["url"]
        assert (await served.http.get(url, headers=waiting)).status_code == 304
        await served.do(StartBreak(agent="a1", kind="normal"))
        news = await served.http.get(url, headers=waiting)
        assert b'"BreakStarted"' in news.content
        beyond = await served.http.get("/api/v1/events?after=9999", headers=bearing(key))
        assert fault(beyond, 409)["field"] == "after"

    play(tmp_path, story)


def test_a_report_comes_in_the_form_that_is_asked_for(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        key = await closed(served)

        async def get(accept: str, more: str = "") -> httpx.Response:
            return await served.http.get(REPORT + more, headers=bearing(key, Accept=accept))

        told = (await get("application/json")).json()
        assert told["report"]["shift"] == SHIFT
        assert [each["agent"] for each in told["report"]["agents"]] == ["a1", "a2", "a3"]
        table = await get("text/csv;q=0.9, application/json;q=0.1")
        assert table.headers["content-type"].startswith("text/csv")
        assert list(csv.reader(io.StringIO(table.text)))
        form = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        books = [await get(form, more) for more in ("", "?language=fa", "?language=xx")]
        texts = [zipfile.ZipFile(io.BytesIO(each.content)) for each in books]
        strings = [each.read("xl/sharedStrings.xml") for each in texts]
        assert strings[0] == strings[2] != strings[1]
        fault(await get("image/png"), 406)
        for shift in ("2026-11-21/evening", "2026-11-21/none", "2026-1-21/morning", "x/morning"):
            absent = await served.http.get(f"/api/v1/shifts/{shift}/report", headers=bearing(key))
            fault(absent, 404)

    play(tmp_path, story)


# --- who may -----------------------------------------------------------------------------------


def test_every_operation_takes_its_own_scope_and_no_other(tmp_path: Path) -> None:
    keyed = {name for name, each in _ids().items() if each.get("security") != [{}]}
    assert keyed == {*CALLS, "metrics"}

    async def story(served: Served) -> None:
        await closed(served)
        keys = {scope: await key_for(served, scope) for scope in SCOPES}
        for needed, method, path, body in CALLS.values():
            for scope, key in keys.items():
                response = await served.http.request(method, path, json=body, headers=bearing(key))
                if scope == needed:
                    assert response.status_code == 200, (path, scope, response.text)
                else:
                    assert needed in fault(response, 403)["detail"]

    play(tmp_path, story, serve=Library())


def test_a_key_opens_until_it_is_over_or_revoked(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        key = await key_for(served, "floor:read")

        async def opens(headers: dict[str, str]) -> int:
            return (await served.http.get("/api/v1/policy", headers=headers)).status_code

        assert await opens(bearing(key)) == 200
        assert await opens({"Authorization": f"bearer {key}"}) == 200
        wrong = ["", "Bearer", f"Basic {key}", key, f"Bearer {key}x", f"Bearer x{key}"]
        wrong += [f"Bearer {digest_of(key)}", f"Bearer {KEY_PREFIX}", "Bearer " + "é" * 40]
        wrong += ["Bearer " + "x" * 5000, f"Bearer {KEY_PREFIX}{'x' * 5000}"]
        for each in wrong:
            response = await served.http.get(
                "/api/v1/policy", headers=[(b"authorization", each.encode())]
            )
            fault(response, 401)
            assert response.headers["www-authenticate"].startswith("Bearer")
        short = f"{KEY_PREFIX}short"
        until = served.clock.now() + timedelta(minutes=1)
        issue = IssueKey(
            by="test", key=digest_of(short), name="short", scopes=("floor:read",), until=until
        )
        await served.house.access(issue)
        await served.seen()
        assert await opens(bearing(short)) == 200
        served.clock.on(minutes=2)
        assert await opens(bearing(short)) == 401
        assert await opens(bearing(key)) == 200
        revoke = RevokeKey(by="test", key=digest_of(key), reason="lost")
        await served.house.access(revoke)
        await served.seen()
        assert await opens(bearing(key)) == 401

    play(tmp_path, story)


def test_figures_are_for_this_machine_and_for_keys(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        key = await key_for(served, "metrics:read")
        other = await key_for(served, "ask")
        assert (await served.http.get("/metrics")).status_code == 200
        elsewhere = {"X-Forwarded-For": "203.0.113.7"}
        fault(await served.http.get("/metrics", headers=elsewhere), 401)
        may = bearing(key, **elsewhere)
        assert (await served.http.get("/metrics", headers=may)).status_code == 200
        fault(await served.http.get("/metrics", headers=bearing(other, **elsewhere)), 403)

    play(tmp_path, story)


def _ids() -> dict[str, Any]:
    return {each["operationId"]: each for each in OPERATIONS.values()}


# --- what is not done --------------------------------------------------------------------------


BAD_BODIES: list[tuple[bytes, str, int, str | None]] = [
    (b'{"calls": 1, "aht_seconds": 2}', "text/plain", 415, None),
    (b'{"calls": 1, "aht_seconds": 2}', "", 415, None),
    (b"calls=1", "application/x-www-form-urlencoded", 415, None),
    (b"{", "application/json", 400, None),
    (b"", "application/json", 400, None),
    (b"68\x00\xff", "application/json", 422, None),
    (b'[1, "\xff', "application/json", 422, None),
    (b"\xff", "application/json", 400, None),
    (b"[" * 100_000, "application/json", 422, None),
    (b'{"calls": ' + b"[" * 100_000, "application/json", 422, "calls"),
    (b"[]", "application/json", 422, None),
    (b'{"calls": 1}', "application/json", 422, "aht_seconds"),
    (b'{"calls": "1", "aht_seconds": 2}', "application/json", 422, "calls"),
    (b'{"calls": 1.5, "aht_seconds": 2}', "application/json", 422, "calls"),
    (b'{"calls": 1, "aht_seconds": -1}', "application/json", 422, "aht_seconds"),
    (b'{"calls": 1, "aht_seconds": 1e999}', "application/json", 422, "aht_seconds"),
    (
        b'{"calls": 1, "aht_seconds": 2, "more": 3}',
        "application/json; charset=utf-8",
        422,
        "more",
    ),
    (b'{"calls": 1, "aht_seconds": 2, "source": "a b"}', "application/json", 422, "source"),
    (b'{"calls": 1, "aht_seconds": 2}' + b" " * 300_000, "application/json", 413, None),
]


def test_a_bad_body_is_refused_with_its_field(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        key = await key_for(served)
        for body, kind, status, field in BAD_BODIES:
            headers = bearing(key) | ({"content-type": kind} if kind else {})
            response = await served.http.post("/api/v1/load", content=body, headers=headers)
            assert fault(response, status).get("field") == field, body[:60]
        assert served.events(LoadReported) == []

    play(tmp_path, story)


def test_what_is_not_there_is_said_so(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        headers = bearing(await key_for(served))
        fault(await served.http.get("/api/v1/nothing", headers=headers), 404)
        refused = await served.http.put("/api/v1/load", headers=headers)
        fault(refused, 405)
        assert "POST" in refused.headers["allow"]
        bad = await served.http.get("/api/v1/events?limit=0", headers=headers)
        assert fault(bad, 400)["field"] == "limit"

    play(tmp_path, story)


def test_a_flood_is_slowed_and_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PER_SECOND": 0.01, "BURST": 20, "FAILURES_A_SECOND": 0.01}.items():
        monkeypatch.setattr(exchange, name, value)

    async def story(served: Served) -> None:
        loud = bearing(await key_for(served))
        quiet = bearing(await key_for(served))

        async def ask(headers: dict[str, str]) -> httpx.Response:
            return await served.http.get("/api/v1/policy", headers=headers)

        answers = await asyncio.gather(*(ask(loud) for _ in range(50)))
        turned_away = [each for each in answers if each.status_code == 429]
        assert len(turned_away) == 30
        fault(turned_away[0], 429)
        assert int(turned_away[0].headers["retry-after"]) >= 1
        assert (await ask(quiet)).status_code == 200
        strangers = await asyncio.gather(
            *(ask(bearing(f"{KEY_PREFIX}x")) for _ in range(FAILURES + 10))
        )
        assert {each.status_code for each in strangers} == {401, 429}
        assert (await ask(quiet)).status_code == 200
        counted = {each.reason for each in served.events(RequestsRefused)}  # type: ignore[attr-defined]
        assert counted == {"flood", "key"}

    play(tmp_path, story)


def test_a_pace_lets_through_so_many_a_second() -> None:
    now = 0.0
    pace = Pace(2.0, 3, lambda: now)
    assert [pace.wait("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert pace.wait("b") == 0
    now = 0.5
    assert [pace.wait("a"), pace.wait("a")] == [0, 0.5]
    now = 1000.0
    assert [pace.wait("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_no_more_run_at_one_time_than_there_is_room_for() -> None:
    room = Room(1, "questions are answered")
    room.check()
    with room.place(), pytest.raises(Problem) as refused:
        room.check()
    room.check()
    assert refused.value.status_code == 503


# --- health ------------------------------------------------------------------------------------


def test_it_says_that_it_lives_and_is_ready(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await served.seen()
        assert (await served.http.get("/healthz")).json() == {"status": "alive"}
        ready = await served.http.get("/readyz")
        assert ready.status_code == 200
        assert ready.json() == {
            "ready": True,
            "reasons": [],
            "head": served.journal.head,
            "views_behind": 0,
            "models": "ready",
        }

    play(tmp_path, story, serve=Library())


def test_it_says_why_it_is_not_ready(tmp_path: Path) -> None:
    async def loading(_: Any) -> Any:
        await asyncio.sleep(60)

    async def story(served: Served) -> None:
        ready = await served.http.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["models"] == "loading"
        assert ready.json()["reasons"] == ["the models are still being loaded"]
        dead = await Journal.open(MemoryStore())
        await dead.close()
        told = await Readiness(replace(served.console, journal=dead)).look()
        assert told.reasons[0] == "the journal does not take what is written"

    play(tmp_path, story, serve=loading)


def test_no_figure_is_about_a_person(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        key = await staffed(served)
        await served.do(StartBreak(agent="a1", kind="normal"))
        served.clock.on(minutes=20)
        load = {"calls": 5, "aht_seconds": 60, "waiting": 3, "longest_wait_seconds": 9}
        await served.http.post("/api/v1/load", json=load, headers=bearing(key))
        await served.seen()
        figures = (await served.http.get("/metrics")).text
        for said in (
            'llmtb_capacity{shift="morning"} 1.0',
            'llmtb_present{shift="morning"} 3.0',
            'llmtb_resting{shift="morning"} 1.0',
            'llmtb_free{shift="morning"} 0.0',
            'llmtb_late{shift="morning"} 1.0',
            "llmtb_calls_waiting 3.0",
            "llmtb_longest_wait_seconds 9.0",
            f"llmtb_journal_seq {float(served.journal.head)}",
            'llmtb_api_seconds_count{operation="reportLoad",status="200"} 1.0',
        ):
            assert said in figures
        assert "a1" not in figures
        assert "key 0" not in figures

    play(tmp_path, story)
