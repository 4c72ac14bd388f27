"""The questions' pages: what is asked, what came of it, files, and from a gap to an entry."""

import asyncio
import csv
import io
import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest

from llmtb.actors.centre import AddAgent
from llmtb.channels.web.console import Serve, Unserved
from llmtb.control import Note, Unable
from llmtb.events.access import RecordViewed
from llmtb.inference.errors import ModelError
from llmtb.library.answers import Answers
from llmtb.library.service import Service
from llmtb.policy import Questions
from tests.library.place import SETTINGS, silent
from tests.web.asked import Desk
from tests.web.serving import Served, play

HOSTILE = "=cmd|'/C calc'!A0 <script>alert(1)</script> \u202e end"
TABS = ("/questions", "/questions/agents", "/questions/gaps")


async def a_day(served: Served) -> Desk:
    """A day on which some was answered, some not."""
    desk = Desk(served)
    for chat in ("site-1", "site-2", "site-3"):
        question = await desk.ask("how do I pay my bill", chat)
        await desk.answer(question)
        await desk.rate(question, 1 if chat != "site-3" else 0)
    await desk.withhold(await desk.ask("do you repair laptops", "site-1"))
    await desk.offer(await desk.ask("modem light", "site-2"))
    await desk.answer(
        await desk.ask("may I bring my cat", "site-3"), "Cats are welcome.", origin="extract"
    )
    return desk


def table_of(text: str, table: str) -> list[list[str]]:
    """The cells of a table of the page, row by row."""
    section = text.partition(f'aria-labelledby="table-{table}"')[2].partition("</section>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", section, re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[" ".join(re.sub(r"<[^>]+>", "", cell).split()) for cell in row] for row in cells]


def test_a_day_without_a_question_has_pages_and_files(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        for path in TABS:
            for span in ("today", "yesterday", "week", "month"):
                shown = await served.http.get(path, params={"range": span})
                assert shown.status_code == 200
        assert "Nothing was asked." in shown.text
        for name in ("top.csv", "questions.csv", "hours.csv", "days.svg", "top.svg"):
            assert (await served.http.get(f"/questions/files/{name}")).status_code == 200

    play(tmp_path, story)


def test_what_is_asked_most_comes_first_with_what_came_of_it(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await a_day(served)
        shown = (await served.http.get("/questions")).text
        first = table_of(shown, "top")[1]
        assert first[:6] == ["how do I pay my bill", "3", "0 ▲", "3", "0", "0"]
        assert first[7] == "1", "of no help"
        # Four were answered without a person, one was withheld; one waits for a choice.
        assert ">80%<" in shown
        assert "4/5" in shown
        gaps = table_of((await served.http.get("/questions/gaps")).text, "gaps")
        assert [row[0] for row in gaps[1:]] == ["do you repair laptops", "how do I pay my bill"]

    play(tmp_path, story)


def test_a_question_of_yesterday_is_what_today_is_held_against(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        desk = Desk(served)
        await desk.ask("how do I pay my bill")
        served.clock.on(days=1)
        await desk.ask("how do I pay my bill")
        await desk.ask("how do I pay my bill")
        assert table_of((await served.http.get("/questions")).text, "top")[1][1:3] == ["2", "1 ▲"]
        past = (await served.http.get("/questions", params={"range": "yesterday"})).text
        assert table_of(past, "top")[1][1:3] == ["1", "0 ▲"]
        day = date(2026, 11, 21)
        params = {"range": "dates", "since": day.isoformat(), "until": str(day + timedelta(1))}
        both = (await served.http.get("/questions", params=params)).text
        assert table_of(both, "top")[1][1:3] == ["3", "0 ▲"]

    play(tmp_path, story)


def test_filters_leave_the_rest_out_and_bad_ones_say_so(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        desk = await a_day(served)
        await desk.ask("which code for a refund", "900", "agent")
        await desk.ask("رمز وای فای را چطور عوض کنم", "site-9")

        async def asked(**params: str) -> set[str]:
            shown = await served.http.get("/questions", params=params)
            return {row[0] for row in table_of(shown.text, "top")[1:]}

        assert await asked(audience="agent") == {"which code for a refund"}
        assert await asked(language="fa") == {"رمز وای فای را چطور عوض کنم"}
        assert await asked(shift="evening") == set()
        assert "which code for a refund" in await asked(shift="night")
        for bad in ({"range": "ever"}, {"range": "dates", "since": "x"}, {"audience": "<b>"}):
            shown = await served.http.get("/questions", params=bad)
            assert shown.status_code == 400
            assert 'role="alert"' in shown.text

    play(tmp_path, story)


def test_what_new_agents_ask_and_what_agents_ask_again(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await served.hire("ali", account="900")
        await served.hire("bita", account="901")
        hired = date(2026, 11, 1)
        await served.do(AddAgent(agent="ali", name="Ali", hired_on=hired))
        await served.do(AddAgent(agent="bita", name="Bita", hired_on=hired - timedelta(days=900)))
        desk = Desk(served)
        for _ in range(2):
            await desk.withhold(await desk.ask("refund without a bill", "900", "agent"))
        for _ in range(3):
            await desk.answer(await desk.ask("opening hours", chat="901", audience="agent"))
        shown = (await served.http.get("/questions/agents")).text
        assert [row[0] for row in table_of(shown, "weak")[1:]] == [
            "refund without a bill",
            "opening hours",
        ]
        assert [row[0] for row in table_of(shown, "new")[1:]] == ["refund without a bill"]
        group = await served.http.get("/questions/group?cluster=900/1&of=agents")
        assert "Ali" in group.text

    play(tmp_path, story)


def test_hostile_words_are_words(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        desk = Desk(served)
        await desk.withhold(await desk.ask(HOSTILE))
        for path in (*TABS, "/questions/group?cluster=site-1/1"):
            assert "<script>alert" not in (await served.http.get(path)).text
        drawn = await served.http.get("/questions/files/top.svg")
        assert "<script>" not in drawn.text
        ElementTree.fromstring(drawn.content)  # noqa: S314  ours
        got = await served.http.get("/questions/files/gaps.csv")
        [_, row] = csv.reader(io.StringIO(got.content.decode("utf-8-sig"), newline=""))
        assert row[0] == f"'{HOSTILE}"
        for path in ("group?cluster=nobody", "group?cluster=site-1/1&of=x", "files/../../x.csv"):
            assert (await served.http.get(f"/questions/{path}")).status_code == 404
        assert (await served.http.get("/questions/files/passwd.csv")).status_code == 404

    play(tmp_path, story)


def test_files_hold_what_the_page_shows_and_that_is_noted(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await a_day(served)
        for table in ("top", "gaps", "weak", "new", "audiences", "days", "hours", "questions"):
            got = await served.http.get(f"/questions/files/{table}.csv", params={"range": "week"})
            assert got.content.startswith(b"\xef\xbb\xbf")
            assert (
                f'filename="questions-{table}-2026-11-15-2026-11-21.csv"'
                in (got.headers["content-disposition"])
            )
            rows = list(csv.reader(io.StringIO(got.content.decode("utf-8-sig"), newline="")))
            assert {len(row) for row in rows} == {len(rows[0])}
        top = (await served.http.get("/questions/files/top.csv")).content.decode("utf-8-sig")
        assert top.splitlines()[1].startswith("how do I pay my bill,en,3,0,3,0,3,0,0,1,0")
        for chart in ("hours", "days", "top"):
            got = await served.http.get(f"/questions/files/{chart}.svg")
            tree = ElementTree.fromstring(got.content)  # noqa: S314  ours
            names = {each.tag.rpartition("}")[2] for each in tree.iter()}
            assert {"title", "desc", "rect", "text"} <= names
        await served.http.get("/questions/group?cluster=site-1/1")
        looks = [event for event in served.events(RecordViewed) if isinstance(event, RecordViewed)]
        assert {event.what for event in looks} == {"export", "questions"}

    play(tmp_path, story)


@pytest.mark.parametrize("language", ["fa", "zh"])
def test_every_page_is_drawn_in_other_languages(language: str, tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await a_day(served)
        served.http.cookies.set("language", language)
        for path in (*TABS, "/questions/group?cluster=site-1/1", "/questions/files/top.svg"):
            shown = await served.http.get(path)
            assert shown.status_code == 200

    play(tmp_path, story)


# --- from a gap to an entry --------------------------------------------------------------------


class Library:
    """Stands in for the library: it keeps what it is asked for, and answers by it."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self.trouble = ""

    async def __call__(self, request: Mapping[str, Any]) -> Any:
        self.asked.append(request)
        if request["do"] == "list_documents":
            return {"documents": [], "sample": True}
        if request["do"] == "add_entries":
            if self.trouble:
                raise Unserved(self.trouble)
            return {"document": request["document"], "version": 1, "wrong": ""}
        added = [each for each in self.asked if each["do"] == "add_entries"]
        if not added:
            return {"reply": {"outcome": {"type": "withheld", "reason": "unsure"}}}
        source = {"title": added[-1]["title"], "document": added[-1]["document"]}
        text = added[-1]["entries"][0]["answer"]
        outcome = {"type": "answered", "text": text, "sources": [source]}
        return {"reply": {"outcome": outcome}}


FORM = {
    "questions": "do you repair laptops\nis my laptop repaired here",
    "answer": "No, only modems.",
    "title": "Answers",
    "audience": "customer",
    "language": "en",
    "level": "0",
    "back": "range=today",
}


def token_in(text: str) -> str:
    """What a form must bring back."""
    found = re.search(r'name="token" value="([^"]*)"', text)
    return found[1] if found else ""


def test_a_gap_becomes_an_entry_with_a_click_and_an_answer(tmp_path: Path) -> None:
    library = Library()

    async def story(served: Served) -> None:
        await a_day(served)
        gaps = (await served.http.get("/questions/gaps")).text
        link = re.search(r'href="(/questions/answer\?[^"]*)"', gaps)
        assert link is not None
        form = await served.http.get(link[1].replace("&amp;", "&"))
        assert form.status_code == 200
        assert "do you repair laptops" in form.text
        assert "made-up" in form.text, "what the first entry of their own does is said before"
        data = FORM | {"token": token_in(form.text)}
        headers = {"Origin": served.url}
        tried = await served.http.post(
            "/questions/answer", data=data | {"do": "try"}, headers=headers
        )
        assert tried.status_code in (200, 201)
        assert not any(each["do"] == "add_entries" for each in library.asked)
        saved = await served.http.post("/questions/answer", data=data, headers=headers)
        assert saved.status_code == 303
        [added] = [each for each in library.asked if each["do"] == "add_entries"]
        assert added["by"] == "owner"
        assert added["entries"][0]["variants"] == ["is my laptop repaired here"]
        shown = await served.http.get(saved.headers["location"])
        assert "No, only modems." in shown.text
        assert "from now on" in shown.text

    play(tmp_path, story, serve=library)


def test_a_form_with_a_fault_keeps_what_was_typed(tmp_path: Path) -> None:
    library = Library()

    async def story(served: Served) -> None:
        await a_day(served)
        form = await served.http.get("/questions/answer", params={"question": "site-1/2"})
        data = FORM | {"token": token_in(form.text)}
        headers = {"Origin": served.url}
        for field, value in [("answer", " "), ("level", "x"), ("questions", "?"), ("title", "")]:
            told = await served.http.post(
                "/questions/answer", data=data | {field: value}, headers=headers
            )
            assert told.status_code == 400
            assert f'id="fault-{field}"' in told.text
            assert field == "answer" or "No, only modems." in told.text
        library.trouble = "the disk is full"
        told = await served.http.post("/questions/answer", data=data, headers=headers)
        assert told.status_code == 409
        assert "the disk is full" in told.text
        assert "No, only modems." in told.text
        for path in ("answer?question=nobody", "answer?cluster=nobody", "answer/saved"):
            assert (await served.http.get(f"/questions/{path}")).status_code == 404

    play(tmp_path, story, serve=library)


def test_with_the_real_library_the_answer_is_told_from_then_on(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    real: list[Serve] = []

    async def serve(request: Mapping[str, Any]) -> Any:
        return await real[0](request)

    async def story(served: Served) -> None:
        answers = await Answers.open(SETTINGS, data, writes=False)

        async def opened(_: Note) -> Answers:
            await answers.show(service.library(), Questions(sample=False))
            return answers

        service = Service(served.house, served.journal, data, opened)

        async def do(request: Mapping[str, Any]) -> Any:
            try:
                return await service.do(dict(request), silent)
            except (Unable, ModelError) as error:
                raise Unserved(str(error)) from error

        real.append(do)
        await Desk(served).withhold(await Desk(served).ask("do you repair laptops"))
        shown = await served.http.get("/questions/answer", params={"question": "site-1/1"})
        data_ = FORM | {"token": token_in(shown.text)}
        headers = {"Origin": served.url}
        first, second = await asyncio.gather(
            served.http.post("/questions/answer", data=data_, headers=headers),
            served.http.post(
                "/questions/answer",
                data=data_ | {"questions": "may I bring my cat", "answer": "Cats are welcome."},
                headers=headers,
            ),
        )
        for saved, answer in ((first, "No, only modems."), (second, "Cats are welcome.")):
            assert saved.status_code == 303
            query = parse_qs(urlsplit(saved.headers["location"]).query)
            assert query["document"] == ["faq-from-questions-en"]
            told = await served.http.get(saved.headers["location"])
            assert answer in told.text
            assert "from now on" in told.text
        library = service.library()
        assert library.versions == {"faq-from-questions-en": 2}
        assert library.documents["faq-from-questions-en"].reviewed
        await answers.close()

    play(tmp_path, story, serve=serve)
