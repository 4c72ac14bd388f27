"""Presses that come late or twice, a Telegram that is away: nothing is lost or told twice."""

from pathlib import Path

from llmtb.events.floor import BreakEnded, BreakStarted, WarningIssued
from tests.wire.living import Centre, in_centre, offers, only


def test_stale_and_repeated_presses_do_no_harm(tmp_path: Path) -> None:
    async def story(centre: Centre) -> None:
        nima = centre.nima
        async with centre.running():
            await centre.begin()
            await nima.press("Rest(dnd)")
            menu = await nima.hears(where=offers("Normal"))
            for _ in range(3):
                await nima.press("Normal", on=menu)
            await nima.hears("Normal rest: 15 minutes")
            for _ in range(3):
                await nima.toast("Normal rest until 09:15.")
            await nima.press("Rest(dnd)")
            await nima.hears("your rest time is over")
            await nima.press("Rest(dnd)")
            old = await nima.hears(where=offers("Normal"))
            await centre.until(9, 5)
            await nima.press("Normal", on=old)
            await nima.toast("That button was old. This is how it is now.")
            fresh = await nima.hears(where=offers("Normal"))
            assert fresh.id == old.id
            await nima.press("Normal", on=fresh)
            await nima.hears("Normal rest: 15 minutes, until 09:20.")
        events = await centre.audit()
        assert (len(only(BreakStarted, events)), len(only(BreakEnded, events))) == (2, 1)

    in_centre(tmp_path, story)


def test_what_comes_twice_turned_or_late_is_taken_once(tmp_path: Path) -> None:
    async def story(centre: Centre) -> None:
        server, sara, nima = centre.server, centre.sara, centre.nima
        async with centre.running():
            await centre.begin()
            server.duplicate_updates(2)
            await nima.press("Rest(dnd)")
            await nima.press("Normal", on=await nima.hears(where=offers("Normal")))
            await nima.hears("Normal rest: 15 minutes")
            server.reverse_updates(2)
            await nima.say("/id")
            await nima.say("/help")
            await nima.hears(str(nima.id))
            await nima.hears("Press Rest(dnd) to rest")
            await centre.told()
        await nima.press("Rest(dnd)")
        centre.clock.to(9, 10)
        await sara.say("/id")
        async with centre.running():
            await nima.hears("Your press reached me 10 minutes late, so I did nothing.")
            await sara.hears(str(sara.id))
            await nima.press("Rest(dnd)")
            await nima.hears("your rest time is over")
        events = await centre.audit()
        assert len(only(BreakStarted, events)) == len(only(BreakEnded, events)) == 1

    in_centre(tmp_path, story)


def test_the_floor_runs_on_while_telegram_is_away(tmp_path: Path) -> None:
    async def story(centre: Centre) -> None:
        server, maryam, nima = centre.server, centre.maryam, centre.nima
        async with centre.running() as live:
            await centre.begin()
            await nima.press("Rest(dnd)")
            server.cut_after("messages.SendMessage")
            await nima.press("Normal", on=await nima.hears(where=offers("Normal")))
            await nima.hears("Normal rest: 15 minutes")
            await centre.told()
            server.away()
            await centre.until(9, 20)
            events = [recorded.event for recorded in live.house.journal.read()]
            assert [warning.minute for warning in only(WarningIssued, events)] == [1, 3]
            server.flood(1)
            server.cut_before("messages.SendMessage")
            server.cut_after("messages.SendMessage")
            await server.back()
            for person, words in ((nima, "late from your rest"), (maryam, "late from a rest")):
                first = await person.hears(words, within=10)
                second = await person.hears(words, within=10)
                assert "1 minute" in first.text
                assert "3 minutes" in second.text
            await nima.press("Rest(dnd)")
            await nima.hears("your rest time is over", within=10)
            await centre.told()
        events = await centre.audit()
        assert len(only(BreakEnded, events)) == 1

    in_centre(tmp_path, story)
