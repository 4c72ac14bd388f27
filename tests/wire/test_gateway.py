"""One connection of the product's bot, on the real wire: what comes in and goes out, what fails."""

import asyncio
import logging
import stat
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from llmtb.channels.port import (
    AlreadySent,
    Attachment,
    Button,
    Disconnected,
    Flooded,
    Inline,
    MessageGone,
    NotModified,
    OutMessage,
    PortError,
    Reply,
    Said,
    TooLate,
    Unreachable,
    Unsendable,
)
from llmtb.channels.telegram.gateway import Gateway
from llmtb.channels.telegram.settings import PublicKey, TelegramSettings
from tests.wire.bot import Desk, opened, settings_for, supervised
from tests.wire.server import MtprotoServer, Person
from tests.wire.server.rsa import server_key

CHOICE = Inline(((Button("Rest 15′", "r:1:normal"), Button("Urgent 5′", "r:1:urgent")),))
MENU = Reply((("Rest(dnd)", "History"), ("Language",)))

Story = Callable[[MtprotoServer, Gateway, Person], Awaitable[None]]


def tell(folder: Path, story: Story, **settings: float) -> None:
    """Plays a story with an open connection and Sara, who has written to the bot before."""

    async def main() -> None:
        async with MtprotoServer() as server:
            sara = server.person(7012345678, "Sara", username="sara", language_code="fa")
            await sara.say("/start")
            async with opened(server, folder / "telegram", **settings) as gateway:
                await story(server, gateway, sara)
            assert server.unsupported == []
            assert server.wire_errors == []

    asyncio.run(main())


def text(words: str) -> OutMessage:
    return OutMessage(text=words)


def pins(person: Person) -> list[str]:
    return [message.text for message in person.chat if message.pinned]


def test_a_person_is_known_by_number_and_met_by_name_and_language(tmp_path: Path) -> None:
    async def main() -> None:
        desk = Desk()
        async with MtprotoServer() as server, supervised(server, tmp_path / "t", desk) as telegram:
            assert telegram.name == server.bot.username
            sara = server.person(7012345678, "Sara", language_code="fa")
            await sara.say("سلام 🌙")
            await desk.takes("سلام 🌙")
            await telegram.send(sara.id, OutMessage(text="Which?", keyboard=CHOICE), 1)
            await sara.press("Urgent")
            await desk.takes("سلام 🌙", "[r:1:urgent]")
            said, pressed = desk.taken
            for update in (said, pressed):
                assert update.chat == update.user == sara.id
                assert (update.first_name, update.language_code) == ("Sara", "fa")
                assert timedelta(0) <= datetime.now(UTC) - update.at < timedelta(seconds=30)
            assert isinstance(said, Said)
            assert said.update == f"tg:msg:{sara.id}:{said.message_id}"

    asyncio.run(main())


def test_what_the_bot_itself_does_never_comes_in(tmp_path: Path) -> None:
    async def main() -> None:
        desk = Desk()
        async with MtprotoServer() as server, supervised(server, tmp_path / "t", desk) as telegram:
            sara = server.person(1, "Sara")
            await sara.say("one")
            await desk.takes("one")
            for number in range(1, 6):
                sent = await telegram.send(sara.id, text(f"answer {number}"), number)
            await telegram.edit(sara.id, sent, text("edited"))
            await telegram.pin(sara.id, sent)
            await telegram.delete(sara.id, sent)
            await sara.say("two")
            await desk.takes("one", "two")
            # The bot's own deeds are counted as they are done, so nothing seemed to be missing.
            assert server.calls("updates.GetDifference") == []

    asyncio.run(main())


def test_texts_go_out_as_they_are_with_their_buttons(tmp_path: Path) -> None:
    async def story(_: MtprotoServer, gateway: Gateway, sara: Person) -> None:
        words = "Sara **is** <b>back</b> `at` 10:05 🙂"
        await gateway.send(sara.id, OutMessage(text=words, keyboard=MENU), 1)
        shown = await sara.hears()
        assert (shown.text, shown.entities) == (words, ())
        assert sara.keyboard == MENU.rows
        await gateway.send(sara.id, OutMessage(text="Which?", keyboard=CHOICE), 2)
        shown = await sara.hears("Which?")
        assert [[(button.text, button.data) for button in row] for row in shown.buttons] == [
            [("Rest 15′", b"r:1:normal"), ("Urgent 5′", b"r:1:urgent")]
        ]
        assert sara.keyboard == MENU.rows

    tell(tmp_path, story)


def test_a_message_changes_in_place(tmp_path: Path) -> None:
    async def story(_: MtprotoServer, gateway: Gateway, sara: Person) -> None:
        board = await gateway.send(sara.id, OutMessage(text="1 rests", keyboard=CHOICE), 1)
        await gateway.pin(sara.id, board)
        await gateway.pin(sara.id, board)  # as it is already
        assert pins(sara) == ["1 rests"]
        await gateway.edit(sara.id, board, OutMessage(text="2 rest", keyboard=CHOICE))
        with pytest.raises(NotModified):
            await gateway.edit(sara.id, board, OutMessage(text="2 rest", keyboard=CHOICE))
        await gateway.edit(sara.id, board, text("nobody rests"))
        assert pins(sara) == ["nobody rests"]
        assert sara.chat[-1].buttons == ()
        await gateway.unpin(sara.id, board)
        assert pins(sara) == []
        await gateway.delete(sara.id, board)
        with pytest.raises(MessageGone):
            await gateway.edit(sara.id, board, text("anybody?"))
        with pytest.raises(MessageGone):
            await gateway.pin(sara.id, board)

    tell(tmp_path, story)


def test_a_press_is_answered_once_and_in_time(tmp_path: Path) -> None:
    async def main() -> None:
        desk = Desk()
        async with MtprotoServer() as server, supervised(server, tmp_path / "t", desk) as telegram:
            sara = server.person(1, "Sara")
            await sara.say("/start")
            await telegram.send(sara.id, OutMessage(text="Which?", keyboard=CHOICE), 1)
            for times in (2, 3):
                await sara.press("Rest")
                await desk.takes_any(times)
            first, second = (getattr(update, "query_id", "") for update in desk.taken[1:])
            await telegram.answer(first, "x" * 300, alert=True)
            toast = await sara.toast()
            assert (len(toast.text), toast.alert) == (200, True)
            with pytest.raises(TooLate):
                await telegram.answer(first, "again")
            server.expire_presses()
            with pytest.raises(TooLate):
                await telegram.answer(second, "late")

    asyncio.run(main())


@pytest.mark.parametrize("picture", [False, True])
@pytest.mark.parametrize("size", [1, 700_000])
def test_a_file_arrives_whole_with_its_words(tmp_path: Path, size: int, picture: bool) -> None:
    async def story(_: MtprotoServer, gateway: Gateway, sara: Person) -> None:
        content = bytes(number % 251 for number in range(size))
        file = Attachment("morning.png" if picture else "morning.xlsx", content, picture)
        message = OutMessage(text="The report", attachment=file)
        sent = await gateway.send(sara.id, message, 1)
        shown = await sara.hears("The report")
        assert shown.id == sent
        assert shown.file is not None
        assert shown.file.kind == ("photo" if picture else "document")
        assert (shown.file.name, shown.file.content) == (file.name, content)
        with pytest.raises(AlreadySent):
            await gateway.send(sara.id, message, 1)

    tell(tmp_path, story)


def test_a_picture_that_cannot_be_shown_goes_as_a_file(tmp_path: Path) -> None:
    async def story(server: MtprotoServer, gateway: Gateway, sara: Person) -> None:
        server.fail(400, "PHOTO_INVALID_DIMENSIONS", method="messages.SendMedia")
        file = Attachment("day.png", b"a very wide picture", picture=True)
        await gateway.send(sara.id, OutMessage(text="The day", attachment=file), 1)
        shown = await sara.hears("The day")
        assert shown.file is not None
        assert (shown.file.kind, shown.file.content) == ("document", file.content)

    tell(tmp_path, story)


@pytest.mark.parametrize("code", [400, 500])
def test_the_same_random_id_is_refused_by_name(tmp_path: Path, code: int) -> None:
    async def story(server: MtprotoServer, gateway: Gateway, sara: Person) -> None:
        server.random_id_duplicate(code)
        await gateway.send(sara.id, text("once"), -5)
        with pytest.raises(AlreadySent):
            await gateway.send(sara.id, text("once"), -5)
        assert len(server.calls("messages.SendMessage")) == 2
        assert [message.text for message in sara.chat if message.by_bot] == ["once"]

    tell(tmp_path, story)


@pytest.mark.parametrize(
    ("code", "words", "meaning"),
    [
        (420, "FLOOD_WAIT_17", Flooded),
        (420, "FLOOD_PREMIUM_WAIT_17", Flooded),
        (420, "SLOWMODE_WAIT_17", Flooded),
        (400, "USER_IS_BLOCKED", Unreachable),
        (400, "INPUT_USER_DEACTIVATED", Unreachable),
        (400, "PEER_ID_INVALID", Unreachable),
        (403, "CHAT_WRITE_FORBIDDEN", Unreachable),
        (400, "BUTTON_DATA_INVALID", Unsendable),
        (400, "A_NEW_REASON_OF_2027", Unsendable),
        (444, "A_NEW_KIND_OF_REASON", Unsendable),
        (500, "RPC_CALL_FAIL", Disconnected),
        (503, "Timeout", Disconnected),
        (-503, "Timeout", Disconnected),
    ],
)
def test_a_refusal_says_what_it_means(
    tmp_path: Path, code: int, words: str, meaning: type[PortError]
) -> None:
    async def story(server: MtprotoServer, gateway: Gateway, sara: Person) -> None:
        server.fail(code, words)
        with pytest.raises(meaning) as refused:
            await gateway.send(sara.id, text("no"), 1)
        if isinstance(refused.value, Flooded):
            assert refused.value.seconds == 17
        assert len(server.calls("messages.SendMessage")) == 1
        await gateway.send(sara.id, text("yes"), 1)
        assert (await sara.hears()).text == "yes"

    tell(tmp_path, story)
    # The library would note what it does not know in the folder where the product is run.
    assert list(Path().glob("*.txt")) == []


def test_strangers_and_groups_are_out_of_reach(tmp_path: Path) -> None:
    async def story(server: MtprotoServer, gateway: Gateway, _: Person) -> None:
        stranger = server.person(5, "Omid")
        for chat in (stranger.id, 999, -1002345678901, -4012345678):
            with pytest.raises(Unreachable):
                await gateway.send(chat, text("hello"), chat)

    tell(tmp_path, story)


def test_what_cannot_be_sent_is_not_tried(tmp_path: Path) -> None:
    async def story(server: MtprotoServer, gateway: Gateway, sara: Person) -> None:
        await gateway.send(sara.id, text("🌙" * 2048), 1)
        tried = len(server.log)
        nothing = OutMessage(text="", attachment=Attachment("a.txt", b""))
        for message in (text("🌙" * 2049), nothing):
            with pytest.raises(Unsendable):
                await gateway.send(sara.id, message, 2)
        assert len(server.log) == tried

    tell(tmp_path, story)


def test_a_caption_is_told_as_far_as_it_may_go(tmp_path: Path) -> None:
    async def story(_: MtprotoServer, gateway: Gateway, sara: Person) -> None:
        file = Attachment("a.txt", b"a")
        for number, (words, told) in enumerate(
            [
                ("🌙" * 512, "🌙" * 512),
                ("🌙" * 513, "🌙" * 511 + "…"),
                ("x" * 2000, "x" * 1023 + "…"),
            ]
        ):
            await gateway.send(sara.id, OutMessage(text=words, attachment=file), number + 1)
            assert (await sara.hears()).text == told

    tell(tmp_path, story)


@pytest.mark.parametrize("arrives", [False, True])
def test_a_cut_leaves_the_outcome_open(tmp_path: Path, arrives: bool) -> None:
    async def story(server: MtprotoServer, gateway: Gateway, sara: Person) -> None:
        (server.cut_after if arrives else server.cut_before)("messages.SendMessage")
        with pytest.raises(Disconnected) as end:
            await gateway.send(sara.id, text("hello"), 1)
        assert end.value.outcome_unknown
        assert await asyncio.wait_for(gateway.lost(), 1)
        with pytest.raises(Disconnected) as later:
            await gateway.send(sara.id, text("hello"), 1)
        assert not later.value.outcome_unknown
        arrived = [message.text for message in sara.chat if message.by_bot]
        assert arrived == ["hello"] * arrives

    tell(tmp_path, story)


def test_a_server_that_falls_silent_is_given_up(tmp_path: Path) -> None:
    async def story(server: MtprotoServer, gateway: Gateway, sara: Person) -> None:
        server.fall_silent()
        with pytest.raises(Disconnected) as end:
            await gateway.send(sara.id, text("hello"), 1)
        assert end.value.outcome_unknown
        assert await asyncio.wait_for(gateway.lost(), 1)

    tell(tmp_path, story, request=1.0)


def test_a_connection_that_the_library_would_begin_anew_is_over(tmp_path: Path) -> None:
    async def story(server: MtprotoServer, gateway: Gateway, _: Person) -> None:
        await gateway._client.session.restart()  # as when a packet makes no sense to it
        assert await asyncio.wait_for(gateway.lost(), 1)
        assert len(server.calls("help.GetConfig")) == 1

    tell(tmp_path, story)


def test_commands_are_offered_in_each_language(tmp_path: Path) -> None:
    async def story(server: MtprotoServer, gateway: Gateway, _: Person) -> None:
        await gateway.offer_commands({"": [("rest", "Rest")], "fa": [("rest", "استراحت")]})
        assert server.commands == {
            ("Default", ""): [("rest", "Rest")],
            ("Default", "fa"): [("rest", "استراحت")],
        }

    tell(tmp_path, story)


def test_the_session_is_for_its_owners_eyes_only(tmp_path: Path) -> None:
    async def story(_: MtprotoServer, __: Gateway, ___: Person) -> None:
        modes = {
            path.name: stat.S_IMODE(path.stat().st_mode)
            for path in (tmp_path / "telegram").iterdir()
        }
        assert modes.pop("bot-4242.session") == 0o600
        assert set(modes.values()) <= {0o600}
        assert stat.S_IMODE((tmp_path / "telegram").stat().st_mode) == 0o700

    tell(tmp_path, story)


def test_with_its_session_lost_the_bot_still_reaches_whom_it_knew(tmp_path: Path) -> None:
    async def main() -> None:
        async with MtprotoServer() as server:
            sara = server.person(7012345678, "Sara")
            await sara.say("/start")
            for place, words in (("one", "before"), ("two", "after")):
                async with opened(server, tmp_path / place) as gateway:
                    await gateway.send(sara.id, text(words), hash(words))
            assert [message.text for message in sara.chat if message.by_bot] == ["before", "after"]

    asyncio.run(main())


def test_no_secret_is_ever_shown(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with MtprotoServer() as server:
            settings = settings_for(server)
            shown = [repr(settings), str(settings.__rich_repr__())]
            with caplog.at_level(logging.DEBUG):
                async with opened(server, tmp_path / "telegram"):
                    pass
            secrets = (server.bot_token.partition(":")[2], server.api_hash)
            assert not [secret for secret in secrets if secret in "".join([*shown, caplog.text])]

    asyncio.run(main())


@pytest.mark.parametrize(
    "wrong",
    [{"token": "none"}, {"token": ":x"}, {"api_id": 0}, {"api_hash": ""}],
    ids=["no token", "no number", "no id", "no hash"],
)
def test_settings_that_cannot_work_are_refused_in_a_line(wrong: dict[str, object]) -> None:
    right: dict[str, object] = {"token": "42:secret", "api_id": 1, "api_hash": "secret"}
    with pytest.raises(ValueError, match=r"^[^\n]+$") as refused:
        TelegramSettings(**{**right, **wrong})  # type: ignore[arg-type]
    assert "secret" not in str(refused.value)


def test_a_public_key_is_read_from_its_file() -> None:
    key = server_key().public
    read = PublicKey.from_pem(key.pem)
    assert (read.modulus, read.exponent, read.fingerprint) == (
        key.modulus,
        key.exponent,
        key.fingerprint,
    )
    for broken in ("", "key", key.pem[:200], key.pem.replace("MII", "MIH", 1)):
        with pytest.raises(ValueError, match="RSA public key"):
            PublicKey.from_pem(broken)


def test_the_library_is_imported_only_when_the_bot_connects() -> None:
    program = (
        "import sys, llmtb.channels.telegram.channel;"
        "sys.exit(any(name.startswith('pyrogram') for name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, cwd=Path(__file__).parents[2]
    )
    assert done.returncode == 0
