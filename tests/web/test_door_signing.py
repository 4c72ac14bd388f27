"""Who gets in at the console: by what, how often, and what is kept of it."""

import asyncio
import re
from pathlib import Path

from llmtb.actors.access import digest_of
from llmtb.actors.signing_in import TRIES
from llmtb.channels.port import Unreachable
from llmtb.channels.web.door import seal, second_factor
from llmtb.channels.web.page import PLACES, static
from llmtb.events.access import (
    LockedOut,
    RequestsRefused,
    SecondFactorRemoved,
    SignedIn,
    SignInFailed,
    SignInOffered,
)
from tests.conversation.company import FakePort
from tests.web.entering import (
    FIREFOX,
    MARYAM,
    SARA,
    browser,
    code_for,
    company,
    enter,
    reasons,
    set_factor,
)
from tests.web.serving import Served
from tests.web.visiting import post, token_in


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


def test_digits_are_no_riddle_to_whoever_reads_the_journal(tmp_path: Path) -> None:
    port = FakePort()

    async def story(served: Served) -> None:
        async with browser(served) as http:
            await post(http, "/sign-in", "/sign-in/code", agent="maryam")
            code = await code_for(port, MARYAM)
            nonce = http.cookies["asked"].rpartition(".")[0].partition("-")[2]
            await served.seen()
            told = f"{code}\n{nonce}"
            [offered] = served.events(SignInOffered)
            assert isinstance(offered, SignInOffered)
            assert offered.offer != digest_of(told), "all digits could be tried without asking"
            guessed = await post(http, "/sign-in", "/sign-in", code=told)
            assert guessed.status_code == 400, "a guess that is counted as nobody's"
            assert (await post(http, "/sign-in", "/sign-in", code=code)).is_redirect

    company(tmp_path, story, telegram=port)


def test_whoever_guesses_at_digits_locks_out_no_link_with_a_second_factor(tmp_path: Path) -> None:
    port = FakePort()

    async def story(served: Served) -> None:
        async with browser(served) as http:
            await enter(served, http)
            totp = await set_factor(served, http)
            served.clock.on(minutes=1)
        async with browser(served) as stranger:
            await post(stranger, "/sign-in", "/sign-in/code", agent="maryam")
            await code_for(port, MARYAM)
            for _ in range(TRIES):
                await post(stranger, "/sign-in", "/sign-in", code="123123")
            assert len(served.events(LockedOut)) == 1
        async with browser(served) as http:
            asked = await enter(served, http)
            code = re.search(r'name="code" value="([^"]+)"', asked.text)
            assert code is not None
            form = {"token": token_in(asked.text), "code": code[1]}
            came = await http.post("/sign-in", data={**form, "second": totp.at(served.clock.now())})
            assert came.is_redirect

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
