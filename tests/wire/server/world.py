"""The one bot, the people who talk to it, and their chats: what both sides change and see."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.wire.server import layer
from tests.wire.server.errors import RpcRefusal
from tests.wire.server.files import Files
from tests.wire.server.posts import Post
from tests.wire.server.screen import File, Toast
from tests.wire.server.updates import Entry, UpdateBox

if TYPE_CHECKING:
    from tests.wire.server.people import Person

_ANSWER_WITHIN: Final = 15.0


@dataclass
class Press:
    """A press on an inline button that the bot may still answer."""

    person: int
    at: float
    answered: bool = False


@dataclass(frozen=True)
class Bot:
    """The account that the token opens."""

    id: int
    username: str
    name: str
    token: str


class World:
    """All that is known; `push` sends a raw bundle of updates to the bot, if it listens."""

    def __init__(self, bot: Bot, clock: Callable[[], float], push: Callable[[Any], bool]) -> None:
        self.bot = bot
        self.clock = clock
        self.address = ("", 0)
        self.random_id_duplicate_code = 500
        self.people: dict[int, Person] = {}
        self.posts: dict[int, Post] = {}
        self.files = Files()
        self.box = UpdateBox(lambda entry: push(self._bundle(entry)))
        self.commands: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self.sent: dict[int, int] = {}
        self.presses: dict[int, Press] = {}

    @property
    def date(self) -> int:
        """The current time in whole seconds, as messages carry it."""
        return int(self.clock())

    def come_in(self, person: int, text: str, file: File | None = None) -> Post:
        """A message from a person to the bot."""
        post = self._post(person, by_bot=False, text=text, file=file)
        if text.startswith("/"):
            length = len(text.split()[0].encode("utf-16-le")) // 2
            post.entities = [layer.types.MessageEntityBotCommand(offset=0, length=length)]
        self._announce(post, live=True)
        return post

    def go_out(self, person: int, random_id: int, text: str, **rest: Any) -> tuple[Post, Any]:
        """A message of the bot, and the update that tells of it."""
        post = self._post(person, by_bot=True, text=text, random_id=random_id, **rest)
        self.sent[random_id] = post.id
        update = self._announce(post, live=False)
        self.people[person].notice(post)
        return post, update

    def change(self, post: Post) -> Any:
        """The update that tells of an edited message of the bot."""
        post.edit_date = self.date
        self.people[post.chat].notice(post)
        raw = post.raw()
        return self.box.keep(
            layer.types.UpdateEditMessage(message=raw, **self.box.count()), live=False
        )

    def remove(self, ids: Iterable[int]) -> dict[str, int]:
        """Takes messages away from both sides; the pts and count of it."""
        gone = [post for one in ids if (post := self.posts.get(one)) and not post.deleted]
        for post in gone:
            post.deleted = True
            self.people[post.chat].notice_gone()
        counted = self.box.count(len(gone)) if gone else {"pts": self.box.pts, "pts_count": 0}
        if gone:
            ids_gone = [post.id for post in gone]
            update = layer.types.UpdateDeleteMessages(messages=ids_gone, **counted)
            self.box.keep(update, live=False)
        return counted

    def pin(self, post: Post, *, pinned: bool, silent: bool) -> list[Any]:
        """The updates that tell of a message pinned or taken off."""
        post.pinned = pinned
        self.people[post.chat].notice_gone()
        update = layer.types.UpdatePinnedMessages(
            peer=layer.types.PeerUser(user_id=post.chat),
            messages=[post.id],
            pinned=pinned or None,
            **self.box.count(),
        )
        updates = [self.box.keep(update, live=False)]
        if pinned:
            action = layer.types.MessageActionPinMessage()
            note = self._post(
                post.chat, by_bot=True, text="", action=action, reply_to=post.id, silent=silent
            )
            updates.append(self._announce(note, live=False))
        return updates

    def press(self, person: int, post: int, data: bytes) -> None:
        """A press on an inline button."""
        query = secrets.randbits(62)
        self.presses[query] = Press(person, self.clock())
        update = layer.types.UpdateBotCallbackQuery(
            query_id=query,
            user_id=person,
            peer=layer.types.PeerUser(user_id=person),
            msg_id=post,
            chat_instance=person,
            data=data,
        )
        self.box.keep(update, live=True, counted=False)

    def answer(self, query: int, toast: Toast) -> None:
        """The bot's answer to a press: once, and not too late."""
        press = self.presses.get(query)
        if press is None or press.answered or self.clock() - press.at > _ANSWER_WITHIN:
            raise RpcRefusal(400, "QUERY_ID_INVALID")
        press.answered = True
        self.people[press.person].notice_toast(toast)

    def expire_presses(self) -> None:
        """Makes every press so far too old to be answered."""
        for press in self.presses.values():
            press.at -= _ANSWER_WITHIN + 1

    def block(self, person: int, *, blocked: bool) -> None:
        """Tells the bot that a person blocked it or let it in again."""
        self.box.qts += 1
        update = layer.types.UpdateBotStopped(
            user_id=person, date=self.date, stopped=blocked, qts=self.box.qts
        )
        self.box.keep(update, live=True, counted=False)

    def users(self) -> list[Any]:
        """Everybody the bot has met, as it reads them; itself first."""
        me = layer.types.User(
            id=self.bot.id,
            is_self=True,
            bot=True,
            access_hash=self.bot.id,
            first_name=self.bot.name,
            username=self.bot.username,
            bot_info_version=1,
        )
        return [me, *(person.raw() for person in self.people.values() if person.met)]

    def _bundle(self, entry: Entry) -> Any:
        return layer.types.Updates(
            updates=[entry.update], users=self.users(), chats=[], date=self.date, seq=0
        )

    def _post(self, person: int, *, file: File | None = None, **rest: Any) -> Post:
        media = self.files.media(file, self.date) if file else None
        post = Post(
            id=len(self.posts) + 1,
            chat=person,
            date=self.date,
            bot=self.bot.id,
            file=file,
            media=media,
            **rest,
        )
        self.posts[post.id] = post
        return post

    def _announce(self, post: Post, *, live: bool) -> Any:
        raw = post.raw()
        update = layer.types.UpdateNewMessage(message=raw, **self.box.count())
        return self.box.keep(update, live=live, message=raw, random_id=post.random_id)
