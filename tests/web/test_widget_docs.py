"""What docs/online-chat.md says is what the script does."""

import re
from pathlib import Path

from llmtb.channels.conversation.words import Words
from llmtb.channels.web.page import STATIC
from llmtb.channels.web.widget.limits import Limits
from llmtb.channels.web.widget.sessions import KEY_FILE, LASTS

ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs" / "online-chat.md").read_text(encoding="utf-8")
SCRIPT = (STATIC / "widget.js").read_text(encoding="utf-8")
FRAME = (STATIC / "widget-frame.js").read_text(encoding="utf-8")


def test_the_page_names_every_attribute_of_the_tag_and_no_other() -> None:
    read = {f"data-{name}" for name in re.findall(r"\basked\.(\w+)", SCRIPT)}
    told = set(re.findall(r"\bdata-\w+", DOC))
    assert read == told == {"data-language", "data-color", "data-position", "data-label"}


def test_the_page_names_every_language_and_the_limits() -> None:
    for language in Words.load().languages:
        assert f"`{language}`" in DOC
    for limit in Limits.__struct_defaults__:
        assert re.search(rf"\b{limit}\b", DOC) or limit == Limits().all_streams
    assert f"{LASTS.days} days" in DOC
    assert f"`{KEY_FILE}`" in DOC


def test_site_and_frame_say_the_same_few_things() -> None:
    sent = set(re.findall(r'tell\("(\w+)"', FRAME))
    heard = set(re.findall(r'case "(\w+)"', SCRIPT))
    assert sent == heard
    assert set(re.findall(r'tell\("(\w+)"', SCRIPT)) == {"open", "close"}


def test_the_script_is_small_and_needs_nothing() -> None:
    assert len(SCRIPT.encode()) < 9_000
    assert not re.search(r"\b(import|fetch|XMLHttpRequest)\b(?! *;|ant)", SCRIPT)
    for refused in ("innerHTML", "eval(", 'setAttribute("style"', "document.write", "localStorage"):
        assert refused not in SCRIPT
    assert '"*"' not in SCRIPT + FRAME  # no message to whoever may be there
