"""Calls about the bot itself: configuration, users, the state of its updates, its commands."""

from typing import Any

from tests.wire.server import layer
from tests.wire.server.errors import RpcRefusal
from tests.wire.server.files import DC
from tests.wire.server.methods.peers import is_self, person_of
from tests.wire.server.world import World


def _get_config(world: World, _: Any) -> Any:
    host, port = world.address
    option = layer.types.DcOption(id=DC, ip_address=host, port=port)
    return layer.blank(
        layer.types.Config,
        date=world.date,
        expires=world.date + 3600,
        this_dc=DC,
        dc_options=[option],
        caption_length_max=1024,
        message_length_max=4096,
    )


def _get_users(world: World, call: Any) -> Any:
    by_id = {user.id: user for user in world.users()}
    wanted = [world.bot.id if is_self(world, one) else person_of(world, one).id for one in call.id]
    return layer.Vector(by_id[one] for one in wanted)


def _get_full_user(world: World, call: Any) -> Any:
    user = world.bot.id if is_self(world, call.id) else person_of(world, call.id).id
    full = layer.blank(
        layer.types.UserFull,
        id=user,
        settings=layer.types.PeerSettings(),
        notify_settings=layer.types.PeerNotifySettings(),
    )
    users = [known for known in world.users() if known.id == user]
    return layer.types.users.UserFull(full_user=full, chats=[], users=users)


def _state(world: World, pts: int) -> Any:
    return layer.types.updates.State(
        pts=pts, qts=world.box.qts, date=world.date, seq=1, unread_count=0
    )


def _get_state(world: World, _: Any) -> Any:
    return _state(world, world.box.pts)


def _get_difference(world: World, call: Any) -> Any:
    if call.pts < 1:
        raise RpcRefusal(400, "PERSISTENT_TIMESTAMP_EMPTY")
    if world.box.is_too_far(call.pts):
        return layer.types.updates.DifferenceTooLong(pts=world.box.pts)
    entries, pts, whole = world.box.after(call.pts)
    if not entries and whole:
        return layer.types.updates.DifferenceEmpty(date=world.date, seq=1)
    named = [
        layer.types.UpdateMessageID(id=entry.message.id, random_id=entry.random_id)
        for entry in entries
        if entry.message and entry.random_id is not None
    ]
    told = {
        "new_messages": [entry.message for entry in entries if entry.message],
        "new_encrypted_messages": [],
        "other_updates": named + [entry.update for entry in entries if not entry.message],
        "chats": [],
        "users": world.users(),
    }
    if whole:
        return layer.types.updates.Difference(**told, state=_state(world, pts))
    return layer.types.updates.DifferenceSlice(**told, intermediate_state=_state(world, pts))


def _scope(call: Any) -> tuple[str, str]:
    return layer.name_of(call.scope).removeprefix("BotCommandScope"), str(call.lang_code)


def _set_commands(world: World, call: Any) -> Any:
    world.commands[_scope(call)] = [(one.command, one.description) for one in call.commands]
    return layer.Yes()


def _get_commands(world: World, call: Any) -> Any:
    return layer.Vector(
        layer.types.BotCommand(command=command, description=description)
        for command, description in world.commands.get(_scope(call), [])
    )


def _reset_commands(world: World, call: Any) -> Any:
    world.commands.pop(_scope(call), None)
    return layer.Yes()


METHODS = {
    "help.GetConfig": _get_config,
    "users.GetUsers": _get_users,
    "users.GetFullUser": _get_full_user,
    "updates.GetState": _get_state,
    "updates.GetDifference": _get_difference,
    "bots.SetBotCommands": _set_commands,
    "bots.GetBotCommands": _get_commands,
    "bots.ResetBotCommands": _reset_commands,
}
