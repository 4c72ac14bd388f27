"""Signed checkpoints, as the C2SP specifications `signed-note` and `tlog-checkpoint` have them.

A checkpoint is a text of three lines: whose tree it is (the origin), how many leaves it has, and
its root in base64. As a note, an empty line follows, and a line for each signature:

    — NAME BASE64(the first 4 bytes of SHA-256(NAME || line feed || 1 || key) || signature)

The key is handed out as `NAME+HASH+BASE64(1 || key)`, with those 4 bytes as 8 hex digits. The
signature (Ed25519) is of the text, its last line feed included and the empty line not.
"""

import re
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Final, NamedTuple

from llmtb.events import ed25519

LONGEST: Final = 10_000  # characters of a note; ours have a few hundred
MOST: Final = 2**63 - 1  # leaves
ED25519: Final = b"\x01"  # the kind of signature
DASH: Final = "\N{EM DASH}"


class NoteError(ValueError):
    """A note is none, or not signed by this key: one line that says why."""


class Checkpoint(NamedTuple):
    """A tree at a moment: whose it is, how many leaves it has, and its Merkle root (32 bytes)."""

    origin: str
    size: int
    root: bytes


class Key(NamedTuple):
    """What a signature is checked against; hash: the 4 bytes that a signature's line names."""

    name: str
    hash: bytes
    public: bytes


def text_of(checkpoint: Checkpoint) -> str:
    """The text that is signed. Raises ValueError for an origin that is not one line."""
    origin, size, root = checkpoint
    if not origin or not _plain(origin) or "\n" in origin:
        raise ValueError("an origin is one line of text")
    return f"{origin}\n{size}\n{_base64(root)}\n"


def signed(text: str, name: str, key_hash: bytes, signature: bytes) -> str:
    """The note of a text and its signature. name, key_hash: of the key that made it."""
    return f"{text}\n{DASH} {name} {_base64(key_hash + signature)}\n"


def vkey_of(name: str, public: bytes) -> str:
    """A public key as it is handed out. Raises ValueError for a name that no key can have."""
    if not _is_name(name):
        raise ValueError(f"no key can be named {name!r}: no spaces, no plus sign")
    return f"{name}+{_hash(name, public).hex()}+{_base64(ED25519 + public)}"


def read_vkey(vkey: str) -> Key:
    """The key that was handed out. Raises NoteError."""
    name, _, rest = vkey.strip().partition("+")
    written, _, encoded = rest.partition("+")
    typed = _bytes(encoded)
    if not _is_name(name) or typed is None or not re.fullmatch("[0-9a-f]{8}", written):
        raise NoteError("this is no key: one looks like NAME+1a2b3c4d+BASE64")
    if typed[:1] != ED25519 or len(typed) != 1 + ed25519.KEY:
        raise NoteError(f"the key of {name} is not one of Ed25519")
    key = Key(name, bytes.fromhex(written), typed[1:])
    if key.hash != _hash(name, key.public):
        raise NoteError(f"the key of {name} was copied wrongly: its parts do not fit together")
    return key


def opened(note: str, vkey: str) -> Checkpoint:
    """The checkpoint in a note that this key signed; signatures of other keys say nothing.

    The origin says whose tree it is; whoever expects one compares it. Raises NoteError.
    """
    key = read_vkey(vkey)
    text = _signed_text(note, key)
    return _checkpoint(text)


def _signed_text(note: str, key: Key) -> str:
    """The text of a note, once its signature by this key was found to hold."""
    if len(note) > LONGEST:
        raise NoteError(f"a note is at most {LONGEST} characters long")
    text, apart, lines = note.rpartition("\n\n")
    text += "\n"
    if not apart or not lines.endswith("\n") or not _plain(note):
        raise NoteError("this is no signed note: a text, an empty line, and its signatures")
    good = False
    for line in lines[:-1].split("\n"):
        found = re.fullmatch(rf"{DASH} ([^ ]+) ([^ ]+)", line)
        blob = _bytes(found[2]) if found else None
        if found is None or not _is_name(found[1]) or blob is None or len(blob) < len(key.hash):
            raise NoteError("a line of the signatures is damaged")
        if found[1] == key.name and blob[: len(key.hash)] == key.hash:
            if not ed25519.verify(key.public, text.encode(), blob[len(key.hash) :]):
                raise NoteError(f"its signature by {key.name} does not hold")
            good = True
    if not good:
        raise NoteError(f"{key.name} did not sign it with this key ({key.hash.hex()})")
    return text


def _checkpoint(text: str) -> Checkpoint:
    origin, *rest = text[:-1].split("\n")
    if not origin or len(rest) < 2 or not all(rest):
        raise NoteError("this is no checkpoint: an origin, a size, and a root, each on a line")
    size, root = rest[0], _bytes(rest[1])
    if not re.fullmatch("0|[1-9][0-9]{0,18}", size) or int(size) > MOST:
        raise NoteError("the size of the checkpoint is no number")
    if root is None or len(root) != sha256().digest_size:
        raise NoteError("the root of the checkpoint is no hash")
    return Checkpoint(origin, int(size), root)


def _hash(name: str, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


def _is_name(name: str) -> bool:
    return bool(name) and _plain(name) and not any(c == "+" or c.isspace() for c in name)


def _plain(text: str) -> bool:
    """Whether it is text with no control characters but line feeds, and can be written."""
    return not re.search("[\x00-\x09\x0b-\x1f\ud800-\udfff]", text)


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def _bytes(written: str) -> bytes | None:
    """What base64 stands for; None unless it is written in the one way that there is."""
    try:
        data = b64decode(written, validate=True)
    except ValueError:
        return None
    return data if _base64(data) == written else None
