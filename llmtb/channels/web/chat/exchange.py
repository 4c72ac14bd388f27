"""What every chat in a page exchanges with the server, whoever's it is and wherever it stands."""

from collections.abc import Awaitable, Mapping
from typing import Any, Final

import msgspec
from litestar import Response
from litestar.exceptions import ClientException, NotFoundException
from litestar.response import Stream

from llmtb.channels.attachments import Reports, file_name
from llmtb.channels.port import chat_key
from llmtb.channels.web.chat.speaking import MOST, NotTaken, Unfit, press, say
from llmtb.channels.web.console import Console
from llmtb.channels.web.window.watching import decode_positions
from llmtb.channels.web.window.window import Toast
from llmtb.events.chat import Attached, MessageQueued

_KINDS: Final = {
    "png": "image/png",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class SayForm(msgspec.Struct):
    """Words; nonce: the number that the page gave them."""

    nonce: int
    text: str = ""
    token: str = ""


class PressForm(msgspec.Struct):
    """A press on the button `button` under a message; nonce as in SayForm."""

    message: int
    button: str
    nonce: int
    token: str = ""


def streamed(console: Console, chat: int, headers: Mapping[str, str], after: int | None) -> Stream:
    """The stream of a chat, from where the browser says that it was cut off."""
    after = decode_positions(headers.get("last-event-id", "")).get("", after)
    stream = console.pages.watch(chat_key(chat), after)
    return Stream(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def older(console: Console, chat: int, version: int) -> Response[dict[str, Any]]:
    """An older page of a chat. Raises ClientException for what no page was given."""
    if not 0 <= version <= MOST:
        raise ClientException(detail="there is no such version")
    return Response(await console.pages.before(chat_key(chat), version))


async def spoken(
    console: Console, chat: int, form: SayForm, language: str, name: str = ""
) -> Response[dict[str, Any]]:
    """Words are taken, or it is said that they are not."""

    async def answer() -> dict[str, Any]:
        return {"id": await say(console, chat, form.text, form.nonce, language, name)}

    return await _answered(answer())


async def pressed(
    console: Console, chat: int, form: PressForm, language: str, name: str = ""
) -> Response[dict[str, Any]]:
    """A press is taken and answered, or it is said that it is not taken."""

    async def answer() -> dict[str, Any]:
        toast: Toast = await press(
            console, chat, form.message, form.button, form.nonce, language, name
        )
        return {"toast": toast.text, "alert": toast.alert}

    return await _answered(answer())


async def attached(console: Console, chat: int, message: int) -> Response[bytes]:
    """The file that goes with a message of the chat."""
    found = await console.pages.event_of(chat_key(chat), message)
    file = found.attachment if isinstance(found, MessageQueued) else None
    if file is None:
        raise NotFoundException
    return await drawn_file(console, file)


async def drawn_file(console: Console, file: Attached) -> Response[bytes]:
    """A file, drawn now."""
    try:
        attachment = await Reports(console.views, console.words)(file)
    except LookupError as missing:
        raise NotFoundException from missing
    name = file_name(file.shift, file.form).encode("ascii", "replace").decode()
    kind = "inline" if attachment.picture else "attachment"
    headers = {"Content-Disposition": f'{kind}; filename="{name.replace(chr(34), "_")}"'}
    return Response(attachment.content, media_type=_KINDS[file.form], headers=headers)


async def _answered(answer: Awaitable[dict[str, Any]]) -> Response[dict[str, Any]]:
    try:
        return Response(await answer, status_code=200)
    except Unfit as unfit:
        return Response({"detail": str(unfit)}, status_code=400)
    except NotTaken:
        return Response({"detail": "not taken; send it again"}, status_code=503)
