"""Our check of signatures says what OpenSSL says, and takes nothing in a second form."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import example, given
from hypothesis import strategies as st

from llmtb.events.ed25519 import L, P, verify

SEEDS = st.binary(min_size=32, max_size=32)
MESSAGES = st.binary(max_size=40)
SMALL = [
    bytes.fromhex(each)
    for each in (
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    )
]  # the points of orders 1, 2, 4 and 8
KEYS = st.sampled_from(SMALL) | st.binary(min_size=32, max_size=32)
SCALARS = st.integers(0, 3) | st.integers(L - 2, L + 2) | st.integers(0, 2**256 - 1)


def by_openssl(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def canonical(point: bytes) -> bool:
    """Whether the y is less than P, and an x of 0 has no sign."""
    number = int.from_bytes(point, "little")
    y, sign = number % 2**255, number >> 255
    return y < P and not (sign and y in (1, P - 1))


@given(SEEDS, MESSAGES)
def test_what_was_signed_holds(seed: bytes, message: bytes) -> None:
    signer = Ed25519PrivateKey.from_private_bytes(seed)
    assert verify(signer.public_key().public_bytes_raw(), message, signer.sign(message))


@given(SEEDS, st.binary(min_size=1, max_size=40), st.data())
def test_any_flipped_bit_is_found(seed: bytes, message: bytes, data: st.DataObject) -> None:
    signer = Ed25519PrivateKey.from_private_bytes(seed)
    parts = [signer.public_key().public_bytes_raw(), message, signer.sign(message)]
    which = data.draw(st.integers(0, 2))
    bit = data.draw(st.integers(0, 8 * len(parts[which]) - 1))
    flipped = bytearray(parts[which])
    flipped[bit // 8] ^= 1 << bit % 8
    parts[which] = bytes(flipped)
    assert not verify(*parts)


@given(SEEDS, MESSAGES)
def test_a_signature_has_one_form_only(seed: bytes, message: bytes) -> None:
    signer = Ed25519PrivateKey.from_private_bytes(seed)
    key, signature = signer.public_key().public_bytes_raw(), signer.sign(message)
    for s in range(int.from_bytes(signature[32:], "little") + L, 2**256, L):
        assert not verify(key, message, signature[:32] + s.to_bytes(32, "little"))
    for wrong in (b"", signature[:-1], signature + b"\0"):
        assert not verify(key, message, wrong)
    for wrong in (b"", key[:-1], key + b"\0"):
        assert not verify(wrong, message, signature)


@given(KEYS, KEYS, SCALARS, MESSAGES)
@example(SMALL[0], SMALL[0], 0, b"any message")
@example(SMALL[0], SMALL[0], L, b"any message")
@example(SMALL[0], bytes([1]) + bytes(30) + bytes([0x80]), 0, b"x = 0 has no sign")
@example(SMALL[0], (P + 1).to_bytes(32, "little"), 0, b"a y of P or more")
def test_whatever_is_made_up_is_judged_as_openssl_does(
    key: bytes, point: bytes, s: int, message: bytes
) -> None:
    signature = point + s.to_bytes(32, "little")
    assert verify(key, message, signature) == (
        canonical(key) and by_openssl(key, message, signature)
    )


@given(st.sampled_from(SMALL), st.sampled_from(SMALL), st.integers(0, 7))
def test_keys_of_small_order_are_judged_as_openssl_does(
    key: bytes, point: bytes, number: int
) -> None:
    message, signature = bytes([number]), point + bytes(32)
    assert verify(key, message, signature) == by_openssl(key, message, signature)


def test_a_key_in_another_form_is_none() -> None:
    identity, signature = (P + 1).to_bytes(32, "little"), SMALL[0] + bytes(32)
    assert verify(SMALL[0], b"", signature)
    assert not verify(identity, b"", signature)
    assert not verify(bytes([1]) + bytes(30) + bytes([0x80]), b"", signature)
