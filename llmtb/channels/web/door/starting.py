"""Whether the console may be served as it is set up: checked before anything is opened."""

from ipaddress import ip_network
from typing import Final
from urllib.parse import urlsplit

from llmtb.channels.web.door.hosts import is_loopback
from llmtb.channels.web.widget.origins import listed
from llmtb.settings import Console as Settings
from llmtb.settings import SettingsError

_WHERE: Final = "[console]"


def check(settings: Settings, *, bot: bool) -> list[str]:
    """What the owner should know though it starts, each one line.

    bot: whether a bot is set up; without one there is only a demo, to which nobody signs in.
    Raises SettingsError where strangers could come in.
    """
    public = settings.public_url
    away = not is_loopback(settings.host) or not _is_here(public)
    if away and not bot:
        raise SettingsError(
            f"{_WHERE} host, public_url: nobody signs in while no bot is set up, so this is served "
            "on loopback alone; set up the bot first, see docs/console-access.md"
        )
    if away and not settings.sign_in:
        raise SettingsError(
            f"{_WHERE} sign_in: false is for loopback alone; set it to true, or host to 127.0.0.1 "
            "with no public_url"
        )
    _check_address(public)
    _check_proxies(settings)
    _check_sites(settings)
    return list(_warnings(settings))


def _is_here(url: str) -> bool:
    return not url or is_loopback(urlsplit(url).hostname or "")


def _check_address(url: str) -> None:
    if not url:
        return
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise SettingsError(f"{_WHERE} public_url: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(f"{_WHERE} public_url: must be an https:// address")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise SettingsError(f"{_WHERE} public_url: must be an https:// address, except on loopback")
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
        raise SettingsError(
            f"{_WHERE} public_url: is a scheme and a host, such as https://console.example"
        )


def _check_proxies(settings: Settings) -> None:
    for proxy in settings.proxies:
        try:
            wide = ip_network(proxy, strict=False).prefixlen == 0
        except ValueError as error:
            raise SettingsError(
                f"{_WHERE} proxies: {proxy!r} is no address such as 127.0.0.1 or 10.0.0.0/8"
            ) from error
        if wide:
            raise SettingsError(f"{_WHERE} proxies: {proxy} trusts everybody's word on who calls")


def _check_sites(settings: Settings) -> None:
    try:
        listed(settings.chat_origins)
    except ValueError as error:
        raise SettingsError(f"{_WHERE} chat_origins: {error}") from error


def _warnings(settings: Settings) -> list[str]:
    told = []
    if settings.public_url and not _is_here(settings.public_url) and not settings.proxies:
        told.append(
            f"{_WHERE} proxies is empty: all calls seem to come from the proxy, and share its "
            "limits; name its address"
        )
    if not is_loopback(settings.host) and not settings.public_url:
        told.append(
            f"{_WHERE} host is {settings.host}, with no public_url: codes and sessions pass the "
            "network in clear; put a proxy with HTTPS in front, see docs/console-access.md"
        )
    return told
