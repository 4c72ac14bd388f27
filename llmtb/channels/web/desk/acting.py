"""Having a form's command done, once however often it is sent, and saying what came of it.

Whoever sent it is led on to a page with `?done=…`, which names the command: what is said there is
read from the journal, so it is said again after a reload, and is nobody's invention.
"""

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Final
from urllib.parse import quote

import msgspec
from litestar.response import Redirect

from llmtb.actors.command import Command
from llmtb.channels.conversation.house import PATIENCE, TRANSIENT
from llmtb.channels.conversation.words import Phrase
from llmtb.channels.web.console import Console
from llmtb.channels.web.desk.forms import Faulty, Form
from llmtb.channels.web.desk.telling import told
from llmtb.channels.web.viewer import Viewer
from llmtb.projections.database import ViewsUnusable
from llmtb.runtime.errors import Refused

NONCE: Final = "nonce"
NOTHING: Final = "nothing"
SEEN: Final = 5.0  # seconds to wait until the page would show it
_NONCE: Final = re.compile(r"[A-Za-z0-9_-]{8,64}\Z", re.ASCII)
_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{8,64}\.[0-9a-f]{16}\Z", re.ASCII)


async def act(console: Console, viewer: Viewer, form: Form, command: Command) -> str:
    """Have a command done; what it is known by afterwards. Raises Faulty.

    The same form sent twice is one command; one that was written anew is another.
    """
    done = _done(nonce_of(console, form), command)
    speech = viewer.speech
    try:
        recorded = await console.house.floor(command, _id(viewer, done), PATIENCE)
    except Refused as refused:
        text = speech.say("That cannot be done: {reason}", reason=str(refused))
        raise Faulty({"": text}, 409) from refused
    except TRANSIENT as error:
        text = speech.say("I could not do that just now. Please press again.")
        raise Faulty({"": text}, 503) from error
    if not recorded:
        return NOTHING
    with suppress(TimeoutError, ViewsUnusable):
        async with asyncio.timeout(SEEN):
            await console.feeder.reached(recorded[-1].seq)
            await console.views.reached(recorded[-1].seq)
    return done


def was_done(console: Console, viewer: Viewer, form: Form, command: Command) -> bool:
    """Whether this very form was sent, and done, before."""
    done = _done(nonce_of(console, form), command)
    return console.journal.applied(_id(viewer, done)) is not None


def nonce_of(console: Console, form: Form) -> str:
    """What tells one filling of a form from another: what it brought back, else a new one."""
    nonce = form.get(NONCE, "")
    return nonce if _NONCE.match(nonce) else console.new_text(16)[:64]


def led_to(path: str, done: str) -> Redirect:
    """To the page that shows it."""
    sign = "&" if "?" in path else "?"
    return Redirect(f"{path}{sign}done={quote(done)}", status_code=303)


def outcome(console: Console, viewer: Viewer, done: str) -> Sequence[Phrase]:
    """What came of a command of this viewer, in a line or a few; nothing for one of nobody's."""
    if done == NOTHING:
        return [viewer.speech.say("It is so already.")]
    if not _SHAPE.match(done):
        return []
    recorded = console.journal.applied(_id(viewer, done)) or ()
    lines = (told(viewer.speech, console.known, each.event) for each in recorded)
    return [line for line in lines if line is not None]


def _done(nonce: str, command: Command) -> str:
    order = msgspec.json.encode(command, order="deterministic")
    return f"{nonce}.{sha256(order).hexdigest()[:16]}"


def _id(viewer: Viewer, done: str) -> str:
    return f"desk:{viewer.agent}:{done}"
