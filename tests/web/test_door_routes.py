"""Every route there is: nobody passes who may not, and a new one is held to it as well."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import httpx
from litestar.routes import HTTPRoute

from llmtb.channels.web.site import application
from tests.web.entering import browser, company, enter
from tests.web.serving import Served
from tests.web.visiting import token_in

OPEN: Final = {
    *("/", "/static/{digest}/{name}", "/sign-in", "/sign-in/code", "/language"),
    *("/healthz", "/readyz", "/metrics", "/api/v1/openapi.json"),
}
"""For anybody."""
OWN: Final = ("/board", "/chat", "/account", "/adherence/me")
"""For whoever is signed in: the board, and what is their own."""
DEMO: Final = ("/phones", "/demo", "/widget/demo")
ADMINS: Final = ("/access/", "/rules/")
"""What beneath these changes something is for admins."""
KEYS: Final = "/api/"
VISITORS: Final = "/widget"
_GIVEN: Final = {"agent": "maryam", "owner": "sara", "message": "1", "date": "2026-11-20"}
_STREAM: Final = {"accept": "text/event-stream"}


class Way(NamedTuple):
    """A method and the path it is asked with; the path as it is declared."""

    method: str
    path: str
    declared: str

    @property
    def changes(self) -> bool:
        """Whether it may change something."""
        return self.method != "GET"

    def within(self, *places: str) -> bool:
        """Whether it is one of these places, or beneath one."""
        return any(self.declared == each or f"{self.declared}/".startswith(each) for each in places)

    async def ask(self, http: httpx.AsyncClient, **headers: str) -> httpx.Response:
        """The answer; what would go on for ever is not waited for."""
        fields = {"name": "x"} if self.changes else None
        asked = http.build_request(self.method, self.path, data=fields, headers=headers)
        answer = await http.send(asked, stream=True)
        await answer.aclose()
        assert "frame-ancestors" in answer.headers["content-security-policy"], self
        assert answer.headers["x-content-type-options"] == "nosniff", self
        return answer


def ways(served: Served) -> Iterator[Way]:
    """All that the application can be asked."""
    for route in application(served.console).routes:
        assert isinstance(route, HTTPRoute)
        path = route.path_format
        for name in route.path_parameters:
            path = path.replace(f"{{{name}}}", _GIVEN.get(name, "x"))
        for method in route.methods - {"OPTIONS"}:
            yield Way(method, path, route.path_format)


async def token_of(http: httpx.AsyncClient, page: str) -> str:
    """What the forms of a page bring back."""
    return token_in((await http.get(page)).text)


def test_every_route_turns_away_whoever_may_not(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await served.hire("ada", "admin", account="1")
        await served.hire("omid", "auditor", account="2")
        guarded = [way for way in ways(served) if way.declared not in OPEN]
        pages = [way for way in guarded if not way.within(KEYS, VISITORS, "/widget.js")]
        assert len(pages) > 50
        await strangers(served, guarded)
        async with browser(served) as sara:
            await enter(served, sara, "sara")
            await below(sara, [way for way in pages if not way.within(*OWN, *DEMO)], 403)
        async with browser(served) as omid:
            await enter(served, omid, "omid")
            changing = [way for way in pages if way.changes and not way.within(*OWN, *DEMO)]
            await below(omid, changing, 403)
        async with browser(served) as maryam:
            await enter(served, maryam)
            await below(maryam, [way for way in changing if way.within(*ADMINS)], 403)
            await below(maryam, [way for way in guarded if way.within(*DEMO)], 404)
        async with browser(served) as ada:
            await enter(served, ada, "ada")
            await elsewhere(ada, [way for way in pages if way.changes])

    company(tmp_path, story)


async def strangers(served: Served, guarded: list[Way]) -> None:
    """Nobody gets in without a session, a key, or a list of sites; nor with a token alone."""
    async with browser(served) as http:
        token = await token_of(http, "/sign-in")
        for way in guarded:
            if way.within(KEYS):
                assert (await way.ask(http)).status_code == 401, way
            elif way.within(VISITORS, "/widget.js") and not way.within(*DEMO):
                assert (await way.ask(http)).status_code in (400, 401, 404), way
            elif way.changes:
                assert (await way.ask(http)).status_code == 403, way
                assert (await way.ask(http, **{"x-token": token})).status_code == 401, way
            else:
                sent = await way.ask(http)
                assert sent.headers["location"].startswith("/sign-in?back="), way
                assert (await way.ask(http, **_STREAM)).status_code == 401, way


async def below(http: httpx.AsyncClient, closed: list[Way], status: int) -> None:
    """Whoever is signed in is refused what is not for their role, with a good token too."""
    assert closed
    token = await token_of(http, "/account")
    for way in closed:
        assert (await way.ask(http, **{"x-token": token})).status_code == status, way


async def elsewhere(http: httpx.AsyncClient, changing: list[Way]) -> None:
    """Nothing is changed by a page that is not ours, whoever is signed in."""
    token = await token_of(http, "/account")
    own = {"x-token": token}
    for way in changing:
        wrong: list[dict[str, str]] = [
            {},
            {"x-token": f"{token[:-1]}{'0' if token[-1] != '0' else '1'}"},
            {**own, "origin": "https://evil.example"},
            {**own, "origin": "null"},
            {**own, "sec-fetch-site": "same-site"},
        ]
        for headers in wrong:
            assert (await way.ask(http, **headers)).status_code == 403, (way, headers)
