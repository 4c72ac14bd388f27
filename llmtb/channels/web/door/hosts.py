"""Which names the console answers to, and which pages may change something here.

A page of another site can have a visitor's browser call any address, also one on loopback whose
name it made up; what it cannot do is say that the call is from the console's own page.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from llmtb.settings import Console as Settings

SAFE: Final = frozenset(("GET", "HEAD", "OPTIONS", "TRACE"))
"""What changes nothing."""


def is_address(host: str) -> bool:
    """Whether a host is an address in numbers, which nobody can give to another machine."""
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine."""
    bare = host.strip("[]")
    return bare == "localhost" or (is_address(bare) and ip_address(bare).is_loopback)


def origin_of(url: str) -> str:
    """`https://console.example` of an address beneath it; empty where there is none."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.scheme and parts.netloc else ""


def answers_to(name: str, settings: Settings) -> bool:
    """Whether the console goes by the name that a request's `Host` has.

    It goes by its public address, by this machine's own names, by the host it listens on, and,
    where it listens to others at all, by any address in numbers.
    """
    try:
        parts = urlsplit(f"//{name}")
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.netloc != name or "@" in name:  # it says more than a host, and is drawn in headers
        return False
    if name.lower() == urlsplit(settings.public_url).netloc.lower() != "":
        return True
    if is_loopback(host) or host == settings.host.strip("[]").lower():
        return True
    return is_address(host) and not is_loopback(settings.host)


def is_own(headers: Mapping[str, str], scheme: str, settings: Settings) -> bool:
    """Whether a request comes from a page of the console itself, as far as the browser says.

    One that says neither is of no browser's making: what its form brings must prove it.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if origin is not None:
        own = {f"{scheme}://{headers.get('host', '')}".lower(), origin_of(settings.public_url)}
        return origin.lower() in own - {""}
    return site is None or site == "same-origin"


def is_public(headers: Mapping[str, str], scheme: str, settings: Settings) -> bool:
    """Whether a request came in by the company's address over HTTPS, so that cookies are safe."""
    public = urlsplit(settings.public_url)
    named = headers.get("host", "").lower() == public.netloc.lower()
    return scheme == "https" or (public.scheme == "https" and named)


def is_plain(headers: Mapping[str, str], scheme: str, settings: Settings) -> bool:
    """Whether a trusted proxy says that a request reached it in clear, though HTTPS is wanted."""
    wanted = settings.public_url.lower().startswith("https://") and bool(settings.proxies)
    return wanted and scheme == "http" and "x-forwarded-proto" in headers


def address_of(settings: Settings) -> str:
    """The address that people type, without a slash at its end; empty while its port is open."""
    if settings.public_url or not settings.port:
        return settings.public_url.rstrip("/")
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"
