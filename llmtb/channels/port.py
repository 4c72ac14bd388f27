"""What every channel to people looks like from inside the house: shapes, one protocol, its errors.

Nothing here knows Telegram. A channel translates its own updates to `Said` and `Pressed`, and
carries `OutMessage`s out. Texts are plain: no markup is ever parsed, so a name cannot smuggle any.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple, Protocol

import msgspec

from llmtb.events.chat import Attached, Button, Inline, MessageQueued, Reply

__all__ = [
    "DESK",
    "SITE",
    "TEXT_LIMIT",
    "TOAST_LIMIT",
    "TOKEN_LIMIT",
    "WEB_QUERY",
    "AlreadySent",
    "Attached",
    "Attachment",
    "Attachments",
    "Button",
    "Channel",
    "Disconnected",
    "Flooded",
    "Inline",
    "MessageGone",
    "MessageQueued",
    "NotModified",
    "OutMessage",
    "Port",
    "PortError",
    "Pressed",
    "Reply",
    "Said",
    "TooLate",
    "Unreachable",
    "Unsendable",
    "channel_of",
    "chat_key",
    "chat_number",
]

TEXT_LIMIT = 4096
"""Longest text of one message, in UTF-16 units."""
TOAST_LIMIT = 200
"""Longest answer to a press, in characters."""
TOKEN_LIMIT = 64
"""Longest token of a button, in bytes."""

Channel = Literal["telegram", "site", "web"]
SITE: Final = 1 << 60
"""From here up chats are of visitors of a company's site; Telegram's ids are below 2**53."""
DESK: Final = 1 << 61
"""From here up chats are of people of the house who have no other channel than the console."""
WEB_QUERY: Final = "web:"
"""How the id of a press begins that was made in a page; the rest is unique."""
_HEX: Final = re.compile(r"(0|[1-9a-f][0-9a-f]{0,14})\Z")


class Attachment(NamedTuple):
    """A file to go with a message; `picture` says that it is shown rather than offered."""

    name: str
    content: bytes
    picture: bool = False


class Attachments(Protocol):
    """Where the outbox gets the bytes of what a queued message only names."""

    async def __call__(self, attached: Attached) -> Attachment:
        """Return the file. Raises LookupError when there is no such report."""
        ...


class OutMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it goes out. With an attachment the text is its caption (1024 units at most).

    keyboard: buttons under the message (`Inline`), or the permanent ones under the writing line
    (`Reply`). An edit with None takes buttons away; a message with None leaves the permanent ones.
    """

    text: str
    keyboard: Inline | Reply | None = None
    attachment: Attachment | None = None


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A person wrote in a private chat, or pressed a permanent button (the label arrives as text).

    chat, user: numeric ids; only `user` is an identity, and names never are.
    message_id: unique in the chat. at: when it was written (UTC), as the server has it.
    language_code: what the person's app is set to, such as `fa` or `en-GB`; it may be missing.
    media: whether it carries what is no words: a picture, a voice, a file.
    """

    chat: int
    user: int
    message_id: int
    text: str
    at: datetime
    language_code: str | None = None
    first_name: str = ""
    media: bool = False

    @property
    def update(self) -> str:
        """The id of this update, the same each time it is delivered."""
        prefix = "tg" if self.chat < SITE else "web"
        return f"{prefix}:msg:{chat_key(self.chat)}:{self.message_id}"


class Pressed(msgspec.Struct, frozen=True, kw_only=True):
    """A person pressed a button under a message.

    query_id: what the press is answered by. message_id: the message that carries the button.
    token: the button's. at: when the press arrived (UTC); channels that cannot know give the
    instant of receipt.
    """

    chat: int
    user: int
    query_id: str
    message_id: int
    token: str
    at: datetime
    language_code: str | None = None
    first_name: str = ""

    @property
    def update(self) -> str:
        """The id of this update, the same each time it is delivered."""
        query = self.query_id
        return query if query.startswith(WEB_QUERY) else f"tg:query:{query}"


class Port(Protocol):
    """The way out to one channel. Every method may raise Flooded and Disconnected."""

    @property
    def name(self) -> str | None:
        """The public name people reach this bot by (without @), as soon as it is known."""
        ...

    async def send(self, chat: int, message: OutMessage, random_id: int) -> int:
        """Send a message and return its id in the chat.

        random_id: signed 64-bit, not 0; the server refuses a second message with the same one.
        Raises AlreadySent, Unreachable, Unsendable.
        """
        ...

    async def edit(self, chat: int, message_id: int, message: OutMessage) -> None:
        """Replace a message's text and buttons. Raises NotModified, MessageGone, Unreachable."""
        ...

    async def answer(self, query_id: str, text: str = "", *, alert: bool = False) -> None:
        """Answer a press with a short notice (`alert`: one to be closed). Raises TooLate."""
        ...

    async def pin(self, chat: int, message_id: int) -> None:
        """Pin a message, quietly. Raises MessageGone, Unreachable."""
        ...

    async def unpin(self, chat: int, message_id: int) -> None:
        """Take a pin away. Raises MessageGone, Unreachable."""
        ...

    async def delete(self, chat: int, message_id: int) -> None:
        """Delete a message. Raises MessageGone, Unreachable."""
        ...

    async def offer_commands(self, commands: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        """Offer commands (name, description) in the app's menu, by language; `""` for the rest."""
        ...


class PortError(Exception):
    """The base of what a port raises."""


class Flooded(PortError):
    """The server asks for patience.

    seconds: how long. everywhere: whether it holds for all chats or for this one alone.
    """

    def __init__(self, seconds: float, *, everywhere: bool = False) -> None:
        super().__init__(f"asked to wait {seconds:g} s")
        self.seconds = seconds
        self.everywhere = everywhere


class Unreachable(PortError):
    """Nothing reaches this person any more: the bot is blocked, or the account is gone."""


class AlreadySent(PortError):
    """A message with this random id was sent before; this one was not sent again."""


class NotModified(PortError):
    """The message already looks like that."""


class MessageGone(PortError):
    """There is no such message (any more), or it cannot be changed (any more)."""


class TooLate(PortError):
    """The press was answered already, or is too old to be answered."""


class Unsendable(PortError):
    """The server will never take this message; sending it again is of no use."""


class Disconnected(PortError):
    """The channel is down.

    outcome_unknown: True when the request may have taken effect; repeat it with the same id.
    """

    def __init__(self, reason: str = "not connected", *, outcome_unknown: bool = False) -> None:
        super().__init__(reason)
        self.outcome_unknown = outcome_unknown


def chat_key(chat: int) -> str:
    """The chat's id as events have it."""
    if chat >= DESK:
        return f"web-{chat - DESK:x}"
    if chat >= SITE:
        return f"site-{chat - SITE:x}"
    return str(chat)


def chat_number(chat: str) -> int | None:
    """The number of a chat of any channel; None for what is no chat of a channel."""
    for prefix, first in (("web-", DESK), ("site-", SITE)):
        digits = chat.removeprefix(prefix)
        if digits != chat:
            number = int(digits, 16) if _HEX.fullmatch(digits) else SITE
            return first + number if number < SITE else None
    digits = chat.removeprefix("-")
    number = int(chat) if digits.isascii() and digits.isdecimal() else SITE
    return number if number < SITE else None


def channel_of(chat: str) -> Channel | None:
    """Which channel a chat is of: Telegram, a company's own site, or the console."""
    number = chat_number(chat)
    if number is None:
        return None
    return "telegram" if number < SITE else "site" if number < DESK else "web"
