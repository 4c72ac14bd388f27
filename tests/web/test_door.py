"""Who gets in at the console, and what becomes of whoever should not."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest

from llmtb.actors.access import digest_of
from llmtb.actors.centre import AddAgent, RemoveAgent
from llmtb.actors.signing_in import TRIES, OfferSignIn
from llmtb.channels.port import Unreachable
from llmtb.channels.web.door import gate, limits, seal, second_factor
from llmtb.channels.web.door.viewing import note_viewing
from llmtb.channels.web.page import PLACES, static
from llmtb.channels.web.viewer import Viewer
from llmtb.events.access import (
    KeyIssued,
    LockedOut,
    RecordViewed,
    RequestsRefused,
    SecondFactorRemoved,
    SecondFactorSet,
    SignedIn,
    SignedOut,
    SignInFailed,
)
from llmtb.events.chat import LanguageChosen
from llmtb.settings import Console as Settings
from tests.conversation.company import FakePort
from tests.web.serving import Served, play
from tests.web.visiting import post, token_in

SIGNED = Settings(port=0, sign_in=True)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
NARROW = limits.Rate(burst=5, per_second=0)
MARYAM, SARA = 77, 88
Story = Callable[[Served], Awaitable[None]]


def company(folder: Path, story: Story, **given: Any) -> None:
    """A story with a supervisor and an agent who have the bot, where people sign in."""

    async def told(served: Served) -> None:
        await served.hire("maryam", "supervisor", account=str(MARYAM))
        await served.hire("sara", account=str(SARA))
        await story(served)

    play(folder, told, **{"settings": SIGNED, **given})


def browser(served: Served) -> httpx.AsyncClient:
    """Another browser, with cookies of its own."""
    return httpx.AsyncClient(
        base_url=served.url, timeout=20, headers={"user-agent": FIREFOX, "accept": "text/html"}
    )


async def enter(served: Served, http: httpx.AsyncClient, agent: str = "maryam") -> httpx.Response:
    """Sign in by a link."""
    code = served.secret(16)
    offer = OfferSignIn(agent=agent, offer=digest_of(code), way="link", by=agent)
    await served.house.access(offer)
    await served.seen()
    return await post(http, "/sign-in", "/sign-in", code=code, back="/account")


def reasons(served: Served, kind: type[SignedOut] | type[RequestsRefused]) -> list[str]:
    """Why sessions ended, or requests were turned away."""
    return [e.reason for e in served.events(kind) if isinstance(e, SignedOut | RequestsRefused)]


async def until(true: Callable[[], object]) -> None:
    """Wait for something that follows."""
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110  nothing tells of it
            await asyncio.sleep(0.01)


async def refused(served: Served, reason: str) -> None:
    """Wait until it is recorded that something was turned away."""
    await until(lambda: reason in reasons(served, RequestsRefused))


async def code_for(port: FakePort, chat: int, sent: int = 1) -> str:
    """The six digits that arrived in a chat."""
    await until(lambda: len(port.chats.get(chat, [])) >= sent)
    found = re.search(r"\d{6}", port.chats[chat][-1].text)
    assert found is not None
    return found[0]


def test_nobody_sees_a_page_before_they_sign_in(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        for place in PLACES:
            sent = await served.http.get(place.path)
            assert sent.headers["location"] == f"/sign-in?back={place.path}"
        assert (await served.http.get(static("base.css"))).status_code == 200
        stream = await served.http.get("/board/feed", headers={"accept": "text/event-stream"})
        assert stream.status_code == 401

    company(tmp_path, story)


def test_a_link_opens_once_and_leads_back_to_the_page_that_was_wanted(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        async with browser(served) as http:
            came = await enter(served, http)
            assert (came.status_code, came.headers["location"]) == (303, "/account")
            shown = await http.get("/account")
            assert "Maryam" in shown.text
            assert "Firefox on Linux" in shown.text
            assert "a second factor is wise" in shown.text
            [signed_in] = served.events(SignedIn)
            assert isinstance(signed_in, SignedIn)
            assert signed_in.device == "Firefox on Linux"
            assert (await http.get("/sign-in")).headers["location"] == "/"
        async with browser(served) as http:
            again = await post(http, "/sign-in", "/sign-in", code="x" * 22)
            assert again.status_code == 400
            assert (await http.get("/account")).is_redirect

    company(tmp_path, story)


def test_digits_come_to_one_s_own_chat_and_open_in_the_browser_that_asked(tmp_path: Path) -> None:
    port = FakePort()

    async def story(served: Served) -> None:
        async with browser(served) as mine, browser(served) as other:
            await post(other, "/sign-in", "/sign-in/code", agent="sara")
            asked = await post(mine, "/sign-in", "/sign-in/code", agent=str(MARYAM), back="/desk")
            assert asked.headers["location"] == "/sign-in?sent=1&back=/desk"
            code = await code_for(port, MARYAM)
            assert await code_for(port, SARA) != code
            await served.seen()
            assert (await post(other, "/sign-in", "/sign-in", code=code)).status_code == 400
            persian = code.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
            came = await post(mine, "/sign-in", "/sign-in", code=persian, back="/desk")
            assert came.headers["location"] == "/desk"

    company(tmp_path, story, telegram=port)


def test_whether_an_id_exists_is_told_to_nobody(tmp_path: Path) -> None:
    port = FakePort()

    async def story(served: Served) -> None:
        await served.hire("reza", "customer", account="99")
        answers = set()
        for agent in ("maryam", str(MARYAM), "nobody", "reza", "", "a/b", "‮x"):
            async with browser(served) as http:
                asked = await post(http, "/sign-in", "/sign-in/code", agent=agent)
                shown = await http.get(asked.headers["location"])
                wrong = await post(http, "/sign-in", "/sign-in", code="000000")
                strip = re.compile(r"[0-9a-f]{64}")
                pages = tuple(strip.sub("", page.text) for page in (shown, wrong))
                answers.add((asked.status_code, asked.headers["location"], *pages))
        assert len(answers) == 1
        port.failing["send"] = Unreachable("blocked")
        async with browser(served) as http:
            assert (await post(http, "/sign-in", "/sign-in/code", agent="sara")).is_redirect
        assert set(port.chats) <= {MARYAM}

    company(tmp_path, story, telegram=port)


def test_after_too_many_wrong_digits_the_right_ones_open_nothing_for_a_while(
    tmp_path: Path,
) -> None:
    port = FakePort()

    async def story(served: Served) -> None:
        async with browser(served) as http:
            await post(http, "/sign-in", "/sign-in/code", agent="maryam")
            code = await code_for(port, MARYAM)
            await served.seen()
            wrong = f"{(int(code) + 1) % 1_000_000:06}"
            token = token_in((await http.get("/sign-in")).text)
            form = {"token": token, "code": wrong}
            tries = [http.post("/sign-in", data=form) for _ in range(TRIES + 3)]
            assert {each.status_code for each in await asyncio.gather(*tries)} == {400}
            assert len(served.events(LockedOut)) == 1
            assert len(served.events(SignInFailed)) == TRIES
            right = await http.post("/sign-in", data={"token": token, "code": code})
            assert right.status_code == 400
            assert (await enter(served, http)).is_redirect, "a link cannot be guessed"
            served.clock.on(minutes=16)
            await served.http.get("/sign-in")
            shown = await http.get("/access")
            assert "Locked out" in shown.text

    company(tmp_path, story, telegram=port)


async def set_factor(served: Served, http: httpx.AsyncClient) -> pyotp.TOTP:
    """Have a person who is signed in set up an authenticator."""
    shown = await post(http, "/account", "/account/second-factor/new")
    secret = re.search(r"<code dir=\"ltr\">([A-Z2-7]{32})</code>", shown.text)
    sealed = re.search(r'name="sealed" value="([^"]+)"', shown.text)
    assert secret is not None
    assert sealed is not None
    totp = pyotp.TOTP(secret[1])
    fields = {"token": token_in(shown.text), "sealed": sealed[1]}
    wrong = await http.post("/account/second-factor", data={**fields, "code": "abc"})
    assert wrong.status_code == 400
    assert secret[1] in wrong.text, "the same secret, to try again"
    forged = {**fields, "sealed": sealed[1][:-1] + "x", "code": totp.at(served.clock.now())}
    assert (await http.post("/account/second-factor", data=forged)).is_redirect
    assert not served.events(SecondFactorSet)
    right = {**fields, "code": totp.at(served.clock.now())}
    assert (await http.post("/account/second-factor", data=right)).is_redirect
    assert len(served.events(SecondFactorSet)) == 1
    return totp


def test_a_second_factor_is_asked_for_and_its_digits_are_good_for_one_time(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        async with browser(served) as http:
            await enter(served, http)
            totp = await set_factor(served, http)
            served.clock.on(minutes=2)
        async with browser(served) as http:
            asked = await enter(served, http)
            assert asked.status_code == 200
            assert "authenticator" in asked.text
            assert (await http.get("/account")).is_redirect
            code = re.search(r'name="code" value="([^"]+)"', asked.text)
            assert code is not None
            form = {"token": token_in(asked.text), "code": code[1]}
            digits = totp.at(served.clock.now())
            assert (await http.post("/sign-in", data={**form, "second": "123"})).status_code == 400
            came = await http.post("/sign-in", data={**form, "second": digits})
            assert came.is_redirect
            assert "yes" in (await http.get("/account")).text
            used = await post(http, "/account", "/account/second-factor/remove", code=digits)
            assert used.status_code == 400, "the same digits again"
        async with browser(served) as http:
            asked = await enter(served, http)
            code = re.search(r'name="code" value="([^"]+)"', asked.text)
            assert code is not None
            form = {"token": token_in(asked.text), "code": code[1], "second": digits}
            assert (await http.post("/sign-in", data=form)).status_code == 400, "and here"
            await served.restart()
            assert (await http.post("/sign-in", data=form)).status_code == 400, "and after a crash"
            served.clock.on(minutes=1)
            form["second"] = totp.at(served.clock.now())
            assert (await http.post("/sign-in", data=form)).is_redirect
            served.clock.on(minutes=1)
            gone = {"code": totp.at(served.clock.now())}
            assert (
                await post(http, "/account", "/account/second-factor/remove", **gone)
            ).is_redirect
            assert len(served.events(SecondFactorRemoved)) == 1
        assert (tmp_path / second_factor.FILE).stat().st_mode & 0o777 == 0o600

    company(tmp_path, story)


def test_guesses_at_a_second_factor_lock_the_person_out(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        async with browser(served) as http:
            await enter(served, http)
            totp = await set_factor(served, http)
            served.clock.on(minutes=1)
        async with browser(served) as http:
            asked = await enter(served, http)
            code = re.search(r'name="code" value="([^"]+)"', asked.text)
            assert code is not None
            form = {"token": token_in(asked.text), "code": code[1]}
            for _ in range(TRIES):
                await http.post("/sign-in", data={**form, "second": "000"})
            assert len(served.events(LockedOut)) == 1
            right = {**form, "second": totp.at(served.clock.now())}
            assert (await http.post("/sign-in", data=right)).status_code == 400

    company(tmp_path, story)


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
                async with asyncio.timeout(10):
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
                assert (await post(http, "/access", "/access/keys", **form)).status_code == 409
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
                await anext(stream.aiter_lines())
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


def _kept(folder: Path) -> bytes:
    """All that is kept but what is for secrets."""
    apart = (second_factor.FILE, seal.FILE)
    files = (file for file in folder.rglob("*") if file.is_file() and file.name not in apart)
    return b"".join(file.read_bytes() for file in files)


def test_no_secret_is_in_any_file_but_those_for_it(tmp_path: Path) -> None:
    port = FakePort()

    async def story(served: Served) -> None:
        secrets: list[str] = []
        async with browser(served) as http:
            await post(http, "/sign-in", "/sign-in/code", agent="maryam")
            code = await code_for(port, MARYAM)
            await served.seen()
            assert (await post(http, "/sign-in", "/sign-in", code=code)).is_redirect
            totp = await set_factor(served, http)
            issued = await post(http, "/access", "/access/keys", name="crm", scopes="ask")
            key = re.search(r"llmtb_[\w-]+", issued.text)
            assert key is not None
            secrets += [code, totp.secret, key[0], token_in(issued.text), *http.cookies.values()]
            await http.post("/language", data={"token": "a secret of somebody"})
            await http.get("/desk", params={"q": "another secret of somebody"})
            await post(http, "/account", "/account/sign-out")
            await post(http, "/sign-in", "/sign-in", code="a third secret of somebody")
            secrets += ["secret of somebody", FIREFOX]
        await served.shut()
        kept = _kept(tmp_path)
        assert [secret for secret in secrets if secret.encode() in kept] == []
        await served.open()
        assert "code" in reasons(served, RequestsRefused)

    company(tmp_path, story, telegram=port)
