"""The chat on a company's site, over the wire: who may show it, who is let in, what it costs."""

import asyncio
import re
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import Request
from litestar.exceptions import TooManyRequestsException

from llmtb.actors.access import Invite, digest_of
from llmtb.channels.port import DESK, chat_key
from llmtb.channels.web.chat.speaking import say
from llmtb.channels.web.widget.limits import Limits
from llmtb.channels.web.widget.reception import HEADER, Reception
from llmtb.channels.web.widget.sessions import LASTS, Sessions, kept_key
from llmtb.events.access import RequestsRefused
from llmtb.events.chat import CHAT_EVENTS, MessageQueued, QuestionAsked, SessionEnded
from llmtb.events.desk import TakenBack
from llmtb.settings import Console as Settings
from tests.web.chatting import all_settled
from tests.web.serving import Served, lines_of, play

SHOP = "https://shop.example"
NONCE = 1 << 40


def console(**given: Any) -> Settings:
    """Settings of a console whose chat one shop shows."""
    return Settings(port=0, sign_in=False, **({"chat_origins": (SHOP,)} | given))


VISITORS: list["Visitor"] = []


def visited(
    folder: Path, story: Callable[[Served], Coroutine[Any, Any, None]], **given: Any
) -> None:
    """Have a story happen; whoever came goes again at its end."""

    async def whole(served: Served) -> None:
        try:
            await story(served)
        finally:
            for each in VISITORS:
                await each.http.aclose()
            VISITORS.clear()

    play(folder, whole, **({"settings": console()} | given))


class Visitor:
    """A browser that shows the frame: it keeps cookies, or a token of its own."""

    def __init__(self, served: Served, *, cookies: bool = True) -> None:
        self.served = served
        self.http = httpx.AsyncClient(base_url=served.url, timeout=20)
        self.cookies = cookies
        self.token = ""
        self.nonce = NONCE
        VISITORS.append(self)

    @property
    def headers(self) -> dict[str, str]:
        return {"Origin": self.served.url, "Sec-Fetch-Site": "same-origin", HEADER: self.token}

    async def post(self, path: str, **given: Any) -> httpx.Response:
        """What the frame sends as JSON."""
        answer = await self.http.post(f"/widget/{path}", headers=self.headers, json=given)
        if not self.cookies:
            self.http.cookies.clear()
        return answer

    async def enter(self, language: str = "en") -> httpx.Response:
        """Find or begin a session, as the frame does."""
        answer = await self.post("session", language=language)
        if not answer.is_success or answer.json()["held"]:
            return answer
        answer = await self.post("session", language=language, begin=False)
        if not answer.is_success or answer.json()["held"]:
            return answer
        answer = await self.post("session", language=language, by_page=True)
        self.token = answer.json()["token"] if answer.is_success else ""
        return answer

    async def form(self, path: str, **fields: Any) -> httpx.Response:
        """What the chat sends."""
        self.nonce += 1
        data = {"nonce": self.nonce, **fields}
        return await self.http.post(f"/widget/{path}", headers=self.headers, data=data)

    async def say(self, text: str) -> httpx.Response:
        """Write."""
        return await self.form("say", text=text)

    async def sees(self) -> list[Mapping[str, Any]]:
        """The messages of the chat, as a fresh page has them."""
        messages: list[Mapping[str, Any]] = []
        began = False
        async with self.http.stream("GET", "/widget/stream", headers=self.headers) as stream:
            assert stream.status_code == 200
            async for event, data, _ in lines_of(stream):
                if event == "message":
                    messages.append(msgspec.json.decode(data))
                began = began or event == "start"
                if event == "keys" and began:
                    break
        return messages

    async def hears(self, words: str) -> Mapping[str, Any]:
        """Wait for a message with these words in it."""
        async with self.http.stream("GET", "/widget/stream", headers=self.headers) as stream:
            async for event, data, _ in lines_of(stream):
                message: Mapping[str, Any] = msgspec.json.decode(data) if event == "message" else {}
                if words in message.get("text", ""):
                    return message
        raise AssertionError(f"nobody said {words!r}")

    async def chat(self) -> str:
        """The key of the visitor's chat, which no page ever learns."""
        key = kept_key(self.served.folder, self.served.secret)
        token = self.token or next(iter(self.http.cookies.values()))
        session = Sessions(key).resume(token, self.served.clock.now())
        assert session is not None
        return chat_key(session.chat)


def test_the_chat_is_off_where_no_site_is_listed(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        for path in ("/widget.js", f"/widget/frame?site={SHOP}", "/widget/stream", "/widget/demo"):
            assert (await served.http.get(path)).status_code == 404
        assert (await Visitor(served).enter()).status_code == 404
        assert served.events(*CHAT_EVENTS) == []

    visited(tmp_path, story, settings=console(chat_origins=()))


def test_the_script_has_its_words_and_may_stand_on_any_page(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        script = await served.http.get("/widget.js")
        assert script.headers["content-type"].startswith("text/javascript")
        assert script.headers["cross-origin-resource-policy"] == "cross-origin"
        assert "با ما گفتگو کنید" in script.text
        assert "const WORDS = {};" not in script.text

    visited(tmp_path, story)


def test_the_demo_shows_the_chat_in_a_made_up_shop(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        shop = await served.http.get("/widget/demo?lang=fa")
        assert '<script src="/widget.js" data-language="fa" async></script>' in shop.text
        policy = (await served.http.get(f"/widget/frame?site={served.url}")).headers
        assert f"frame-ancestors {served.url}" in policy["content-security-policy"]
        assert (await Visitor(served).enter("fa")).json()["held"]

    visited(tmp_path, story, settings=console(chat_origins=()), demo=Made())


def test_the_frame_is_for_the_listed_sites_alone(tmp_path: Path) -> None:
    sites = (SHOP, "http://localhost:9000")
    names = st.sampled_from(["shop.example", "www.shop.example", "evil.example", "localhost"])
    ports = st.sampled_from(["", ":9000", ":443", ":8443"])
    tried = st.builds("{}://{}{}".format, st.sampled_from(["http", "https"]), names, ports)

    async def story(served: Served) -> None:
        async def shown(site: str, **headers: str) -> httpx.Response:
            return await served.http.get(
                "/widget/frame",
                params={"site": site},
                headers={"Sec-Fetch-Dest": "iframe"} | headers,
            )

        asked: list[tuple[str, str]] = []

        @settings(max_examples=25, suppress_health_check=list(HealthCheck), database=None)
        @given(tried, tried)
        def collect(site: str, referer: str) -> None:
            asked.append((site, referer))

        collect()
        for site, referer in {*asked, *((each, each) for each in sites)}:
            answer = await shown(site, Referer=f"{referer}/page")
            assert answer.is_success == (site in sites and referer == site), (site, referer)
        frame = await shown(SHOP)
        policy = dict(
            each.strip().split(" ", 1)
            for each in frame.headers["content-security-policy"].split(";")
        )
        assert policy["frame-ancestors"] == " ".join(sites)
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == "'self'"
        assert {"x-frame-options", "set-cookie"}.isdisjoint(frame.headers)
        assert f'data-site="{SHOP}"' in frame.text
        assert (await shown(SHOP, **{"Sec-Fetch-Dest": "document"})).status_code == 403
        assert 'dir="rtl"' in (await served.http.get(f"/widget/frame?site={SHOP}&speak=fa")).text

    visited(tmp_path, story, settings=console(chat_origins=sites))


def test_nobody_but_the_frame_speaks_for_a_visitor(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        visitor = Visitor(served)
        await visitor.enter()
        await all_settled(served)
        before = len(served.events(*CHAT_EVENTS))
        good = visitor.headers
        for bad in (
            {"Origin": SHOP},
            {"Origin": "null"},
            {"Origin": None},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {HEADER: None},
        ):
            headers = {name: value for name, value in (good | bad).items() if value is not None}
            for path in ("session", "leave", "forget"):
                answer = await visitor.http.post(
                    f"/widget/{path}", headers=headers, json={"nonce": NONCE}
                )
                assert answer.status_code == 403
            for path in ("say", "press"):
                data = {"nonce": NONCE, "text": "a", "message": 1, "button": "x"}
                answer = await visitor.http.post(f"/widget/{path}", headers=headers, data=data)
                assert answer.status_code == 403
        assert (
            await visitor.http.get("/widget/stream", headers={"Origin": SHOP})
        ).status_code == 403
        assert len(served.events(*CHAT_EVENTS)) == before

    visited(tmp_path, story)


def test_a_visitor_is_greeted_once_and_comes_back_to_the_same_chat(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        visitor = Visitor(served)
        assert (await visitor.enter("fa")).json() == {"held": True, "token": ""}
        [greeting] = await visitor.sees()
        assert "ربات" in greeting["text"]
        assert greeting["from"] == "bot"
        chat = await visitor.chat()
        assert (await visitor.say("How do I pay?")).is_success
        await served.restart()
        await visitor.enter("fa")
        assert await visitor.chat() == chat
        texts = [each["text"] for each in await visitor.sees()]
        assert texts[0] == greeting["text"]
        assert "How do I pay?" in texts
        assert [m.text for m in queued(served, chat)].count(greeting["text"]) == 1

    visited(tmp_path, story)


def test_two_tabs_are_one_visitor_and_two_visitors_are_not(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        one, other = Visitor(served), Visitor(served, cookies=False)
        await asyncio.gather(one.enter(), other.enter())
        tab = Visitor(served)
        tab.http.cookies = one.http.cookies
        await tab.enter()
        assert await tab.chat() == await one.chat() != await other.chat()
        async with one.http.stream("GET", "/widget/stream", headers=one.headers) as stream:
            events = lines_of(stream)
            await tab.say("From the other tab")
            async for event, data, _ in events:
                if event == "message" and "From the other tab" in data:
                    break
        assert "From the other tab" not in str(await other.sees())

    visited(tmp_path, story)


def test_where_cookies_are_refused_the_page_brings_the_token(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        visitor = Visitor(served, cookies=False)
        assert re.fullmatch(r"[\w-]{72}", (await visitor.enter()).json()["token"])
        assert (await visitor.say("Hello")).is_success
        assert len(await visitor.sees()) >= 2
        assert (await visitor.post("session")).json() == {"held": True, "token": ""}

    visited(tmp_path, story)


@pytest.mark.parametrize("https", [True, False])
def test_the_cookie_is_kept_apart_for_each_site(tmp_path: Path, https: bool) -> None:
    async def story(served: Served) -> None:
        own = "https://console.example" if https else served.url
        headers = {"Origin": own, HEADER: "", "Host": own.partition("//")[2]}
        answer = await served.http.post("/widget/session", headers=headers, json={})
        [cookie] = answer.headers.get_list("set-cookie")
        wanted = {"HttpOnly", "Path=/", "Max-Age=2592000"}
        wanted |= {"Secure", "SameSite=None", "Partitioned"} if https else {"SameSite=Lax"}
        name, *manners = cookie.split("; ")
        assert set(manners) == wanted
        assert name.startswith("__Host-widget=" if https else "widget=")

    public = "https://console.example" if https else ""
    visited(tmp_path, story, settings=console(public_url=public))


def test_forged_and_old_tokens_open_nothing(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        visitor = Visitor(served, cookies=False)
        await visitor.enter()
        good = visitor.token
        for at in range(0, len(good), 5):
            visitor.token = good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :]
            assert (await visitor.say("Hello")).status_code == 401
        visitor.token = good
        assert (await visitor.say("Hello")).is_success
        served.clock.on(seconds=LASTS.total_seconds())
        assert (await visitor.say("Hello")).status_code == 401
        assert (
            await visitor.http.get("/widget/stream", headers=visitor.headers)
        ).status_code == 401
        assert not (await visitor.post("session", begin=False)).json()["held"]

    visited(tmp_path, story)


def test_the_end_of_a_chat_is_its_end_and_a_device_is_forgotten(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        visitor = Visitor(served)
        await visitor.enter()
        chat = await visitor.chat()
        await visitor.say("How do I pay?")
        assert (await visitor.post("leave", nonce=NONCE + 50)).is_success
        assert (await visitor.post("leave", nonce=NONCE + 50)).is_success
        ended = [each for each in served.events(SessionEnded) if each.chat == chat]  # type: ignore[attr-defined]
        assert len(ended) == 1
        texts = [each["text"] for each in await visitor.sees()]
        assert sum("glad to help you again" in text for text in texts) == 1
        assert not any("/exit" in text for text in texts)
        assert (await visitor.post("forget", nonce=NONCE + 51)).is_success
        assert not visitor.http.cookies
        await visitor.enter()
        assert await visitor.chat() != chat

    visited(tmp_path, story)


def test_a_person_takes_over_and_the_visitor_hears_so_and_hears_them(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        agent = DESK + 7
        await served.hire("javad", account=chat_key(agent))
        await served.roster("javad")
        served.clock.on(minutes=2)  # the shift begins
        async with asyncio.timeout(20):
            while not served.console.known.floor.in_order()[-1].present:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        visitor = Visitor(served)
        await visitor.enter()
        await visitor.say("A person")
        await visitor.hears("A colleague is with you now")
        await visitor.say("Are you <b>there</b>?")
        await served.seen()
        await say(served.console, agent, "Good morning!", NONCE)
        assert (await visitor.hears("Good morning!"))["from"] == "agent"
        assert (await visitor.post("forget", nonce=NONCE + 99)).is_success
        await served.seen()
        assert not served.console.known.floor.desk.held

    visited(tmp_path, story)


def test_whoever_forgets_leaves_the_person_they_talk_with(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        visitor = Visitor(served)
        await visitor.enter()
        await visitor.say("A person")
        assert (await visitor.post("forget", nonce=NONCE + 99)).is_success
        await served.seen()
        assert not served.console.known.floor.desk.held
        assert all(each.reason == "exit" for each in served.events(TakenBack))  # type: ignore[attr-defined]

    visited(tmp_path, story)


def test_an_invitation_opens_nothing_here(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await served.hire("maryam", "supervisor", account="9")
        code, until = "c" * 22, served.clock.now().replace(year=2027)
        invite = Invite(
            by="x", agent="maryam", role="supervisor", code_digest=digest_of(code), until=until
        )
        await served.house.access(invite)
        visitor = Visitor(served)
        await visitor.enter()
        for text in (f"/start {code}", f" /START@bot {code}", f"/start\u00a0{code}"):
            await visitor.say(text)
        assert await visitor.chat() not in served.console.known.access.accounts

    visited(tmp_path, story)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "'; DROP TABLE events; --",
        "\u202e\u2066 turned \u0000 and \ud7ff more",
        "</textarea><img src=x onerror=alert(1)>",
        "/set breaks.every 4",
        "Rest(dnd)",
    ],
)
def test_hostile_words_are_only_words(tmp_path: Path, text: str) -> None:
    async def story(served: Served) -> None:
        visitor = Visitor(served)
        await visitor.enter()
        assert (await visitor.say(text)).is_success
        await served.seen()
        assert (await visitor.http.get("/board")).is_success
        assert served.console.known.floor.centre.policy.breaks.every == 5

    visited(tmp_path, story)


def test_what_nobody_can_mean_is_refused_and_costs_nothing(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        visitor = Visitor(served)
        await visitor.enter()
        await all_settled(served)
        before = len(served.events(*CHAT_EVENTS))
        assert (await visitor.say("a" * 5000)).status_code == 400
        assert (await visitor.say("a" * 40_000)).status_code == 413
        assert (await visitor.say("  ")).status_code == 400
        assert (await visitor.form("say", text="a", nonce=1)).status_code == 400
        assert (await visitor.form("press", message=-1, button="x" * 99)).status_code == 400
        assert (await visitor.post("session", language="x" * 99)).status_code == 400
        assert (await visitor.post("leave", nonce=1)).status_code == 400
        assert len(served.events(*CHAT_EVENTS)) == before

    visited(tmp_path, story)


def test_a_flood_of_words_ends_in_words(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        visitor = Visitor(served)
        await visitor.enter()
        answers = await asyncio.gather(*(visitor.say(f"Question {n}") for n in range(80)))
        assert {each.status_code for each in answers} == {200, 429}
        refused = [each for each in answers if each.status_code == 429]
        assert len(refused) >= 80 - Limits().words - 1
        assert "too much at once" in refused[0].text
        asked = served.events(QuestionAsked)
        assert len(asked) <= served.console.known.floor.centre.policy.questions.per_minute

    visited(tmp_path, story)


def test_new_visitors_are_limited_by_address_and_in_all(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        reception = Reception(served.console, Limits(sessions=3, all_sessions=5))
        taken = []
        for host in ["203.0.113.1"] * 5 + ["203.0.113.2"] * 5 + ["127.0.0.1"] * 5:
            with suppress(TooManyRequestsException):
                reception.begin(asking(host))
                taken.append(host)
        assert taken == ["203.0.113.1"] * 3 + ["203.0.113.2"] * 2

    visited(tmp_path, story)


def test_sessions_that_nobody_brings_back_cost_nothing(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        for _ in range(40):
            visitor = Visitor(served, cookies=False)
            assert not (await visitor.post("session", language="fa")).json()["held"]
            await visitor.http.aclose()
        await served.seen()
        assert served.events(*CHAT_EVENTS) == []
        assert not served.console.known.chats

    visited(tmp_path, story)


def test_what_is_refused_is_counted(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        for _ in range(5):
            headers = {"Referer": "https://evil.example/"}
            answer = await served.http.get(f"/widget/frame?site={SHOP}", headers=headers)
            assert answer.status_code == 403
        async with asyncio.timeout(30):
            while not (counted := served.events(RequestsRefused)):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert isinstance(counted[0], RequestsRefused)
        assert counted[0].reason == "origin"
        assert len(counted) == 1

    visited(tmp_path, story)


def test_streams_of_one_visitor_are_bounded_and_let_go(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        visitor = Visitor(served)
        await visitor.enter()
        most = Limits().streams
        streams = [
            visitor.http.stream("GET", "/widget/stream", headers=visitor.headers)
            for _ in range(most + 1)
        ]
        answers = [await each.__aenter__() for each in streams]
        lines = [each.aiter_lines() for each in answers[:most]]  # held: or they would be closed
        for each in lines:
            await anext(each)
        assert [each.status_code for each in answers] == [200] * most + [429]
        for opened in streams:
            await opened.__aexit__(None, None, None)
        async with asyncio.timeout(30):
            while served.pages.watching:  # noqa: ASYNC110  nobody tells when a page has gone
                await asyncio.sleep(0.01)
        assert len(await visitor.sees()) == 1

    visited(tmp_path, story)


class Made:
    """A demo without phones."""

    speed = 1.0
    phones = ()


def queued(served: Served, chat: str) -> list[MessageQueued]:
    """What was said to a chat."""
    return [
        e for e in served.events(MessageQueued) if isinstance(e, MessageQueued) and e.chat == chat
    ]


def asking(host: str) -> Any:
    """A request of somebody's, as far as a limit looks at it."""
    scope = {"type": "http", "client": (host, 1), "state": {}, "headers": [], "method": "POST"}
    return Request(scope)  # type: ignore[arg-type]
