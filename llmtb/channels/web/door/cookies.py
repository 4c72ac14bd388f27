"""The cookies of the console: a session's token, a visitor's number, a language."""

from typing import Final, NamedTuple

from litestar.datastructures import Cookie

SESSION: Final = "session"
VISITOR: Final = "visitor"
LANGUAGE: Final = "language"
ASKED: Final = "asked"
"""As whom somebody asked for a code, and what makes it theirs; sealed."""
_YEAR: Final = 365 * 24 * 3600
_LONGEST: Final = 8192  # characters of the header that are read


def read(header: str) -> dict[str, str]:
    """The cookies of a request; of several of one name the first counts."""
    found: dict[str, str] = {}
    for part in header[:_LONGEST].split(";"):
        name, equals, value = part.strip().partition("=")
        if equals:
            found.setdefault(name, value.strip('"'))
    return found


class Jar(NamedTuple):
    """Makes and names cookies. secure: whether they go over HTTPS alone, bound to this host."""

    secure: bool

    def name(self, name: str) -> str:
        """What a cookie is called; the prefix has browsers insist on its bounds."""
        return f"__Host-{name}" if self.secure else name

    def make(self, name: str, value: str, *, seconds: int | None = None) -> Cookie:
        """A cookie that no script reads; seconds: how long it is kept; None: while it is open."""
        return Cookie(
            self.name(name),
            value=value,
            path="/",
            max_age=seconds,
            httponly=True,
            secure=self.secure,
            samesite="lax",
        )

    def lasting(self, name: str, value: str) -> Cookie:
        """A cookie that is kept for a year."""
        return self.make(name, value, seconds=_YEAR)

    def gone(self, name: str) -> Cookie:
        """What takes a cookie away."""
        return self.make(name, "", seconds=0)
