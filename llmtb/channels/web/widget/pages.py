"""The tag's script, the frame that it opens, and a made-up page that carries the tag."""

from collections.abc import Mapping
from typing import Final

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.enums import MediaType
from litestar.exceptions import NotFoundException
from litestar.params import FromQuery

from llmtb.channels.conversation.words import Speech
from llmtb.channels.web.chat.texts import texts_of
from llmtb.channels.web.console import Console
from llmtb.channels.web.page import STATIC, direction, drawn
from llmtb.channels.web.viewer import Viewer
from llmtb.channels.web.widget.reception import AnyRequest, Reception, reception_of

SCRIPT: Final = "widget.js"
_PLACE: Final = "const WORDS = {};"
_PRIVATE: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_OPEN: Final = {"Cross-Origin-Resource-Policy": "cross-origin"}


class WidgetPages(Controller):
    """`/widget.js`, `/widget/frame` and `/widget/demo`."""

    path = "/"
    include_in_schema = False
    dependencies = {  # noqa: RUF012  litestar reads it so
        "reception": Provide(reception_of, sync_to_thread=False)
    }

    @get("/widget.js", sync_to_thread=False)
    def script(
        self,
        request: AnyRequest,
        console: NamedDependency[Console],
        reception: NamedDependency[Reception],
    ) -> Response[str]:
        """What the tag loads: the same for every site, with the button's words."""
        reception.sites(request)
        headers = {"Cache-Control": "public, max-age=300", **_OPEN}
        return Response(_script(console), media_type="text/javascript", headers=headers)

    @get("/widget/frame", sync_to_thread=False)
    def frame(
        self,
        request: AnyRequest,
        console: NamedDependency[Console],
        reception: NamedDependency[Reception],
        site: FromQuery[str] = "",
        speak: FromQuery[str] = "",
    ) -> Response[str]:
        """The frame, for a site that may show it. speak: the language of the site's tag."""
        sites = reception.let_show(request, site)
        speech = _speech(console, speak)
        html = drawn("widget/frame.html", speech, site=site, texts=_texts(speech))
        headers = {**_PRIVATE, **_OPEN, "Content-Security-Policy": framed_by(sites)}
        headers["Cross-Origin-Embedder-Policy"] = "require-corp"
        return Response(html, media_type=MediaType.HTML, headers=headers)

    @get("/widget/demo", sync_to_thread=False)
    def demo(
        self,
        request: AnyRequest,
        console: NamedDependency[Console],
        reception: NamedDependency[Reception],
        viewer: NamedDependency[Viewer],
    ) -> Response[str]:
        """A made-up shop that carries the tag; only where everything is made up."""
        if console.demo is None:
            raise NotFoundException
        speech = viewer.speech
        offers = _offers(speech)
        html = drawn("widget/demo.html", speech, own=reception.own(request), offers=offers)
        return Response(html, media_type=MediaType.HTML, headers=_PRIVATE)


def framed_by(sites: tuple[str, ...]) -> str:
    """The policy of the frame: what it may load, and who may show it."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "connect-src 'self'; form-action 'none'; base-uri 'none'; "
        f"frame-ancestors {' '.join(sites)}"
    )


def _script(console: Console) -> str:
    words = {code: _words(_speech(console, code)) for code in console.words.languages}
    # No language has a word that ends a script, but it stands in one.
    said = msgspec.json.encode(words).decode().replace("<", "\\u003c")
    source = (STATIC / SCRIPT).read_text("utf-8")
    return source.replace(_PLACE, f"const WORDS = {said};", 1)


def _words(speech: Speech) -> Mapping[str, str]:
    return {
        "open": str(speech.say("Chat with us")),
        "close": str(speech.say("Close the chat")),
        "title": str(speech.say("Chat with us")),
        "dir": direction(speech),
    }


def _texts(speech: Speech) -> str:
    """The chat's own words, but those that are for colleagues."""
    texts: dict[str, str] = msgspec.json.decode(texts_of(speech))
    texts["agent"] = str(speech.say("A person"))
    texts["out"] = str(speech.say("This chat is over. A new one begins."))
    return msgspec.json.encode(texts).decode()


def _offers(speech: Speech) -> list[tuple[str, str]]:
    return [
        (speech.say("For one person"), speech.say("A small plan, and a modem for it.")),
        (speech.say("For a family"), speech.say("More for everybody, at any hour.")),
        (speech.say("For the far corners"), speech.say("A repeater for every room.")),
    ]


def _speech(console: Console, language: str) -> Speech:
    spoken = console.words.language_for(language, console.language)
    return console.words.speech(spoken, console.known.floor.centre.policy.zone)
