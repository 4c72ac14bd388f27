"""Reports that are signed, in the form of Standard Webhooks.

The signature is `v1,` and the base64 of HMAC-SHA256 over `ID.TIMESTAMP.BODY`, under a secret that
both sides know; a header may hold several of them, while a secret is being changed.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Final

TOLERANCE: Final = timedelta(minutes=5)
PREFIX: Final = "whsec_"
LONGEST_ID: Final = 128


class Forged(Exception):
    """A report that is not signed as it must be: one line that says why."""


def secret_of(setting: str) -> bytes:
    """The secret's bytes; after `whsec_` it is base64. Raises ValueError for what is not."""
    if setting.startswith(PREFIX):
        return base64.b64decode(setting.removeprefix(PREFIX), validate=True)
    return setting.encode()


def signature_of(secret: bytes, id_: str, timestamp: str, body: bytes) -> str:
    """The one signature of a report."""
    signed = f"{id_}.{timestamp}.".encode() + body
    digest = hmac.new(secret, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def check(
    setting: str, *, id_: str, timestamp: str, signatures: str, body: bytes, now: datetime
) -> None:
    """Raise Forged unless the report was signed with the secret, at about `now`."""
    try:
        secret = secret_of(setting)
    except binascii.Error as error:
        raise Forged("the webhook secret in the settings is not base64 after whsec_") from error
    if not secret:
        raise Forged("no webhook secret is set here: signed reports are not taken")
    if not (id_.isascii() and id_.isprintable() and 0 < len(id_) <= LONGEST_ID) or "." in id_:
        raise Forged("webhook-id: from 1 to 128 printable characters without a dot")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise Forged("webhook-timestamp: whole seconds since 1970")
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        raise Forged("webhook-timestamp: more than five minutes from now; is the clock right?")
    right = signature_of(secret, id_, timestamp, body).encode()
    given = signatures.encode(errors="replace").split()
    # Every one is compared in full, so that the time tells nothing.
    if not sum(hmac.compare_digest(right, each) for each in given[:10]):
        raise Forged("webhook-signature: it is not this body's, under this secret")
