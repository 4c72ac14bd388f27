"""Which letters a picture can show, and the fonts that have them."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

OURS: Final = "DejaVu Sans"  # comes with matplotlib: Latin, Cyrillic, Greek, Arabic, Persian
OTHERS: Final = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Zen Hei"),
    *("WenQuanYi Micro Hei", "Droid Sans Fallback", "PingFang SC", "Microsoft YaHei", "SimHei"),
    *("Noto Sans", "Noto Sans Arabic"),
)
"""What a machine may have for other scripts."""

RIGHT_TO_LEFT_MARK: Final = "\u200f"
DIRECTIONS = re.compile("[\u2066-\u2069]")  # drawn text is laid out whole, and fonts lack these
MISSING = "\u25a1"  # an empty square


@cache
def families() -> Sequence[str]:
    """The fonts there are, the first that has a letter to draw it."""
    from matplotlib.font_manager import fontManager

    installed = set(fontManager.get_font_names())
    return [OURS, *(name for name in OTHERS if name in installed)]


@cache
def _letters() -> frozenset[int]:
    from matplotlib.font_manager import FontProperties, findfont
    from matplotlib.ft2font import FT2Font

    files = [findfont(FontProperties(family=[name])) for name in families()]
    return frozenset(code for file in files for code in FT2Font(file).get_charmap())


def drawable(text: str) -> bool:
    """Whether every letter of a text can be drawn."""
    return all(ord(letter) in _letters() for letter in text)


def plain(text: str) -> str:
    """A text in one line as it can be drawn: no letter is missing, no dollar begins a formula."""
    words = " ".join(DIRECTIONS.sub("", text).split())
    shown = "".join(letter if ord(letter) in _letters() else MISSING for letter in words)
    return shown.replace("$", r"\$")
