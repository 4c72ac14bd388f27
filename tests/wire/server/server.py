"""A small Telegram on loopback, and what a test may do to it."""

import secrets
import time
from collections.abc import Callable
from typing import Final, Self

from tests.wire.server.bell import PATIENCE
from tests.wire.server.errors import RpcRefusal
from tests.wire.server.faults import SENDS, Cut, Fault
from tests.wire.server.people import Person
from tests.wire.server.rpc import Call, Reception
from tests.wire.server.rsa import PublicKey
from tests.wire.server.transport import WireError
from tests.wire.server.wire import Wire
from tests.wire.server.world import Bot, World

API_ID: Final = 12345
API_HASH: Final = "0123456789abcdef0123456789abcdef"


class MtprotoServer:
    """Serves one bot while the `async with` lasts: real TCP, key exchange and encryption.

        async with MtprotoServer() as server:
            sara = server.person(7012345678, "Sara", language_code="fa")
            ...  # a bot connects to server.address, trusting server.public_key
            await sara.say("/start")
            reply = await sara.hears("Welcome")

    `clock` gives seconds since 1970; messages and presses are dated by it. The protocol itself
    goes by the real time, which a client's has to agree with.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        token = f"4242:{secrets.token_urlsafe(24)}"
        self.api_id = API_ID
        self.api_hash = API_HASH
        self._world = World(Bot(4242, "floor_bot", "Floor", token), clock, self._push)
        self._reception = Reception(self._world, API_ID, API_HASH)
        self._wire = Wire(self._reception, time.time)

    async def __aenter__(self) -> Self:
        await self._wire.listen()
        self._world.address = self._wire.address
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._wire.close()

    # What a client is given.

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to connect to."""
        return self._wire.address

    @property
    def public_key(self) -> PublicKey:
        """The RSA key that a client has to trust."""
        return self._wire.rsa.public

    @property
    def bot(self) -> Bot:
        """The account that the token opens."""
        return self._world.bot

    @property
    def bot_token(self) -> str:
        """What BotFather gave out."""
        return self._world.bot.token

    def person(
        self,
        person_id: int,
        first_name: str,
        *,
        last_name: str | None = None,
        username: str | None = None,
        language_code: str | None = None,
    ) -> Person:
        """Somebody new, who has not written to the bot yet."""
        person = Person(self._world, person_id, first_name, last_name, username, language_code)
        self._world.people[person_id] = person
        return person

    # What the bot did.

    @property
    def log(self) -> list[Call]:
        """Every call that arrived, in order; a call that was refused or cut off is among them."""
        return self._reception.log

    def calls(self, method: str) -> list[Call]:
        """The calls of one method, such as `messages.SendMessage`."""
        return [call for call in self.log if call.method == method]

    async def called(self, method: str, times: int = 1, within: float = PATIENCE) -> list[Call]:
        """Waits until a method was called so many times in all; AssertionError if it is not."""
        return await self._reception.bell.until(
            lambda: calls if len(calls := self.calls(method)) >= times else None,
            within,
            lambda: f"{method} was called {len(self.calls(method))} times, not {times}",
        )

    @property
    def unsupported(self) -> list[str]:
        """The methods that were called and that this server does not know."""
        return self._reception.unsupported

    @property
    def wire_errors(self) -> list[WireError]:
        """What clients sent that was no MTProto; each cost its sender the connection."""
        return self._wire.errors

    @property
    def commands(self) -> dict[tuple[str, str], list[tuple[str, str]]]:
        """The bot's commands with their descriptions, by scope (`Default`) and language."""
        return self._world.commands

    @property
    def pts(self) -> int:
        """How far the bot's updates have come."""
        return self._world.box.pts

    # What may go wrong with a call.

    def flood(
        self, seconds: int, times: int = 1, *, chat: int | None = None, method: str | None = None
    ) -> None:
        """The next `times` sends and edits, to one chat or to all, get FLOOD_WAIT."""
        self.fail(420, f"FLOOD_WAIT_{seconds}", times, chat=chat, method=method)

    def fail(
        self,
        code: int,
        words: str,
        times: int = 1,
        *,
        chat: int | None = None,
        method: str | None = None,
    ) -> None:
        """The next `times` calls of a method (sends and edits when None) get an error."""
        methods = SENDS if method is None else {method}
        self._reception.faults.add(Fault(methods, times, RpcRefusal(code, words), chat))

    def cut_before(self, method: str, times: int = 1) -> None:
        """The connection breaks when a method is called, before it takes effect."""
        self._reception.faults.add(Fault({method}, times, Cut.BEFORE))

    def cut_after(self, method: str, times: int = 1) -> None:
        """The connection breaks when a method has taken effect: its reply is lost."""
        self._reception.faults.add(Fault({method}, times, Cut.AFTER))

    def heal(self) -> None:
        """No call goes wrong any more."""
        self._reception.faults.clear()

    def random_id_duplicate(self, code: int) -> None:
        """With which code a repeated `random_id` is refused: 500 unless told, 400 elsewhere."""
        self._world.random_id_duplicate_code = code

    def expire_presses(self) -> None:
        """Every press so far is too old to be answered."""
        self._world.expire_presses()

    # What may go wrong with the connection.

    def cut(self) -> None:
        """Drops every connection; clients may come back at once."""
        self._wire.cut()

    def away(self) -> None:
        """Drops every connection and refuses new ones until `back`."""
        self._wire.refuse()

    async def back(self) -> None:
        """Takes connections again, at the same address."""
        await self._wire.listen()

    def fall_silent(self) -> None:
        """Connections stay, but nothing that arrives is heeded until `speak`."""
        self._wire.silent = True

    def speak(self) -> None:
        """Heeds what arrives from now on."""
        self._wire.silent = False

    def change_salts(self) -> None:
        """Every client's salt is out of date: its next message gets `bad_server_salt`."""
        self._wire.change_salts()

    def sign_out(self) -> None:
        """Ends every authorisation: calls get AUTH_KEY_UNREGISTERED."""
        self._wire.forget_authorisations()

    def forget_keys(self) -> None:
        """Forgets every authorisation key: its owner gets the transport error -404."""
        self._wire.forget_keys()

    # What may go wrong with updates.

    def hold_updates(self) -> None:
        """Pushes nothing until `release_updates`; `getDifference` tells of it."""
        self._world.box.held = True

    def release_updates(self) -> None:
        """Pushes what happens from now on; what was held is still only in the difference."""
        self._world.box.held = False

    def duplicate_updates(self, times: int = 1) -> None:
        """The next `times` updates are pushed twice."""
        self._world.box.double(times)

    def reverse_updates(self, times: int = 2) -> None:
        """The next `times` updates are pushed together, the last one first."""
        self._world.box.reverse(times)

    def slice_difference(self, size: int) -> None:
        """`getDifference` tells of at most `size` updates at once."""
        self._world.box.slice_size = size

    def too_long_from(self, updates: int | None) -> None:
        """A bot this many pts behind is told `differenceTooLong`; None: never."""
        self._world.box.too_long_from = updates

    def _push(self, updates: object) -> bool:
        return self._wire.push(updates)
