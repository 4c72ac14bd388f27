"""A whole conversation with people over the real wire: what each side does, the other sees."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from pyrogram import errors
from pyrogram.types import (
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

from tests.wire.library import Inbox, connected, raw, sending
from tests.wire.server import Entity, MtprotoServer, Person, Toast

CHOICE = InlineKeyboardMarkup(
    [
        [InlineKeyboardButton("Tea, 10 minutes", callback_data="tea")],
        [InlineKeyboardButton("Rules", url="https://example.org/rules")],
    ]
)


def talk(
    folder: Path, story: Callable[[MtprotoServer, Any, Inbox, Person], Awaitable[None]]
) -> None:
    """Plays a story with a started bot and Sara, who has just written to it."""

    async def main() -> None:
        inbox = Inbox()
        async with MtprotoServer() as server, connected(server, folder, *inbox.handlers) as bot:
            sara = server.person(7012345678, "Sara", username="sara", language_code="fa")
            await sara.say("/start inv_abc")
            assert await inbox.text() == "/start inv_abc"
            await story(server, bot, inbox, sara)
            assert server.unsupported == []
            assert server.wire_errors == []

    asyncio.run(main())


def test_the_bot_learns_who_writes(tmp_path: Path) -> None:
    async def story(_: MtprotoServer, __: Any, inbox: Inbox, sara: Person) -> None:
        await sara.say("سلام 🌙")
        message = await inbox.message()
        assert message.text == "سلام 🌙"
        assert message.from_user.id == message.chat.id == sara.id == 7012345678
        assert (message.from_user.first_name, message.from_user.language_code) == ("Sara", "fa")

    talk(tmp_path, story)


def test_texts_arrive_with_their_marks_and_their_buttons(tmp_path: Path) -> None:
    async def story(_: MtprotoServer, bot: Any, __: Inbox, sara: Person) -> None:
        sent = await bot.send_message(sara.id, "🌙 **Rest** now", reply_markup=CHOICE)
        seen = await sara.hears("Rest")
        assert (seen.id, seen.text, seen.edited) == (sent.id, "🌙 Rest now", False)
        assert seen.entities == (Entity("Bold", 3, 4),)
        labels = [[button.text for button in row] for row in seen.buttons]
        assert labels == [["Tea, 10 minutes"], ["Rules"]]
        assert seen.buttons[1][0].url == "https://example.org/rules"
        assert sara.chat[-1] == seen

    talk(tmp_path, story)


def test_a_press_is_told_and_answered_once(tmp_path: Path) -> None:
    async def story(_: MtprotoServer, bot: Any, inbox: Inbox, sara: Person) -> None:
        sent = await bot.send_message(sara.id, "Which?", reply_markup=CHOICE)
        await sara.press("Tea")
        press = await inbox.press()
        assert (press.data, press.from_user.id, press.message.id) == ("tea", sara.id, sent.id)
        await press.answer("Enjoy", show_alert=True)
        assert await sara.toast() == Toast("Enjoy", alert=True)
        with pytest.raises(errors.QueryIdInvalid):
            await press.answer("Again")
        assert sara.toasts == [Toast("Enjoy", alert=True)]

    talk(tmp_path, story)


def test_an_old_press_cannot_be_answered(tmp_path: Path) -> None:
    async def story(server: MtprotoServer, bot: Any, inbox: Inbox, sara: Person) -> None:
        await bot.send_message(sara.id, "Which?", reply_markup=CHOICE)
        await sara.press("Tea")
        press = await inbox.press()
        server.expire_presses()
        with pytest.raises(errors.QueryIdInvalid):
            await press.answer("Late")
        assert sara.toasts == []

    talk(tmp_path, story)


def test_a_button_can_be_pressed_as_it_looked_before(tmp_path: Path) -> None:
    async def story(_: MtprotoServer, bot: Any, inbox: Inbox, sara: Person) -> None:
        sent = await bot.send_message(sara.id, "Which?", reply_markup=CHOICE)
        before = await sara.hears("Which?")
        await sent.edit_text("Too late")
        assert (await sara.hears("Too late")).buttons == ()
        await sara.press("Tea", on=before)
        assert (await inbox.press()).data == "tea"
        with pytest.raises(AssertionError, match="no button 'Tea'"):
            await sara.press("Tea", within=0.01)

    talk(tmp_path, story)


def test_a_label_of_the_keyboard_is_said(tmp_path: Path) -> None:
    async def story(_: MtprotoServer, bot: Any, inbox: Inbox, sara: Person) -> None:
        keys = ReplyKeyboardMarkup([["Rest(dnd)"], ["History", "Language"]])
        await bot.send_message(sara.id, "Ready", reply_markup=keys)
        await sara.press("Rest(dnd)")
        assert await inbox.text() == "Rest(dnd)"
        assert sara.keyboard == (("Rest(dnd)",), ("History", "Language"))
        await bot.send_message(sara.id, "Bye", reply_markup=ReplyKeyboardRemove())
        await sara.hears("Bye")
        assert not sara.keyboard

    talk(tmp_path, story)


def test_an_edit_is_seen_and_an_idle_one_refused(tmp_path: Path) -> None:
    async def story(_: MtprotoServer, bot: Any, __: Inbox, sara: Person) -> None:
        sent = await bot.send_message(sara.id, "3 free", reply_markup=CHOICE)
        await bot.edit_message_text(sara.id, sent.id, "2 free", reply_markup=CHOICE)
        seen = await sara.hears("2 free")
        assert (seen.id, seen.edited, len(seen.buttons)) == (sent.id, True, 2)
        with pytest.raises(errors.MessageNotModified):
            await bot.edit_message_text(sara.id, sent.id, "2 free", reply_markup=CHOICE)
        with pytest.raises(errors.MessageIdInvalid):
            await bot.edit_message_text(sara.id, sent.id + 1, "?")

    talk(tmp_path, story)


def test_messages_are_pinned_and_taken_away(tmp_path: Path) -> None:
    async def story(_: MtprotoServer, bot: Any, __: Inbox, sara: Person) -> None:
        sent = await bot.send_message(sara.id, "Board")
        await bot.pin_chat_message(sara.id, sent.id, disable_notification=True)
        pinned = sara.pinned
        assert pinned is not None
        assert pinned.text == "Board"
        await bot.unpin_chat_message(sara.id, sent.id)
        assert sara.pinned is None
        await bot.delete_messages(sara.id, sent.id)
        assert [message.text for message in sara.chat] == ["/start inv_abc"]

    talk(tmp_path, story)


@pytest.mark.parametrize("size", [1, 700_000, 10 * 1024 * 1024 + 1])
def test_files_arrive_whole(size: int, tmp_path: Path) -> None:
    content = bytes(range(256)) * (size // 256) + bytes(size % 256)

    async def story(_: MtprotoServer, bot: Any, __: Inbox, sara: Person) -> None:
        report = io.BytesIO(content)
        report.name = "report.csv"
        await bot.send_document(sara.id, report, caption="The *shift*")
        seen = await sara.hears(where=lambda message: message.file is not None)
        assert seen.file is not None
        assert (seen.file.kind, seen.file.name) == ("document", "report.csv")
        assert seen.file.content == content

    talk(tmp_path, story)


def test_photos_arrive_and_documents_of_people_too(tmp_path: Path) -> None:
    async def story(_: MtprotoServer, bot: Any, inbox: Inbox, sara: Person) -> None:
        await bot.send_photo(sara.id, io.BytesIO(b"picture"), caption="Timeline")
        seen = await sara.hears("Timeline")
        assert seen.file is not None
        assert (seen.file.kind, seen.file.content) == ("photo", b"picture")
        await sara.send_file("roster.csv", b"a,b\n" * 500, "for tomorrow")
        message = await inbox.message()
        assert (message.caption, message.document.file_name) == ("for tomorrow", "roster.csv")
        fetched = await bot.download_media(message, in_memory=True)
        assert bytes(fetched.getbuffer()) == b"a,b\n" * 500

    talk(tmp_path, story)


def test_who_blocked_the_bot_hears_nothing(tmp_path: Path) -> None:
    async def story(_: MtprotoServer, bot: Any, inbox: Inbox, sara: Person) -> None:
        sara.blocks_bot()
        with pytest.raises(errors.UserIsBlocked):
            await bot.send_message(sara.id, "Are you there?")
        await sara.say("I am back")
        assert await inbox.text() == "I am back"
        await bot.send_message(sara.id, "Welcome back")
        assert [message.text for message in sara.chat if message.by_bot] == ["Welcome back"]

    talk(tmp_path, story)


def test_nobody_is_written_to_first(tmp_path: Path) -> None:
    async def story(server: MtprotoServer, bot: Any, _: Inbox, __: Person) -> None:
        reza = server.person(7099999999, "Reza")
        with pytest.raises(errors.PeerIdInvalid):
            await bot.session.send(sending(reza.id, "Hello", 1))
        assert reza.chat == []

    talk(tmp_path, story)


def test_the_limits_of_texts_and_buttons_hold(tmp_path: Path) -> None:
    async def story(_: MtprotoServer, bot: Any, __: Inbox, sara: Person) -> None:
        await bot.session.send(sending(sara.id, "🌙" * 2048, 1))
        with pytest.raises(errors.MessageTooLong):
            await bot.session.send(sending(sara.id, "🌙" * 2048 + "!", 2))
        with pytest.raises(errors.MessageEmpty):
            await bot.session.send(sending(sara.id, "", 3))
        wide = InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data="x" * 65)]])
        with pytest.raises(errors.ButtonDataInvalid):
            await bot.send_message(sara.id, "Which?", reply_markup=wide)

    talk(tmp_path, story)


def test_commands_are_kept_by_language(tmp_path: Path) -> None:
    async def story(server: MtprotoServer, bot: Any, _: Inbox, __: Person) -> None:
        await bot.set_bot_commands([BotCommand("rest", "Take a rest")])
        await bot.set_bot_commands([BotCommand("rest", "استراحت")], language_code="fa")
        assert server.commands == {
            ("Default", ""): [("rest", "Take a rest")],
            ("Default", "fa"): [("rest", "استراحت")],
        }
        assert [one.command for one in await bot.get_bot_commands()] == ["rest"]

    talk(tmp_path, story)


def test_typing_is_heard_of(tmp_path: Path) -> None:
    async def story(server: MtprotoServer, bot: Any, _: Inbox, sara: Person) -> None:
        action = raw.types.SendMessageTypingAction()
        peer = await bot.resolve_peer(sara.id)
        await bot.invoke(raw.functions.messages.SetTyping(peer=peer, action=action))
        assert len(server.calls("messages.SetTyping")) == 1

    talk(tmp_path, story)


def test_a_person_who_waits_in_vain_says_what_is_on_the_screen(tmp_path: Path) -> None:
    async def story(_: MtprotoServer, bot: Any, __: Inbox, sara: Person) -> None:
        await bot.send_message(sara.id, "Something else", reply_markup=CHOICE)
        with pytest.raises(AssertionError, match=r"Something else.*Tea, 10 minutes"):
            await sara.hears("Welcome", within=0.01)
        with pytest.raises(AssertionError, match="no toast"):
            await sara.toast(within=0.01)

    talk(tmp_path, story)
