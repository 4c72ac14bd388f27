"""Amounts: a number with what it counts, in one form for all languages (`20 GB`, `۲۰ گیگ`)."""

import re

from llmtb.inference.knowledge.letters import normal, numbers
from llmtb.inference.remembering import remembered

# What is counted, and the words for it, as they stand behind the number in normal form.
_UNITS: dict[str, str] = {
    "money": (
        r"tomans?|rials?|euros?|eur|dollars?|usd|rupiah|rp|reais|real|yuan|rmb|€|\$|£|¥|"
        r"تومان|تومن|ریال|یورو|دلار|土曼|托曼|图曼|元|块|美元|欧元|里亚尔"
    ),
    "percent": r"%|percent|per cent|درصد|persen|por cento|个百分点",
    "data": (
        r"gb|gigs?|gigabytes?|گیگ|گیگابایت|giga|gigas|个g|g流量|mb|مگابایت|tb|ترابایت|terabytes?"
    ),
    "speed": (
        r"mbps|mbit/s|mbit|megabits?|megas?|مگابیت|مگ|مگا|兆|gbps|گیگابیت|gigabits?|"
        r"مگابیت بر ثانیه|mb/s"
    ),
    "second": r"seconds?|secs?|ثانیه|detik|segundos?|秒",
    "minute": r"minutes?|mins?|دقیقه|menit|minutos?|分钟",
    "hour": r"hours?|hrs?|ساعت|jam|horas?|个?小时",
    "day": r"days?|روز|hari|dias?|天|日",
    "week": r"weeks?|هفته|minggu|semanas?|周|个?星期",
    "month": r"months?|ماه|bulan|mês|mes|meses|个月|月",
    "year": r"years?|yrs?|سال|tahun|anos?|年",
    "metre": r"met(?:er|re)s?|متر|metros?|米",
}
_KINDS = {f"u{place}": kind for place, kind in enumerate(_UNITS)}
_AMOUNT = re.compile(
    r"(\d+(?:[.,]\d+)*)\s?"
    r"(?:(?:full|whole|working|کاری|úteis|个?工作)\s?)?(?:"
    + "|".join(f"(?P<u{place}>{words})" for place, words in enumerate(_UNITS.values()))
    + r")(?![a-z\u0620-\u06ff])"
)
_MONEY_FIRST = re.compile(r"(?:rp\.?|r\$|[$€£¥])\s?(\d+(?:[.,]\d+)*)")


_TIMES: dict[str, int] = {
    r"thousand|هزار|ribu|rb|mil|千": 1_000,
    r"万": 10_000,
    r"million|میلیون|juta|jt|milh[ãa]o|milh[õo]es|百万": 1_000_000,
}
_SCALED = re.compile(
    r"(\d+(?:[.,]\d+)*)\s?(?:"
    + "|".join(f"(?P<x{times}>{words})" for words, times in _TIMES.items())
    + r")(?![a-z\u0620-\u06ff])"
)


def spelt(text: str) -> str:
    """A text in normal form with `50 thousand` as `50000`, in five languages."""
    return _SCALED.sub(_whole, normal(text))


def _whole(found: re.Match[str]) -> str:
    times = int((found.lastgroup or "x1").removeprefix("x"))
    (number,) = numbers(found[1])[:1] or ["0"]
    try:
        scaled = float(number) * times
    except ValueError:  # an address or a version is no amount
        return found[0]
    return f"{scaled:.0f} "


@remembered(4096)
def amounts(text: str) -> frozenset[tuple[str, str]]:
    """The amounts of a text: the number as `letters.numbers` writes it, and what it counts."""
    plain = spelt(text)
    found = {
        (number, _KINDS[match.lastgroup or ""])
        for match in _AMOUNT.finditer(plain)
        for number in numbers(match[1])
    }
    money = {
        (number, "money") for match in _MONEY_FIRST.finditer(plain) for number in numbers(match[1])
    }
    return frozenset(found | money)
