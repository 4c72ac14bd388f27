"""What a person sees on the screen: messages, files, buttons, toasts, all plain values."""

from dataclasses import dataclass
from typing import Any

from tests.wire.server import layer


@dataclass(frozen=True)
class Button:
    """A button under a message; `data` comes back to the bot, `url` is opened by the person."""

    text: str
    data: bytes | None = None
    url: str | None = None


@dataclass(frozen=True)
class File:
    """A file in a message, as a person would open it; `kind` is `photo` or `document`."""

    kind: str
    name: str
    content: bytes
    mime: str = "application/octet-stream"


@dataclass(frozen=True)
class Entity:
    """A marked part of a text; `kind` as in the schema (`Bold`), places in UTF-16 units."""

    kind: str
    offset: int
    length: int
    url: str | None = None


@dataclass(frozen=True)
class Message:
    """A message as it looked at one moment."""

    id: int
    by_bot: bool
    text: str
    entities: tuple[Entity, ...] = ()
    buttons: tuple[tuple[Button, ...], ...] = ()
    keyboard: tuple[tuple[str, ...], ...] = ()
    file: File | None = None
    edited: bool = False
    pinned: bool = False
    silent: bool = False
    reply_to: int | None = None
    random_id: int | None = None


@dataclass(frozen=True)
class Toast:
    """The bot's answer to a press: a passing note, or an `alert` that must be closed."""

    text: str
    alert: bool = False
    url: str | None = None


def buttons_of(markup: Any | None) -> tuple[tuple[Button, ...], ...]:
    """The rows of inline buttons in a raw markup; none when it is of another sort."""
    if markup is None or layer.name_of(markup) != "ReplyInlineMarkup":
        return ()
    return tuple(tuple(_button(raw) for raw in row.buttons) for row in markup.rows)


def keyboard_of(markup: Any | None) -> tuple[tuple[str, ...], ...] | None:
    """The rows of labels that a raw markup puts in place of the person's keyboard.

    Empty when it takes them away, None when it leaves them as they were.
    """
    if markup is None:
        return None
    if layer.name_of(markup) == "ReplyKeyboardHide":
        return ()
    if layer.name_of(markup) != "ReplyKeyboardMarkup":
        return None
    return tuple(tuple(str(raw.text) for raw in row.buttons) for row in markup.rows)


def entities_of(raw: list[Any] | None) -> tuple[Entity, ...]:
    """The marked parts of a text."""
    return tuple(
        Entity(
            layer.name_of(entity).removeprefix("MessageEntity"),
            entity.offset,
            entity.length,
            getattr(entity, "url", None),
        )
        for entity in raw or ()
    )


def _button(raw: Any) -> Button:
    # Until layer 158 a button was its own type; in 229 it has one.
    kind = getattr(raw, "type", raw)
    return Button(str(raw.text), getattr(kind, "data", None), getattr(kind, "url", None))
