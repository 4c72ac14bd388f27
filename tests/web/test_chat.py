"""People chat in pages as they do in Telegram: they rest, ask, are handed over, lose nothing."""

import asyncio
from pathlib import Path

from llmtb.channels.port import Inline, OutMessage
from llmtb.events.chat import MessageFailed, MessageQueued, MessageSent, QuestionAsked
from llmtb.events.desk import HandedOver, MessageRelayed
from llmtb.events.floor import BreakStarted
from tests.conversation.company import FakePort
from tests.conversation.ladder import Ladder, nothing
from tests.web.chatting import (
    REZA,
    Phones,
    Window,
    all_settled,
    open_window,
    record,
    speak,
    told_so_far,
    window,
    with_phones,
)
from tests.web.desking import SIGNED, at_hand, signed_in
from tests.web.serving import Served, play

SAYS = {"can you lay a cable to the moon?": nothing()}
HOSTILE = '<script>alert("x")</script>\u202e<img src=x onerror=alert(1)>'


async def begun(served: Served) -> None:
    await with_phones(served)
    await at_hand(served)
    assert (await served.http.get("/phones")).status_code == 200


def test_a_rest_is_asked_for_granted_and_refused(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await begun(served)
        async with window(served.http, "/phones/sara") as sara:
            assert (await sara.sees("Hello Sara"))["from"] == "bot"
            await sara.until(lambda page: ["Rest(dnd)"] in page.keys)
            await sara.say("Rest(dnd)")
            await sara.sees("Which rest would you like?")
            answer = await sara.press("Normal")
            assert answer["alert"] is False
            await sara.sees("Normal rest: 15 minutes")
            assert len(served.events(BreakStarted)) == 1
            await sara.say("Overtime")
            await sara.say("Rest(dnd)")
            await sara.sees("your rest time is over")
            own = [each["text"] for each in sara.messages if each["from"] == "me"]
            assert own == ["Rest(dnd)", "Overtime", "Rest(dnd)"]

    play(tmp_path, story, demo=Phones())


def test_a_press_that_is_sent_again_is_one_press_and_so_are_words(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await begun(served)
        async with window(served.http, "/phones/reza") as reza:
            nonce = reza.nonce()
            twice = await asyncio.gather(*(reza.say("what does it cost?", nonce) for _ in range(3)))
            ids = {answer.json()["id"] for answer in twice}
            await reza.sees("site-1 asked: what does it cost?")
            assert len(served.events(QuestionAsked)) == 1
            assert len(ids) == 1
            mine = [each for each in reza.messages if each["from"] == "me"]
            assert [each["id"] for each in mine] == list(ids)
            nonce = reza.nonce()
            first = await reza.press("👍", nonce)
            assert first["toast"] == "Thank you, that helps me to get better."
            assert (await reza.press("👍", nonce))["toast"] == ""

    play(tmp_path, story, demo=Phones(), answer=Ladder(SAYS))


def test_words_that_come_again_once_they_are_recorded_are_not_shown_for_a_moment(
    tmp_path: Path,
) -> None:
    async def story(served: Served) -> None:
        await begun(served)
        async with window(served.http, "/phones/reza") as reza:
            nonce = reza.nonce()
            await reza.say("what does it cost?", nonce)
            await reza.sees("site-1 asked: what does it cost?")
            told = len(reza.told)
            await reza.say("what does it cost?", nonce)
            await reza.say("and now?")
            await reza.sees("site-1 asked: and now?")
            mine = [data["text"] for _, data, _ in reza.told[told:] if data.get("from") == "me"]
            assert set(mine) == {"and now?"}

    play(tmp_path, story, demo=Phones(), answer=Ladder(SAYS))


def test_a_visitor_is_handed_to_an_agent_in_the_console_and_back(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await with_phones(served)
        async with signed_in(served, "sara") as http:
            assert (await http.get("/chat")).status_code == 200
            # A visitor's page is the widget's; here the words come as its endpoint passes them on.
            async with window(http, "/chat") as sara:
                await speak(served, "can you lay a cable to the moon?")
                told = await sara.sees("You talk with")
                assert [b["label"] for row in told["keyboard"] for b in row] == ["Done"]
                await speak(served, HOSTILE)
                passed_on = await sara.sees("onerror")
                assert passed_on["from"] == "customer"
                assert "<script>" in passed_on["text"]
                said = (await sara.say("Good morning!\nLet me see.")).json()
                await sara.until(lambda page: said["id"] in page.shown)
                assert sara.shown[said["id"]]["from"] == "me"
                reza = await told_so_far(served, REZA)
                assert reza.messages[-1]["text"] == "Colleague:\nGood morning!\nLet me see."
                assert reza.messages[-1]["from"] == "agent"
                await sara.press("Done")
                await sara.sees("is over.")
        reza = await told_so_far(served, REZA)
        assert "I am here again" in reza.texts[-1]
        own = [each["text"] for each in reza.messages if each["from"] == "me"]
        assert own == ["can you lay a cable to the moon?", HOSTILE]
        assert len(served.events(HandedOver)) == 1
        assert len(served.events(MessageRelayed)) == 2

    play(tmp_path, story, settings=SIGNED, answer=Ladder(SAYS))


def test_everything_that_is_queued_is_settled_once_and_what_is_over_is_given_up(
    tmp_path: Path,
) -> None:
    async def story(served: Served) -> None:
        await begun(served)
        await served.shut(crash=True)
        await served.open()
        await at_hand(served)
        async with window(served.http, "/phones/reza") as reza:
            await reza.say("what does it cost?")
            await reza.sees("site-1 asked")
        await all_settled(served)
        sent = [e for e in served.events(MessageSent) if isinstance(e, MessageSent)]
        assert len({(e.chat, e.message) for e in sent}) == len(sent)
        seqs = {r.seq for r in served.journal.read() if isinstance(r.event, MessageQueued)}
        assert {e.remote for e in sent} == seqs
        assert served.events(MessageFailed) == []

    play(tmp_path, story, demo=Phones(), answer=Ladder(SAYS))


def test_the_house_dies_between_words_and_their_answer_and_nothing_is_lost_or_doubled(
    tmp_path: Path,
) -> None:
    async def story(served: Served) -> None:
        await begun(served)
        page = Window(served.http, "/phones/reza")
        async with open_window(page):
            await page.sees("Hello Reza")
            nonce = page.nonce()
            asked = asyncio.create_task(page.say("what does it cost?", nonce))
            await page.until(lambda shown: shown.open_questions)
            await served.shut(crash=True)
            await asyncio.gather(asked, return_exceptions=True)
        slow.seconds = lambda _: 0.0
        await served.open()
        await at_hand(served)
        async with open_window(page):
            assert (await page.say("what does it cost?", nonce)).json()["id"] in {
                r.seq for r in served.journal.read() if isinstance(r.event, QuestionAsked)
            }
            await page.sees("site-1 asked: what does it cost?")
            assert sum("site-1 asked" in text for text in page.texts) == 1
            assert [m["text"] for m in page.messages if m["from"] == "me"] == ["what does it cost?"]
            await page.until(lambda shown: not shown.open_questions)

    slow = Ladder(SAYS, lambda _: 30.0)
    play(tmp_path, story, demo=Phones(), answer=slow)


def test_a_page_mirrors_the_chat_that_somebody_has_in_telegram(tmp_path: Path) -> None:
    telegram = FakePort()

    async def story(served: Served) -> None:
        await with_phones(served)
        await served.hire("nima", account="1002")
        await served.roster("nima")
        async with signed_in(served, "nima") as http, window(http, "/chat") as nima:
            assert "on Telegram" in (await http.get("/chat")).text
            assert (await nima.say("/start")).status_code == 200
            await nima.sees("Hello Nima")
            await nima.say("Rest(dnd)")
            asked = await nima.sees("Which rest would you like?")
            # What sends to Telegram is not here: the message is as it would have been sent.
            queued = [r for r in served.journal.read() if r.seq == asked["id"]]
            event = queued[0].event
            assert isinstance(event, MessageQueued)
            assert isinstance(event.keyboard, Inline)
            out = OutMessage(text=event.text, keyboard=event.keyboard)
            remote = await telegram.send(1002, out, 1)
            await record(served, event, remote)
            await nima.press("Urgent")
            await nima.until(lambda page: "Urgent rest" in page.shown[asked["id"]]["text"])
            assert telegram.chats[1002][0].edits == 1
        # The change is known to whoever opens the page later, too.
        later = await told_so_far(served, "1002")
        assert "Urgent rest" in later.shown[asked["id"]]["text"]

    play(tmp_path, story, settings=SIGNED, telegram=telegram)


def test_what_is_no_word_and_no_press_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await begun(served)
        async with window(served.http, "/phones/sara") as sara:
            await sara.sees("Hello Sara")
            head = served.journal.head
            for text, nonce in (("", None), (" \n", None), ("x" * 4097, None), ("hello", 5)):
                assert (await sara.say(text, nonce)).status_code == 400
            post = served.http.post
            for fields in (
                {"message": "1", "button": "", "nonce": str(sara.nonce())},
                {"message": "1", "button": "x" * 65, "nonce": str(sara.nonce())},
                {"message": "one", "button": "x", "nonce": "-1"},
                {},
            ):
                assert (await post("/phones/sara/press", data=fields)).status_code == 400
            odd = {"message": "-5", "button": "1:zz:0", "nonce": str(sara.nonce())}
            assert (await post("/phones/sara/press", data=odd)).json()["toast"]
            for path in ("/phones/nobody/stream", "/phones/sara/file/1", "/phones/maryam/file/1"):
                assert (await served.http.get(path)).status_code in (403, 404)
            for version in ("-1", str(1 << 64)):
                older = await served.http.get(f"/phones/sara/before?version={version}")
                assert older.status_code == 400
            await all_settled(served)
            queued = [r for r in served.journal.read(head) if isinstance(r.event, MessageQueued)]
            assert queued == []

    play(tmp_path, story, demo=Phones())


def test_nobody_has_phones_where_people_are_real(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await with_phones(served)
        await at_hand(served)
        for path in ("", "/stream", "/sara/stream", "/sara/before?version=1", "/sara/file/1"):
            assert (await served.http.get(f"/phones{path}")).status_code == 404
        head = served.journal.head
        said = {"text": "Rest(dnd)", "nonce": str(1 << 41)}
        for path in ("/phones/sara/say", "/phones/sara/press", "/demo/speed"):
            fields = {**said, "message": "1", "button": "x", "speed": "0"}
            assert (await served.http.post(path, data=fields)).status_code == 404
        assert served.journal.head == head

    play(tmp_path, story)


def test_the_clock_of_the_demo_is_set_by_its_page(tmp_path: Path) -> None:
    demo = Phones()

    async def story(served: Served) -> None:
        await begun(served)
        json = {"accept": "application/json"}
        for speed in (0, 300):
            answer = await served.http.post("/demo/speed", data={"speed": speed}, headers=json)
            assert answer.json() == {"speed": speed}
            assert demo.speed == speed
        plain = await served.http.post("/demo/speed", data={"speed": 20})
        assert plain.headers["location"] == "/phones"
        for bad in ("7", "-1", "fast"):
            assert (await served.http.post("/demo/speed", data={"speed": bad})).status_code == 400
        assert demo.speed == 20

    play(tmp_path, story, demo=demo)


def test_the_phones_speak_the_language_of_the_page(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await begun(served)
        assert 'lang="fa"' in (await served.http.get("/phones?lang=fa")).text
        async with window(served.http, "/phones/sara") as sara:
            await sara.until(lambda page: any("راهنما" in row for row in page.keys))
        queued = len(served.events(MessageQueued))
        await served.http.get("/phones")
        assert len(served.events(MessageQueued)) == queued

    play(tmp_path, story, demo=Phones())


def test_a_shift_report_is_there_for_supervisors_alone(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await begun(served)
        async with window(served.http, "/phones/maryam") as maryam:
            await maryam.until(lambda page: any(m["attachment"] for m in page.messages))
            sent = [each for each in maryam.messages if each["attachment"]]
        for message in sent:
            file = await served.http.get(f"/phones/maryam/file/{message['id']}")
            assert file.status_code == 200
            name = message["attachment"]["name"]
            assert name in file.headers["content-disposition"]
            kind = "inline" if message["attachment"]["picture"] else "attachment"
            assert file.headers["content-disposition"].startswith(kind)
            assert not message["attachment"]["picture"] or file.content[:4] == b"\x89PNG"
            sara = await served.http.get(f"/phones/sara/file/{message['id']}")
            assert sara.status_code == 403

    play(tmp_path, story, demo=Phones())


def test_whoever_sits_at_the_machine_chats_once_they_want_to(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await served.house.wake()
        await at_hand(served)
        assert "/chat/begin" in (await served.http.get("/chat")).text
        assert (await served.http.get("/chat/stream")).status_code == 404
        for _ in range(2):
            begun = await served.http.post("/chat/begin", data={})
            assert begun.headers["location"] == "/chat"
        async with window(served.http, "/chat") as page:
            await page.sees("You are here as supervisor.")
            assert len(page.messages) == 1

    play(tmp_path, story)
