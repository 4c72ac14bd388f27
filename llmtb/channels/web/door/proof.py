"""The proof that a form comes from a page that the console itself drew for this very visitor."""

from typing import Final
from urllib.parse import parse_qs

from llmtb.channels.web.door.seal import is_same

FIELD: Final = "token"
FIELDS: Final = 2000
"""The most fields of one form: each costs the loop, on which everybody waits."""


def is_form(kind: str) -> bool:
    """Whether a content type is one that a page's form has."""
    return kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data"))


def is_endless(body: bytes, kind: str) -> bool:
    """Whether a form has more fields than any; of parts the application has its own limit."""
    return not kind.startswith("multipart/form-data") and body.count(b"&") >= FIELDS


def proves(body: bytes, kind: str, token: str) -> bool:
    """Whether the body of a form brings the token back."""
    if kind.startswith("multipart/form-data"):
        # Nobody but the page knows the token, so that it is there at all is proof enough.
        return f'name="{FIELD}"\r\n\r\n{token}\r\n'.encode() in body
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=FIELDS)
    except ValueError:
        return False
    return is_same(fields.get(FIELD, [""])[0], token)
