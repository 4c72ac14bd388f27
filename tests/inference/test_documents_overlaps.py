"""What is said twice is reported, and what contradicts itself, and little else."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.inference.knowledge.letters import normal
from llmtb.inference.knowledge.overlaps import Overlap, report
from llmtb.inference.knowledge.passage import Passage


def faq(number: int, question: str, answer: str, language: str = "en", entry: str = "") -> Passage:
    """An entry of a document."""
    return Passage(
        id=f"d@1#{number}",
        document="d",
        version=1,
        number=number,
        kind="faq",
        title="Plans",
        text=answer,
        language=language,
        entry=entry,
        question=question,
    )


def text(number: int, words: str) -> Passage:
    """A passage of prose."""
    passage = faq(number, "", words)
    return Passage(
        **{**{n: getattr(passage, n) for n in passage.__struct_fields__}, "question": None}
    )


def kinds(*passages: Passage) -> list[tuple[str, str, str]]:
    """What is reported, without the words."""
    return [(each.kind, each.first[4:], each.second[4:]) for each in report(passages)]


LONG = "Hold the button at the back of the modem for ten seconds and wait for the green lamp."


def test_the_same_text_in_other_letters_is_a_duplicate() -> None:
    persian = "مودم را خاموش كنيد و ۱۰ ثانيه صبر كنيد تا چراغ سبز شود"
    other = "مودم را خاموش کنید و 10 ثانیه صبر کنید تا چراغ سبز شود"
    assert kinds(text(1, LONG), text(2, LONG.upper()), text(3, persian), text(4, other)) == [
        ("duplicate", "1", "2"),
        ("duplicate", "3", "4"),
    ]


@pytest.mark.parametrize(
    "near",
    [
        LONG.replace("green lamp", "green light"),
        f"{LONG} Done.",
        LONG.replace(",", " -"),
    ],
)
def test_nearly_the_same_text_is_a_duplicate(near: str) -> None:
    assert kinds(text(1, LONG), text(2, near)) == [("duplicate", "1", "2")]


def test_a_short_answer_may_answer_much() -> None:
    assert kinds(faq(1, "Is it free?", "Yes."), faq(2, "May I call at night?", "Yes.")) == []
    same = kinds(faq(1, "Is it free?", "Yes, it is."), faq(2, "Is it free ?", "Yes, it is."))
    assert same == [("duplicate", "1", "2")]


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("How long does a repair take?", "Within 24 hours.", "At most 48 hours."),
        ("هزینه نصب چقدر است؟", "۲۰۰ هزار تومان", "250 هزار تومان است."),
        ("Is the first month free?", "Yes, it is.", "No, it is not."),
        ("آیا ماه اول رایگان است؟", "بله، رایگان است.", "خیر، رایگان نیست."),
        ("Apakah bulan pertama gratis?", "Ya, gratis.", "Tidak, ada biaya."),
        ("O primeiro mês é grátis?", "Sim, é.", "Não, há uma taxa."),
        ("第一个月免费吗？", "是的，免费。", "不，需要付费。"),
        ("可以换套餐吗？", "可以，随时。", "不可以。"),
    ],
)
def test_one_question_with_answers_that_cannot_both_hold(
    question: str, one: str, other: str
) -> None:
    found = report([faq(1, question, one), faq(2, question.upper().replace("?", " ?"), other)])
    assert [each.kind for each in found] == ["conflict"]
    assert found[0].line.isprintable()
    assert "d@1#1" in found[0].line
    assert "d@1#2" in found[0].line


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("Price of plan A?", "20 euros."), ("Price of plan B?", "30 euros.")),
        (("Price of plan 2?", "20 euros."), ("Price of plan 3?", "30 euros.")),
        (("What does Gold cost a month?", "20 euros."), ("What does Silver cost?", "10 euros.")),
        (("How long?", "24 hours."), ("How long?", "24 hours, on 7 days a week.")),
        (("Is it free?", "Yes, it is free."), ("Is it free?", "It costs nothing.")),
        (("می‌شود؟", "نهایت تلاش می‌کنیم"), ("می‌شود؟", "بله حتما")),
    ],
)
def test_what_may_both_hold_is_no_conflict(first: tuple[str, str], second: tuple[str, str]) -> None:
    assert "conflict" not in {kind for kind, _, _ in kinds(faq(1, *first), faq(2, *second))}


def test_an_entry_says_the_same_in_every_language() -> None:
    english = faq(1, "How long?", "Within 24 hours, 3 at best.", "en", "time")
    persian = faq(2, "چقدر؟", "تا ۲۴ ساعت، دست بالا سه", "fa", "time")
    chinese = faq(3, "多久？", "48 小时内", "zh", "time")
    without = faq(4, "Berapa lama?", "Dalam satu hari", "id", "time")
    other = faq(5, "¿?", "96", "pt", "another")
    assert kinds(english, persian, chinese, without, other) == [
        ("conflict", "1", "3"),
        ("conflict", "1", "4"),
    ]


def test_vectors_may_say_that_questions_are_alike() -> None:
    one = faq(1, "How much is the installation?", "20 euros.")
    other = faq(2, "What does an installation cost?", "30 euros.")
    far = faq(3, "Is installation at night possible?", "40 euros.")
    assert report([one, other, far]) == []

    def similarity(first: Passage, second: Passage) -> float:
        return 0.99 if {first.id, second.id} == {one.id, other.id} else 0.5

    found = report([one, other, far], similarity)
    assert [(each.kind, each.first, each.second) for each in found] == [
        ("conflict", one.id, other.id)
    ]


WORDS = st.lists(st.sampled_from(string.ascii_lowercase[:6]), min_size=1, max_size=12)
PASSAGES = st.lists(st.tuples(WORDS, st.sampled_from(["", "yes", "24 hours"])), max_size=12)


@given(PASSAGES)
def test_a_pair_is_told_once_and_in_order(pairs: list[tuple[list[str], str]]) -> None:
    passages = [faq(n, " ".join(words), f"{answer}") for n, (words, answer) in enumerate(pairs)]
    found = report(passages)
    told = [(each.first, each.second) for each in found]
    assert len(set(told)) == len(told)
    places = [(int(first[4:]), int(second[4:])) for first, second in told]
    assert all(first < second for first, second in places)
    assert places == sorted(places)
    assert report(passages) == found


def shingles(words: list[str]) -> frozenset[str]:
    """As the report's: three words in a row."""
    rows = [" ".join(words[n : n + 3]) for n in range(len(words) - 2)]
    return frozenset(rows or [" ".join(words)])


@given(st.lists(WORDS, max_size=14))
def test_no_pair_that_is_near_enough_is_missed(bodies: list[list[str]]) -> None:
    found = {
        (each.first, each.second)
        for each in report([text(n, " ".join(b)) for n, b in enumerate(bodies)])
    }
    for second, body in enumerate(bodies):
        for first, other in enumerate(bodies[:second]):
            one, two = shingles(other), shingles(body)
            near = len(one & two) >= 0.8 * len(one | two)
            if normal(" ".join(other)) != normal(" ".join(body)):
                assert ((f"d@1#{first}", f"d@1#{second}") in found) == near


def test_the_same_text_often_is_told_against_the_first() -> None:
    found: list[Overlap] = report([text(n, LONG) for n in range(50)])
    assert [(each.first, each.second) for each in found] == [
        ("d@1#0", f"d@1#{n}") for n in range(1, 50)
    ]
