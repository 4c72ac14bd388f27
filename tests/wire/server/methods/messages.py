"""Calls about messages: sending, editing, deleting, pinning, answering presses."""

from typing import Any, Final

from tests.wire.server import layer
from tests.wire.server.errors import RpcRefusal
from tests.wire.server.methods.peers import person_of, reachable
from tests.wire.server.posts import Post
from tests.wire.server.screen import Toast, buttons_of
from tests.wire.server.world import World

_LONGEST_TEXT: Final = 4096  # UTF-16 units
_LONGEST_CAPTION: Final = 1024
_LONGEST_DATA: Final = 64  # bytes
_EDIT_WITHIN: Final = 48 * 3600  # seconds


def _send_message(world: World, call: Any) -> Any:
    person = reachable(world, call.peer)
    _check_new(world, call)
    _check_text(call.message, _LONGEST_TEXT)
    if not call.message:
        raise RpcRefusal(400, "MESSAGE_EMPTY")
    post, update = world.go_out(person.id, call.random_id, call.message, **_common(call))
    return layer.types.UpdateShortSentMessage(
        out=True,
        id=post.id,
        pts=update.pts,
        pts_count=update.pts_count,
        date=post.date,
        entities=post.entities,
    )


def _send_media(world: World, call: Any) -> Any:
    person = reachable(world, call.peer)
    _check_new(world, call)
    _check_text(call.message, _LONGEST_CAPTION)
    file = world.files.sent(call.media)
    post, update = world.go_out(person.id, call.random_id, call.message, file=file, **_common(call))
    named = layer.types.UpdateMessageID(id=post.id, random_id=call.random_id)
    return _bundle(world, [named, update])


def _edit_message(world: World, call: Any) -> Any:
    person = reachable(world, call.peer)
    post = world.posts.get(call.id)
    if post is None or post.deleted or not post.by_bot or post.chat != person.id:
        raise RpcRefusal(400, "MESSAGE_ID_INVALID")
    if world.clock() - post.date > _EDIT_WITHIN:
        raise RpcRefusal(400, "MESSAGE_EDIT_TIME_EXPIRED")
    text = post.text if call.message is None else call.message
    entities = post.entities if call.message is None else call.entities or None
    _check_text(text, _LONGEST_CAPTION if post.file else _LONGEST_TEXT)
    _check_buttons(call.reply_markup)
    if call.media is not None:
        post.file = world.files.sent(call.media)
        post.media = world.files.media(post.file, world.date)
    elif (text, entities, call.reply_markup) == (post.text, post.entities, post.markup):
        raise RpcRefusal(400, "MESSAGE_NOT_MODIFIED")
    post.text, post.entities, post.markup = text, entities, call.reply_markup
    return _bundle(world, [world.change(post)])


def _delete_messages(world: World, call: Any) -> Any:
    return layer.types.messages.AffectedMessages(**world.remove(call.id))


def _pin_message(world: World, call: Any) -> Any:
    person = person_of(world, call.peer)
    post = world.posts.get(call.id)
    if post is None or post.deleted or post.chat != person.id:
        raise RpcRefusal(400, "MESSAGE_ID_INVALID")
    if post.pinned is not bool(call.unpin):
        raise RpcRefusal(400, "CHAT_NOT_MODIFIED")
    updates = world.pin(post, pinned=not call.unpin, silent=bool(call.silent))
    return _bundle(world, updates)


def _get_messages(world: World, call: Any) -> Any:
    found = [_found(world, one).raw() for one in layer.boxed(call.id)]
    return layer.blank(layer.types.messages.Messages, messages=found, users=world.users())


def _answer_press(world: World, call: Any) -> Any:
    world.answer(call.query_id, Toast(call.message or "", bool(call.alert), call.url))
    return layer.Yes()


def _set_typing(world: World, call: Any) -> Any:
    reachable(world, call.peer)
    return layer.Yes()


def _common(call: Any) -> dict[str, Any]:
    _check_buttons(call.reply_markup)
    # Until layer 158 a reply was named by its id alone.
    answered = getattr(call, "reply_to", call)
    return {
        "entities": call.entities or None,  # an empty list is written wrongly by 2.0.106
        "markup": call.reply_markup,
        "silent": bool(call.silent),
        "reply_to": getattr(answered, "reply_to_msg_id", None),
    }


def _check_new(world: World, call: Any) -> None:
    if call.random_id in world.sent:
        raise RpcRefusal(world.random_id_duplicate_code, "RANDOM_ID_DUPLICATE")


def _check_text(text: str, longest: int) -> None:
    if len(text.encode("utf-16-le")) // 2 > longest:
        caption = longest == _LONGEST_CAPTION
        raise RpcRefusal(400, "MEDIA_CAPTION_TOO_LONG" if caption else "MESSAGE_TOO_LONG")


def _check_buttons(markup: Any | None) -> None:
    pressed = [button.data for row in buttons_of(markup) for button in row if button.data]
    if any(len(data) > _LONGEST_DATA for data in pressed):
        raise RpcRefusal(400, "BUTTON_DATA_INVALID")


def _found(world: World, wanted: Any) -> Post:
    number = getattr(wanted, "id", 0)
    named = world.posts.get(number)
    if layer.name_of(wanted) == "InputMessageReplyTo" and named:
        named = world.posts.get(named.reply_to or 0)
    return named or Post(number, 0, by_bot=False, date=0, text="", bot=0, deleted=True)


def _bundle(world: World, updates: list[Any]) -> Any:
    return layer.types.Updates(
        updates=updates, users=world.users(), chats=[], date=world.date, seq=0
    )


METHODS = {
    "messages.SendMessage": _send_message,
    "messages.SendMedia": _send_media,
    "messages.EditMessage": _edit_message,
    "messages.DeleteMessages": _delete_messages,
    "messages.UpdatePinnedMessage": _pin_message,
    "messages.GetMessages": _get_messages,
    "messages.SetBotCallbackAnswer": _answer_press,
    "messages.SetTyping": _set_typing,
}
