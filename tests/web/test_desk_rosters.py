"""Rosters are changed by forms: overtime, moves, days off; people come and go; who did it shows."""

import asyncio
from pathlib import Path

from llmtb.actors.centre import SetPolicy
from llmtb.events.access import RecordViewed
from llmtb.events.floor import (
    AgentAdded,
    AgentChanged,
    AgentRemoved,
    ShiftAssigned,
    ShiftUnassigned,
)
from tests.web.desking import SIGNED, at_hand, fields, signed_in, staff
from tests.web.serving import SHIFT, Served, play

MOVE = "/desk/rosters/move"
HOSTILE = '<img src=x onerror="alert(1)">'


def test_overtime_keeps_the_own_shift_and_a_move_leaves_it(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await staff(served)
        async with signed_in(served, "maryam") as http:
            page = (await http.get(f"{MOVE}?agent=a0&from={SHIFT}&day=2026-11-21")).text
            form = fields(page, MOVE)
            assert (form["from"], form["scope"], form["way"]) == ("morning", "day", "change")
            form |= {"to": "evening", "way": "overtime"}
            sent = await asyncio.gather(*(http.post(MOVE, data=form) for _ in range(2)))
            assert {each.status_code for each in sent} == {303}
            assert sent[0].headers["location"].startswith("/desk/rosters?day=2026-11-21&done=")
            roster = served.console.known.floor.centre.roster
            assert roster.holds("a0", "2026-11-21/evening")
            assert roster.holds("a0", SHIFT)
            assert not roster.holds("a0", "2026-11-22/evening")
            told = (await http.get(sent[0].headers["location"])).text
            assert "A0 is on evening · Sat 21 Nov 2026 (overtime)." in told
            assert "this date alone" in told
            assert "Maryam, 08:01: overtime" in told
            move = {"agent": "a1", "from": "morning", "to": "night", "way": "change"}
            await http.post(MOVE, data=move | {"scope": "always"})
            assert roster.standing["morning"].isdisjoint({"a1"})
            assert "a1" in roster.standing["night"]
        assigned = [e for e in served.events(ShiftAssigned) if e.by == "maryam"]
        assert len(assigned) == 2

    play(tmp_path, story, settings=SIGNED)


def test_somebody_is_taken_off_one_date_or_from_now_on(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await at_hand(served)
        await staff(served)
        off = {"agent": "a0", "from": "morning", "way": "off", "day": "2026-11-22"}
        await served.http.post(MOVE, data=off | {"scope": "day"})
        roster = served.console.known.floor.centre.roster
        assert not roster.holds("a0", "2026-11-22/morning")
        assert roster.holds("a0", "2026-11-23/morning")
        assert "a0" in served.console.known.floor.shifts[SHIFT].present
        shown = (await served.http.get("/desk/rosters?day=2026-11-22")).text
        assert "Off on this date:" in shown
        await served.http.post(MOVE, data=off | {"scope": "always"})
        assert not roster.holds("a0", "2026-11-23/morning")
        assert "a0" not in served.console.known.floor.shifts[SHIFT].present
        assert len(served.events(ShiftUnassigned)) == 2

    play(tmp_path, story)


def test_what_cannot_be_moved_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await at_hand(served)
        await staff(served, 2)
        before = served.journal.head
        good = {"agent": "a0", "from": "morning", "to": "night", "way": "change", "scope": "always"}
        for wrong in (
            {"agent": "nobody"},
            {"agent": ""},
            {"agent": "omid", "way": "roster"},  # an auditor is on no shift
            {"to": "nowhere"},
            {"to": ""},
            {"to": HOSTILE},
            {"way": "sideways"},
            {"scope": "never"},
            {"day": "tomorrow", "scope": "day"},
            {"day": "2026-11-20", "scope": "day"},
            {"day": "2019-01-01", "scope": "day"},
            {"day": "9999-12-31", "scope": "day"},
            {"way": "off", "from": "nowhere"},
        ):
            refused = await served.http.post(MOVE, data=good | wrong)
            assert refused.status_code in (400, 409), wrong
            assert 'class="fault"' in refused.text or 'class="note bad"' in refused.text, wrong
            assert HOSTILE not in refused.text
        assert served.journal.head == before
        for day in ("x", "9999-12-31", "0001-01-01", "2026-11-21/night"):
            assert (await served.http.get("/desk/rosters", params={"day": day})).status_code == 200

    play(tmp_path, story)


def test_people_are_added_changed_and_removed_once(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await staff(served, 1)
        async with signed_in(served, "maryam") as http:
            form = fields((await http.get("/desk/people")).text, "/desk/people")
            form |= {"agent": "reza", "name": HOSTILE, "role": "agent", "hired_on": "2026-01-02"}
            sent = [await http.post("/desk/people", data=form) for _ in range(2)]
            assert {each.status_code for each in sent} == {303}
            assert len([e for e in served.events(AgentAdded) if e.by == "maryam"]) == 1
            assert HOSTILE not in (await http.get(sent[1].headers["location"])).text
            taken = await http.post("/desk/people", data=form | {"name": "Another"})
            assert taken.status_code == 409
            assert "Somebody has this id already." in taken.text
            change = fields((await http.get("/desk/people?agent=reza")).text, "/desk/people")
            assert change["name"] == HOSTILE
            await http.post("/desk/people", data=change | {"name": "رضا"})
            [changed] = served.events(AgentChanged)
            assert isinstance(changed, AgentChanged)
            assert (changed.name, str(changed.hired_on)) == ("رضا", "2026-01-02")
            remove = {"agent": "reza", "what": "remove", "nonce": "n" * 8}
            for _ in range(2):
                told = await http.post("/desk/people", data=remove)
                assert "is off the list." in (await http.get(told.headers["location"])).text
            assert len(served.events(AgentRemoved)) == 1

    play(tmp_path, story, settings=SIGNED)


def test_people_who_cannot_be_so_are_refused(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await staff(served, 1)
        await served.hire("root", "admin")
        async with signed_in(served, "maryam") as http:
            before = served.journal.head
            good = {"what": "add", "agent": "reza", "name": "Reza", "role": "agent"}
            for wrong in (
                {"agent": "a b"},
                {"agent": "a/b"},
                {"agent": ""},
                {"agent": "x" * 65},
                {"agent": "x\u202ey"},
                {"name": "\n"},
                {"name": "x" * 101},
                {"role": "customer"},
                {"role": "admin"},
                {"role": "king"},
                {"hired_on": "yesterday"},
                {"agent": "a0"},
                {"what": "change"},
                {"what": "remove"},
                {"what": "remove", "agent": "maryam"},
                {"what": "remove", "agent": "root"},
                {"what": "change", "agent": "root"},
                {"what": "change", "agent": "maryam", "role": "agent"},
                {"what": "change", "agent": "a0", "role": "auditor"},  # who is on a shift
            ):
                refused = await http.post("/desk/people", data=good | wrong)
                assert refused.status_code in (400, 409), wrong
                assert 'class="fault"' in refused.text or 'class="note bad"' in refused.text, wrong
            assert served.journal.head == before

    play(tmp_path, story, settings=SIGNED)


def test_every_change_is_in_the_history_newest_first_and_can_be_looked_for(
    tmp_path: Path,
) -> None:
    async def story(served: Served) -> None:
        await staff(served, 3)
        await served.hire("x", name=HOSTILE)
        async with signed_in(served, "maryam") as http:
            capacity = {"shift": SHIFT, "capacity": "2", "reason": HOSTILE}
            await http.post("/desk/capacity", data=capacity)
            move = {"agent": "a1", "to": "night", "way": "overtime", "scope": "always"}
            await http.post(MOVE, data=move)
            await served.rules({"breaks.every": 3})
            await served.seen()
            shown = (await http.get("/desk/history")).text
            assert HOSTILE not in shown
            rules, night = shown.index("breaks.every"), shown.index("A1 is on night from now on")
            assert rules < night < shown.index("set the capacity of morning to 2")
            by = (await http.get("/desk/history?person=maryam")).text
            [look] = served.events(RecordViewed)
            assert isinstance(look, RecordViewed)
            assert (look.by, look.what, look.of) == ("maryam", "changes", "maryam")
            assert "set the capacity of morning to 2" in by
            assert "breaks.every" not in by
            about = (await http.get("/desk/history?person=a1&subject=rosters")).text
            assert "A1 is on night from now on" in about
            assert "A0 is on" not in about
            alone = (await http.get("/rules/history")).text
            assert "breaks.every" in alone
            assert "A1 is on night" not in alone
            for odd in ("before=x", "before=-1", "before=" + "9" * 40, "subject=x", "person=%00"):
                assert (await http.get(f"/desk/history?{odd}")).status_code == 200

    play(tmp_path, story, settings=SIGNED)


def test_a_long_history_is_read_page_by_page(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        for number in range(60):
            await served.house.floor(_set(number))
        await served.seen()
        first = (await served.http.get("/rules/history")).text
        assert first.count("<time ") == 50
        older = first[first.index("before=") :].partition('"')[0]
        second = (await served.http.get(f"/rules/history?{older}")).text
        assert second.count("<time ") == 10
        assert "Older" not in second

    play(tmp_path, story)


def _set(number: int) -> SetPolicy:
    return SetPolicy(policy={"breaks.every": number + 10})
