"""Where words were destroyed, people read a calm word of their own language instead."""

import pytest
from jinja2 import Environment

from llmtb.channels.web.page import calm
from llmtb.events.personal import REDACTED
from tests.conversation.test_words import LANGUAGES, speech


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_gone_is_said_in_every_language(language: str) -> None:
    said = speech(language)
    calm = said.calm(REDACTED)
    assert calm not in ("", REDACTED)
    assert REDACTED not in said.say("{name} rests", name=REDACTED)
    assert calm in said.say("{name}: {reason}", name="Ava", reason=REDACTED)
    assert said.calm("untouched") == "untouched"


def test_a_page_never_prints_the_mark() -> None:
    said = speech("fa")
    template = Environment(autoescape=True, finalize=calm).from_string("<td>{{ text }}</td>")
    assert template.render(speech=said, text=REDACTED) == f"<td>{said.calm(REDACTED)}</td>"
    assert template.render(speech=said, text=3) == "<td>3</td>"
