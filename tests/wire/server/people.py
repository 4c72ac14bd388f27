"""People: what one of them does in the chat with the bot, and what she sees there."""

import secrets
from collections.abc import Callable
from typing import Any

from tests.wire.server import layer
from tests.wire.server.bell import PATIENCE, Bell
from tests.wire.server.posts import Post
from tests.wire.server.screen import Button, File, Message, Toast, keyboard_of
from tests.wire.server.world import World


class Person:
    """Somebody with a telephone.

    She reads on from where she last read: `hears` and `toast` find only what appeared after
    the last thing they found.
    """

    def __init__(
        self,
        world: World,
        person_id: int,
        first_name: str,
        last_name: str | None = None,
        username: str | None = None,
        language_code: str | None = None,
    ) -> None:
        self.id = person_id
        self.first_name = first_name
        self.last_name = last_name
        self.username = username
        self.language_code = language_code
        self.access_hash = secrets.randbits(62)
        self.met = False
        self.has_blocked = False
        self.keyboard: tuple[tuple[str, ...], ...] = ()
        self.toasts: list[Toast] = []
        self._world = world
        self._bell = Bell()
        self._appeared: list[Message] = []
        self._heard = 0
        self._noted = 0

    @property
    def chat(self) -> list[Message]:
        """Every message of the chat as she sees it now, the oldest first."""
        return [
            post.seen()
            for post in self._world.posts.values()
            if post.chat == self.id and not post.deleted and post.action is None
        ]

    @property
    def pinned(self) -> Message | None:
        """The newest pinned message, or None."""
        return next((message for message in reversed(self.chat) if message.pinned), None)

    async def say(self, text: str) -> Message:
        """Sends a text; a block that she had put on the bot ends with it."""
        return self._send(text)

    async def send_file(self, name: str, content: bytes, caption: str = "") -> Message:
        """Sends a document."""
        return self._send(caption, File("document", name, content))

    async def press(
        self, label: str, *, on: Message | None = None, within: float = PATIENCE
    ) -> None:
        """Presses the button with this label, or the one whose label contains it.

        She looks at the keyboard and then at the newest message first, and waits up to
        `within` seconds for such a button to appear. `on` presses a button of a message as it
        looked when she saw it, though it may since have changed. Raises AssertionError when
        there is no such button.
        """
        found = await self._bell.until(
            lambda: self._find(label, on), within, lambda: f"no button {label!r} {self._screen()}"
        )
        message, button = found
        if message is None:
            self._send(button.text)
        elif button.data is None:
            raise AssertionError(f"the button {button} has nothing to tell the bot")
        else:
            self._world.press(self.id, message, button.data)

    async def hears(
        self,
        containing: str = "",
        *,
        where: Callable[[Message], bool] | None = None,
        within: float = PATIENCE,
    ) -> Message:
        """The next new or edited message of the bot that contains a text and fits `where`.

        Raises AssertionError when none comes within `within` seconds.
        """

        def look() -> Message | None:
            for place in range(self._heard, len(self._appeared)):
                message = self._appeared[place]
                if containing in message.text and (where is None or where(message)):
                    self._heard = place + 1
                    return message
            return None

        return await self._bell.until(
            look, within, lambda: f"nothing containing {containing!r} {self._screen()}"
        )

    async def toast(self, containing: str = "", *, within: float = PATIENCE) -> Toast:
        """The next answer to a press that contains a text; AssertionError when none comes."""

        def look() -> Toast | None:
            for place in range(self._noted, len(self.toasts)):
                if containing in self.toasts[place].text:
                    self._noted = place + 1
                    return self.toasts[place]
            return None

        return await self._bell.until(
            look, within, lambda: f"no toast containing {containing!r}, of {self.toasts}"
        )

    async def sees(self, what: Callable[[list[Message]], bool], within: float = PATIENCE) -> None:
        """Waits until the chat as a whole is as described; AssertionError when it is not."""
        await self._bell.until(
            lambda: what(self.chat) or None, within, lambda: f"not seen {self._screen()}"
        )

    def blocks_bot(self) -> None:
        """Shuts the bot out: what it sends her is refused."""
        if not self.has_blocked:
            self.has_blocked = True
            self._world.block(self.id, blocked=True)

    def unblocks_bot(self) -> None:
        """Lets the bot in again."""
        if self.has_blocked:
            self.has_blocked = False
            self._world.block(self.id, blocked=False)

    def raw(self) -> Any:
        """Herself as the bot reads her."""
        return layer.types.User(
            id=self.id,
            access_hash=self.access_hash,
            first_name=self.first_name,
            last_name=self.last_name,
            username=self.username,
            lang_code=self.language_code,
        )

    def notice(self, post: Post) -> None:
        """A message of the bot appeared or changed before her eyes."""
        shown = keyboard_of(post.markup)
        if shown is not None:
            self.keyboard = shown
        self._appeared.append(post.seen())
        self._bell.ring()

    def notice_toast(self, toast: Toast) -> None:
        """The bot answered a press."""
        self.toasts.append(toast)
        self._bell.ring()

    def notice_gone(self) -> None:
        """Something else about the chat changed: a message went, a pin was set."""
        self._bell.ring()

    def _send(self, text: str, file: File | None = None) -> Message:
        self.met = True
        self.unblocks_bot()
        return self._world.come_in(self.id, text, file).seen()

    def _find(self, label: str, on: Message | None) -> tuple[int | None, Button] | None:
        """The button, with its message; a key of the keyboard has none."""
        buttons: list[tuple[int | None, Button]] = []
        if on is None:
            buttons += [(None, Button(key)) for row in self.keyboard for key in row]
        for message in [on] if on else reversed(self.chat):
            buttons += [(message.id, button) for row in message.buttons for button in row]
        exact = [found for found in buttons if found[1].text == label]
        loose = [found for found in buttons if label in found[1].text]
        return next(iter(exact + loose), None)

    def _screen(self) -> str:
        lines = [
            f"  {'bot' if message.by_bot else self.first_name}: {message.text!r}"
            f" {[[button.text for button in row] for row in message.buttons] or ''}"
            for message in self.chat[-8:]
        ]
        return "\n".join([f"on {self.first_name}'s screen (keyboard {self.keyboard}):", *lines])
