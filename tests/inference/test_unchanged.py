"""What a translation must not touch, and where a text may be cut."""

from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.inference.translation.sentences import halves, joined, parts_of
from llmtb.inference.translation.translator import LONGEST
from llmtb.inference.translation.unchanged import Untrusted, check, codes, numbers


@given(st.text(alphabet="aZ م密1۲.!؟。 \n-•*,،:/@", max_size=60))
def test_nothing_of_a_text_is_lost_in_its_parts(text: str) -> None:
    parts = parts_of(text)
    assert "".join(part.text + part.after for part in parts) == text
    assert all(part.text == part.text.strip() for part in parts)
    kept = joined(parts, [part.text for part in parts], "en")
    assert "".join(kept.split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("It costs 3.5 dollars. Pay now.", ["It costs 3.5 dollars.", "Pay now."]),
        ("یک است. دو است؟ سه!", ["یک است.", "دو است؟", "سه!"]),
        ("重启路由器。等五分钟！好了吗？", ["重启路由器。", "等五分钟！", "好了吗？"]),
        ("1. Open the box\n2) Go", ["Open the box", "Go"]),
        ("See https://a.example/x.y now. Call.", ["See https://a.example/x.y now.", "Call."]),
        ("Go to www.shop.example", ["Go to"]),
        ("12 / 30\n***", []),
    ],
)
def test_where_sentences_end(text: str, sentences: list[str]) -> None:
    found = [part.text for part in parts_of(text) if not part.kept]
    assert found == sentences


def test_sentences_are_set_apart_as_the_language_does() -> None:
    chinese, english = parts_of("重启。等五分钟。\n好了吗？"), parts_of("One. Two.\nThree?")
    assert joined(chinese, ["A.", "B.", "C?"], "en") == "A. B.\nC?"
    assert joined(english, ["一。", "二。", "三？"], "zh") == "一。二。\n三？"


@given(st.text(alphabet="ab ,،", min_size=1, max_size=40))
def test_halves_lose_nothing_and_end(sentence: str) -> None:
    cut = halves(sentence)
    if cut is not None:
        assert "".join("".join(cut).split()) == "".join(sentence.split())
        assert max(map(len, cut)) < len(sentence)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("It costs 1,500 tomans", "قیمت آن ۱٬۵۰۰ تومان است"),
        ("It costs 1,500.75", "Custa 1.500,75"),
        ("3.5 GB for 30 days", "۳٫۵ گیگابایت برای ۳۰ روز"),
        ("100Mbps on 2.4GHz", "۱۰۰ مگابیت روی ۲٫۴ گیگاهرتز"),
        ("Dial *141*1# now", "اکنون *۱۴۱*۱# را بگیرید"),
        ("Open 192.168.1.1 in the browser", "۱۹۲.۱۶۸.۱.۱ را در مرورگر باز کنید"),
        ("مودم TP-Link VR300 را خاموش کنید", "Switch the TP-Link VR300 modem off"),
        ("رمز admin است", "The password is Admin"),
        ("Write to help@isp.example.", "به help@isp.example بنویسید."),
        ("PLEASE RESTART YOUR MODEM", "لطفا مودم را دوباره راه‌اندازی کنید"),
        ("Connect the TV", "تلویزیون را وصل کنید"),
        ("等３０分钟", "Wait 30 minutes"),
    ],
)
def test_what_is_the_same_in_other_digits_is_the_same(source: str, target: str) -> None:
    check(source, target)


@pytest.mark.parametrize(
    ("source", "target", "why"),
    [
        ("It costs 1500", "Custa 1600", "lost 1500"),
        ("It costs 3.5", "قیمت ۳۵", "lost 3.5"),
        ("Wait 5 minutes, 5 times", "۵ دقیقه صبر کنید", "lost 5"),
        ("Wait a month", "۳۰ روز صبر کنید", "made up 30"),
        ("Open 192.168.1.1", "۱۹۲.۱۶۸.۱.۲ را باز کنید", "lost 192.168.1.1"),
        ("Dial *141#", "*۱۴۲# را بگیرید", r"lost \*141#"),
        ("Restart the TP-Link", "تی‌پی لینک را روشن کنید", "lost TP-Link"),
        ("مودم VR300 را روشن کنید", "Switch the VR400 on", "lost VR300"),
        ("رمز admin است", "The password is root", "lost admin"),
        ("مودم VR30 را روشن کنید", "Switch the VR300 on", "lost VR30"),
        ("Restart it", "TD854 را روشن کنید", "made up TD854"),
        ("Write to us", "به a@b.example بنویسید", "made up a@b.example"),
        ("See https://a.example/x", "https://a.example/y را ببینید", "lost https://a.example/x"),
        ("Restart", " ", "empty"),
        ("Restart it", "کن کن کن کن کن کن", "repeats"),
        ("Restart", "x" * 100, "repeats"),
    ],
)
def test_what_is_not_the_same_is_not_trusted(source: str, target: str, why: str) -> None:
    with pytest.raises(Untrusted, match=why):
        check(source, target)


@given(st.lists(st.integers(0, 10**7), max_size=5), st.sampled_from(["{}", "{:,}"]))
def test_every_number_counts_however_it_is_written(values: list[int], form: str) -> None:
    persian = str.maketrans("0123456789,", "۰۱۲۳۴۵۶۷۸۹٬")
    text = " و ".join(form.format(value) for value in values)
    assert numbers(text) == Counter(map(str, values))
    assert numbers(text.translate(persian)) == numbers(text)
    if values:
        with pytest.raises(Untrusted):
            check(f"wait {text}", f"wait {text} 4")


@pytest.mark.parametrize(
    "made_of",
    [
        "!",
        ". ",
        " ",
        "a",
        "a.",
        "a@",
        "@",
        "1",
        "1,",
        "*1",
        "A",
        "aA",
        "a ",
        "VR3 ",
        "،",
        "。",
        "\n",
    ],
)
def test_no_text_takes_for_ever(made_of: str) -> None:
    text = "a" + made_of * (16 * LONGEST // len(made_of)) + "a"  # what is quadratic never ends
    parts_of(text)
    codes(text)
    numbers(text)
    halves(text)
    with suppress(Untrusted):
        check(text, text)


def test_a_table_of_codes_is_not_translated() -> None:
    table = " ".join(f"VR{number}" for number in range(1_000))
    with pytest.raises(Untrusted, match="1000 codes"):
        check(table, table)
