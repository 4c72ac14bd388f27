"""What the bot sends, as raw calls that both libraries have."""

import mimetypes
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

from llmtb.channels.port import (
    TEXT_LIMIT,
    TOAST_LIMIT,
    Attachment,
    Inline,
    OutMessage,
    Reply,
    Unsendable,
)

PART: Final = 512 * 1024  # bytes; the largest piece that the server takes
LARGEST: Final = 10 * 1024 * 1024  # bytes; beyond it files travel in another way
CAPTION_LIMIT: Final = 1024  # UTF-16 units


def units(text: str) -> int:
    """The length of a text as Telegram counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class Writer:
    """Makes raw calls with the imported library."""

    def __init__(self, pyrogram: Any, client: Any) -> None:
        self._types = pyrogram.types
        self._raw = pyrogram.raw.types
        self._calls = pyrogram.raw.functions
        self._client = client

    async def message(self, peer: Any, message: OutMessage, random_id: int) -> Any:
        """A text. Raises Unsendable when it is longer than one message may be."""
        _check(message.text, TEXT_LIMIT)
        return self._calls.messages.SendMessage(
            peer=peer,
            message=message.text,
            random_id=random_id,
            no_webpage=True,
            reply_markup=await self.markup(message.keyboard),
        )

    async def media(self, peer: Any, media: Any, message: OutMessage, random_id: int) -> Any:
        """A file that was uploaded, with its caption; one that is too long is told in part."""
        caption = message.text
        if units(caption) > CAPTION_LIMIT:
            kept = caption.encode("utf-16-le")[: 2 * (CAPTION_LIMIT - 1)]
            caption = kept.decode("utf-16-le", "ignore") + "…"
        return self._calls.messages.SendMedia(
            peer=peer,
            media=media,
            message=caption,
            random_id=random_id,
            reply_markup=await self.markup(message.keyboard),
        )

    def parts(self, attachment: Attachment, random_id: int) -> list[Any]:
        """The calls that upload a file, under an id that is the same at every attempt.

        Raises Unsendable when the server would not take the file.
        """
        content = attachment.content
        if not 0 < len(content) <= LARGEST:
            raise Unsendable(f"a file of {len(content)} bytes cannot be sent")
        return [
            self._calls.upload.SaveFilePart(
                file_id=_file_id(attachment, random_id),
                file_part=part,
                bytes=content[start : start + PART],
            )
            for part, start in enumerate(range(0, len(content), PART))
        ]

    def uploaded(self, attachment: Attachment, random_id: int, *, picture: bool) -> Any:
        """The media that an upload has become: a picture that is shown, or a file."""
        file = self._raw.InputFile(
            id=_file_id(attachment, random_id),
            parts=-(-len(attachment.content) // PART),
            name=attachment.name,
            md5_checksum="",
        )
        if picture:
            return self._raw.InputMediaUploadedPhoto(file=file)
        kind = mimetypes.guess_type(attachment.name)[0] or "application/octet-stream"
        return self._raw.InputMediaUploadedDocument(
            file=file,
            mime_type=kind,
            attributes=[self._raw.DocumentAttributeFilename(file_name=attachment.name)],
            force_file=True,
        )

    async def edit(self, peer: Any, message_id: int, message: OutMessage) -> Any:
        """Another text and other buttons for a message."""
        _check(message.text, TEXT_LIMIT)
        return self._calls.messages.EditMessage(
            peer=peer,
            id=message_id,
            message=message.text,
            no_webpage=True,
            reply_markup=await self.markup(message.keyboard),
        )

    def answer(self, query_id: int, text: str, *, alert: bool) -> Any:
        """The answer to a press."""
        return self._calls.messages.SetBotCallbackAnswer(
            query_id=query_id, cache_time=0, alert=alert, message=text[:TOAST_LIMIT] or None
        )

    def pin(self, peer: Any, message_id: int, *, unpin: bool) -> Any:
        """A pin on both sides of the chat, without a sound."""
        return self._calls.messages.UpdatePinnedMessage(
            peer=peer, id=message_id, silent=True, unpin=unpin
        )

    def delete(self, message_id: int) -> Any:
        """A message away, on both sides."""
        return self._calls.messages.DeleteMessages(id=[message_id], revoke=True)

    def commands(self, language: str, commands: Sequence[tuple[str, str]]) -> Any:
        """The commands that the app offers in one language."""
        return self._calls.bots.SetBotCommands(
            scope=self._raw.BotCommandScopeDefault(),
            lang_code=language,
            commands=[
                self._raw.BotCommand(command=name, description=description)
                for name, description in commands
            ],
        )

    def user(self, user: int) -> Any:
        """A user whom the session does not know; bots may leave the access hash out."""
        return self._calls.users.GetUsers(id=[self._raw.InputUser(user_id=user, access_hash=0)])

    def myself(self) -> Any:
        """The bot's own account."""
        return self._calls.users.GetFullUser(id=self._raw.InputUserSelf())

    def state(self) -> Any:
        """How far the bot's updates have come; from then on the server pushes them."""
        return self._calls.updates.GetState()

    def difference(self, pts: int, qts: int, date: int) -> Any:
        """What happened since."""
        return self._calls.updates.GetDifference(pts=pts, qts=qts, date=date)

    async def markup(self, keyboard: Inline | Reply | None) -> Any:
        """Buttons, raw; through the library's own types, as the raw ones change with the layer."""
        types = self._types
        if keyboard is None:
            return None
        if isinstance(keyboard, Reply):
            rows = [list(row) for row in keyboard.rows]
            if not rows:
                return await types.ReplyKeyboardRemove().write(self._client)
            shown = types.ReplyKeyboardMarkup(rows, resize_keyboard=True, is_persistent=True)
        else:
            shown = types.InlineKeyboardMarkup(
                [
                    [
                        types.InlineKeyboardButton(button.label, callback_data=button.token)
                        for button in row
                    ]
                    for row in keyboard.rows
                ]
            )
        return await shown.write(self._client)


def _check(text: str, limit: int) -> None:
    if units(text) > limit:
        raise Unsendable(f"a text of {units(text)} units is longer than {limit}")


def _file_id(attachment: Attachment, random_id: int) -> int:
    seed = random_id.to_bytes(8, "big", signed=True) + attachment.name.encode()
    return int.from_bytes(sha256(seed).digest()[:8], "big", signed=True)
