"""Carrying out what presses mean: asks the actors, answers the press, has the replies queued.

One update is taken at a time in each chat. What it asks for is asked under its own id, so that an
update which is delivered again, or whose handling was cut short, has its effect once.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from msgspec import UNSET

from llmtb.actors.access import AcceptInvitation
from llmtb.actors.asking import EndSession
from llmtb.actors.centre import AddAgent
from llmtb.actors.chat import ChooseLanguage, QueueMessage, Respond
from llmtb.actors.desk import TakeBack
from llmtb.channels.conversation import asking, presses, strangers
from llmtb.channels.conversation.desk import welcome
from llmtb.channels.conversation.drafting import Drafts
from llmtb.channels.conversation.feeder import Feeder
from llmtb.channels.conversation.house import TRANSIENT, House, Log, ask
from llmtb.channels.conversation.inviting import LONGEST_NAME, acceptance, invalid
from llmtb.channels.conversation.known import Member
from llmtb.channels.conversation.step import (
    History,
    Say,
    Scene,
    Settings,
    Step,
    after_refusal,
    fitting,
    joined,
)
from llmtb.channels.conversation.strangers import Patience, Speaker, of_member, speaker_of
from llmtb.channels.conversation.words import Speech, Words, plain
from llmtb.channels.port import (
    TOAST_LIMIT,
    AlreadySent,
    Disconnected,
    Flooded,
    MessageGone,
    NotModified,
    OutMessage,
    Port,
    PortError,
    Pressed,
    Said,
    TooLate,
    chat_key,
)
from llmtb.events.chat import QuestionAsked
from llmtb.events.event import Event
from llmtb.events.record import Recorded
from llmtb.runtime.clock import Clock
from llmtb.runtime.errors import Refused

log = logging.getLogger(__name__)

_PATIENCE: Final = 5.0  # seconds for what is known to catch up with what was just done
_STRANGERS: Final = 1000  # accounts whose last answer is remembered
_PRESSES: Final = 3  # words and presses for each question that is allowed
_STRANGER_EVERY: Final = timedelta(seconds=5)


class Talk:
    """Handles what people do in the chats of one channel.

    history: a person's own past. new_code: gives a fresh invitation code.
    """

    def __init__(
        self,
        house: House,
        log: Log,
        feeder: Feeder,
        port: Port,
        history: History,
        words: Words,
        settings: Settings,
        clock: Clock,
        new_code: Callable[[], str],
        drafts: Drafts,
    ) -> None:
        self._house = house
        self._log = log
        self._feeder = feeder
        self._port = port
        self._history = history
        self._words = words
        self._settings = settings
        self._clock = clock
        self._new_code = new_code
        self._drafts = drafts
        self._done = 0  # the last event that an answer of an actor told of
        self._strangers: dict[int, datetime] = {}
        self._patience = Patience()

    async def handle(self, update: Said | Pressed) -> None:
        """Take one update, and return when its effect is in the journal, or it has none.

        Call it for one update of a chat at a time. Raises what TRANSIENT lists when a message
        could not be taken: call it again. A press is answered in any case, and not taken later.
        """
        if update.chat != update.user:
            return  # only private chats: what is said here is for one person
        await self._feeder.ready()
        await self._catch_up()
        if self._log.applied(_reply_id(update)) is not None:
            await self._answer(update, Step())
            return
        speaker = speaker_of(self._feeder.known, update)
        uninvited = speaker is None or speaker.id == speaker.chat
        if uninvited and await self._comes_invited(update):
            return
        if speaker is None:
            await self._meet(update)
            return
        if uninvited and not self._leaves(update) and not self._is_patient(speaker):
            await self._answer(update, Step())
            return
        kind = "message" if isinstance(update, Said) else "press"
        log.info("received a %s from user %s", kind, speaker.chat)
        scene = self._scene(update, speaker)
        try:
            done = self._log.applied(update.update)
            if done is not None:
                await self._finish(scene, update, [recorded.event for recorded in done])
            else:
                await self._take(scene, update)
        except TRANSIENT as trouble:
            if isinstance(update, Said):
                raise
            log.warning("the press %s was not taken: %s", update.update, trouble)
            text = self._speech(update).say("I could not do that just now. Please press again.")
            await self._answer(update, Step(toast=text, alert=True))

    async def _take(self, scene: Scene, update: Said | Pressed) -> None:
        if isinstance(update, Said):
            step = presses.said(scene, update.text, update.at)
        else:
            step = presses.pressed(scene, update.token)
        if scene.card.language is None and step.command is not None:
            await self._speak(scene, update)  # an answer may come before anything else is said
        step = await self._ask(scene, step, step.command_id or update.update)
        await self._answer(update, step)
        step = await self._redraw(update, step)
        step = await self._whisper(scene, update, step)
        step = self._draft(scene, update, step)
        await self._respond(scene, update, step)

    async def _speak(self, scene: Scene, update: Said | Pressed) -> None:
        """Keep the language that a chat is spoken to in."""
        command = ChooseLanguage(chat=scene.chat, language=scene.speech.language, by=scene.agent)
        self._note(await self._house.chat(scene.chat, command, f"{update.update}:language"))

    async def _finish(self, scene: Scene, update: Said | Pressed, done: Sequence[Event]) -> None:
        """Do the rest for an update whose command was applied before its handling was cut short."""
        started = isinstance(update, Said) and presses.command_of(update.text)[0] == "start"
        replies = (welcome(scene),) if started else asking.untold(scene, done)
        step = Step(dialogue=None, replies=replies)
        await self._answer(update, step)
        await self._respond(scene, update, step)

    async def _ask(self, scene: Scene, step: Step, command_id: str) -> Step:
        """Ask what the step asks, and what follows from each answer, to the last step."""
        number = 1
        while step.command is not None or step.lookup is not None:
            following = Step()
            if step.command is not None:
                id_ = command_id if number == 1 else f"{command_id}:{number}"
                try:
                    events = self._note(await ask(self._house, step.command, id_))
                    _report(events)
                    following = step.after(events) if step.after is not None else Step()
                except Refused as refusal:
                    following = after_refusal(scene, step, refusal)
            elif step.lookup is not None:
                following = await step.lookup(self._history)
            step = joined(step, following)
            number += 1
        return step

    async def _respond(self, scene: Scene, update: Said | Pressed, step: Step) -> None:
        for chat, say, key in step.elsewhere:
            command = QueueMessage(chat=chat, draft=say.draft(key), by=scene.agent)
            self._note(await self._house.chat(chat, command, f"{key}:{chat}"))
        language = step.language
        if language is None and scene.card.language is None:
            language = scene.speech.language
        lasting = step.replies or step.dialogue is not UNSET or language or step.hide_board
        if not lasting:
            return
        response = Respond(
            chat=scene.chat,
            by=scene.agent,
            messages=tuple(
                say.draft(f"reply:{update.update}:{number}")
                for number, say in enumerate(step.replies, 1)
            ),
            dialogue=step.dialogue,
            language=language,
            hide_board=step.hide_board,
        )
        self._note(await self._house.chat(scene.chat, response, _reply_id(update)))

    async def _answer(self, update: Said | Pressed, step: Step) -> None:
        """Answer a press; an answer that comes too late, or not through, is no loss."""
        if isinstance(update, Pressed):
            try:
                toast = fitting(step.toast, TOAST_LIMIT)
                await self._port.answer(update.query_id, toast, alert=step.alert)
            except TooLate:
                pass
            except PortError as trouble:
                log.info("the press %s was not answered: %s", update.update, trouble)

    async def _redraw(self, update: Said | Pressed, step: Step) -> Step:
        """Change the pressed message; where that cannot be done, say it in a new one."""
        if step.redraw is None or not isinstance(update, Pressed):
            return step
        try:
            await self._port.edit(update.chat, update.message_id, step.redraw.out())
        except NotModified:
            pass
        except (MessageGone, Flooded, Disconnected):
            return replace(step, replies=(step.redraw, *step.replies))
        except PortError as trouble:
            log.info("a message of chat %d was not changed: %s", update.chat, trouble)
        return step

    async def _whisper(self, scene: Scene, update: Said | Pressed, step: Step) -> Step:
        if step.whisper is None or await self._send_unrecorded(update, step.whisper.out()):
            return step
        text = scene.speech.say("The link could not be sent. Please make a new one.")
        return replace(step, replies=(*step.replies, Say(text=text)))

    def _draft(self, scene: Scene, update: Said | Pressed, step: Step) -> Step:
        """Begin the draft that is wanted, or leave the one under way."""
        if step.draft is None:
            return step
        if not step.draft.question:
            self._drafts.cancel(scene.chat)
        elif not self._drafts.begin(scene.chat, step.draft, scene.speech, update.update):
            text = scene.speech.say("No draft can be written now: one is under way, or none can.")
            return replace(step, replies=(*step.replies, Say(text=text)))
        return step

    # --- whoever is not on the list ------------------------------------------------------------

    async def _meet(self, update: Said | Pressed) -> None:
        """One who is not on the list: let in by an invitation, or told so, with no data."""
        speech = self._speech(update)
        text = strangers.refusal(speech, self._feeder.known)
        if isinstance(update, Pressed):
            await self._answer(update, Step(toast=text, alert=True))
            return
        if _code(update):
            text = invalid(speech)
        now, last = self._clock.now(), self._strangers.get(update.user)
        if last is None or now - last >= _STRANGER_EVERY:
            self._strangers.pop(update.user, None)
            self._strangers[update.user] = now
            if len(self._strangers) > _STRANGERS:
                del self._strangers[next(iter(self._strangers))]
            await self._send_unrecorded(update, OutMessage(text=text))

    def _leaves(self, update: Said | Pressed) -> bool:
        """Whether a session that is open is to end: whoever wrote too much may always leave."""
        card = self._feeder.known.card(chat_key(update.chat))
        return card.session is not None and presses.leaves(update)

    def _is_patient(self, speaker: Speaker) -> bool:
        """Whether one more is taken of a customer whom nobody invited."""
        per_minute = self._feeder.known.floor.centre.policy.questions.per_minute
        return self._patience.takes(speaker.chat, self._clock.now(), _PRESSES * per_minute)

    async def _comes_invited(self, update: Said | Pressed) -> bool:
        """Whether one who is nobody's yet came by an invitation that opened."""
        code = _code(update)
        return bool(code) and isinstance(update, Said) and await self._let_in(update, code)

    async def _let_in(self, update: Said, code: str) -> bool:
        command = acceptance(self._feeder.known, chat_key(update.user), code)
        if command is None or not await self._accept(command, update.update):
            return False
        await self._part(update)
        await self._catch_up()
        member = self._feeder.known.member(chat_key(update.user))
        if member is not None:
            member = await self._named(member, update)
            scene = self._scene(update, of_member(member, plain(update.first_name)))
            await self._respond(scene, update, Step(replies=(welcome(scene),)))
        return True

    async def _part(self, update: Said) -> None:
        """Whoever has come in is no customer any more: nobody talks with them as one."""
        chat = chat_key(update.user)
        over = TakeBack(chat=chat, by=chat, reason="exit")
        self._note(await self._house.floor(over, f"{update.update}:over"))
        self._note(await self._house.chat(chat, EndSession(chat=chat), f"{update.update}:end"))

    async def _named(self, member: Member, update: Said) -> Member:
        """Call one who is known by an id alone as they call themselves."""
        name = plain(update.first_name)[:LONGEST_NAME].strip()
        if not name or member.person.name != member.id:
            return member
        naming = AddAgent(agent=member.id, name=name)
        self._note(await self._house.floor(naming, f"{update.update}:name"))
        await self._catch_up()
        return self._feeder.known.member(member.chat) or member

    async def _accept(self, command: AcceptInvitation, command_id: str) -> bool:
        try:
            self._note(await self._house.access(command, command_id))
        except Refused:
            return False
        return True

    # --- what it stands on ---------------------------------------------------------------------

    def _scene(self, update: Said | Pressed, speaker: Speaker) -> Scene:
        message = update.message_id if isinstance(update, Pressed) else None
        said = presses.command_of(update.text)[1] if isinstance(update, Said) else ""
        return Scene(
            known=self._feeder.known,
            words=self._words,
            speech=self._speech(update),
            now=self._clock.now(),
            settings=self._settings,
            agent=speaker.id,
            role=speaker.role,
            chat=speaker.chat,
            update=update.update,
            new_code=self._new_code,
            bot=self._port.name or "",
            name=speaker.name,
            message=message,
            said=said,
            media=isinstance(update, Said) and update.media,
        )

    def _speech(self, update: Said | Pressed) -> Speech:
        """How a chat is spoken to: as it chose, else as its person's app is set."""
        known = self._feeder.known
        language = known.card(chat_key(update.chat)).language
        if language is None:
            language = self._words.language_for(update.language_code, self._settings.language)
        return self._words.speech(language, known.floor.centre.policy.zone)

    def _note(self, recorded: Sequence[Recorded]) -> list[Event]:
        self._done = max([self._done, *(each.seq for each in recorded)])
        return [each.event for each in recorded]

    async def _catch_up(self) -> None:
        """See what was just done, so that the next word is read against it."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._feeder.reached(self._done)
        except TimeoutError:
            log.warning("what is known lags behind event %d", self._done)

    async def _send_unrecorded(self, update: Said | Pressed, message: OutMessage) -> bool:
        """Send at once what the journal must not keep; True if it may have arrived."""
        digest = hashlib.sha256(f"unrecorded\n{update.update}".encode()).digest()
        number = int.from_bytes(digest[:8], "big", signed=True) or 1
        try:
            await self._port.send(update.chat, message, number)
        except AlreadySent:
            pass
        except PortError as trouble:
            log.info("chat %d was not told: %s", update.chat, trouble)
            return False
        return True


def _code(update: Said | Pressed) -> str:
    """The invitation code that a message brings, if any."""
    name, code = presses.command_of(update.text) if isinstance(update, Said) else ("", "")
    return code if name == "start" else ""


def _report(events: Sequence[Event]) -> None:
    """Log what is worked on, without a word of it."""
    for event in events:
        if isinstance(event, QuestionAsked):
            log.info("working on question %s, %d characters", event.question, len(event.text))


def _reply_id(update: Said | Pressed) -> str:
    return f"{update.update}:reply"
