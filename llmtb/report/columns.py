"""How many columns a text takes where every letter has the same width."""

import unicodedata


def columns(text: str) -> int:
    """The columns of a terminal, or of a spreadsheet's letters: Chinese ones take two each."""
    return sum(map(_columns_of, text))


def _columns_of(letter: str) -> int:
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
