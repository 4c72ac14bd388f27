"""Elements of XML: whatever is put into them, they stay well-formed."""

import re
from html import escape
from typing import Final

_FOREIGN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML may hold."""


def words(text: str) -> str:
    """A text as it stands between tags or in an attribute."""
    return escape(_FOREIGN.sub("", text))


def element(name: str, *inside: str, **attributes: str | float | None) -> str:
    """An element around markup; an attribute `stroke_width` is written `stroke-width`.

    A number is written to a tenth; an attribute that is None is left out.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{words(_written(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{given}>{''.join(inside)}</{name}>" if inside else f"<{name}{given}/>"


def _written(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
