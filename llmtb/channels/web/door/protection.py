"""What every answer tells the browser: whose scripts may run, who may frame it, what may leak."""

from typing import Final

from litestar.datastructures import MutableScopeHeaders
from litestar.types import HTTPResponseStartEvent

FRAMED: Final = "/widget/"
"""Pages beneath it are shown in other sites, and say themselves in which."""

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "frame-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
    )
)
_ALWAYS: Final = {
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), "
    "payment=(), usb=()",
}


def protect(start: HTTPResponseStartEvent, path: str, *, https: bool) -> None:
    """Put the headers of protection on an answer that begins."""
    headers = MutableScopeHeaders(start)
    for name, value in _ALWAYS.items():
        headers[name] = value
    if not path.startswith(FRAMED):
        headers["Content-Security-Policy"] = f"{POLICY}; frame-ancestors 'none'"
        headers["X-Frame-Options"] = "DENY"
    elif "Content-Security-Policy" not in headers:
        headers["Content-Security-Policy"] = f"{POLICY}; frame-ancestors 'none'"
    if https:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
