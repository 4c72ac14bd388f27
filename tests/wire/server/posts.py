"""Messages as the server keeps them: what the bot reads as raw types, what a person sees."""

from dataclasses import dataclass
from typing import Any

from tests.wire.server import layer
from tests.wire.server.screen import File, Message, buttons_of, entities_of, keyboard_of


@dataclass(eq=False)
class Post:
    """A message in the chat between the bot and one person."""

    id: int
    chat: int
    by_bot: bool
    date: int
    text: str
    bot: int
    entities: list[Any] | None = None
    markup: Any | None = None
    media: Any | None = None
    file: File | None = None
    action: Any | None = None
    reply_to: int | None = None
    random_id: int | None = None
    silent: bool = False
    edit_date: int | None = None
    pinned: bool = False
    deleted: bool = False

    def seen(self) -> Message:
        """The message as the person sees it now."""
        return Message(
            self.id,
            self.by_bot,
            self.text,
            entities_of(self.entities),
            buttons_of(self.markup),
            keyboard_of(self.markup) or (),
            self.file,
            edited=self.edit_date is not None,
            pinned=self.pinned,
            silent=self.silent,
            reply_to=self.reply_to,
            random_id=self.random_id,
        )

    def raw(self) -> Any:
        """The message as the bot reads it."""
        if self.deleted:
            return layer.types.MessageEmpty(id=self.id)
        common = {
            "id": self.id,
            "peer_id": layer.types.PeerUser(user_id=self.chat),
            "date": self.date,
            "out": self.by_bot or None,
            "from_id": layer.types.PeerUser(user_id=self.bot) if self.by_bot else None,
            "silent": self.silent or None,
            "reply_to": (
                layer.types.MessageReplyHeader(reply_to_msg_id=self.reply_to)
                if self.reply_to
                else None
            ),
        }
        if self.action is not None:
            return layer.types.MessageService(**common, action=self.action)
        return layer.types.Message(
            **common,
            message=self.text,
            entities=self.entities,
            reply_markup=self.markup,
            media=self.media,
            edit_date=self.edit_date,
            pinned=self.pinned or None,
        )
