"""Drawing pages: templates in the viewer's language, and the files they stand on.

Templates say their words by `say` and `count`, as the conversation does; what they are given is
escaped. Nothing of a page comes from elsewhere, and nothing in it is in line: headers forbid it.
"""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from babel import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from litestar import Response
from litestar.enums import MediaType
from markupsafe import Markup

from llmtb.channels.conversation.words import Speech, Words, mark
from llmtb.channels.web.viewer import Viewer
from llmtb.events.floor import Role
from llmtb.events.personal import REDACTED

FOLDER: Final = Path(__file__).parent
STATIC: Final = FOLDER / "static"


class Place(NamedTuple):
    """A page that the head of every page leads to, its name, and who is led there.

    roles: those who are led there; none: all. beyond: unless they are one of these.
    """

    path: str
    name: str
    roles: tuple[Role, ...] = ()
    beyond: tuple[Role, ...] = ()


PLACES: Final = (
    Place("/board", mark("Live board")),
    Place("/desk", mark("Floor"), ("supervisor", "auditor")),
    Place("/chat", mark("Chat")),
    Place("/adherence/me", mark("My time"), ("agent",), beyond=("supervisor",)),
    Place("/questions", mark("Questions"), ("supervisor", "auditor")),
    Place("/reports", mark("Reports"), ("supervisor", "auditor")),
    Place("/rules", mark("Rules"), ("supervisor", "auditor")),
    Place("/access", mark("Access"), ("supervisor", "auditor")),
)


def places(viewer: Viewer) -> list[Place]:
    """Where a viewer is led."""
    led = (each for each in PLACES if not each.roles or viewer.may(*each.roles))
    return [each for each in led if not viewer.may(*each.beyond)]


@pass_context
def calm(context: Context, value: Any) -> Any:
    """What a template prints, with words where it says that some were destroyed."""
    if isinstance(value, str) and not isinstance(value, Markup) and REDACTED in value:
        speech = context.get("speech")
        return value if speech is None else speech.calm(value)
    return value


_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    finalize=calm,
    auto_reload=False,  # looks for no newer templates: hundreds of boards are drawn each second
)


@cache
def stamp(name: str) -> str:
    """A short digest of a static file: its address changes whenever it does."""
    return sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def static(name: str) -> str:
    """The address of a static file."""
    return f"/static/{stamp(name)}/{name}"


def direction(speech: Speech) -> str:
    """`rtl` or `ltr`: which way a language runs."""
    text_direction: str = Locale.parse(speech.language).text_direction
    return text_direction


def drawn(template: str, speech: Speech, **given: Any) -> str:
    """A template in one language, with what it is given."""
    words = {
        "say": speech.say,
        "count": speech.count,
        "speech": speech,
        "dir": direction(speech),
    }
    return _ENVIRONMENT.get_template(template).render(words | given)


def page(template: str, viewer: Viewer, status: int = 200, **given: Any) -> Response[str]:
    """A whole page for a viewer: the template has `viewer` and what is given."""
    html = drawn(template, viewer.speech, viewer=viewer, **given)
    return Response(html, status_code=status, media_type=MediaType.HTML)


def token_field(viewer: Viewer) -> Markup:
    """The hidden field that every form must bring back."""
    return Markup('<input type="hidden" name="token" value="{}">').format(viewer.token)


_ENVIRONMENT.globals |= {
    "token_field": token_field,
    "places": places,
    "static": static,
    "languages": Words.load().languages,
}
