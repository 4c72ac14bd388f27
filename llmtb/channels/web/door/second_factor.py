"""Second factors: an authenticator's six digits, new every half minute, each good for one time.

The secrets are in a file of the data folder that its owner alone reads; no event has them.
"""

import asyncio
import os
from base64 import b32encode
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Final

import msgspec
import pyotp
import segno

from llmtb.channels.conversation.words import ascii_digits
from llmtb.channels.web.door.seal import is_same
from llmtb.events.errors import JournalError

FILE: Final = "second-factors.json"
ISSUER: Final = "LLM-T-B"
_STEP: Final = 30  # seconds
_AROUND: Final = (-1, 0, 1)  # steps that a phone's clock may be off


class FactorsDamaged(JournalError):
    """The file of the second factors cannot be read; its text says what to do."""


class Factor(msgspec.Struct):
    """A person's secret, base32, and the last step whose code was used."""

    secret: str
    used: int = 0


def new_secret(random_text: str) -> str:
    """A secret of 160 bits, out of a text that nobody can guess."""
    return b32encode(sha256(random_text.encode()).digest()[:20]).decode("ascii")


def step_of(factor: Factor, code: str, now: datetime) -> int | None:
    """The step that a code is of, if it is right now and no later one was used; else None."""
    digits = "".join(ascii_digits(code).split())
    current = int(now.timestamp()) // _STEP
    totp = pyotp.TOTP(factor.secret)
    right = [
        step
        for step in (current + off for off in _AROUND)
        if is_same(totp.at(step * _STEP), digits) and step > factor.used
    ]
    return right[0] if right else None


def address_of(secret: str, name: str) -> str:
    """What an authenticator reads: `otpauth://totp/…`."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def picture_of(address: str) -> str:
    """The address as a QR code: SVG to stand in a page, dark on light whatever the theme."""
    out = BytesIO()
    segno.make(address, error="m").save(
        out, kind="svg", scale=4, border=4, dark="#000", light="#fff", xmldecl=False, svgns=True
    )
    return out.getvalue().decode("utf-8")


class SecondFactors:
    """The secrets of a company. Raises FactorsDamaged, or OSError."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._lock = asyncio.Lock()
        self._factors = _read(self._file)

    async def set(self, agent: str, secret: str, code: str, now: datetime) -> bool:
        """Keep a person's secret, if the code shows that their authenticator has it."""
        factor = Factor(secret)
        async with self._lock:
            step = step_of(factor, code, now)
            if step is None:
                return False
            await self._keep({**self._factors, agent: Factor(secret, step)})
            return True

    async def use(self, agent: str, code: str, now: datetime) -> bool:
        """Whether a code is right; it never is again, nor is any older one."""
        async with self._lock:
            factor = self._factors.get(agent)
            step = step_of(factor, code, now) if factor is not None else None
            if factor is None or step is None:
                return False
            await self._keep({**self._factors, agent: Factor(factor.secret, step)})
            return True

    async def remove(self, agent: str) -> None:
        """Forget a person's secret."""
        async with self._lock:
            kept = {who: each for who, each in self._factors.items() if who != agent}
            if len(kept) != len(self._factors):
                await self._keep(kept)

    async def _keep(self, factors: dict[str, Factor]) -> None:
        await asyncio.to_thread(_write, self._file, msgspec.json.encode(factors))
        self._factors = factors


def _read(path: Path) -> dict[str, Factor]:
    if not path.exists():
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Factor])
    except msgspec.MsgspecError as error:
        raise FactorsDamaged(
            f"{path}: is damaged; put back a copy of it, or move it away: then take the second"
            " factor from those who had one (docs/console-access.md)"
        ) from error


def _write(path: Path, content: bytes) -> None:
    """Replace a file as a whole, so that no crash leaves half of one."""
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def drop_factor(folder: Path, agent: str) -> None:
    """Keep no secret of a person in a data folder that nobody uses.

    Raises FactorsDamaged, or OSError.
    """
    file = folder / FILE
    factors = _read(file)
    if factors.pop(agent, None) is not None:
        _write(file, msgspec.json.encode(factors))
