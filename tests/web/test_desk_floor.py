"""The desk shows the floor as the decider has it, and what supervisors do there is done once."""

import asyncio
from datetime import timedelta
from pathlib import Path

from llmtb.actors.agent import EndBreak, StartBreak, WaitForSlot
from llmtb.actors.centre import ReportPhone
from llmtb.actors.desk import HandOver
from llmtb.events.floor import (
    BreakEnded,
    BreakExtended,
    BreakStarted,
    OverrideEnded,
    OverrideSet,
    WarningForgiven,
    WarningIssued,
)
from tests.web.desking import LUNCH, SIGNED, at_hand, fields, signed_in, staff
from tests.web.serving import SHIFT, Served, lines_of, play

HOSTILE = "<script>alert(1)</script>\"'&"
ESCAPED = "&lt;script&gt;"


def test_the_floor_is_shown_person_by_person(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await staff(served)
        await served.hire("x", name=HOSTILE)
        await served.roster("x")
        await served.do(StartBreak(agent="a0", kind="normal"))
        await served.do(ReportPhone(agent="a0", state="in_call"))
        await served.do(ReportPhone(agent="a1", state="free"))
        await served.do(WaitForSlot(agent="a2"))
        await served.do(StartBreak(agent="a3", kind="emergency"))
        await served.do(HandOver(chat="77", reason="requested", summary="", among=()))
        shown = (await served.http.get("/desk")).text
        assert "On rest in the bot, in a call by phone:" in shown
        assert "Normal until 08:16" in shown
        assert '<span class="badge good">free</span>' in shown
        assert "waits, number 1" in shown
        assert "A3 until 08:11" in shown
        assert "customer 77 waits since 08:01" in shown
        assert ESCAPED in shown
        assert HOSTILE not in shown
        served.clock.on(minutes=17)
        await _until(served, WarningIssued)
        shown = (await served.http.get("/desk")).text
        assert "Normal, late since 08:16" in shown
        assert "1 warning" in shown

    play(tmp_path, story)


async def _until(served: Served, kind: type[WarningIssued]) -> None:
    async with asyncio.timeout(30):
        while not served.events(kind):  # noqa: ASYNC110  a timer writes it
            await asyncio.sleep(0.02)
    await served.seen()


def test_the_page_is_kept_up_to_date(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await staff(served)
        async with served.http.stream("GET", "/desk/feed") as stream:
            events = lines_of(stream)
            regions = {(await anext(events))[0] for _ in range(4)}
            assert regions == {"region", "beat"}
            await served.do(StartBreak(agent="a0", kind="urgent"))
            async with asyncio.timeout(30):
                async for event, data, _ in events:
                    if event == "region" and "Urgent until 08:06" in data:
                        return

    play(tmp_path, story)


def test_a_capacity_by_hand_is_set_once_however_often_it_is_sent(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await staff(served)
        async with signed_in(served, "maryam") as http:
            form = fields((await http.get(f"/desk/capacity?shift={SHIFT}")).text, "/desk/capacity")
            form |= {"capacity": "۴", "reason": HOSTILE, "until": "10:30"}
            sent = await asyncio.gather(*(http.post("/desk/capacity", data=form) for _ in range(3)))
            assert {each.status_code for each in sent} == {303}
            [override] = served.events(OverrideSet)
            assert isinstance(override, OverrideSet)
            assert (override.by, override.capacity, override.reason) == ("maryam", 4, HOSTILE)
            assert override.until.hour == 7  # UTC
            told = await http.get(sent[0].headers["location"])
            assert "Maryam set the capacity of morning to 4 until 10:30" in told.text
            assert HOSTILE not in told.text
            changed = await http.post("/desk/capacity", data=form | {"capacity": "5"})
            assert changed.status_code == 303
            assert len(served.events(OverrideSet)) == 2
            given_back = await http.post("/desk/capacity/end", data=form)
            again = await http.post("/desk/capacity/end", data=form)
            assert (given_back.status_code, again.status_code) == (303, 303)
            assert len(served.events(OverrideEnded)) == 1

    play(tmp_path, story, settings=SIGNED)


WRONG_CAPACITIES = [
    ({"capacity": "0"}, "tick the freeze"),
    ({"capacity": "-1"}, "whole number from 0"),
    ({"capacity": "9999999999999"}, "whole number from 0"),
    ({"capacity": ""}, "whole number from 0"),
    ({"capacity": "3", "freeze": "yes"}, "A freeze is 0"),
    ({"reason": "  \u202e "}, "the reason in a few words"),
    ({"reason": "x" * 501}, "the reason in a few words"),
    ({"until": "25:00"}, "an hour such as"),
    ({"until": HOSTILE}, "an hour such as"),
]


def test_what_cannot_be_taken_is_said_beside_the_field_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    async def story(served: Served) -> None:
        await at_hand(served)
        await staff(served, 1)
        for typed, fault in WRONG_CAPACITIES:
            await refused_for(served, typed, fault)
        assert served.events(OverrideSet) == []

    async def refused_for(served: Served, typed: dict[str, str], fault: str) -> None:
        form = {"shift": SHIFT, "capacity": "2", "reason": "a rush", "until": ""} | typed
        refused = await served.http.post("/desk/capacity", data=form)
        assert refused.status_code == 400
        assert fault in refused.text
        assert 'aria-invalid="true"' in refused.text
        if "reason" not in typed:
            assert 'value="a rush"' in refused.text
        assert HOSTILE not in refused.text

    play(tmp_path, story)


def test_a_freeze_is_said_out_loud_and_a_shift_that_is_over_is_refused(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await at_hand(served)
        await staff(served, 1)
        form = {"shift": SHIFT, "freeze": "yes", "reason": "the line is down"}
        assert (await served.http.post("/desk/capacity", data=form)).status_code == 303
        [override] = served.events(OverrideSet)
        assert isinstance(override, OverrideSet)
        assert override.capacity == 0
        for shift in ("2026-11-20/morning", "nowhere", "", "2026-11-21/nowhere"):
            wrong = form | {"shift": shift, "reason": f"shift {shift}"}
            refused = await served.http.post("/desk/capacity", data=wrong)
            assert refused.status_code in (400, 409)
            assert "That cannot be done" in refused.text
        assert len(served.events(OverrideSet)) == 1

    play(tmp_path, story)


def test_a_rest_is_extended_and_ended_and_a_warning_forgiven(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await at_hand(served)
        await staff(served)
        await served.do(StartBreak(agent="a0", kind="normal"))
        [granted] = served.events(BreakStarted)
        assert isinstance(granted, BreakStarted)
        person = {"agent": "a0"}
        page = (await served.http.get("/desk/person?agent=a0")).text
        assert "Extend the rest" in page
        more = person | {"what": "extend", "minutes": "10", "extend_reason": "a long call"}
        assert (await served.http.post("/desk/person", data=more)).status_code == 303
        until = person | {"what": "extend", "until": "09:00", "extend_reason": "a longer one"}
        assert (await served.http.post("/desk/person", data=until)).status_code == 303
        moved = [e for e in served.events(BreakExtended) if isinstance(e, BreakExtended)]
        assert moved[0].due == granted.due + timedelta(minutes=10)
        assert (moved[1].due.hour, moved[1].due.minute) == (5, 30)
        served.clock.to(moved[1].due + timedelta(minutes=1, seconds=30))
        await _until(served, WarningIssued)
        forgive = person | {"what": "forgive", "forgive_reason": "the lift was stuck"}
        told = await served.http.post("/desk/person", data=forgive | {"nonce": "n" * 8})
        assert "is forgiven" in (await served.http.get(told.headers["location"])).text
        await served.http.post("/desk/person", data=forgive | {"nonce": "n" * 8})
        assert len(served.events(WarningForgiven)) == 1
        none = await served.http.post("/desk/person", data=forgive | {"nonce": "m" * 8})
        assert "It is so already." in (await served.http.get(none.headers["location"])).text
        end = person | {"what": "end", "end_reason": "needed"}
        await served.http.post("/desk/person", data=end)
        [ended] = served.events(BreakEnded)
        assert isinstance(ended, BreakEnded)
        assert (ended.by, ended.ended_by, ended.reason) == ("owner", "supervisor", "needed")

    play(tmp_path, story)


WRONG_ACTS: list[dict[str, str]] = [
    {"what": "extend", "extend_reason": "x"},
    {"what": "extend", "extend_reason": "x", "minutes": "0"},
    {"what": "extend", "extend_reason": "x", "minutes": "1441"},
    {"what": "extend", "minutes": "5"},
    {"what": "end"},
    {"what": "forgive", "forgive_reason": ""},
    {"what": "dance", "end_reason": "x"},
    {"what": "end", "end_reason": "x", "agent": "nobody"},
    {"what": "end", "end_reason": "x", "agent": "a/b c"},
    {},
]


def test_what_cannot_be_done_for_a_person_is_said_in_the_page(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await at_hand(served)
        await staff(served, 2)
        await served.do(StartBreak(agent="a0", kind="normal"))
        before = served.journal.head
        for typed in WRONG_ACTS:
            refused = await served.http.post("/desk/person", data={"agent": "a0"} | typed)
            assert refused.status_code in (400, 409)
            assert 'class="fault"' in refused.text or 'class="note bad"' in refused.text
        assert served.journal.head == before

    play(tmp_path, story)


def test_two_supervisors_who_end_one_rest_end_it_once(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await staff(served)
        await served.hire("sina", "supervisor")
        await served.do(StartBreak(agent="a0", kind="normal"))
        async with signed_in(served, "maryam") as one, signed_in(served, "sina") as two:
            form = {"agent": "a0", "what": "end", "end_reason": "a rush", "nonce": "n" * 16}
            sent = await asyncio.gather(*(h.post("/desk/person", data=form) for h in (one, two)))
            assert {each.status_code for each in sent} == {303}
            ways = zip((one, two), sent, strict=True)
            told = [(await http.get(each.headers["location"])).text for http, each in ways]
        assert len(served.events(BreakEnded)) == 1
        assert sorted("The rest of A0 is over." in each for each in told) == [False, True]
        assert any("It is so already." in each for each in told)

    play(tmp_path, story, settings=SIGNED)


def test_auditors_read_and_change_nothing_and_agents_do_not_come_in(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await staff(served)
        await served.do(StartBreak(agent="a0", kind="normal"))
        acts = (
            "/desk/capacity",
            "/desk/capacity/end",
            "/desk/person",
            "/desk/rosters/move",
            "/desk/people",
            "/rules/check",
            "/rules/apply",
        )
        pages = ("/desk", "/desk/rosters", "/desk/history", "/rules", "/rules/history")
        before = None
        async with signed_in(served, "omid") as auditor, signed_in(served, "a1") as agent:
            before = served.journal.head
            for page in pages:
                shown = await auditor.get(page)
                assert shown.status_code == 200
                assert "/desk/capacity?" not in shown.text
                assert (await agent.get(page)).status_code == 403
            for act in acts:
                assert (await auditor.post(act, data={"agent": "a0"})).status_code == 403
                assert (await agent.post(act, data={"agent": "a0"})).status_code == 403
            for form in ("/desk/person?agent=a0", "/desk/people", "/desk/rosters/move?agent=a0"):
                assert (await auditor.get(form)).status_code == 403
        assert served.journal.head == before

    play(tmp_path, story, settings=SIGNED)


def test_whether_everybody_can_eat_is_said_before_the_window_opens(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await at_hand(served)
        await served.rules({"meals": [LUNCH], "meals_extra_minutes": 25})
        await staff(served, 20)
        shown = (await served.http.get("/desk")).text
        assert "20 people, 40 minutes each: at least 7 at once." in shown
        assert "The capacity of now, 4, would feed 12; 8 would not eat." in shown
        assert "In the window the capacity will be 7: everybody eats in time." in shown
        form = {"shift": SHIFT, "capacity": "4", "reason": "a rush"}
        await served.http.post("/desk/capacity", data=form)
        shown = (await served.http.get("/desk")).text
        assert "In the window the capacity will be 4: 12 eat in time, 8 do not." in shown

    play(tmp_path, story)


def test_the_desk_speaks_the_viewers_language(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await staff(served)
        await served.do(StartBreak(agent="a0", kind="normal"))
        await served.do(EndBreak(agent="a0"))
        for language, direction in (("fa", "rtl"), ("id", "ltr"), ("pt", "ltr"), ("zh", "ltr")):
            wish = {"Accept-Language": language}
            for page in ("/desk", "/desk/rosters", "/rules"):
                shown = (await served.http.get(page, headers=wish)).text
                assert f'<html lang="{language}" dir="{direction}">' in shown
        persian = (await served.http.get("/desk", headers={"Accept-Language": "fa"})).text
        assert "۶ نفر حاضر" in persian

    play(tmp_path, story)
