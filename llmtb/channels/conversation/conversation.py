"""The conversation as the house has it: what comes in by a channel, and what goes out of it.

conversation = Conversation(house, journal, history, settings, clock=clock, new_code=new_code)
channel = …(…, conversation.handle, …, urgency=urgency)       # whatever carries the words
running = asyncio.create_task(conversation.run(channel.port))
link = await conversation.first_invitation()                  # while no supervisor has joined
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from llmtb.actors.centre import AddAgent
from llmtb.channels.conversation.closed import Closed
from llmtb.channels.conversation.drafting import Drafts
from llmtb.channels.conversation.feeder import Feeder
from llmtb.channels.conversation.house import Drafting, House, Log
from llmtb.channels.conversation.inviting import invitation, link_to
from llmtb.channels.conversation.keyboards import COMMANDS
from llmtb.channels.conversation.live import LiveMessages
from llmtb.channels.conversation.step import History, Settings
from llmtb.channels.conversation.talk import Talk
from llmtb.channels.conversation.turns import Turns
from llmtb.channels.conversation.words import FALLBACK, Words
from llmtb.channels.port import Disconnected, Flooded, Port, PortError, Pressed, Said
from llmtb.events.chat import MessageQueued
from llmtb.runtime.clock import Clock
from llmtb.runtime.tasks import until_first

log = logging.getLogger(__name__)

FIRST: Final = "supervisor"
"""The id of the person for whom an empty house has its first invitation."""
_FIRST_WAIT, _LAST_WAIT = 1.0, 60.0  # seconds


class Conversation:
    """Everything people say to the bot and hear from it, over one channel.

    history: a person's own past. new_code: gives a fresh invitation code (`access.new_code`).
    drafting: a model that drafts replies for agents, if there is one.
    feeder: follows the journal; what it knows may be read by others.
    """

    def __init__(
        self,
        house: House,
        log: Log,
        history: History,
        settings: Settings,
        *,
        clock: Clock,
        new_code: Callable[[], str],
        words: Words | None = None,
        drafting: Drafting | None = None,
    ) -> None:
        self._house = house
        self._log = log
        self._history = history
        self._settings = settings
        self._clock = clock
        self._new_code = new_code
        self._words = words or Words.load()
        self._drafting = drafting
        self.feeder = Feeder(log, house, self._words, settings, clock, drafts=drafting is not None)
        self._turns = Turns()
        self._talk: asyncio.Future[Talk | Closed] = asyncio.get_running_loop().create_future()

    async def handle(self, update: Said | Pressed) -> None:
        """Take one update; see `Talk.handle`. Until `run` has begun, this waits."""
        talk = await asyncio.shield(self._talk)
        async with self._turns.turn(update.chat):  # a chat may be open in more than one channel
            await talk.handle(update)

    async def run(self, port: Port) -> None:
        """Tell people what happens, and keep the live messages, until this is cancelled.

        While the journal takes nothing, everybody is answered that nothing can be changed.
        """
        house, feeder, words, clock = self._house, self.feeder, self._words, self._clock
        settings = self._settings
        if self._log.refusal is not None:
            self._talk.set_result(Closed(feeder, port, words, settings, clock))
            await feeder.run()
            return
        live = LiveMessages(house, feeder, port, words, settings, clock)
        drafts = Drafts(house, port, self._drafting, clock)
        talk = Talk(
            house,
            self._log,
            feeder,
            port,
            self._history,
            words,
            settings,
            clock,
            self._new_code,
            drafts,
        )
        if not self._talk.done():
            self._talk.set_result(talk)
        try:
            await until_first(feeder.run(), live.run(), self._offer(port))
        finally:
            await drafts.close()

    async def first_invitation(self, bot: str) -> str | None:
        """A link that makes the first supervisor; None if one has joined already.

        bot: the bot's public name. An earlier first link is void.
        Raises what asking an actor raises.
        """
        await self.feeder.ready()
        known = self.feeder.known
        if known.members("supervisor"):
            return None
        people = known.floor.centre.roster.people
        invited = sorted(who for who, person in people.items() if person.role == "supervisor")
        agent = invited[0] if invited else FIRST
        if not invited:
            await self._house.floor(AddAgent(agent=agent, role="supervisor"))
        code = self._new_code()
        now = self._clock.now()
        await self._house.access(
            invitation("company", agent, "supervisor", code, now, self._settings)
        )
        return link_to(bot, code)

    async def _offer(self, port: Port) -> None:
        """Have the app's menu offer the commands, in every language; then wait for nothing."""
        commands = {}
        for language in self._words.languages:
            speech = self._words.speech(language, self.feeder.known.floor.centre.policy.zone)
            offered = [(name, speech.say(text)) for name, text in COMMANDS.items()]
            commands["" if language == FALLBACK else language] = offered
        wait = _FIRST_WAIT
        while True:
            try:
                await port.offer_commands(commands)
                break
            except (Disconnected, Flooded):
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LAST_WAIT)
            except PortError as trouble:
                log.warning("the menu of commands was not taken: %s", trouble)
                break
        await asyncio.get_running_loop().create_future()


def urgency(queued: MessageQueued) -> int:
    """Replies to a press go first; what is told to many can wait a second."""
    return 0 if queued.message.startswith("reply:") else 1
