"""The live program: the house over its journal on the disk, its views, Telegram and the pages."""

import asyncio
import logging
import random
import secrets
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from llmtb.actors.access import new_code
from llmtb.answerer.answerer import Answerer
from llmtb.app import House
from llmtb.audit.alone import ALONE, Apart, alone
from llmtb.audit.archive import Archive
from llmtb.audit.privacy.nightly import nightly
from llmtb.audit.privacy.retention import expire
from llmtb.audit.privacy.rotating import record_rotation
from llmtb.audit.service import REQUESTS, Auditing
from llmtb.audit.vouching.checkpoints import Checkpoints
from llmtb.channels.attachments import Reports
from llmtb.channels.conversation.conversation import Conversation, urgency
from llmtb.channels.conversation.step import Settings as Manners
from llmtb.channels.conversation.words import Words
from llmtb.channels.switchboard import Switchboard
from llmtb.channels.telegram.channel import TelegramChannel
from llmtb.channels.telegram.refusals import TelegramRefused
from llmtb.channels.telegram.settings import PublicKey, TelegramSettings, read_server
from llmtb.channels.web.console import Console, Demo, Unserved
from llmtb.channels.web.door.hosts import address_of
from llmtb.channels.web.door.owner import DO, link_for
from llmtb.channels.web.door.starting import check
from llmtb.channels.web.feed import Hub
from llmtb.channels.web.server import Server
from llmtb.channels.web.site import site
from llmtb.channels.web.window.window import Pages
from llmtb.control import DATABASE, FAULT, INPUT, Control, Note, Serve, Unable
from llmtb.data import JOURNAL_FILE, open_journal
from llmtb.events.codec import CODEC
from llmtb.events.errors import JournalError
from llmtb.inference.errors import InferenceError
from llmtb.inference.remembering import forget_texts
from llmtb.library.knowing import Drafting, Knowing
from llmtb.library.service import Service
from llmtb.projections.catalogue import VIEWS_FILE, projections
from llmtb.projections.engine import Views
from llmtb.projections.history import Day, history_of
from llmtb.rules_file import RulesFile
from llmtb.runtime.clock import Clock, WallClock
from llmtb.runtime.errors import Refused
from llmtb.runtime.loop import run
from llmtb.runtime.tasks import until_first
from llmtb.settings import Settings, SettingsError, Telegram

__all__ = ["JOURNAL_FILE", "TelegramRefused", "run_bot"]

log = logging.getLogger(__name__)

AT_ONCE = partial(print, flush=True)  # a pipe or a service's log would hold it back
CATCHING_UP = 2.0  # seconds that a look at the past waits for the views
REMAKING = 10.0  # seconds that the first page waits for them


class Showing(Demo, Protocol):
    """A demo as it is played: its own clock, manners and people."""

    @property
    def clock(self) -> Clock: ...
    @property
    def manners(self) -> Manners: ...
    async def run(self, house: House) -> None:
        """Bring its people in and have them work, until this is cancelled."""
        ...


def run_bot(settings: Settings, file: Path, folder: Path, environment: Mapping[str, str]) -> None:
    """Serve Telegram and the console until a signal ends it, from the data in `folder`.

    file: the settings file, whose rules are taken up again whenever it changes. environment: may
    hold the master key.
    Raises SettingsError, JournalError, ViewsUnusable, or TelegramRefused, each one line.
    """
    telegram = telegram_of(settings.telegram)
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO)
    if file.exists() and file.stat().st_mode & 0o077 and settings.telegram.token:
        log.warning("others can read %s: if the token stands there, `chmod 600` it", file)
    try:
        live = Live(settings, telegram, file, folder, environment=environment)
        run(live.serve(), uvloop=settings.run.uvloop)
    except ModuleNotFoundError as error:
        raise SettingsError(f"[run] uvloop: {error.name} is not installed") from error


def manners_of(given: Telegram) -> Manners:
    """How the conversation behaves, by the settings."""
    return Manners(
        press_seconds=given.press_seconds,
        pin_capacity=given.pin_capacity,
        invitation_hours=given.invitation_hours,
        language=given.language,
    )


def telegram_of(given: Telegram) -> TelegramSettings:
    """What the channel is told, from the settings file's table. Raises SettingsError."""
    try:
        key = None
        if given.server_key:
            key = PublicKey.from_pem(Path(given.server_key).read_text("ascii"))
        return TelegramSettings(
            token=given.token,
            api_id=given.api_id,
            api_hash=given.api_hash,
            server=read_server(given.server) if given.server else None,
            public_key=key,
            per_second=given.per_second,
            per_chat_second=given.per_chat_second,
        )
    except (OSError, ValueError) as error:
        raise SettingsError(f"[telegram]: {error}") from error


class Live:
    """One run of the program. `stop` ends it, as SIGINT and SIGTERM do.

    telegram: None where no bot is set up: then there are the pages alone.
    file, folder: the settings file, and the folder of the data. environment: may hold the master
    key. clock: the time that holds.
    show: shows the owner a line that is a secret, and therefore in no log.
    demo: what is played, if it is no real company. house, url: the actors and the address of the
    console, once it serves.
    """

    house: House
    url: str

    def __init__(
        self,
        settings: Settings,
        telegram: TelegramSettings | None,
        file: Path,
        folder: Path,
        *,
        environment: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        show: Callable[[str], object] = AT_ONCE,
        demo: Showing | None = None,
    ) -> None:
        self._environment = environment or {}
        self._clock = demo.clock if demo is not None else clock or WallClock()
        self._demo = demo
        self._show = show
        self._settings = settings
        self._telegram = telegram
        self._rules = RulesFile(file, folder)
        self._folder = folder
        self._stop = asyncio.Event()
        self._apart = Apart()
        self._serves: Serve | None = None  # what verbs ask, while everything is open
        self._control: asyncio.Task[None] | None = None
        self.url = ""

    async def serve(self) -> None:
        """Open everything in order, serve, and close it in the opposite order.

        Raises SettingsError, before anything is opened, where strangers could come in.
        """
        for line in check(self._settings.console, bot=self._telegram is not None):
            log.warning("%s", line)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        try:
            while not self._stop.is_set():
                await self._once()
                await self._apart.work()
        finally:
            self._apart.close()
            if self._control is not None:
                self._control.cancel()
                await asyncio.gather(self._control, return_exceptions=True)

    async def _once(self) -> None:
        """Open everything, serve until the end or until there is work for nobody else, close it."""
        folder = self._folder
        forget_texts()  # it may be opened again for somebody who is to be forgotten
        async with AsyncExitStack() as stack:
            opened = await open_journal(folder, self._settings.audit, self._environment)
            stack.push_async_callback(opened.close)
            journal = opened.journal
            # Only who merely reads may have none of these.
            assert opened.vault is not None and opened.signing is not None  # noqa: S101, PT018
            if journal.refusal is not None:
                log.error("READ-ONLY, nothing is recorded or sent: %s", journal.refusal)
                log.error("docs/checkpoints.md says what to do")
            if self._control is None:
                self._control = asyncio.create_task(Control(folder, self._asked).run())
            views = await Views.open(folder / VIEWS_FILE, projections(), journal)
            stack.push_async_callback(views.close)
            chance = random.Random(secrets.randbits(64))  # noqa: S311 - spreads retries
            self.house = house = await House.start(journal, self._clock, chance)
            stack.push_async_callback(house.stop)
            checkpoints = Checkpoints(house, opened.signing)
            archive = Archive(house, journal, opened.vault, folder, self._settings, checkpoints)
            if journal.refusal is None:
                await self._rules.apply(house, self._settings.policy)
                await record_rotation(house, opened.vault)
                if await expire(archive):
                    return  # the next opening destroys it, before anything is shown
            try:
                await until_first(
                    asyncio.shield(self._control), self._serve(archive, views, chance)
                )
            finally:
                self._serves = None

    def stop(self) -> None:
        """Have `serve` end: nothing new is taken, what can be sent in time is sent."""
        self._stop.set()

    async def _serve(self, archive: Archive, views: Views, chance: random.Random) -> None:
        house, journal = archive.house, archive.journal
        given = self._settings.telegram
        words = Words.load()
        knowing = Knowing(self._settings.models, self._folder, journal)
        answerer = Answerer(journal, house, knowing.answer)
        service = Service(house, journal, self._folder, knowing.answers)
        conversation = Conversation(
            house,
            journal,
            partial(_history, views),
            self._manners(),
            clock=house.clock,
            new_code=partial(new_code, secrets.token_urlsafe),
            words=words,
            drafting=Drafting(knowing, lambda: answerer.known),
        )
        channel = None
        if self._telegram is not None:
            channel = TelegramChannel(
                self._telegram,
                self._folder / "telegram",
                journal,
                conversation.handle,
                lambda record: house.chat(record.chat, record),
                Reports(views, words),
                clock=house.clock,
                random=chance,
                urgency=urgency,
            )
        pages = Pages(journal, lambda record: house.chat(record.chat, record), house.clock)
        port = Switchboard(channel.port if channel is not None else None, pages)
        hub = Hub(conversation.feeder, house.clock.now)
        console = Console(
            house=house,
            journal=journal,
            feeder=conversation.feeder,
            views=views,
            words=words,
            settings=self._settings.console,
            language=given.language,
            clock=house.clock,
            handle=conversation.handle,
            port=port,
            pages=pages,
            serve=partial(_served, service),
            embed=partial(_embedded, knowing),
            hub=hub,
            folder=self._folder,
            new_text=secrets.token_urlsafe,
            codec=CODEC.with_keys(archive.vault),
            demo=self._demo,
        )
        server = Server(self._settings.console, site(console), hub)
        self._serves = partial(self._controlled, service, Auditing(archive), console)
        works = [
            knowing.run(),
            views.run(),
            conversation.run(port),
            pages.run(),
            server.run(_known(conversation, views, journal.head)),
            self._stop.wait(),
            self._apart.wanted(),
        ]
        if journal.refusal is None:
            works += [answerer.run(), self._rules.follow(house)]
            if self._demo is not None:
                works.append(self._demo.run(house))
            else:
                works.append(nightly(archive, conversation.feeder))
        self._tell(server)
        if channel is None:
            await until_first(*works)
            return
        if journal.refusal is None:
            works.append(self._invite(conversation, channel))
        serving = asyncio.ensure_future(channel.run())
        try:
            await until_first(asyncio.shield(serving), *works)
        finally:
            await channel.stop()
            await asyncio.gather(serving, return_exceptions=True)

    def _manners(self) -> Manners:
        if self._demo is not None:
            return self._demo.manners
        address = address_of(self._settings.console)
        return msgspec.structs.replace(manners_of(self._settings.telegram), console=address)

    async def _asked(self, request: dict[str, Any], note: Note) -> Any:
        """What a verb asks, whatever is open at the moment. Raises Unable."""
        if request.get("do") in ALONE:
            given = self._folder, self._settings, self._environment, self._clock
            return await self._apart.do(partial(alone, *given, request, note))
        if self._serves is None:
            raise Unable(FAULT, "the program opens its data at the moment; ask again")
        return await self._serves(request, note)

    async def _controlled(
        self,
        service: Service,
        auditing: Auditing,
        console: Console,
        request: dict[str, Any],
        note: Note,
    ) -> Any:
        """What a verb asks of the running program. Raises Unable."""
        if request.get("do") in REQUESTS:
            return await auditing.do(request, note)
        if request.get("do") != DO:
            return await service.do(request, note)
        try:
            address = self._settings.console.public_url or self.url
            return await link_for(console, address, request)
        except Refused as refusal:
            raise Unable(INPUT, str(refusal)) from refusal
        except JournalError as error:
            raise Unable(DATABASE, str(error)) from error

    def _tell(self, server: Server) -> None:
        """Say where the console is, and have it stay there."""
        if self.url != server.url:
            self.url = server.url
            self._show(f"The console: {self._settings.console.public_url or server.url}")
            console = msgspec.structs.replace(self._settings.console, port=server.port)
            self._settings = msgspec.structs.replace(self._settings, console=console)

    async def _invite(self, conversation: Conversation, channel: TelegramChannel) -> None:
        """While nobody supervises, print a link that lets the first supervisor in."""
        await channel.port.connected()
        link = await conversation.first_invitation(channel.port.name or "")
        if link is not None:
            self._show(f"\nNobody supervises yet. Open this once, in Telegram:\n\n    {link}\n")
        await asyncio.get_running_loop().create_future()


async def _served(service: Service, request: Mapping[str, Any]) -> Any:
    """What comes of a request to the library, for a page. Raises Unserved."""
    try:
        return await service.do(dict(request), _unheard)
    except Unable as unable:
        raise Unserved(str(unable)) from unable


async def _embedded(knowing: Knowing, texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """The meaning of texts, for a page. Raises Unserved."""
    try:
        answers = await knowing.answers(_unheard)
        return await answers.encoder.queries(texts, background=True)
    except InferenceError as error:
        raise Unserved(str(error)) from error


def _unheard(text: str, *, piece: bool = False) -> None:
    """Nobody waits for notes about how far it is."""


async def _known(conversation: Conversation, views: Views, head: int) -> None:
    """Wait until all that was recorded before is known; views made anew take longer."""
    await conversation.feeder.ready()
    with suppress(TimeoutError):
        async with asyncio.timeout(REMAKING):
            await views.reached(head)


async def _history(views: Views, agent: str) -> Sequence[Day]:
    with suppress(TimeoutError):  # whoever has just come back sees that rest, if it can be
        async with asyncio.timeout(CATCHING_UP):
            await views.reached(views.position + views.behind)
    async with views.snapshot() as read:
        return await history_of(read, agent)
