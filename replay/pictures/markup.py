"""SVG as text: elements, whose words and attributes are escaped; nothing in it runs."""

from html import escape

from replay.speech import plain


def element(name: str, *inside: str, **attributes: object) -> str:
    """An element; `stroke_width=2` becomes `stroke-width="2"`, and what is None is left out."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_value(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{given}>{''.join(inside)}</{name}>" if inside else f"<{name}{given}/>"


def words(text: str, longest: int = 300) -> str:
    """Text that stands in an element."""
    return escape(plain(text, longest), quote=False)


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return "".join(each for each in str(value) if each.isprintable())
