"""Letters are compared in one form, whatever people type."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from llmtb.inference.knowledge.letters import GROWTH, normal, numbers

ANYTHING = st.text(st.characters(exclude_categories=[]))


@given(ANYTHING)
@example("a\u064b\u0300")  # a vowel sign between two that compose
@example("\u0345\u0313\u1fb3")
@example("\ufdfa")
def test_twice_is_the_same_as_once(text: str) -> None:
    once = normal(text)
    assert normal(once) == once
    assert len(once) <= GROWTH * len(text)


def test_every_single_sign_has_one_form() -> None:
    for code in range(0x110000):
        once = normal(chr(code))
        assert normal(once) == once, hex(code)
        assert len(once) <= GROWTH


@given(ANYTHING)
def test_what_is_left_can_be_written_and_compared(text: str) -> None:
    kinds = {unicodedata.category(sign) for sign in normal(text)}
    assert not kinds & {"Cs", "Cc", "Cf"}
    normal(text).encode("utf-8")
    assert all(sign.isascii() for sign in normal(text) if sign.isdecimal())


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("كيف", "کیف"),
        ("می\u200cخواهم", "می خواهم"),
        ("مُـــودِم", "مودم"),
        ("۱۲۳ ٤٥٦", "123 456"),
        ("مسأله", "مساله"),
        ("خانۀ", "خانه"),
        ("پهنای باند؟", "پهنای باند?"),
        ("ＷｉＦｉ\u3000密码", "wifi 密码"),
        ("Straße  NÃO\tÇa", "strasse não ça"),
        ("a\u200fb\ufeffc\ud800", "abc"),
        ("  \n ", ""),
    ],
)
def test_what_is_typed_and_what_is_meant(typed: str, meant: str) -> None:
    assert normal(typed) == meant


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("۱٬۵۰۰ تومان", ["1500"]),
        ("R$ 1.500,50", ["1500.5"]),
        ("1,500.50", ["1500.5"]),
        ("2.50 / 2,5 / 02.5", ["2.5", "2.5", "2.5"]),
        ("192.168.1.1", ["192.168.1.1"]),
        ("24/7, 10:30", ["24", "7", "10", "30"]),
        ("1.000.000", ["1000000"]),
        ("007", ["7"]),
        ("ten", []),
    ],
)
def test_a_number_is_written_one_way(text: str, found: list[str]) -> None:
    assert numbers(text) == found


@given(st.integers(0, 10**12))
def test_thousands_are_parted_in_any_way(number: int) -> None:
    grouped = f"{number:,}"
    assert numbers(grouped) == numbers(grouped.replace(",", ".")) == [str(number)]


def test_a_wide_comma_parts_a_list_and_no_number() -> None:
    assert numbers("等 30，5 天内") == ["30", "5"]
