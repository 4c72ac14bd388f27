"""What Telegram refuses, as the house's errors: from the words on the wire to a `PortError`."""

import re
from typing import Any, NamedTuple

from llmtb.channels.port import (
    AlreadySent,
    Disconnected,
    Flooded,
    MessageGone,
    NotModified,
    PortError,
    TooLate,
    Unreachable,
    Unsendable,
)


class TelegramRefused(Exception):
    """The bot cannot be served, and trying again is of no use: one line says what to do."""


class SignInRefused(TelegramRefused):
    """Telegram does not take the token, the api id or the api hash, or is not who it should be."""


class SessionInUse(TelegramRefused):
    """Another process serves this bot from the same folder."""


class SessionLost(Disconnected):
    """Telegram no longer knows the session: its file is worth nothing, sign in anew."""


class ServerFault(Disconnected):
    """The server failed at a request, though the connection stands; repeat it a little later."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, outcome_unknown=True)


class Refusal(NamedTuple):
    """An error of the server: its code, its name with numbers as `X`, and the first number."""

    code: int
    name: str
    number: int

    def __str__(self) -> str:
        return f"{self.code} {self.name.replace('X', str(self.number))}"


_WORDS = re.compile(r"(-?\d+) ([A-Z0-9_]+)")
_NUMBER = re.compile(r"_(\d+)")
_WAITS = {"FLOOD_WAIT_X", "FLOOD_PREMIUM_WAIT_X"}
_GONE = {
    "MESSAGE_ID_INVALID",
    "MESSAGE_EDIT_TIME_EXPIRED",
    "MESSAGE_AUTHOR_REQUIRED",
    "MESSAGE_DELETE_FORBIDDEN",
}
_UNREACHABLE = {
    "CHAT_WRITE_FORBIDDEN",
    "INPUT_USER_DEACTIVATED",
    "PEER_ID_INVALID",
    "USER_ID_INVALID",
    "USER_IS_BLOCKED",
    "USER_IS_BOT",
    "USER_PRIVACY_RESTRICTED",
    "YOU_BLOCKED_USER",
}
_TOKEN = {"ACCESS_TOKEN_INVALID", "ACCESS_TOKEN_EXPIRED"}
_API = {"API_ID_INVALID", "API_ID_PUBLISHED_FLOOD"}


def read_refusal(error: Any) -> Refusal:
    """What the library's RPC error says, also one that this version of it has no name for."""
    number = error.value if isinstance(error.value, int) else 0
    if error.ID is not None:
        return Refusal(int(error.CODE), str(error.ID), number)
    words = _WORDS.search(str(error.value))
    if words is None:
        return Refusal(int(error.CODE or 500), "UNKNOWN", 0)
    found = _NUMBER.search(words[2])
    name = _NUMBER.sub("_X", words[2])
    return Refusal(abs(int(words[1])), name, int(found[1]) if found else 0)


def as_port_error(refusal: Refusal) -> PortError:
    """What a refused request means to whoever made it."""
    code, name, number = refusal
    if name in _WAITS:
        # Nothing tells whether it is the chat or the bot that must wait, so all of it waits.
        return Flooded(number, everywhere=True)
    if name == "SLOWMODE_WAIT_X":
        return Flooded(number)
    if name == "RANDOM_ID_DUPLICATE":
        return AlreadySent(name)
    if name in {"MESSAGE_NOT_MODIFIED", "CHAT_NOT_MODIFIED"}:
        return NotModified(name)
    if name in _GONE:
        return MessageGone(name)
    if name == "QUERY_ID_INVALID":
        return TooLate(name)
    if name in _UNREACHABLE:
        return Unreachable(name)
    if code == 401 or name == "AUTH_KEY_DUPLICATED":
        return SessionLost(name)
    if code >= 500 or code < 400:
        return ServerFault(str(refusal))
    return Unsendable(name)


def as_sign_in_error(refusal: Refusal) -> Exception:
    """What a refused sign-in means: wait, sign in anew, try later, or give up."""
    known = as_port_error(refusal)
    if isinstance(known, (Flooded, Disconnected)):
        return known
    if refusal.name in _TOKEN:
        return SignInRefused(
            f"Telegram refuses the bot's token ({refusal.name}): set the one that BotFather shows"
        )
    if refusal.name in _API:
        return SignInRefused(
            f"Telegram refuses the api id or hash ({refusal.name}): set both from my.telegram.org"
        )
    return SignInRefused(f"Telegram refuses to sign the bot in ({refusal})")
