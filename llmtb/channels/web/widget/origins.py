"""Which sites may show the chat: those that are listed, by scheme, host and port, and no other."""

import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

_PORTS: Final = {"https": 443, "http": 80}
_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?)\Z")


def origin(text: str) -> str:
    """A site as browsers name it: `https://shop.example`, in small letters, its own port left out.

    Raises ValueError for what is no origin: a path, a wildcard, another scheme.
    """
    parts = urlsplit(text.strip())
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in _PORTS or not host:
        raise ValueError(f"{text!r} is not the origin of a site, such as https://shop.example")
    if parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(f"{text!r} says more than scheme, host and port")
    named = f"[{host}]" if ":" in host else _ascii(host)
    if not _HOST.match(named):
        raise ValueError(f"{text!r}: {host!r} is not the name of one host")
    port = parts.port
    return f"{parts.scheme}://{named}{'' if port in (None, _PORTS[parts.scheme]) else f':{port}'}"


def listed(texts: Iterable[str]) -> tuple[str, ...]:
    """The origins of a list, each once; see `origin` for what it raises."""
    return tuple(dict.fromkeys(origin(text) for text in texts))


def may_show(site: str, allowed: Iterable[str], headers: Mapping[str, str]) -> bool:
    """Whether a request for the frame comes from a site that may show it.

    site: what the tag says where it stands. A browser that tells nothing of where it comes from is
    held by `frame-ancestors`, which names the same sites.
    """
    if site not in tuple(allowed) or headers.get("sec-fetch-dest", "iframe") != "iframe":
        return False
    came_from = headers.get("referer", "")
    return not came_from or origin_of(came_from) == site


def is_own(own: str, headers: Mapping[str, str], *, changes: bool) -> bool:
    """Whether a request was made by the frame itself, and by no other page.

    changes: whether it may change something; then it must say where it comes from.
    """
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    said = headers.get("origin", "" if changes else own)
    return said == own


def origin_of(address: str) -> str:
    """Where an address is; empty for what is none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode()
    except UnicodeError as error:
        raise ValueError(f"{host!r} is not the name of a host") from error
