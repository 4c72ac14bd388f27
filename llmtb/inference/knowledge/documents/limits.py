"""How much a document may hold, and what reading one may take."""

import msgspec

from llmtb.inference.errors import DocumentError

MIB = 1024 * 1024


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of one document and of the process that reads it.

    size: bytes of the file. unpacked, members, ratio: of a packed file (docx, xlsx): bytes, files,
    times its size. characters: of text, headings included. depth: of nesting. rows, columns: of a
    table. memory: bytes. cpu_seconds, seconds: of computing, and by the clock on the wall.
    """

    size: int = 32 * MIB
    unpacked: int = 256 * MIB
    members: int = 4096
    ratio: int = 200
    pages: int = 2000
    characters: int = 4_000_000
    depth: int = 64
    rows: int = 50_000
    columns: int = 256
    memory: int = 1024 * MIB
    cpu_seconds: int = 30
    seconds: float = 60.0


USUAL = Limits()


class Allowance:
    """What is left of the characters that a document may hold."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._left = limits.characters

    def take(self, text: str) -> str:
        """The text itself. Raises DocumentError where the document has too much of it."""
        self._left -= len(text)
        if self._left < 0:
            most = self.limits.characters
            raise DocumentError(f"has more than {most:,} characters; split it into parts")
        return text
