"""Signing in: codes that open once, second factors, and the session that comes of them.

Whatever is wrong is answered in the same way, so that nobody learns whether an id exists, whether
a code was nearly right, or whether somebody is locked out.
"""

import asyncio
import logging
import re
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Final, Literal

from llmtb.actors.access import digest_of
from llmtb.actors.signing_in import OFFER_FOR, FailSignIn, Guess, OfferSignIn, SignIn
from llmtb.channels.conversation.known import Known
from llmtb.channels.conversation.words import Phrase, ascii_digits
from llmtb.channels.port import OutMessage, PortError, chat_number
from llmtb.channels.web.console import Console
from llmtb.channels.web.door.gate import Gate
from llmtb.channels.web.door.sessions import roles_of
from llmtb.events.record import Recorded
from llmtb.runtime.errors import Refused

log = logging.getLogger(__name__)

_TYPED: Final = re.compile(r"[0-9]{6}")
_CATCH_UP: Final = 5.0  # seconds for what is known to catch up with what was just recorded


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came of a try. token: of the new session, if there is one.

    wanted: what else is needed before there is.
    """

    token: str = ""
    wanted: Literal["", "second_factor"] = ""


WRONG: Final = Arrival()


class Asked:
    """As whom a browser asked for a code; its nonce makes the code that browser's alone."""

    PURPOSE: Final = "asked"

    def __init__(self, agent: str, nonce: str) -> None:
        self.agent = agent
        self.nonce = nonce

    def sealed(self, gate: Gate) -> str:
        """What the browser keeps of it."""
        return gate.seal.sealed(self.PURPOSE, f"{self.agent.encode().hex()}-{self.nonce}")

    @classmethod
    def opened(cls, gate: Gate, sealed: str) -> "Asked | None":
        """What a browser brings back, if it is as it was."""
        text = gate.seal.opened(cls.PURPOSE, sealed)
        if text is None:
            return None
        agent, _, nonce = text.partition("-")
        return cls(bytes.fromhex(agent).decode(), nonce)

    def digest(self, gate: Gate, code: str) -> str:
        """What is recorded of a code for this browser: six digits need a key, to be no riddle."""
        return gate.seal.of("code", f"{code}\n{self.nonce}")


def person_of(known: Known, typed: str) -> str | None:
    """Who is meant by an id, or by the number of an account; None for one who may not come in."""
    agent = known.access.accounts.get(typed, typed)
    return agent if roles_of(known, agent) else None


async def arrive(
    console: Console, gate: Gate, asked: Asked | None, code: str, second: str | None, device: str
) -> Arrival:
    """What comes of a code, and of a second factor where one is given.

    One try is taken at a time, so that each counts before the next.
    """
    async with gate.arriving:
        return await _arrive(console, gate, asked, code, second, device)


async def _arrive(
    console: Console, gate: Gate, asked: Asked | None, code: str, second: str | None, device: str
) -> Arrival:
    known, now = console.known, console.now()
    digits = ascii_digits(code).strip()
    typed = asked is not None and _TYPED.fullmatch(digits) is not None
    if asked is not None and typed:
        digest = asked.digest(gate, digits)
    else:
        digest = digest_of(code.strip())
    offer = known.access.offer(digest, now)
    if offer is None or not roles_of(known, offer.agent):
        agent = person_of(known, asked.agent) if asked is not None and typed else None
        await _fail(console, gate, agent, "code")
        return WRONG
    agent, needed = offer.agent, offer.agent in known.access.second_factors
    locked = typed and known.access.is_locked(agent, "code", now)
    if needed and second is None:
        return WRONG if locked else Arrival(wanted="second_factor")
    if locked or (needed and known.access.is_locked(agent, "second_factor", now)):
        gate.refusals.add("code")
        return WRONG
    if needed and not await gate.second_factors.use(agent, second or "", now):
        await _fail(console, gate, agent, "second_factor")
        return Arrival(wanted="second_factor")
    token = console.new_text(32)
    sign_in = SignIn(
        offer=digest,
        session=digest_of(token),
        until=now + timedelta(hours=console.settings.session_hours),
        second_factor=needed,
        device=device,
    )
    try:
        await see(console, await console.house.access(sign_in))
    except Refused as refusal:
        log.info("a sign-in was refused: %s", refusal)
        return WRONG
    return Arrival(token)


def send_code(console: Console, gate: Gate, typed: str, nonce: str) -> None:
    """Have a code sent to the chat of whoever is meant; the caller waits for nothing."""
    task = asyncio.create_task(_send_code(console, gate, typed, nonce))
    gate.sending.add(task)
    task.add_done_callback(gate.sending.discard)


async def _send_code(console: Console, gate: Gate, typed: str, nonce: str) -> None:
    known = console.known
    agent = person_of(known, typed)
    chat = known.chat_of(agent) if agent is not None else None
    number = chat_number(chat) if chat is not None else None
    if agent is None or chat is None or number is None:
        return
    code = _six_digits(console.new_text(16))
    digest = Asked(agent, nonce).digest(gate, code)
    offer = OfferSignIn(agent=agent, offer=digest, way="code", by="door")
    language = known.card(chat).language or console.language
    speech = console.words.speech(language, known.floor.centre.policy.zone)
    text = speech.say(
        "Your code for the console is {code}. It opens once, within {time}. If you did not ask for "
        "it, somebody typed your number; without the code that leads nowhere.",
        code=Phrase("".join(speech.number(int(digit)) for digit in code)),
        time=speech.minutes(int(OFFER_FOR.total_seconds()) // 60),
    )
    try:
        await console.house.access(offer)
        random_id = int.from_bytes(sha256(nonce.encode()).digest()[:8], "big", signed=True)
        await console.port.send(number, OutMessage(text=text), random_id or 1)
    except (Refused, PortError) as trouble:
        log.info("a code was not sent: %s", trouble)
    except Exception:  # whoever asked hears the same in any case; the owner reads it here
        log.exception("a code could not be sent")


async def _fail(console: Console, gate: Gate, agent: str | None, reason: Guess) -> None:
    """Have a failure counted: by itself as somebody's who may come in, else among the others."""
    if agent is None or console.known.access.is_locked(agent, reason, console.now()):
        gate.refusals.add("code")
        return
    command = FailSignIn(agent=agent, reason=reason)
    await see(console, await console.house.access(command))


async def see(console: Console, recorded: list[Recorded]) -> None:
    """Wait until pages know of what was just recorded, if it does not take too long."""
    if recorded:
        try:
            async with asyncio.timeout(_CATCH_UP):
                await console.feeder.reached(recorded[-1].seq)
        except TimeoutError:
            log.warning("what is known lags behind event %d", recorded[-1].seq)


def _six_digits(secret: str) -> str:
    """Six digits out of a text that nobody can guess."""
    return f"{int.from_bytes(sha256(secret.encode()).digest()[:8], 'big') % 1_000_000:06}"
