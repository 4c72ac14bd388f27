"""Small talk is known for what it is; questions that lean on others, or are two, are seen."""

import pytest

from llmtb.inference.answering.asked import Earlier
from llmtb.inference.answering.follow_up import goes_on, joined, parts
from llmtb.inference.answering.small_talk import Intent, intent_of, without_greeting

SAID = {
    Intent.GREETING: [
        "hi",
        "Hello there!",
        "سلام خسته نباشید",
        "selamat pagi kak",
        "bom dia",
        "你好",
    ],
    Intent.THANKS: [
        "thanks a lot!",
        "ممنون",
        "terima kasih banyak kak",
        "obrigado pela ajuda",
        "谢谢",
    ],
    Intent.BYE: ["bye", "مرسی خداحافظ", "sampai jumpa", "tchau", "再见"],
    Intent.EXIT: ["exit", "خروج", "keluar", "sair", "退出"],
    Intent.BOT: [
        "are you a robot?",
        "am I talking to a human?",
        "تو ربات هستی؟",
        "apakah kamu robot?",
        "você é um robô?",
        "你是机器人吗",
    ],
    Intent.PERSON: [
        "a person please",
        "I want to speak with a real person",
        "operator",
        "میخوام با اپراتور صحبت کنم",
        "یه نفر رو میخوام باهاش حرف بزنم",
        "saya mau bicara dengan petugas",
        "quero falar com uma pessoa",
        "uma pessoa por favor",
        "转人工",
        "找个人跟我说话",
    ],
}
ASKED = [
    "hi, how do I change my password",
    "سلام، مودمم روشن نمیشه",
    "halo, berapa harga modem?",
    "oi, meu modem não liga",
    "你好，怎么缴费",
    "how do I close my line?",
    "quero transferir minha linha pra outra pessoa, como faz?",
    "how do I transfer my line to another person?",
    "saya mau pindahkan nomor ke orang lain",
    "怎么把号码过户给别人",
    "is the technician a real employee of yours?",
    "thanks, and what about the price?",
    "how many people can use it at once?",
    "",
]


@pytest.mark.parametrize("intent", SAID)
def test_small_talk_is_known(intent: Intent) -> None:
    assert {text: intent_of(text) for text in SAID[intent]} == dict.fromkeys(SAID[intent], intent)


@pytest.mark.parametrize("text", ASKED)
def test_a_question_is_no_small_talk(text: str) -> None:
    assert intent_of(text) is None


def test_a_greeting_before_a_question_is_not_searched_for() -> None:
    assert without_greeting("Hi, how do I pay?") == "how do I pay?"
    assert without_greeting("سلام، مودمم روشن نمیشه") == "مودمم روشن نمیشه"
    assert without_greeting("你好，怎么缴费") == "怎么缴费"
    assert without_greeting("history of calls") == "history of calls"
    assert without_greeting("hello") == "hello"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("and how much is it?", "en"),
        ("How do I change it?", "en"),
        ("و چقدر طول میکشه؟", "fa"),
        ("berapa biayanya?", "id"),
        ("e quanto custa?", "pt"),
        ("那多少钱？", "zh"),
    ],
)
def test_a_question_may_lean_on_the_last(text: str, language: str) -> None:
    assert goes_on(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How do I change my Wi-Fi password?", "en"),
        ("and what does error E-104 mean?", "en"),
        ("چطور رمز وای فای را عوض کنم؟", "fa"),
        ("bagaimana cara ganti sandi wifi?", "id"),
        ("como mudo a senha do wifi?", "pt"),
        ("怎么修改无线密码？", "zh"),
    ],
)
def test_a_whole_question_stands_alone(text: str, language: str) -> None:
    assert not goes_on(text, language)


def test_a_leaning_question_is_joined_with_what_the_last_was_about() -> None:
    earlier = (Earlier("x"), Earlier("moving?", ("d@1#1",), "In the panel.", "How do I move?"))
    assert joined("and the cost?", earlier) == "How do I move? and the cost?"
    assert joined("and the cost?", ()) is None


@pytest.mark.parametrize(
    ("text", "language", "count"),
    [
        ("how do I change my wifi password and what does it cost to move?", "en", 2),
        ("How do I pay my bill? When are the branches open?", "en", 2),
        ("چطور رمز وای فای را عوض کنم و چقدر هزینه نصب فیبر است؟", "fa", 2),
        ("bagaimana cara ganti sandi wifi dan berapa harga modem?", "id", 2),
        ("como mudo a senha do wifi e quanto custa a instalação da fibra?", "pt", 2),
        ("怎么改wifi密码？光纤安装要多少钱？", "zh", 2),
        ("How do I reset the modem? Does it delete it?", "en", 1),  # the second leans
        ("The light is red. What does that mean?", "en", 1),
        ("my phone and my laptop have no internet", "en", 1),
        ("Why? How? When? Where?", "en", 1),
    ],
)
def test_two_questions_are_told_apart_only_where_both_can_stand(
    text: str, language: str, count: int
) -> None:
    found = parts(text, language)
    assert len(found) == count
    assert all(part in text for part in found)
