"""What becomes of whoever should not be in, and of what other sites have browsers do."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from llmtb.actors.access import digest_of
from llmtb.actors.centre import AddAgent, RemoveAgent
from llmtb.channels.web.door import exchange, gate, limits
from llmtb.channels.web.door.viewing import note_viewing
from llmtb.channels.web.page import PLACES, static
from llmtb.channels.web.viewer import Viewer
from llmtb.events.access import (
    KeyIssued,
    RecordViewed,
    RequestsRefused,
    SignedOut,
)
from llmtb.events.chat import LanguageChosen
from llmtb.settings import Console as Settings
from tests.web.entering import (
    MARYAM,
    SIGNED,
    browser,
    company,
    enter,
    reasons,
    refused,
    until,
)
from tests.web.serving import Served
from tests.web.visiting import post, token_in

NARROW = limits.Rate(burst=5, per_second=0)


def test_forged_ended_and_old_sessions_open_nothing(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        async with browser(served) as http:
            http.cookies.set("session", "forged")
            turned = await http.get("/account")
            assert turned.is_redirect
            assert 'session=""' in turned.headers["set-cookie"]
            await refused(served, "session")
        async with browser(served) as one, browser(served) as two:
            await enter(served, one)
            await enter(served, two)
            session = two.cookies["session"]
            await post(one, "/account", "/account/sessions/others")
            assert (await two.get("/account")).is_redirect
            assert (await one.get("/account")).status_code == 200
            assert reasons(served, SignedOut) == ["revoked"]
            mine = one.cookies["session"]
            await post(one, "/account", "/account/sign-out")
            assert (await one.get("/account")).is_redirect
            for old in (session, mine):
                headers = {"cookie": f"session={old}"}
                assert (await served.http.get("/account", headers=headers)).is_redirect
            await enter(served, one)
            served.clock.on(hours=SIGNED.session_hours)
            assert (await one.get("/account")).is_redirect

    company(tmp_path, story)


def test_sessions_and_forms_outlive_the_server(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        async with browser(served) as http:
            await enter(served, http)
            token = token_in((await http.get("/account")).text)
            await served.restart()
            assert (await http.get("/account")).status_code == 200
            form = {"token": token, "language": "fa", "back": "/account"}
            assert (await http.post("/language", data=form)).is_redirect
            assert 'dir="rtl"' in (await http.get("/account")).text
            [chosen] = served.events(LanguageChosen)
            assert isinstance(chosen, LanguageChosen)
            assert (chosen.chat, chosen.language) == (str(MARYAM), "fa")

    company(tmp_path, story)


HOSTILE = (
    ({"origin": "https://evil.example"}, "origin"),
    ({"origin": "null"}, "origin"),
    ({"sec-fetch-site": "cross-site"}, "origin"),
    ({"host": "evil.example"}, "host"),
    ({"x-token": ""}, "token"),
    ({"x-token": "0" * 64}, "token"),
)


@pytest.mark.parametrize("signed", [True, False])
def test_what_another_site_has_a_browser_do_is_turned_away(signed: bool, tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        async with browser(served) as http:
            if signed:
                await enter(served, http)
            token = token_in((await http.get("/board")).text)
            form = {"token": token, "language": "fa", "back": "/"}
            for headers, reason in HOSTILE:
                turned = await http.post("/language", data=form, headers=headers)
                assert turned.status_code in (400, 403)
                assert "location" not in turned.headers
                await refused(served, reason)
            assert (await http.post("/language", data=form)).is_redirect

    company(tmp_path, story, settings=SIGNED if signed else Settings(port=0, sign_in=False))


def test_a_form_without_the_token_of_its_own_page_is_turned_away(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        async with browser(served) as one, browser(served) as two:
            await enter(served, one)
            await enter(served, two, "sara")
            strange = token_in((await two.get("/account")).text)
            bare = {"language": "fa", "back": "/"}
            for form in (bare, {**bare, "token": ""}, {**bare, "token": strange}):
                assert (await one.post("/language", data=form)).status_code == 403
            token = token_in((await one.get("/account")).text)
            plain = {"content-type": "text/plain"}
            turned = await one.post("/language", content=f"token={token}", headers=plain)
            assert turned.status_code == 403
            long = await one.post("/language", data={**bare, "token": token, "x": "x" * 1_100_000})
            assert long.status_code == 413
        assert (await served.http.post("/language", data={"token": ""})).status_code == 403
        await refused(served, "token")
        await refused(served, "size")

    company(tmp_path, story)


def test_a_role_counts_from_the_moment_it_is_another(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        async with browser(served) as http:
            await enter(served, http)
            assert (await http.get("/access")).status_code == 200
            token = token_in((await http.get("/access")).text)
            key = {"token": token, "name": "crm", "scopes": "ask"}
            assert (await http.post("/access/keys", data=key)).status_code == 200
            await served.do(AddAgent(agent="sara", role="admin"))
            key["name"] = "another"
            assert (await http.post("/access/keys", data=key)).status_code == 403
            async with http.stream("GET", "/board/feed") as stream:
                lines = stream.aiter_lines()
                await anext(lines)
                await served.do(AddAgent(agent="maryam", role="agent"))
                async with asyncio.timeout(30):
                    async for _ in lines:
                        pass  # what they may not see any more ends
            assert (await http.get("/access")).status_code == 403
            await served.do(RemoveAgent(agent="maryam"))
            assert (await http.get("/account")).is_redirect
            known = served.conversation.feeder.known
            await until(lambda: not known.access.sessions_of("maryam"))
        assert reasons(served, SignedOut) == ["removed"]

    company(tmp_path, story)


def test_an_admin_ends_sessions_and_issues_and_revokes_keys(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        async with browser(served) as http, browser(served) as other:
            await enter(served, http)
            await enter(served, other, "sara")
            assert (await other.get("/access")).status_code == 403
            issued = await post(
                http, "/access", "/access/keys", name="<b>crm", scopes="ask", days="۳"
            )
            assert "<b>crm" not in issued.text
            key = re.search(r"llmtb_[\w-]+", issued.text)
            [event] = served.events(KeyIssued)
            assert isinstance(event, KeyIssued)
            assert key is not None
            assert event.key == digest_of(key[0])
            assert key[0] not in (await http.get("/access")).text
            for wrong in ({"name": ""}, {"scopes": "none"}, {"days": "0"}, {"name": "<b>crm"}):
                form: dict[str, Any] = {"name": "x", "scopes": ["ask", "floor:read"], **wrong}
                again = await post(http, "/access", "/access/keys", **form)
                assert again.status_code == 409
                assert 'role="alert"' in again.text
                kept = re.findall(r'value="([^"]+)" checked', again.text)
                assert kept == ([] if wrong.get("scopes") else ["ask", "floor:read"])
            await post(http, "/access", "/access/keys/revoke", key=event.key)
            assert event.key not in served.console.known.access.keys
            [theirs] = served.console.known.access.sessions_of("sara")
            await post(http, "/access", "/access/sessions/end", session=theirs)
            assert (await other.get("/account")).is_redirect
            for to, what in (("keys/revoke", "key"), ("sessions/end", "session")):
                none = await post(http, "/access", f"/access/{to}", **{what: "x"})
                assert none.is_redirect

    company(tmp_path, story)


def test_a_flood_is_stopped_and_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "SESSION", NARROW)

    async def story(served: Served) -> None:
        async with browser(served) as http:
            await http.get("/sign-in")
            got = [(await http.get("/sign-in")).status_code for _ in range(20)]
            assert got == [200] * 5 + [429] * 15
            await refused(served, "flood")
            [told] = served.events(RequestsRefused)
            assert isinstance(told, RequestsRefused)
            assert told.count < 15, "the rest is told within the minute, as one"
        assert (await served.http.get("/sign-in")).status_code == 200
        await served.shut()
        await served.open()
        told_all = [
            e.count for e in served.events(RequestsRefused) if isinstance(e, RequestsRefused)
        ]
        assert sum(told_all) == 15

    company(tmp_path, story)


def test_knocking_and_streams_have_their_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "KNOCKS", NARROW)
    monkeypatch.setattr(gate, "STREAMS", 1)

    async def story(served: Served) -> None:
        async with browser(served) as http:
            await enter(served, http)
            async with http.stream("GET", "/board/feed") as stream:
                lines = stream.aiter_lines()  # held: what nobody holds is closed
                await anext(lines)
                assert (await http.get("/board/feed")).status_code == 429
        async with browser(served) as http:
            tried = [
                (await post(http, "/sign-in", "/sign-in", code="x")).status_code for _ in range(6)
            ]
            assert tried == [400] * 4 + [429] * 2

    company(tmp_path, story)


def test_every_answer_is_protected(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        async with browser(served) as http:
            await enter(served, http)
            paths = [place.path for place in PLACES]
            for path in (*paths, "/account", "/nowhere", static("base.css"), "/sign-in"):
                headers = (await http.get(path)).headers
                policy = headers["content-security-policy"]
                assert "default-src 'none'" in policy
                assert "frame-ancestors 'none'" in policy
                assert "unsafe" not in policy
                assert headers["x-content-type-options"] == "nosniff"
                assert headers["referrer-policy"] == "same-origin"
                assert headers["cache-control"]
            html = (await http.get("/account")).text
            assert not re.search(r"<[^>]+\s(style|on\w+)=", html)
            assert not re.search(r"<script(?![^>]*\ssrc=)", html)

    company(tmp_path, story)


def test_over_https_cookies_are_bound_and_plain_requests_sent_on(tmp_path: Path) -> None:
    public = Settings(
        port=0, sign_in=True, public_url="https://desk.example", proxies=("127.0.0.1",)
    )

    async def story(served: Served) -> None:
        headers = {"host": "desk.example", "x-forwarded-proto": "https"}
        shown = await served.http.get("/sign-in", headers=headers)
        assert shown.headers["set-cookie"].startswith("__Host-visitor=")
        assert "Secure" in shown.headers["set-cookie"]
        assert "max-age" in shown.headers["strict-transport-security"]
        plain = {**headers, "x-forwarded-proto": "http"}
        sent = await served.http.get("/board?a=b", headers=plain)
        assert sent.status_code == 308
        assert sent.headers["location"] == "https://desk.example/board?a=b"
        assert (await served.http.post("/sign-in", headers=plain)).status_code == 403
        await refused(served, "plain")

    company(tmp_path, story, settings=public)


def test_every_look_is_recorded_once(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        async with browser(served) as http:
            await enter(served, http)
            [session] = served.console.known.access.sessions_of("maryam")
            viewer = _viewer(served, session)
            for _ in range(3):
                await note_viewing(served.console, viewer, "history", "sara")
            [look] = served.events(RecordViewed)
            assert isinstance(look, RecordViewed)
            assert (look.by, look.of, look.session) == ("maryam", "sara", session)

    company(tmp_path, story)


def _viewer(served: Served, session: str) -> Viewer:
    speech = served.console.words.speech("en", served.console.known.floor.centre.policy.zone)
    return Viewer(
        agent="maryam",
        roles=frozenset(("supervisor",)),
        name="Maryam",
        speech=speech,
        session=session,
    )


def test_what_other_systems_call_is_told_so_in_their_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(served: Served) -> None:
        http = served.http
        for path in ("/healthz", "/readyz", "/metrics", "/api/v1/floor"):
            wrong = await http.put(path)
            assert wrong.status_code == 405, path
            assert "set-cookie" not in wrong.headers
            strange = await http.get(path, headers={"host": "evil.example"})
            assert strange.status_code == 400
            assert strange.headers["content-type"] == "application/problem+json"
            assert set(strange.json()) == {"type", "title", "status", "detail"}
        for path in ("/healthz", "/readyz", "/widget.js"):
            assert "set-cookie" not in (await http.get(path)).headers, path
        await http.get("/api/v1/floor", headers={"authorization": "Bearer llmtb_nothing"})
        await refused(served, "key")

    async def limited(served: Served) -> None:
        headers = {"authorization": "Bearer llmtb_nothing"}
        for _ in range(8):
            assert (await served.http.get("/api/v1/floor", headers=headers)).status_code == 401
        assert (await served.http.get("/board")).status_code != 429
        for _ in range(8):
            flooded = await served.http.get("/api/v1/floor")
        assert flooded.status_code == 429
        assert flooded.json()["detail"]

    folders = (tmp_path / "story", tmp_path / "limited")
    for folder in folders:
        folder.mkdir()
    company(folders[0], story)
    monkeypatch.setattr(gate, "ADDRESS", NARROW)
    company(folders[1], limited)


def test_a_body_that_never_comes_in_holds_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "PATIENCE", 0.2)

    async def story(served: Served) -> None:
        for path in ("/api/v1/load", "/widget/session"):
            reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
            head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000\r\n"
            told = "Content-Type: application/json\r\nWebhook-Signature: v1,x\r\n\r\n{"
            writer.write((head + told).encode())
            assert (await reader.readline()).split()[1] == b"408", path
            await reader.read()  # to its end: the connection is not kept
            writer.close()

    company(tmp_path, story)


def test_nothing_that_is_sent_makes_the_server_fail(tmp_path: Path) -> None:
    deep = (b"[" * 30_000, b'{"a":' * 6000)
    endless = b"a=1&" * 2000
    nonsense = (*deep, b"\xff", b"null", b'{"language":"\\ud800"}', b'{"nonce":1e400}')
    kinds = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")

    async def story(served: Served) -> None:
        token = token_in((await served.http.get("/rules")).text)
        places = ("/widget/session", "/widget/leave", "/language", "/rules/check", "/access/keys")
        for place in places:
            for body in nonsense:
                for kind in kinds:
                    headers = {"content-type": kind, "x-token": token}
                    answer = await served.http.post(place, content=body, headers=headers)
                    assert answer.status_code < 500, (place, body[:20], kind)
        for kind in (kinds[1], "text/plain", ""):
            headers = {"content-type": kind, "x-token": token}
            answer = await served.http.post("/language", content=endless, headers=headers)
            assert answer.status_code == 413, "each field costs everybody time"

    open_here = Settings(port=0, sign_in=False, chat_origins=("https://shop.example",))
    company(tmp_path, story, settings=open_here)
