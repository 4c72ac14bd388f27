"""A day of a centre over the real wire, from the first /start to the report, in two languages."""

import csv
import io
from pathlib import Path

import openpyxl

from llmtb.events.floor import BreakEnded, BreakStarted, ShiftReported, WarningIssued
from tests.wire.living import Centre, bare, in_centre, labels, offers, only
from tests.wire.server import File, Message

MENU_FA = ["عادی · ۱۵ دقیقه · ۱ جای خالی", "فوری · ۵ دقیقه · ۱ جای خالی", "اضطراری · ۱۰ دقیقه"]
MENU_EN = ["Normal · 15 min · 1 free", "Urgent · 5 min · 1 free", "Emergency · 10 min"]
LUNCH = '[{name = "lunch", shift = "morning", start = "12:00", end = "13:00"}]'


def test_a_day_from_the_first_start_to_the_report(tmp_path: Path) -> None:
    async def day(centre: Centre) -> None:
        async with centre.running():
            await centre.begin()
            await strangers_learn_nothing(centre)
            await an_invitation_opens_once(centre)
            board = await the_board_is_shown(centre)
            await one_rests_and_one_is_refused(centre)
            await the_board_is_kept_in_place(centre, board)
            await the_waiting_one_is_offered_the_slot(centre)
            await lateness_is_told_to_both_sides(centre)
            await a_warning_is_forgiven(centre)
            await a_rest_is_extended_and_ended(centre)
            await the_capacity_is_set_by_hand(centre)
            await everybody_eats(centre)
            await overtime_is_asked_for_and_granted(centre)
            await everybody_sees_their_own_past(centre)
            await the_language_is_changed(centre)
            await the_supervisors_get_the_report(centre)
        events = await centre.audit()
        assert [warning.minute for warning in only(WarningIssued, events)] == [1, 3]
        assert len(only(BreakStarted, events)) == len(only(BreakEnded, events)) == 4
        assert len(only(ShiftReported, events)) == 1

    in_centre(tmp_path, day)


async def strangers_learn_nothing(centre: Centre) -> None:
    stranger = centre.server.person(7000000666, "Maryam", language_code="en")
    await stranger.say("/start")
    polite = await stranger.hears("you are not on its list")
    centre.clock.to(9, 1)
    await stranger.say("/start AAAAAAAAAAAAAAAAAAAAAA")
    await stranger.hears("This invitation is not valid")
    assert (polite.keyboard, polite.buttons, stranger.keyboard) == ((), (), ())
    centre.clock.to(9)


async def an_invitation_opens_once(centre: Centre) -> None:
    code = await centre.link_for("Omid", "agent")
    guests = [centre.server.person(7000000700 + n, "Omid", language_code="fa") for n in range(2)]
    await guests[0].say(f"/start {code}")
    await guests[0].hears("Omid")
    await guests[1].say(f"/start {code}")
    await guests[1].hears("معتبر نیست")
    await centre.maryam.press("People")
    await centre.maryam.press("Omid", on=await centre.maryam.hears("on the list"))
    await centre.maryam.press("Take off the list")
    await centre.maryam.press("Yes, take off")
    await centre.maryam.hears("Omid is off the list.")
    await guests[0].say("Rest(dnd)")
    await guests[0].hears("در فهرست آن نیستید")


async def the_board_is_shown(centre: Centre) -> Message:
    await centre.maryam.press("Live board")
    board = await centre.maryam.hears("2 present")
    assert board.text == (
        "morning until 16:00\n2 present\nResting 0/1 (capacity: by the number present)\n"
        "Live capacity: 1 free of 1"
    )
    return board


async def the_board_is_kept_in_place(centre: Centre, board: Message) -> None:
    def now(chat: list[Message]) -> Message:
        return next(message for message in chat if message.id == board.id)

    await centre.maryam.sees(lambda chat: "1 waits for a slot" in now(chat).text, within=10)
    assert bare(now(centre.maryam.chat).text).splitlines()[2:] == [
        "Resting 1/1 (capacity: by the number present)",
        "• سارا: Normal until 09:15",
        "One is likely free at 09:15.",
        "1 waits for a slot",
        "Live capacity: 0 free of 1",
    ]


async def one_rests_and_one_is_refused(centre: Centre) -> None:
    sara, nima = centre.sara, centre.nima
    await nima.press("Rest(dnd)")
    menu = await nima.hears("Which rest would you like?")
    assert (labels(menu), menu.text.splitlines()[-1]) == (MENU_EN, "Live capacity: 1 free of 1")
    await sara.press("Rest(dnd)")
    assert labels(await sara.hears("کدام استراحت را می‌خواهید؟")) == MENU_FA
    await sara.press("عادی")
    assert (await sara.toast()).text == "استراحت عادی تا ساعت ۰۹:۱۵."
    granted = await sara.hears("۱۵ دقیقه، تا ساعت ۰۹:۱۵.")
    assert granted.text.splitlines()[-1] == "ظرفیت زنده: ۰ جای خالی از ۱"

    await nima.press("Normal", on=menu)
    refused = await nima.toast()
    assert refused.text == "All the slots are taken.\nOne is likely free at 09:15."
    assert refused.alert
    refusal = await nima.hears("likely free at 09:15", where=offers("Tell me when free"))
    await nima.press("Tell me when free", on=refusal)
    await nima.toast("You will be told as soon as a slot is free.")
    await nima.press("Rest(dnd)")
    full = await nima.hears("All the slots are taken.", where=offers("Emergency"))
    assert labels(full) == ["Emergency · 10 min", "I do not wait any more (you are number 1)"]


async def the_waiting_one_is_offered_the_slot(centre: Centre) -> None:
    sara, nima = centre.sara, centre.nima
    await centre.until(9, 10)
    await sara.press("Rest(dnd)")
    over = await sara.hears("زمان استراحت")
    assert over.text == "زمان استراحت شما به پایان رسید\nظرفیت زنده: ۱ جای خالی از ۱"
    offer = await nima.hears("A slot is free now.")
    assert labels(offer) == MENU_EN[:2]
    await nima.press("Normal", on=offer)
    granted = await nima.hears("Normal rest: 15 minutes, until 09:25.")
    assert granted.text.splitlines()[1:] == [
        "Press Rest(dnd) when you are back.",
        "Live capacity: 0 free of 1",
    ]


async def lateness_is_told_to_both_sides(centre: Centre) -> None:
    maryam, hamid, nima = centre.maryam, centre.hamid, centre.nima
    await centre.until(9, 27)
    await nima.hears("You are 1 minute late from your rest.\nWarning 1; 3 are allowed.")
    await maryam.hears("Nima is 1 minute late from a rest. Warning 1.")
    heard = await hamid.hears("دیر کرده است")
    assert bare(heard.text) == "Nima ۱ دقیقه از استراحت دیر کرده است. هشدار شمارهٔ ۱."
    await maryam.press("Who is late")
    late = await maryam.hears("• Nima: Normal, late since 09:25")
    assert labels(late) == ["Nima"]
    await centre.until(9, 29)
    await nima.hears("You are 3 minutes late from your rest.\nWarning 2; 3 are allowed.")
    await hamid.hears("۳ دقیقه")


async def a_warning_is_forgiven(centre: Centre) -> None:
    maryam, nima = centre.maryam, centre.nima
    told = await maryam.hears("Nima is 3 minutes late from a rest. Warning 2.")
    await maryam.press("See to it", on=told)
    await maryam.press("Forgive the last warning", on=await maryam.hears("2 warnings"))
    await maryam.hears("For what reason?")
    await maryam.say("a long call")
    await maryam.hears("The last warning of Nima is forgiven.")
    forgiven = await nima.hears("Maryam took a warning of yours back.")
    assert forgiven.text.splitlines()[1:] == ["a long call", "1 warning is left."]
    await centre.until(9, 31)
    await nima.press("Rest(dnd)")
    over = await nima.hears("your rest time is over")
    assert over.text == (
        "your rest time is over\nYou were 6 minutes late.\nLive capacity: 1 free of 1"
    )


async def a_rest_is_extended_and_ended(centre: Centre) -> None:
    maryam, sara = centre.maryam, centre.sara
    await centre.until(9, 40)
    await sara.press("Rest(dnd)")
    await sara.press("فوری", on=await sara.hears("کدام استراحت"))
    await sara.hears("۵ دقیقه، تا ساعت ۰۹:۴۵.")
    await maryam.press("Rests")
    await maryam.press("سارا", on=await maryam.hears("Whom is it about?"))
    person = await maryam.hears("Urgent until 09:45")
    await maryam.press("Extend the rest", on=person)
    await maryam.press("10", on=await maryam.hears("by how many minutes?"))
    await maryam.hears("For what reason?")
    await maryam.say("the lift is broken")
    await maryam.hears("rests until 09:55.")
    longer = await sara.hears("وقت داد")
    assert bare(longer.text) == "Maryam تا ساعت ۰۹:۵۵ به شما وقت داد: the lift is broken"
    await maryam.press("End the rest", on=person)
    await maryam.hears("For what reason?")
    await maryam.say("the floor needs her")
    over = await sara.hears("زمان استراحت")
    assert bare(over.text).splitlines() == [
        "زمان استراحت شما به پایان رسید",
        "Maryam آن را پایان داد: the floor needs her",
        "ظرفیت زنده: ۱ جای خالی از ۱",
    ]


async def the_capacity_is_set_by_hand(centre: Centre) -> None:
    maryam, hamid = centre.maryam, centre.hamid
    await maryam.press("Set capacity")
    question = await maryam.hears("how many may rest at once? It is 1 now.")
    await maryam.press("2", on=question)
    await maryam.hears("Until when?")
    await maryam.say("۱۱:۰۰")
    await maryam.hears("For what reason?")
    await maryam.say("a quiet hour")
    await maryam.hears("Maryam set the capacity of morning to 2 until 11:00: a quiet hour")
    told = await hamid.hears("a quiet hour")
    assert bare(told.text) == "Maryam ظرفیت morning را تا ساعت ۱۱:۰۰ روی ۲ گذاشت: a quiet hour"
    await centre.until(11, 1)
    await maryam.hears("The rules decide the capacity of morning.")
    await hamid.hears("قاعده‌ها تعیین می‌کنند")


async def everybody_eats(centre: Centre) -> None:
    maryam, hamid, sara, nima = centre.people
    await maryam.say("/set meals [{}]")
    await maryam.hears("That cannot be done: ")
    await maryam.say(f"/set meals {LUNCH}")
    await maryam.hears("Changed: meals")
    await hamid.hears("این تنظیم‌ها را تغییر داد")
    plan = await maryam.hears("lunch of morning, 12:00–13:00:")
    assert plan.text.splitlines()[1:] == [
        "2 people, 30 minutes each: at least 1 at once.",
        "With a capacity of 1, everybody can eat in time.",
    ]
    await centre.until(12)
    reminder = await nima.hears("lunch is open until 13:00, and will not be extended.")
    assert labels(reminder) == ["Meal · 30 min · 1 free"]
    hers = await sara.hears("تا ساعت ۱۳:۰۰ باز است و تمدید نمی‌شود")
    await sara.press("غذا", on=hers)
    await sara.hears("۳۰ دقیقه، تا ساعت ۱۲:۳۰.")
    await centre.until(12, 20)
    await sara.press("Rest(dnd)")
    await sara.hears("زمان استراحت")
    for minute in (30, 45):
        await centre.until(12, minute)
        await nima.hears("lunch is open until 13:00, and will not be extended.")
    await centre.until(13)
    closed = await nima.hears("lunch is over.")
    assert closed.text == "lunch is over.\nLive capacity: 1 free of 1"
    theirs = await sara.hears("به پایان رسید", where=lambda message: "lunch" in message.text)
    assert bare(theirs.text) == "lunch به پایان رسید.\nظرفیت زنده: ۱ جای خالی از ۱"


async def overtime_is_asked_for_and_granted(centre: Centre) -> None:
    maryam, hamid, nima = centre.maryam, centre.hamid, centre.nima
    await nima.press("Overtime")
    await nima.press("evening", on=await nima.hears("On which shift would you like to work?"))
    await nima.hears("Your supervisors were asked about evening · Sat 21 Nov 2026.")
    theirs = await hamid.hears("درخواست اضافه‌کاری")
    assert labels(theirs) == ["موافقت", "رد"]
    await maryam.press("Assign", on=await maryam.hears("Nima asks for overtime on evening"))
    await maryam.toast("Nima is on evening · Sat 21 Nov 2026 (overtime).")
    await nima.hears("Your overtime: evening · Sat 21 Nov 2026.")
    await hamid.press("موافقت", on=theirs)  # both grant it, and it is granted once
    await hamid.hears("شنبه ۳۰ آبان ۱۴۰۵", where=lambda message: message.id == theirs.id)


async def everybody_sees_their_own_past(centre: Centre) -> None:
    await centre.sara.press("سابقهٔ من")
    past = await centre.sara.hears("شنبه ۳۰ آبان ۱۴۰۵")
    assert bare(past.text).splitlines() == [
        "شنبه ۳۰ آبان ۱۴۰۵",
        "• عادی ۰۹:۰۰–۰۹:۱۰",
        "• فوری ۰۹:۴۰–۰۹:۴۰",
        "• غذا ۱۲:۰۰–۱۲:۲۰",
    ]
    await centre.nima.press("My history")
    his = await centre.nima.hears("Sat 21 Nov 2026")
    assert his.text.splitlines()[1:] == ["• Normal 09:10–09:31, 6 minutes late", "1 warning"]


async def the_language_is_changed(centre: Centre) -> None:
    nima = centre.nima
    await nima.press("Language")
    await nima.press("فارسی", on=await nima.hears("Choose the language"))
    await nima.hears("از این پس به زبان")
    assert nima.keyboard[0] == ("Rest(dnd)",)
    assert "سابقهٔ من" in nima.keyboard[3]
    await nima.say("Check out")  # a button of the keyboard before
    await nima.hears("ثبت شد")
    await nima.press("Rest(dnd)")
    absent = await nima.hears("حضور شما ثبت نشده است.")
    assert labels(absent) == ["ورود"]
    await nima.press("ورود", on=absent)
    await nima.toast("حضور شما ثبت شد.")
    await nima.hears("حضور شما در شیفت")


async def the_supervisors_get_the_report(centre: Centre) -> None:
    await centre.until(16)
    day = "2026-11-21-morning"
    for person, title in ((centre.maryam, "Report of morning"), (centre.hamid, "گزارش")):
        picture = await person.hears(title, where=lambda message: message.file is not None)
        assert "Most at once: 1" in picture.text or "بیشترین هم‌زمان: ۱" in picture.text
        files = [picture.file]
        files += [(await person.hears(title)).file for _ in range(2)]
        drawing, book, table = [file for file in files if file is not None]
        assert drawing.kind == "photo"
        assert drawing.content.startswith(b"\x89PNG\r\n\x1a\n")
        assert (book.name, table.name) == (f"{day}.xlsx", f"{day}.csv")
        names_are_in(book, table)
    await centre.maryam.press("Report")
    await centre.maryam.press("morning", on=await centre.maryam.hears("Which shift?"))
    again = await centre.maryam.hears("Report of", where=lambda message: message.file is not None)
    assert again.file is not None
    await centre.told()


def names_are_in(book: File, table: File) -> None:
    """Both files can be read, and tell of both agents."""
    sheets = openpyxl.load_workbook(io.BytesIO(book.content)).worksheets
    cells = {cell for sheet in sheets for row in sheet.values for cell in row}
    fields = {
        field for row in csv.reader(io.StringIO(table.content.decode("utf-8-sig"))) for field in row
    }
    assert {"سارا", "Nima"} <= cells
    assert {"سارا", "Nima"} <= fields
