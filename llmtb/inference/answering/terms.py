"""The words of a question that say what it is about, and those that only carry it."""

import re

from llmtb.inference.knowledge.letters import normal
from llmtb.inference.remembering import remembered

_WORD = re.compile(r"[^\W_]+(?:[.:@/-][^\W_]+)*")
_HAN = re.compile(r"[\u3400-\u9fff]")
_HAN_RUN = re.compile(r"[\u3400-\u9fff]+|[^\u3400-\u9fff]+")

# Words that ask, join, point or are polite; by language.
_CARRIERS = {
    "en": (
        "a an the is are am was were be been do does did have has had will would can "
        "could should may might must i me my mine we us our you your yours he she it its "
        "they them their this that these those there here in on at of to from for by with "
        "without about as into than and or but if so not no how what when where which who "
        "whom whose why please hi hello hey dear thanks thank some any just also too very "
        "more much many want need like get got know tell let whats hows im ive id there's "
        "what's i'm dont don't ok okay then"
    ),
    "fa": (
        "از به با در بر برای تا را رو و یا که این آن اون اینه چه چی چطور چطوری چگونه چرا "
        "کی کجا کدام کدوم چند چقدر آیا است هست هستم هستید هستش بود باشد باشه می نمی شود "
        "میشه میشود شه کنم کنید کنیم کند کنه کرد کردن کردم کن باید من ما شما تو او ها های "
        "ای ام ات اش مون تون شون یک یه هم دیگه دیگر اگر اگه ولی اما پس خود خودم سلام لطفا "
        "ممنون خواهم خوام میخوام میخواهم بخواهم بدم بدهم دارم دارد داره دارید داریم چیست "
        "چیه کجاست چیکار کار ببخشید"
    ),
    "id": (
        "yang di ke dari untuk dengan dan atau tetapi tapi pada oleh ini itu saya aku "
        "kami kita anda kamu dia mereka apa apakah bagaimana gimana kapan dimana mana "
        "mengapa kenapa siapa berapa adalah ada bisa boleh dapat harus mau ingin akan "
        "sudah belum tidak tak bukan jika kalau agar supaya juga saja lagi nya dong ya "
        "sih kah tolong mohon halo hai terima kasih cara caranya bapak ibu min kak punya "
        "lalu"
    ),
    "pt": (
        "o a os as um uma uns umas de do da dos das em no na nos nas por pelo pela para "
        "pra com sem e ou mas se que quem qual quais quando onde como quanto quanta "
        "quantos quantas porque eu me meu minha meus minhas tu te teu tua você vocês voce "
        "voces nós nosso nossa ele ela eles elas isso isto esse essa este esta aquele "
        "aquela é são sao ser estar está estou tem tenho ter há ha foi vai vou posso pode "
        "podem preciso quero queria gostaria fazer faço faz não nao sim já ja mais muito "
        "favor olá ola oi obrigado obrigada ao aos à às lhe"
    ),
    "zh": (
        "的 了 吗 呢 吧 啊 我 你 您 他 她 它 我们 你们 他们 是 在 有 和 与 或 把 被 给 到 "
        "从 对 会 能 可以 可 要 想 需要 应该 怎么 怎样 如何 什么 哪里 哪个 哪 何 为什么 "
        "多少 几 请 请问 一下 这 那 这个 那个 怎么办 怎么样 么 就 都 也 还 很 没 不 如果 "
        "之 后 前 里 上 下 一 个"
    ),
}
CARRIERS = {language: frozenset(text.split()) for language, text in _CARRIERS.items()}
_ALL = frozenset().union(*CARRIERS.values())
_HAN_CARRIERS = re.compile("|".join(sorted(CARRIERS["zh"], key=len, reverse=True)))


@remembered(4096)
def words(text: str) -> tuple[str, ...]:
    """The words of a text in normal form; a run of Chinese is one word."""
    found: list[str] = []
    for word in _WORD.findall(normal(text)):
        found += _HAN_RUN.findall(word) if _HAN.search(word) else [word]
    return tuple(found)


@remembered(4096)
def content(text: str, language: str) -> tuple[str, ...]:
    """What a text is about: its words, cut to their stems, without those that only carry it.

    Chinese is given as pairs of characters, and single ones where they stand alone. Of a language
    that is not known here no word is left out.
    """
    carriers = CARRIERS.get(language, frozenset())
    found: list[str] = []
    for word in words(text):
        if _HAN.match(word):
            found += _pairs(word)
        elif word not in carriers:
            found.append(stem(word, language))
    return tuple(found)


def _pairs(run: str) -> list[str]:
    found: list[str] = []
    for part in _HAN_CARRIERS.split(run):
        found += [part] if len(part) == 1 else [part[i : i + 2] for i in range(len(part) - 1)]
    return found


_ENDINGS: dict[str, re.Pattern[str]] = {
    "en": re.compile(r"(?<=\w{3})(?:ations?|ings?|ies|ed|es|e|s|y)$"),
    "fa": re.compile(r"(?<=\w{3})(?:هایم|هایی|های|ها|هام|ترین|تر|ام|ات|اش|مان|تان|شان|ی|م)$"),
    "id": re.compile(r"(?<=\w{4})(?:nya|kan|lah|kah|an|i)$"),
    "pt": re.compile(r"(?<=\w{3})(?:ações|ação|mente|ando|endo|indo|ar|er|ir|as|os|es|a|o|e|s)$"),
}
_BEGINNINGS = re.compile(r"^(?:meng|meny|mem|men|me|ber|ter|per|peng|pem|pen|di)(?=\w{4})")


def stem(word: str, language: str) -> str:
    """A word without its ending, roughly: enough for two forms of it to meet."""
    if any(sign.isdigit() for sign in word):
        return word
    if language == "id":
        word = _BEGINNINGS.sub("", word)
    endings = _ENDINGS.get(language)
    return endings.sub("", word) if endings else word


def overlap(asked: tuple[str, ...], known: frozenset[str]) -> float:
    """The share of the asked words that are known, 0 to 1; 0 where nothing is asked."""
    return len([word for word in asked if word in known]) / len(asked) if asked else 0.0


# Words that turn a sentence around; by language, as they stand.
_TURNS = {
    "en": (
        "not no never none without cannot can't don't doesn't isn't won't didn't couldn't "
        "on off enable disable activate deactivate stop start before after more less up down "
    ),
    "fa": "نه بدون هرگز نیست نمی نمیشه نشد نکن ندارم ندارد نداره فعال غیرفعال روشن خاموش قبل بعد",
    "id": "tidak bukan tanpa belum jangan tak nggak gak aktif nonaktif mengaktifkan menonaktifkan",
    "pt": "não nao sem nunca nem ligar desligar ativar desativar antes depois mais menos",
}
_TURNING = {language: frozenset(text.split()) for language, text in _TURNS.items()}
_HAN_TURNS = re.compile("不|没|无|未|别|开|关|前|后|取消|停")


def turns(text: str, language: str) -> tuple[str, ...]:
    """The words of a text that turn its meaning around (not, without, on, off), in order."""
    if language == "zh":
        return tuple(sorted(_HAN_TURNS.findall(normal(text))))
    known = _TURNING.get(language, frozenset())
    return tuple(sorted(word for word in words(text) if word in known))
