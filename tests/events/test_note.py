"""A signed checkpoint is read as the one that was signed, or refused in one line."""

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from llmtb.events.note import (
    LONGEST,
    Checkpoint,
    NoteError,
    opened,
    read_vkey,
    signed,
    text_of,
    vkey_of,
)

SIGNERS = st.binary(min_size=32, max_size=32).map(Ed25519PrivateKey.from_private_bytes)
LETTERS = st.characters(exclude_categories=["Cs", "Cc"])
NAMES = st.text(LETTERS, min_size=1, max_size=12).filter(
    lambda name: not any(each == "+" or each.isspace() for each in name)
)
ORIGINS = st.text(LETTERS, min_size=1, max_size=20)
CHECKPOINTS = st.builds(
    Checkpoint, ORIGINS, st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32)
)
SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
VKEY = vkey_of("floor.example/journal", SIGNER.public_key().public_bytes_raw())


def signed_by(signer: Ed25519PrivateKey, vkey: str, text: str) -> str:
    key = read_vkey(vkey)
    return signed(text, key.name, key.hash, signer.sign(text.encode()))


@given(SIGNERS, NAMES, CHECKPOINTS)
def test_what_was_signed_is_read_again(
    signer: Ed25519PrivateKey, name: str, checkpoint: Checkpoint
) -> None:
    vkey = vkey_of(name, signer.public_key().public_bytes_raw())
    assert read_vkey(vkey).public == signer.public_key().public_bytes_raw()
    assert opened(signed_by(signer, vkey, text_of(checkpoint)), vkey) == checkpoint


@given(CHECKPOINTS, st.data())
def test_any_flipped_bit_is_refused(checkpoint: Checkpoint, data: st.DataObject) -> None:
    note = signed_by(SIGNER, VKEY, text_of(checkpoint)).encode()
    bit = data.draw(st.integers(0, 8 * len(note) - 1))
    flipped = bytearray(note)
    flipped[bit // 8] ^= 1 << bit % 8
    try:
        text = flipped.decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(NoteError):
        opened(text, VKEY)


@given(CHECKPOINTS, st.data())
def test_nothing_can_be_taken_away_or_put_in(checkpoint: Checkpoint, data: st.DataObject) -> None:
    note = signed_by(SIGNER, VKEY, text_of(checkpoint))
    start = data.draw(st.integers(0, len(note)))
    end = data.draw(st.integers(start, len(note)))
    other = note[:start] + data.draw(st.text(max_size=3)) + note[end:]
    if other != note:
        with pytest.raises(NoteError):
            opened(other, VKEY)


@given(CHECKPOINTS, SIGNERS, NAMES, st.booleans())
def test_signatures_of_others_say_nothing(
    checkpoint: Checkpoint, other: Ed25519PrivateKey, name: str, first: bool
) -> None:
    note = signed_by(SIGNER, VKEY, text_of(checkpoint))
    vkey = vkey_of(name, other.public_key().public_bytes_raw())
    line = signed_by(other, vkey, text_of(checkpoint)).rpartition("\n\n")[2]
    text, apart, ours = note.rpartition("\n\n")
    both = text + apart + (line + ours if first else ours + line)
    assert opened(both, VKEY) == opened(both, vkey) == checkpoint
    with pytest.raises(NoteError, match="did not sign"):
        opened(note, vkey)


@given(CHECKPOINTS)
def test_a_second_signature_of_ours_that_does_not_hold_is_refused(checkpoint: Checkpoint) -> None:
    note = signed_by(SIGNER, VKEY, text_of(checkpoint))
    forged = signed_by(SIGNER, VKEY, text_of(checkpoint._replace(size=7, origin="x")))
    with pytest.raises(NoteError, match="does not hold"):
        opened(note + forged.rpartition("\n\n")[2], VKEY)


@pytest.mark.parametrize(
    "text",
    [
        "floor\n5\n",
        "floor\n05\n{root}\n",
        "floor\n-5\n{root}\n",
        "floor\n\u0665\n{root}\n",
        "floor\n9223372036854775808\n{root}\n",
        "floor\n5\nAAAA\n",
        "floor\n5\n{root}=\n",
        "\n5\n{root}\n",
        "floor\n5\n{root}\n\nmore\n",
    ],
)
def test_a_signed_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    root = b64encode(bytes(32)).decode()
    written = text.format(root=root)
    with pytest.raises(NoteError, match="checkpoint"):
        opened(signed_by(SIGNER, VKEY, written), VKEY)


def test_what_comes_after_the_root_is_left_to_others() -> None:
    checkpoint = Checkpoint("floor", 5, bytes(32))
    note = signed_by(SIGNER, VKEY, text_of(checkpoint) + "an extension\n")
    assert opened(note, VKEY) == checkpoint


@given(st.text(max_size=200))
def test_any_text_is_refused_in_one_line(text: str) -> None:
    for note, vkey in ((text, VKEY), (signed_by(SIGNER, VKEY, "a\n0\nb\n"), text)):
        with pytest.raises(NoteError) as refused:
            opened(note, vkey)
        assert "\n" not in str(refused.value)


def test_a_note_is_bounded() -> None:
    text = text_of(Checkpoint("floor", 5, bytes(32))) + "x" * LONGEST + "\n"
    with pytest.raises(NoteError, match="at most"):
        opened(signed_by(SIGNER, VKEY, text), VKEY)


@given(st.data())
def test_a_key_that_was_copied_wrongly_is_refused(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(VKEY) - 1))
    other = data.draw(st.characters(exclude_categories=["Cs"]).filter(lambda c: c != VKEY[place]))
    copied = VKEY[:place] + other + VKEY[place + 1 :]
    if copied.strip() != VKEY:
        with pytest.raises(NoteError):
            read_vkey(copied)


@given(st.text(max_size=8))
def test_only_what_can_be_read_again_is_a_name(name: str) -> None:
    try:
        vkey = vkey_of(name, bytes(32))
    except ValueError:
        return
    assert read_vkey(vkey).name == name


def test_the_note_that_the_format_is_known_by_is_read() -> None:
    # From the documentation of Go's sumdb/note, where the format comes from; it is no checkpoint.
    note = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
        "\n"
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXg"
        "KvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    with pytest.raises(NoteError, match="no checkpoint"):
        opened(note, "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    with pytest.raises(NoteError, match="does not hold"):
        opened("x" + note, "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
