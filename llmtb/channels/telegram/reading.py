"""What Telegram says, as the house's own shapes: updates, and what a difference brings.

Raw objects are told apart by the schema's name for them, which is the same in every layer, so
nothing here needs the library.
"""

import logging
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from llmtb.channels.port import Pressed, Said
from llmtb.channels.telegram.folder import State
from llmtb.runtime.clock import Clock

log = logging.getLogger(__name__)

_NO_MEDIA = {"", "MessageMediaEmpty", "MessageMediaWebPage"}
_KNOWN = 10_000  # people whose names are remembered between updates


class Step(NamedTuple):
    """One update: where it stands among the others, and what somebody did, if anybody did.

    pts: the number that it leads to, None where it has none; size: how many it stands for.
    qts: the other count, as in State, where it has one.
    """

    pts: int | None = None
    size: int = 0
    qts: int | None = None
    update: Said | Pressed | None = None


class Missed(NamedTuple):
    """A part of what happened since some state.

    updates: what people did, in order. sent: ids of the bot's own messages by their random ids.
    state: how far this part leads. more: whether to ask on from there. lost: whether the server
    has forgotten what happened before `state`.
    """

    updates: Sequence[Said | Pressed]
    sent: dict[int, int]
    state: State
    more: bool = False
    lost: bool = False


class Person(NamedTuple):
    """What is shown of somebody, and the language of the app."""

    first_name: str
    language_code: str | None


def kind_of(raw: Any) -> str:
    """What the schema calls a raw object, such as `UpdateNewMessage` or `updates.Difference`."""
    return str(getattr(raw, "QUALNAME", "")).partition(".")[2]


class Reader:
    """Reads raw objects. It remembers people, as a short update names them by number alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._people: OrderedDict[int, Person] = OrderedDict()

    def steps(self, updates: Any) -> list[Step] | None:
        """The updates in what the server pushed; None when they have to be fetched instead."""
        match kind_of(updates):
            case "Updates" | "UpdatesCombined":
                self._meet(updates.users)
                if any(kind_of(update) == "UpdatePtsChanged" for update in updates.updates):
                    return None
                return [self._step(update) for update in updates.updates]
            case "UpdateShort":
                return [self._step(updates.update)]
            case "UpdateShortMessage":
                if updates.out:
                    return [Step(updates.pts, updates.pts_count)]
                if updates.user_id not in self._people:
                    return None  # a difference names the sender
                said = self._said(updates, updates.user_id)
                return [Step(updates.pts, updates.pts_count, update=said)]
            case "UpdatesTooLong":
                return None
            case _:
                return [Step(pts, updates.pts_count)] if (pts := _pts(updates)) else []

    def missed(self, difference: Any, since: State) -> Missed:
        """What a difference brings to somebody who was at `since`."""
        kind = kind_of(difference)
        if kind == "updates.DifferenceEmpty":
            return Missed([], {}, State(since.pts, since.qts, difference.date))
        if kind == "updates.DifferenceTooLong":
            state = State(difference.pts, since.qts, since.date)
            return Missed([], {}, state, more=True, lost=True)
        self._meet(difference.users)
        more = kind == "updates.DifferenceSlice"
        state = difference.intermediate_state if more else difference.state
        said = [self._told(message) for message in difference.new_messages]
        done = [self._step(update).update for update in difference.other_updates]
        sent = {
            update.random_id: update.id
            for update in difference.other_updates
            if kind_of(update) == "UpdateMessageID"
        }
        updates = [update for update in [*said, *done] if update is not None]
        return Missed(updates, sent, state_of(state), more=more)

    def _step(self, update: Any) -> Step:
        """One update. What cannot be read keeps its place among the others and says nothing."""
        try:
            return self._read(update)
        except Exception as failure:  # noqa: BLE001  one strange update must not hide the others
            log.warning("an update (%s) cannot be read: %r", kind_of(update), failure)
            return Step(_pts(update), getattr(update, "pts_count", 0), _qts(update))

    def _read(self, update: Any) -> Step:
        kind = kind_of(update)
        if kind == "UpdateBotCallbackQuery":
            return Step(update=self._pressed(update))
        if "Channel" in kind:
            return Step()  # channels count on their own, and the bot serves none
        said = self._written(update.message) if kind == "UpdateNewMessage" else None
        return Step(_pts(update), getattr(update, "pts_count", 0), _qts(update), said)

    def _told(self, message: Any) -> Said | None:
        """A message of a difference; None also when it cannot be read."""
        try:
            return self._written(message)
        except Exception as failure:  # noqa: BLE001  one strange message must not hide the others
            log.warning("a message (%s) cannot be read: %r", kind_of(message), failure)
            return None

    def _written(self, message: Any) -> Said | None:
        """A message that somebody else wrote in a private chat."""
        if kind_of(message) != "Message" or message.out:
            return None
        if kind_of(message.peer_id) != "PeerUser":
            return None
        sender = message.from_id or message.peer_id
        return self._said(message, message.peer_id.user_id, sender.user_id)

    def _said(self, message: Any, chat: int, user: int | None = None) -> Said:
        user = chat if user is None else user
        person = self._people.get(user, Person("", None))
        return Said(
            chat=chat,
            user=user,
            message_id=message.id,
            text=message.message or "",
            at=datetime.fromtimestamp(message.date, UTC),
            language_code=person.language_code,
            first_name=person.first_name,
            media=kind_of(getattr(message, "media", None)) not in _NO_MEDIA,
        )

    def _pressed(self, query: Any) -> Pressed | None:
        if kind_of(query.peer) != "PeerUser" or query.data is None:
            return None
        person = self._people.get(query.user_id, Person("", None))
        return Pressed(
            chat=query.peer.user_id,
            user=query.user_id,
            query_id=str(query.query_id),
            message_id=query.msg_id,
            token=query.data.decode("utf-8", "replace"),
            at=self._clock.now(),
            language_code=person.language_code,
            first_name=person.first_name,
        )

    def _meet(self, users: Sequence[Any]) -> None:
        for user in users:
            if kind_of(user) != "User" or getattr(user, "min", False):
                continue
            self._people[user.id] = Person(user.first_name or "", user.lang_code)
            self._people.move_to_end(user.id)
        while len(self._people) > _KNOWN:
            self._people.popitem(last=False)


def state_of(raw: Any) -> State:
    """The state that a raw `updates.State` tells."""
    return State(raw.pts, raw.qts, raw.date)


def sent_id(result: Any, random_id: int) -> int:
    """The id of the message that a send made; 0 when the server does not say."""
    if kind_of(result) == "UpdateShortSentMessage":
        return int(result.id)
    for update in getattr(result, "updates", []):
        if kind_of(update) == "UpdateMessageID" and update.random_id == random_id:
            return int(update.id)
    return 0


def _pts(raw: Any) -> int | None:
    pts = getattr(raw, "pts", None)
    return int(pts) if pts else None


def _qts(raw: Any) -> int | None:
    qts = getattr(raw, "qts", None)
    return int(qts) if qts else None
