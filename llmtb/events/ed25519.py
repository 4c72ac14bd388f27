"""Checking Ed25519 signatures (RFC 8032) with the standard library alone; signing is the vault's.

Nothing here is secret, so nothing takes constant time. Every part must be in its one canonical
form: an s of L or more, a point whose y is P or more, and a sign on x = 0 are refused. Keys of
small order are taken, as OpenSSL takes them: who may sign is decided by who hands out the key.
"""

from functools import cache
from hashlib import sha512
from typing import TypeAlias

KEY, SIGNATURE = 32, 64  # bytes
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493  # the order of the base point

Point: TypeAlias = tuple[int, int, int, int]
"""X, Y, Z, T: the point (X/Z, Y/Z), and T = XY/Z."""

_D = -121665 * pow(121666, -1, P) % P
_ROOT = pow(2, (P - 1) // 4, P)  # its square is -1
_NEUTRAL: Point = (0, 1, 1, 0)


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this is the signature of a message under a public key of 32 bytes."""
    if len(key) != KEY or len(signature) != SIGNATURE:
        return False
    point = _point(key)
    s = int.from_bytes(signature[32:], "little")
    if point is None or s >= L:
        return False
    digest = sha512(signature[:32] + key + message).digest()
    challenge = int.from_bytes(digest, "little") % L
    return _written(_sum(s, _base(), challenge, _negative(point))) == signature[:32]


def _point(written: bytes) -> Point | None:
    """The point that 32 bytes stand for; None if they stand for none."""
    number = int.from_bytes(written, "little")
    y, sign = number & ((1 << 255) - 1), number >> 255
    x = None if y >= P else _x(y)
    if x is None or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def _x(y: int) -> int | None:
    """One of the two x of a y (RFC 8032 section 5.1.3); None where it has none."""
    square = (y * y - 1) * pow(_D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * _ROOT % P
    return None if (x * x - square) % P else x


def _written(point: Point) -> bytes:
    x, y, z, _ = point
    inverse = pow(z, -1, P)
    return ((x * inverse % P & 1) << 255 | y * inverse % P).to_bytes(32, "little")


def _sum(a: int, first: Point, b: int, second: Point) -> Point:
    """a times the first point and b times the second, added."""
    both = _add(first, second)
    mark = _NEUTRAL
    for bit in range(max(a.bit_length(), b.bit_length()) - 1, -1, -1):
        mark = _add(mark, mark)
        match a >> bit & 1, b >> bit & 1:
            case 1, 1:
                mark = _add(mark, both)
            case 1, 0:
                mark = _add(mark, first)
            case 0, 1:
                mark = _add(mark, second)
    return mark


def _add(one: Point, other: Point) -> Point:
    """The sum of any two points (RFC 8032 section 5.1.4)."""
    a = (one[1] - one[0]) * (other[1] - other[0])
    b = (one[1] + one[0]) * (other[1] + other[0])
    c = 2 * one[3] * other[3] * _D
    d = 2 * one[2] * other[2]
    e, f, g, h = (b - a) % P, (d - c) % P, (d + c) % P, (b + a) % P
    return e * f % P, g * h % P, f * g % P, e * h % P


def _negative(point: Point) -> Point:
    x, y, z, t = point
    return -x % P, y, z, -t % P


@cache
def _base() -> Point:
    point = _point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    assert point is not None  # noqa: S101 - known from RFC 8032
    return point
