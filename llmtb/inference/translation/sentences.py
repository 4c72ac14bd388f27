"""A text cut into what is translated by itself, and put together again.

Models are trained on single sentences; a long text loses parts of them otherwise.
"""

import re
from typing import NamedTuple

# A full stop ends a sentence where space follows and no small letter; 。！？ end it anywhere.
_END = re.compile(r"[!?؟…](?=\s)|\.(?=[^\S\n]+[^a-z\s])|[。！？]+|(?=\n)")
_BULLET = re.compile(r"\s*(?:[-•*–·]|\d{1,3}[.)])\s+")
ADDRESS = re.compile(
    r"(?:https?://|www\.)[^\s<>\"'،؛，。]+|[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+", re.ASCII
)
_CLAUSE = re.compile(r"(?<=[,;:،؛，、；：])(?![\d/])\s*|(?<=[^\s,;:])\s+")
_UNSPACED = ("zh", "ja")


class Part(NamedTuple):
    """A piece of a text: what to translate, or to keep as it is; and the space after it."""

    text: str
    after: str = ""
    kept: bool = False


def parts_of(text: str) -> list[Part]:
    """Cut a text into sentences; bullets, addresses and what has no letter stay as they are."""
    parts: list[Part] = []
    start = 0
    for match in [*_END.finditer(text), None]:
        end = len(text) if match is None else match.end()
        for part in _sentence(text[start:end]):
            if parts and not part.text:
                parts[-1] = parts[-1]._replace(after=parts[-1].after + part.after)
            else:
                parts.append(part)
        start = end
    return parts


def joined(parts: list[Part], texts: list[str], target: str) -> str:
    """The translated `texts` of `parts`, put together as `target` is written."""
    whole: list[str] = []
    for number, (part, text) in enumerate(zip(parts, texts, strict=True)):
        after = part.after
        inner = 0 < number + 1 < len(parts) and "\n" not in after and text.strip()
        if inner and not part.kept:
            after = "" if target in _UNSPACED else after or " "
        whole.append(text + after)
    return "".join(whole)


def halves(sentence: str) -> tuple[str, str] | None:
    """A sentence cut in two near its middle: at a comma if there is one, or at a space."""
    found = [match for match in _CLAUSE.finditer(sentence) if 0 < match.start() < len(sentence)]
    if not found:
        return None
    middle = len(sentence) / 2

    def badness(match: re.Match[str]) -> float:
        comma = sentence[match.start() - 1] in ",;:،؛，、；："
        return abs(match.start() - middle) - (middle / 2 if comma else 0)

    best = min(found, key=badness)
    return sentence[: best.start()], sentence[best.end() :]


def _sentence(text: str) -> list[Part]:
    """One sentence as parts, with the space around it."""
    parts: list[Part] = []
    core = text.lstrip()
    if len(core) < len(text):
        parts.append(Part("", text[: len(text) - len(core)], kept=True))
    if bullet := _BULLET.match(core):
        parts.append(Part(bullet[0].rstrip(), bullet[0][len(bullet[0].rstrip()) :], kept=True))
        core = core[bullet.end() :]
    bare = core.rstrip()
    space = core[len(bare) :]
    before, last = _last_word(bare)
    if before and ADDRESS.fullmatch(last):
        gap = bare[len(before) : len(bare) - len(last)]
        parts.extend((Part(before, gap), Part(last, space, kept=True)))
    elif bare:
        plain = bool(ADDRESS.fullmatch(bare)) or not any(map(str.isalpha, bare))
        parts.append(Part(bare, space, kept=plain))
    return parts


def _last_word(text: str) -> tuple[str, str]:
    """A text without its last word, and that word; the first is empty where there is only one."""
    words = text.rsplit(None, 1)
    return (words[0].rstrip(), words[1]) if len(words) == 2 else ("", text)
